//! Where things are: asked of cargo, not assumed.

use std::{env, path::PathBuf, process::Command};

use serde_json::Value;

use crate::process::{ask, cargo};

/// Keeps tools that were built, over many runs and clean checkouts.
const CACHE_VARIABLE: &str = "EMONGOLIA_CACHE";

/// The feature that compiles sabotage in.
const TEST_CONTROLS: &str = "test-controls";

pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// `$CARGO_TARGET_DIR`, or `target`.
    pub(crate) target: PathBuf,
    /// `$EMONGOLIA_CACHE`, or the target directory.
    pub(crate) cache: PathBuf,
    packages: Vec<Package>,
}

struct Package {
    name: String,
    has_test_controls: bool,
}

impl Workspace {
    pub(crate) fn find() -> Result<Self, String> {
        let here = env::current_dir().map_err(|error| format!("no current directory: {error}"))?;
        let answer = ask(cargo(&here).args(["metadata", "--no-deps", "--format-version", "1"]))?;
        let metadata: Value = serde_json::from_slice(&answer).map_err(|error| format!("cargo metadata: {error}"))?;
        let path = |name: &str| {
            let path = metadata[name].as_str().ok_or_else(|| format!("cargo metadata lacks {name}"))?;
            Ok::<_, String>(PathBuf::from(path))
        };
        let target = path("target_directory")?;
        let packages = metadata["packages"].as_array().into_iter().flatten();
        Ok(Self {
            root: path("workspace_root")?,
            cache: env::var_os(CACHE_VARIABLE)
                .filter(|dir| !dir.is_empty())
                .map_or_else(|| target.clone(), PathBuf::from),
            target,
            packages: packages.filter_map(Package::of).collect(),
        })
    }

    pub(crate) fn has(&self, package: &str) -> bool {
        self.packages.iter().any(|known| known.name == package)
    }

    /// `--features …`: the ways to sabotage promises, wherever there are any. What ships is built without.
    pub(crate) fn with_test_controls(&self) -> Vec<String> {
        let features = self.packages.iter().filter(|package| package.has_test_controls);
        let features: Vec<_> = features.map(|package| format!("{}/{TEST_CONTROLS}", package.name)).collect();
        if features.is_empty() { Vec::new() } else { vec!["--features".into(), features.join(",")] }
    }

    /// cargo, here.
    pub(crate) fn cargo(&self) -> Command {
        cargo(&self.root)
    }

    /// Where the sandboxes of a test run leave their contracts.
    pub(crate) fn contracts(&self) -> PathBuf {
        self.target.join("contract")
    }
}

impl Package {
    fn of(package: &Value) -> Option<Self> {
        let name = package["name"].as_str()?.to_owned();
        Some(Self { name, has_test_controls: package["features"].get(TEST_CONTROLS).is_some() })
    }
}
