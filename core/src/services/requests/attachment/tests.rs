use std::{
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Duration,
};

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::{
    country::CivilDate,
    foundation::{
        clock::{Clock as _, ManualClock},
        crypto::digest,
        events::Events,
        net::{self, Method},
        storage,
    },
    gateway::{self, Answer, Content, Outgoing, Problem},
    offline::outbox::{Courier, Entry, Operation as _, OperationId, Outbox, Outlook, Refusal, Registry, State},
    services::{
        ServiceId,
        requests::{
            Correct, Form, RequestId, Submit, Values,
            change::{
                Answered,
                store::{UnderWay, under_way},
            },
            store::{Confirmed, open_submissions, submission},
            testing::{NOW, state},
        },
    },
};

const HOUR: Duration = Duration::from_secs(3600);

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It never arrives, and nobody knows.
    Lost,
    /// It arrives, the answer does not.
    DropReply,
    Offline,
    /// The gateway has lost the file.
    Forget,
    /// The gateway finds another digest.
    WrongDigest,
}

/// What is wrong with a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Always {
    WrongDigest,
    /// It takes parts and keeps nothing.
    KeepsNothing,
    /// It never has what it says.
    Elsewhere,
    /// No part gets through to it.
    Deaf,
    /// It keeps one part, and forgets it with the next.
    Forgetful,
}

/// The gateway's side: one file, byte by byte where it belongs.
#[derive(Default)]
struct Uploads(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    /// By the number of the request, from 0.
    faults: Vec<(usize, Fault)>,
    always: Option<Always>,
    requests: Vec<(Method, usize)>,
    announced: Option<Value>,
    bytes: Vec<u8>,
}

impl Inside {
    fn serve(&mut self, outgoing: &Outgoing) -> Result<Value, Problem> {
        let problem =
            |status, code: &str| Problem { status, code: code.into(), field: None, detail: None, retry_after_s: None };
        match (outgoing.method, &outgoing.body) {
            (Method::Put, Some(Content::Json(body))) => {
                self.announced = serde_json::from_slice(body).ok();
            }
            (Method::Get, None) if self.announced.is_some() => {}
            (Method::Patch, Some(Content::Part { offset, bytes })) if self.announced.is_some() => {
                if self.always == Some(Always::Forgetful) && *offset > 0 {
                    self.bytes.clear();
                }
                if *offset != self.bytes.len() as u64 || self.always == Some(Always::Elsewhere) {
                    return Err(problem(409, "upload_offset_mismatch"));
                }
                if self.always != Some(Always::KeepsNothing) {
                    self.bytes.extend(bytes);
                }
            }
            (Method::Get | Method::Patch, _) => return Err(problem(404, "upload_unknown")),
            other => panic!("{other:?}"),
        }
        let announced = self.announced.as_ref().unwrap();
        let complete = self.bytes.len() as u64 == announced["size"].as_u64().unwrap();
        let right = digest::hex(&digest::sha256(&self.bytes)) == announced["sha256"].as_str().unwrap();
        if complete && (self.always == Some(Always::WrongDigest) || !right) {
            self.forget();
            return Err(problem(422, "upload_digest_mismatch"));
        }
        Ok(json!({ "offset": self.bytes.len(), "complete": complete }))
    }

    fn forget(&mut self) {
        self.announced = None;
        self.bytes.clear();
    }
}

impl Courier for Uploads {
    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Result<Answer, gateway::Error>> {
        Box::pin(async move {
            assert_eq!(outgoing.key, None, "an offset is what makes a part one");
            let mut inside = self.0.lock().unwrap();
            let (method, size) = (outgoing.method, outgoing.body.as_ref().map_or(0, |body| body.bytes().len()));
            let number = inside.requests.len();
            let fault = inside.faults.iter().find(|(at, _)| *at == number).map(|(_, fault)| *fault);
            inside.requests.push((method, size));
            let host = || "localhost".to_owned();
            let deaf = inside.always == Some(Always::Deaf) && method == Method::Patch;
            match fault.or(deaf.then_some(Fault::Lost)) {
                Some(Fault::Lost) => return Err(net::Error::Lost { host: host() }.into()),
                Some(Fault::Offline) => return Err(net::Error::Offline { host: host() }.into()),
                Some(Fault::Forget) => inside.forget(),
                Some(Fault::WrongDigest) => inside.bytes.iter_mut().for_each(|byte| *byte ^= 1),
                Some(Fault::DropReply) | None => {}
            }
            let body = inside.serve(&outgoing).map_err(gateway::Error::Problem)?;
            if fault == Some(Fault::DropReply) {
                return Err(net::Error::Lost { host: host() }.into());
            }
            let body = body.to_string().into_bytes();
            Ok(Answer { status: 200, body, etag: None, replayed: false, retry_after_s: None })
        })
    }
}

/// Without a draft.
impl Attachments {
    async fn begin(&self, new: NewAttachment, limits: &Limits) -> Result<AttachmentId> {
        let file = new.checked(limits)?;
        self.state.write(move |dao| make_room(dao, &file, NOW)).await
    }

    async fn finish(&self, id: &AttachmentId) -> Result<Attachment> {
        let id = id.clone();
        self.state.write(move |dao| whole(dao, &id)?.map(Into::into).ok_or(Error::NotFound)).await
    }
}

struct Phone {
    _dir: TempDir,
    attachments: Attachments,
    outbox: Outbox,
    gateway: Arc<Uploads>,
    clock: ManualClock,
}

impl Phone {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let spawner = Spawner::current();
        let store = state(dir.path());
        let clock = ManualClock::at(NOW);
        let gateway = Arc::new(Uploads::default());
        let outbox = Outbox::new(
            store.clone(),
            Registry::default().with::<Upload>().with::<Submit>().with::<Correct>(),
            gateway.clone(),
            Arc::new(clock.clone()),
            Events::default(),
            spawner.clone(),
        );
        let attachments = Attachments::new(store, &spawner);
        Self { _dir: dir, attachments, outbox, gateway, clock }
    }

    async fn picked(&self, bytes: &[u8], piece: usize) -> AttachmentId {
        let id = self.attachments.begin(jpeg("Өвөө эмээ.jpg", bytes.len() as u64), &limits()).await.unwrap();
        let mut offset = 0;
        for piece in bytes.chunks(piece) {
            offset = self.attachments.append(&id, offset, piece.to_vec()).await.unwrap();
        }
        self.attachments.finish(&id).await.unwrap();
        id
    }

    /// Sends until it is done, however often that takes; gives how it ended.
    async fn send(&self, id: &AttachmentId) -> State {
        let operation = self.outbox.enqueue(Upload { attachment: id.clone() }).await.unwrap();
        self.outbox.start();
        for _ in 0..40 {
            self.outbox.flush(HOUR).await.unwrap();
            let state = self.outbox.get(&operation).await.unwrap().state;
            if matches!(state, State::Done | State::Wedged) {
                return state;
            }
            self.clock.advance(Duration::from_secs(30));
        }
        panic!("never ended: {:?}", self.gateway.0.lock().unwrap().requests)
    }

    /// What is confirmed, on its way behind a file.
    async fn put_behind_a_file(&self, entry: impl FnOnce(Confirmed) -> Entry) -> OperationId {
        let upload = Entry::of(Upload { attachment: self.picked(&photograph(10), 10).await });
        let written = json!({
            "version": 1,
            "schema": { "type": "object", "properties": { "зорилго": { "type": "string" } } },
            "presentation": { "sections": [{ "fields": ["зорилго"] }] },
        });
        let form = Form::parse(ServiceId::parse("a1").unwrap(), written).unwrap();
        let typed = Values::from([("зорилго".to_owned(), "Үүрэн холбоо".to_owned())]);
        let mut confirmed = Confirmed::of(&form, &typed, CivilDate::new(2026, 11, 28).unwrap(), NOW).unwrap();
        let keep = move |dao: &mut Dao<'_>| {
            confirmed.keep(None, dao)?;
            Ok::<_, Error>(confirmed)
        };
        let confirmed = self.attachments.state.write(keep).await.unwrap();
        self.outbox.put(entry(confirmed).needing(vec![upload])).await.unwrap()
    }

    /// As a draft does that has no use for it.
    async fn let_go(&self, id: &AttachmentId) {
        let id = id.clone();
        self.attachments.state.write(move |dao| let_go(dao, &id)).await.unwrap();
    }

    fn arrived(&self) -> Vec<u8> {
        self.gateway.0.lock().unwrap().bytes.clone()
    }
}

fn limits() -> Limits {
    Limits { media_types: vec![MediaType::Jpeg, MediaType::Pdf], max_size: 10 << 20 }
}

fn jpeg(name: &str, size: u64) -> NewAttachment {
    NewAttachment { name: name.into(), media_type: "image/jpeg".into(), size }
}

/// Begins as a photograph does; no two parts of it are alike.
fn photograph(size: usize) -> Vec<u8> {
    static SEED: AtomicU64 = AtomicU64::new(1);
    let mut x = SEED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let noise = std::iter::repeat_with(move || {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (x >> 56) as u8
    });
    b"\xff\xd8\xff".iter().copied().chain(noise).take(size).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_comes_in_pieces_of_any_size_and_is_read_as_it_was() {
    let phone = Phone::new();
    for (size, piece) in [(4, 1), (32 << 10, 32 << 10), ((32 << 10) + 1, 10_000), (300_007, 65_537), (300_007, 1 << 20)]
    {
        let bytes = photograph(size);

        let id = phone.picked(&bytes, piece).await;

        let file = phone.attachments.get(&id).await.unwrap();
        assert_eq!((file.size, file.stored, file.arrived), (size as u64, size as u64, 0));
        assert_eq!(file.sha256, Some(digest::hex(&digest::sha256(&bytes))), "{size} bytes in pieces of {piece}");
        let mut read = phone.attachments.read(&id, 0).await.unwrap();
        assert_eq!(read, bytes);
        read.drain(..3);
        assert_eq!(phone.attachments.read(&id, 3).await.unwrap(), read);
        assert!(phone.attachments.read(&id, size as u64).await.unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_taken_is_refused_before_a_byte_of_it_is_here() {
    let phone = Phone::new();
    let pdf_only = Limits { media_types: vec![MediaType::Pdf], ..limits() };
    for (new, limits, reason) in [
        (jpeg("а", 0), limits(), "attachment.empty"),
        (jpeg("а", (10 << 20) + 1), limits(), "attachment.too_large"),
        (jpeg("а", 10), pdf_only, "attachment.media_type"),
        (NewAttachment { media_type: "text/html".into(), ..jpeg("а", 10) }, limits(), "attachment.media_type"),
    ] {
        assert_eq!(phone.attachments.begin(new, &limits).await, Err(invalid(reason)));
    }
    for _ in 0..2 {
        phone.attachments.begin(jpeg("Үнэмлэх", 10 << 20), &limits()).await.unwrap();
    }
    let third = phone.attachments.begin(jpeg("Үнэмлэх", 10 << 20), &limits()).await;
    assert_eq!(third, Err(invalid("attachment.no_room")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_for_people_and_leads_nowhere() {
    let phone = Phone::new();
    for (name, kept) in [
        ("/storage/emulated/0/Өргөө/Үнэмлэх 1.jpg", "Үнэмлэх 1.jpg"),
        ("C:\\Users\\Бат\\зураг.jpg", "зураг.jpg"),
        ("..", ".."),
        ("\u{0}\u{7}\n", "-"),
        ("", "-"),
    ] {
        let id = phone.attachments.begin(jpeg(name, 1), &limits()).await.unwrap();
        assert_eq!(phone.attachments.get(&id).await.unwrap().name, kept);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_what_was_said_of_it_or_is_no_attachment() {
    let phone = Phone::new();
    let files = &phone.attachments;
    let id = files.begin(jpeg("хуурамч.jpg", 6), &limits()).await.unwrap();

    assert_eq!(files.append(&id, 1, b"x".to_vec()).await, Err(invalid("attachment.offset")));
    assert_eq!(files.append(&id, 0, b"<html>x".to_vec()).await, Err(invalid("attachment.larger_than_said")));
    assert_eq!(files.append(&id, 0, vec![0; LARGEST_PIECE + 1]).await, Err(invalid("attachment.piece_too_large")));
    files.append(&id, 0, b"<html".to_vec()).await.unwrap();
    assert_eq!(files.finish(&id).await, Err(invalid("attachment.incomplete")));
    files.append(&id, 5, b">".to_vec()).await.unwrap();
    assert_eq!(files.finish(&id).await, Err(invalid("attachment.not_what_it_says")));

    assert_eq!(files.get(&id).await.unwrap().sha256, None);
    phone.let_go(&id).await;
    assert_eq!(files.get(&id).await, Err(Error::NotFound));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_in_parts_that_grow_while_they_get_through() {
    let phone = Phone::new();
    let bytes = photograph(600_000);
    let id = phone.picked(&bytes, 1 << 20).await;

    assert_eq!(phone.send(&id).await, State::Done);

    assert_eq!(phone.arrived(), bytes);
    let inside = phone.gateway.0.lock().unwrap();
    assert_eq!(inside.announced.as_ref().unwrap()["name"], "Өвөө эмээ.jpg");
    let parts: Vec<_> = inside.requests.iter().skip(1).map(|(_, size)| *size >> 10).collect();
    assert_eq!((inside.requests[0].0, parts), (Method::Put, vec![32, 64, 128, 256, 105]));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_to_whichever_request_the_file_arrives_as_it_is() {
    let faults = [Fault::Lost, Fault::DropReply, Fault::Offline, Fault::Forget, Fault::WrongDigest];
    for fault in faults {
        for at in 0..4 {
            let phone = Phone::new();
            let bytes = photograph(200_000);
            let id = phone.picked(&bytes, 1 << 20).await;
            phone.gateway.0.lock().unwrap().faults.extend([(at, fault), (at + 1, Fault::DropReply)]);

            assert_eq!(phone.send(&id).await, State::Done, "{fault:?} at {at}");

            assert!(phone.gateway.0.lock().unwrap().requests.len() > at + 1, "both were met");
            assert_eq!(phone.arrived(), bytes, "{fault:?} at {at}");
            assert_eq!(phone.attachments.get(&id).await.unwrap().arrived, 200_000);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_gets_lost_is_followed_by_less() {
    let phone = Phone::new();
    let bytes = photograph(400_000);
    let id = phone.picked(&bytes, 1 << 20).await;
    phone.gateway.0.lock().unwrap().faults.push((3, Fault::Lost));

    phone.send(&id).await;

    let inside = phone.gateway.0.lock().unwrap();
    let sizes: Vec<_> = inside.requests.iter().skip(1).map(|(_, size)| *size >> 10).collect();
    assert_eq!(sizes[..5], [32, 64, 128, 0, 64], "asked first what had arrived");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_did_not_leave_is_asked_before_anything_else_is_sent() {
    let phone = Phone::new();
    let id = phone.picked(&photograph(200_000), 1 << 20).await;
    phone.gateway.0.lock().unwrap().faults.extend([(2, Fault::Lost), (3, Fault::Offline)]);

    assert_eq!(phone.send(&id).await, State::Done);

    let methods: Vec<_> = phone.gateway.0.lock().unwrap().requests.iter().map(|(method, _)| *method).collect();
    assert_eq!(methods[2..5], [Method::Patch, Method::Get, Method::Get]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_never_has_the_file_is_not_sent_to_for_ever() {
    for (always, parts) in [
        (Always::WrongDigest, 5),
        (Always::KeepsNothing, 11),
        (Always::Elsewhere, 11),
        (Always::Deaf, 11),
        (Always::Forgetful, 8),
    ] {
        let phone = Phone::new();
        phone.gateway.0.lock().unwrap().always = Some(always);
        let id = phone.picked(&photograph(40_000), 1 << 20).await;

        assert_eq!(phone.send(&id).await, State::Wedged, "{always:?}");

        let is_part = |(method, _): &&(Method, usize)| *method == Method::Patch;
        assert_eq!(phone.gateway.0.lock().unwrap().requests.iter().filter(is_part).count(), parts, "{always:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_that_get_lost_are_followed_by_longer_and_longer_silence_and_then_by_none() {
    let phone = Phone::new();
    phone.gateway.0.lock().unwrap().always = Some(Always::Deaf);
    let id = phone.picked(&photograph(40_000), 1 << 20).await;
    let operation = phone.outbox.enqueue(Upload { attachment: id }).await.unwrap();
    phone.outbox.start();
    let mut silences = Vec::new();
    let ended = loop {
        phone.outbox.poke();
        let view = phone.outbox.settle(&operation, HOUR).await.unwrap();
        let Some(next) = view.next_try_at else { break view };
        let silence = next.since(phone.clock.now());
        let requests = phone.gateway.0.lock().unwrap().requests.clone();
        assert!(requests.len() < 50, "without end");
        silences.extend((requests.last().unwrap().0 == Method::Get).then_some(silence.as_secs()));
        phone.clock.advance(silence);
    };

    assert_eq!((ended.state, ended.problem.as_deref()), (State::Wedged, Some("upload_stuck")));
    assert_eq!(silences, [2, 4, 8, 16, 32, 64, 128, 256, 512, 900]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_file_that_is_stuck_is_held_up_by_it_and_called_off_with_it() {
    let phone = Phone::new();
    phone.gateway.0.lock().unwrap().always = Some(Always::WrongDigest);
    let (files, authentication) = (Vec::new, None);
    let submit = |Confirmed { shown, wire, .. }| {
        Entry::of(Submit { confirmation: shown.id, wire, files: files(), authentication: None })
    };
    let r1 = RequestId::parse("r1").unwrap();
    let correct = |Confirmed { shown, wire, .. }| {
        let (request, confirmation, files) = (r1.clone(), shown.id, files());
        Entry::of(Correct(Answered { request, version: 3, confirmation, wire, files, authentication }))
    };
    let stands = async || {
        let read = |dao: &Dao<'_>| Ok::<_, storage::Error>((open_submissions(dao)?, under_way(dao, "r1")?));
        phone.attachments.state.read(read).await.unwrap()
    };
    let new = phone.put_behind_a_file(submit).await;
    let correction = phone.put_behind_a_file(correct).await;
    let (open, answer) = stands().await;
    assert_eq!((open[0].outlook, &open[0].held_up_by), (Outlook::Waits, &None));
    let waits = UnderWay { operation: correction.clone(), kind: Correct::KIND.into(), outlook: Outlook::Waits };
    assert_eq!(answer, Some(waits.clone()));

    phone.outbox.start();
    let stuck = async || {
        phone.outbox.flush(HOUR).await.unwrap();
        let mut open = phone.outbox.list(false, None).await.unwrap().items;
        open.retain(|view| view.state == State::Wedged);
        open.into_iter().map(|view| view.id).collect::<Vec<_>>()
    };
    let [of_the_correction, of_the_new] = &stuck().await[..] else { panic!("not both are stuck") };

    let (open, answer) = stands().await;
    assert_eq!((&open[0].operation, open[0].outlook), (&new, Outlook::HeldUp));
    assert_eq!(open[0].held_up_by.as_ref(), Some(of_the_new));
    let held_up = UnderWay { operation: of_the_correction.clone(), outlook: Outlook::HeldUp, ..waits };
    assert_eq!(answer, Some(held_up));
    let (row, of_the_correction) = (of_the_new.clone(), of_the_correction.clone());
    let submits = phone.attachments.state.read(move |dao| submission(dao, &row)).await.unwrap();
    assert_eq!(submits, Some((new, None)), "what holds it up tells which");
    let submits = phone.attachments.state.read(move |dao| submission(dao, &of_the_correction)).await.unwrap();
    assert_eq!(submits, None, "a correction is no submission");

    phone.outbox.cancel(of_the_new).await.unwrap();
    let (open, answer) = stands().await;
    assert!(open.is_empty() && answer.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_an_operation_sends_stays_until_that_is_called_off() {
    let phone = Phone::new();
    let id = phone.picked(&photograph(10), 10).await;
    let operation = phone.outbox.enqueue(Upload { attachment: id.clone() }).await.unwrap();

    phone.let_go(&id).await;
    assert_eq!(phone.attachments.get(&id).await.unwrap().stored, 10);
    phone.outbox.cancel(&operation).await.unwrap();

    phone.let_go(&id).await;
    assert_eq!(phone.attachments.get(&id).await, Err(Error::NotFound));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_there_goes_again_a_few_times_and_not_without_end() {
    let phone = Phone::new();
    let bytes = photograph(40_000);
    let id = phone.picked(&bytes, 40_000).await;
    assert_eq!((phone.send(&id).await, phone.arrived().len()), (State::Done, 40_000));
    let again = async |files: Vec<AttachmentId>, code: &'static str| {
        let told = move |dao: &mut Dao<'_>| refused(&files, &Problem::of(422, code), dao);
        phone.attachments.state.write::<_, storage::Error>(told).await.unwrap()
    };

    assert_eq!(again(vec![id.clone()], "invalid_field").await, Refusal::Stands);
    for _ in 0..3 {
        assert_eq!(again(vec![id.clone()], "upload_unknown").await, Refusal::Anew);
        assert_eq!(phone.attachments.get(&id).await.unwrap().arrived, 0);
    }
    let lost_each_time = again(vec![id.clone()], "upload_unknown").await;
    assert_eq!(lost_each_time, Refusal::Stands, "for the citizen to see");
    for none_here in [vec![AttachmentId::mint()], Vec::new()] {
        assert_eq!(again(none_here, "upload_unknown").await, Refusal::Stands);
    }
}
