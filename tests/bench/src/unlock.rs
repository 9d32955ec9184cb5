//! Opening a locked app. Keys lie in files that are synced, as the terminal keeps them; a phone's keystore is not here.

use std::{
    error::Error,
    fs::{self, File},
    io::Write as _,
    num::NonZeroU32,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use emongolia_core::{
    App,
    foundation::ports::{BiometricKey, DeviceKey, PortError, SecretStore},
};
use emongolia_support::{
    browser,
    ports::{MemoryDeviceKey, MemoryPhone},
    processes::SandboxProcess,
    temp::InstallDir,
};
use ring::pbkdf2;
use tokio::runtime::Runtime;

use crate::{fastest, machine, synced, timed};

const PIN: &str = "480251";

/// As in `foundation/crypto/release.rs`.
const ROUNDS: u32 = 600_000;

const TURNS: usize = 25;

/// Long enough for an app that does nothing to close.
const SOON: Duration = Duration::from_secs(10);

/// One secret, one file; there when it is said to be.
struct SyncedSecrets(PathBuf);

impl SyncedSecrets {
    fn replace(&self, name: &str, value: &[u8]) -> std::io::Result<()> {
        let beside = self.0.join("beside");
        let mut file = File::create(&beside)?;
        file.write_all(value)?;
        file.sync_all()?;
        fs::rename(&beside, self.0.join(name))?;
        File::open(&self.0)?.sync_all()
    }
}

fn failed(error: &std::io::Error) -> PortError {
    PortError::Failed { code: error.kind().to_string() }
}

impl SecretStore for SyncedSecrets {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        let path = self.0.join(name);
        if path.exists() { fs::read(path).map(Some).map_err(|error| failed(&error)) } else { Ok(None) }
    }

    fn put(&self, name: &str, value: &[u8]) -> Result<(), PortError> {
        self.replace(name, value).map_err(|error| failed(&error))
    }

    fn delete(&self, name: &str) -> Result<(), PortError> {
        let path = self.0.join(name);
        if path.exists() { fs::remove_file(path).map_err(|error| failed(&error)) } else { Ok(()) }
    }
}

/// A finger that is always there: a person's time is nobody's to measure.
struct Finger(MemoryDeviceKey);

impl BiometricKey for Finger {
    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, PortError> {
        self.0.wrap(key)
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Vec<u8>, PortError> {
        self.0.unwrap(wrapped)
    }

    fn delete(&self) -> Result<(), PortError> {
        self.0.delete()
    }
}

struct Times {
    pin: Duration,
    unstretched: Duration,
    biometric: Duration,
    stretching: Duration,
    sync: Duration,
}

/// Markdown: the figures, and how busy the machine was.
pub(crate) fn page() -> Result<String, Box<dyn Error>> {
    let Times { pin, unstretched, biometric, stretching, sync } = measured()?;
    let row = |name: &str, time: Duration| {
        let ratio = |to: Duration| time.as_secs_f64() / to.as_secs_f64();
        let ms = time.as_secs_f64() * 1000.0;
        format!("| {name} | {ms:.2} ms | {:.3} | {:.2} |\n", ratio(stretching), ratio(sync))
    };
    let rows = [
        row("unlock with a PIN", pin),
        row("the same, PBKDF2 left out (10 rounds)", unstretched),
        row("unlock by a biometric release", biometric),
        row(&format!("PBKDF2-HMAC-SHA-256 alone, {ROUNDS} rounds"), stretching),
        row("4 KiB written and fdatasync", sync),
    ];
    Ok(format!(
        "{}.\n\n\
         | | time | to PBKDF2 alone | to one fdatasync |\n|---|---|---|---|\n{}",
        machine()?,
        rows.concat()
    ))
}

fn measured() -> Result<Times, Box<dyn Error>> {
    let (install, quick) = (InstallDir::new()?, InstallDir::new()?);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let app = locked_app(&install, &runtime, None)?;
    let unstretching = locked_app(&quick, &runtime, Some(10))?;
    let mut times = [const { Vec::new() }; 5];
    for _ in 0..TURNS {
        let turn = [
            opened(&app, &runtime, Some(PIN))?,
            opened(&unstretching, &runtime, Some(PIN))?,
            opened(&app, &runtime, None)?,
            timed(stretch)?,
            synced(&mut File::options().create(true).append(true).open(install.root().join("synced"))?)?,
        ];
        times.iter_mut().zip(turn).for_each(|(times, time)| times.push(time));
    }
    runtime.block_on(app.shutdown(SOON))?;
    runtime.block_on(unstretching.shutdown(SOON))?;
    let [pin, unstretched, biometric, stretching, sync] = times.map(fastest);
    Ok(Times { pin, unstretched, biometric, stretching, sync })
}

/// Signed in, with a PIN and a biometric release; open for now. The other side is gone: to unlock, nobody is asked.
fn locked_app(install: &InstallDir, runtime: &Runtime, rounds: Option<u32>) -> Result<App, Box<dyn Error>> {
    let sandbox = SandboxProcess::start_fresh()?;
    let keys = install.root().join("keys");
    fs::create_dir(&keys)?;
    let mut ports = MemoryPhone::new().ports();
    ports.secrets = Arc::new(SyncedSecrets(keys));
    ports.controls.kdf_rounds = rounds;
    ports.biometric = Some(Arc::new(Finger(MemoryDeviceKey::new())));
    let app = App::open(sandbox.core_config(install.state(), install.cache())?, ports)?;
    runtime.block_on(async {
        let request = app.auth().begin_sign_in().await?;
        let citizen = sandbox.config().citizens.first().ok_or("a sandbox without citizens")?;
        let callback = browser::approve(sandbox.config(), &request.url, citizen).await?;
        app.auth().complete_sign_in(&callback).await?;
        app.lock().change_pin(None, Some(PIN)).await?;
        app.lock().set_biometric(true).await?;
        Ok::<_, Box<dyn Error>>(())
    })?;
    Ok(app)
}

fn opened(app: &App, runtime: &Runtime, pin: Option<&str>) -> Result<Duration, Box<dyn Error>> {
    runtime.block_on(app.lock().lock())?;
    timed(|| Ok(runtime.block_on(app.lock().unlock(pin))?))
}

fn stretch() -> Result<(), Box<dyn Error>> {
    let rounds = NonZeroU32::new(ROUNDS).ok_or("no rounds")?;
    let mut key = [0; 32];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, &[7; 32], PIN.as_bytes(), &mut key);
    std::hint::black_box(key);
    Ok(())
}
