//! Biometry, and what a prompt of the platform's may do.

use super::*;

/// What a prompt of the platform's may do.
struct Fingers {
    key: Mutex<Option<u8>>,
    answer: Mutex<Option<PortError>>,
    /// A prompt says that it is open, and waits for the word.
    held: Mutex<Option<(mpsc::Sender<()>, mpsc::Receiver<()>)>>,
    prompts: std::sync::atomic::AtomicUsize,
}

impl Fingers {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            key: Mutex::new(None),
            answer: Mutex::default(),
            held: Mutex::default(),
            prompts: std::sync::atomic::AtomicUsize::new(0),
        })
    }
}

impl BiometricKey for Fingers {
    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, PortError> {
        let own = *self.key.lock().unwrap().get_or_insert(0x2d);
        Ok(key.iter().map(|byte| byte ^ own).collect())
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Vec<u8>, PortError> {
        self.prompts.fetch_add(1, Ordering::SeqCst);
        let held = self.held.lock().unwrap().take();
        if let Some((open, word)) = held {
            open.send(()).unwrap();
            word.recv().unwrap();
        }
        if let Some(error) = self.answer.lock().unwrap().clone() {
            return Err(error);
        }
        let own = self.key.lock().unwrap().ok_or(PortError::Invalidated)?;
        Ok(wrapped.iter().map(|byte| byte ^ own).collect())
    }

    fn delete(&self) -> Result<(), PortError> {
        *self.key.lock().unwrap() = None;
        Ok(())
    }
}

async fn with_fingers() -> (Phone, Arc<Fingers>, App) {
    let (mut phone, fingers) = (Phone::new().await, Fingers::new());
    phone.ports.biometric = Some(fingers.clone());
    let app = phone.with_pin().await;
    app.lock().set_biometric(true).await.unwrap();
    app.lock().lock().await.unwrap();
    (phone, fingers, app)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finger_opens_as_the_pin_does_and_forgives_no_try() {
    let (phone, _fingers, app) = with_fingers().await;
    assert_eq!(app.lock().unlock(Some(WRONG)).await, wrong("lock.wrong"));

    app.lock().unlock(None).await.unwrap();

    assert!(app.auth().citizen().await.is_ok());
    assert_eq!((app.lock().status().biometric, app.lock().status().tries_left), (true, 9));
    app.lock().change_pin(Some(PIN), Some(OTHER_PIN)).await.unwrap();
    app.shutdown(PATIENCE).await.unwrap();
    let again = phone.open();
    again.lock().unlock(None).await.unwrap(); // biometry outlives a change of the PIN
    again.lock().set_biometric(false).await.unwrap();
    again.lock().lock().await.unwrap();
    assert_eq!(again.lock().unlock(None).await, Err(Error::invalid("biometric", "lock.biometry_off")));
    again.lock().unlock(Some(OTHER_PIN)).await.unwrap();
    again.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn biometry_needs_a_pin_and_goes_with_it() {
    let (mut phone, fingers) = (Phone::new().await, Fingers::new());
    let app = phone.open();
    phone.sign_in(&app).await.unwrap();
    assert_eq!(app.lock().set_biometric(true).await, Err(Error::NotAvailable), "this phone has none");
    app.shutdown(PATIENCE).await.unwrap();
    phone.ports.biometric = Some(fingers.clone());
    let app = phone.open();

    assert_eq!(app.lock().set_biometric(true).await, wrong("lock.not_set"));
    app.lock().change_pin(None, Some(PIN)).await.unwrap();
    app.lock().set_biometric(true).await.unwrap();
    app.lock().change_pin(Some(PIN), None).await.unwrap();

    assert_eq!((app.lock().status().biometric, *fingers.key.lock().unwrap()), (false, None));
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_enrolment_falls_back_to_the_pin_and_wipes_nothing() {
    for other_key in [None, Some(0x11)] {
        let (_phone, fingers, app) = with_fingers().await;
        *fingers.key.lock().unwrap() = other_key; // gone, or made anew under another name

        let ended = app.lock().unlock(None).await;

        assert_eq!(ended, Err(Error::invalid("biometric", "lock.biometry_changed")));
        let status = app.lock().status();
        assert_eq!((status.biometric, status.open, status.tries_left), (false, false, 10));
        app.lock().unlock(Some(PIN)).await.unwrap();
        assert!(app.auth().citizen().await.is_ok());
        app.shutdown(PATIENCE).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prompt_that_is_called_off_changes_nothing_and_a_second_one_waits_its_turn() {
    let (phone, fingers, app) = with_fingers().await;
    *fingers.answer.lock().unwrap() = Some(PortError::Cancelled);
    assert_eq!(app.lock().unlock(None).await, Err(Error::Cancelled));
    *fingers.answer.lock().unwrap() = None;
    assert!(app.lock().status().biometric);

    let ((open, opened), (word, heard)) = (mpsc::channel(), mpsc::channel());
    *fingers.held.lock().unwrap() = Some((open, heard));
    let first = app.lock().unlock(None);
    tokio::task::spawn_blocking(move || opened.recv().unwrap()).await.unwrap();
    assert_eq!(app.lock().unlock(None).await, Err(Error::Busy { retry_after_s: None }));
    app.suspend(Duration::from_secs(30)).await.unwrap(); // no prompt holds it up
    app.resume().await.unwrap();
    word.send(()).unwrap();
    first.await.unwrap();
    app.shutdown(PATIENCE).await.unwrap();

    let (prompts, extension) = (fingers.prompts.load(Ordering::SeqCst), phone.open_extension());
    assert_eq!(extension.lock().unlock(None).await, Err(Error::NotAvailable));
    assert_eq!(fingers.prompts.load(Ordering::SeqCst), prompts, "an extension never prompts");
    extension.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn erasing_needs_no_pin_and_leaves_an_app_that_is_nobodys() {
    let (phone, fingers, app) = with_fingers().await;

    app.erase().await.unwrap();

    assert_eq!((phone.secrets.get("keys"), *fingers.key.lock().unwrap()), (Ok(None), None));
    assert_eq!(app.auth().state().await, Ok(SessionState::SignedOut));
    assert_eq!((app.lock().status().set, app.lock().status().open), (false, true));
    phone.sign_in(&app).await.unwrap();
    app.shutdown(PATIENCE).await.unwrap();
}
