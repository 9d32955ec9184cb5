//! Where things are: asked of cargo, not assumed.

use std::{env, path::PathBuf, process::Command};

use serde_json::Value;

use crate::process::{ask, cargo};

/// Keeps tools that were built, over many runs and clean checkouts.
const CACHE_VARIABLE: &str = "EMONGOLIA_CACHE";

pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// `$CARGO_TARGET_DIR`, or `target`.
    pub(crate) target: PathBuf,
    /// `$EMONGOLIA_CACHE`, or the target directory.
    pub(crate) cache: PathBuf,
    packages: Vec<String>,
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
            packages: packages.filter_map(|package| package["name"].as_str().map(str::to_owned)).collect(),
        })
    }

    pub(crate) fn has(&self, package: &str) -> bool {
        self.packages.iter().any(|name| name == package)
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
