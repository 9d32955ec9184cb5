//! One run of the program: core opened on a folder, and closed again whatever happened.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use emongolia_core::{
    App, Config,
    foundation::{
        clock::{Clock, Timestamp},
        ports::Ports,
    },
};

use crate::{
    args::Global,
    errors::Failure,
    output::{Output, StandardError},
    platform::{device_key::FileDeviceKey, files, https::Https, secrets::FileSecrets},
    settings::Folder,
};

/// How long closing may take; what is on its way goes on at the next start.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// What every command works with.
pub(crate) struct Terminal {
    pub(crate) app: App,
    pub(crate) output: Output,
    pub(crate) config: Config,
    pub(crate) ports: Ports,
    keys: PathBuf,
    /// For all network work of this run.
    pub(crate) budget: Duration,
}

impl Terminal {
    /// With `redirect_uri` in the place of the configured one, if a browser is to come back to this machine. Blocks,
    /// and must not run inside an executor.
    pub(crate) fn open(global: &Global, output: Output, redirect_uri: Option<String>) -> Result<Self, Failure> {
        let folder = Folder::find(global)?;
        let installation = folder.installation(global.config.as_deref(), global.backend)?;
        let config = installation.config(&folder, output.language);
        let mut config = config.map_err(|why| Failure::BadConfig { file: "config.json".into(), why })?;
        if let Some(redirect_uri) = redirect_uri {
            config.redirect_uri = redirect_uri;
        }
        let keys = folder.keys();
        let ports = ports(&keys, global.verbose);
        let app = App::open(config.clone(), ports.clone())?;
        Ok(Self { app, output, config, ports, keys, budget: Duration::from_secs(global.budget) })
    }

    pub(crate) async fn close(self) -> Result<(), Failure> {
        Ok(self.app.shutdown(CLOSE_WITHIN).await?)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    pub(crate) async fn sleep(&self, span: Duration) {
        self.ports.clock.sleep(span).await;
    }

    /// Waits until no other process of this folder changes keys, and keeps it so while what is given is held: of two that
    /// count a wrong PIN at the same time none is lost. Blocks.
    pub(crate) fn alone(&self) -> Result<File, Failure> {
        files::alone(&self.keys).map_err(|error| Failure::file(&self.keys, &error))
    }

    pub(crate) fn https(&self) -> Result<Https, Failure> {
        Https::new(&self.config, self.ports.clock.clone())
    }
}

fn ports(keys: &Path, verbose: bool) -> Ports {
    let mut ports = Ports::new(Arc::new(FileSecrets::in_dir(keys)), Arc::new(FileDeviceKey::in_dir(keys)));
    ports.clock = clock();
    if verbose {
        ports.log = Some(Arc::new(StandardError));
    }
    #[cfg(feature = "test-controls")]
    {
        ports.controls = crate::controls::of_environment();
    }
    ports
}

#[cfg(feature = "test-controls")]
fn clock() -> Arc<dyn Clock> {
    crate::controls::clock()
}

#[cfg(not(feature = "test-controls"))]
fn clock() -> Arc<dyn Clock> {
    Arc::new(emongolia_core::foundation::clock::SystemClock)
}
