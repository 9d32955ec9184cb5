//! Packages that npm fetches as they are locked, into a folder of the cache, and the Node they run on. Nothing of a package is
//! run while it is installed.

use std::{
    env::consts::ARCH,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{process::run, report::Outcome, tools, workspace::Workspace};

/// What npm reads.
const NAMED: [&str; 2] = ["package.json", "package-lock.json"];

pub(crate) struct Packages {
    /// Where they are named, from the workspace's root.
    pub(crate) source: &'static str,
    /// Of the folder in the cache.
    pub(crate) name: &'static str,
}

impl Packages {
    /// The folder that has what the lock names; made, and then `build`t in, when it is not there or names something else.
    pub(crate) fn provide(
        &self,
        workspace: &Workspace,
        build: impl FnOnce(&Path) -> Outcome,
    ) -> Result<PathBuf, String> {
        let (source, folder) = (workspace.root.join(self.source), self.folder(workspace));
        let ready = folder.join("installed.txt");
        let mut wanted = String::new();
        for name in NAMED {
            wanted.push_str(&read(&source.join(name))?);
        }
        if !(tools::says(&ready, &wanted) && node(&folder).is_file()) {
            self.install(workspace)?;
            build(&folder)?;
            fs::write(&ready, wanted).map_err(|error| format!("{}: {error}", ready.display()))?;
        }
        Ok(folder)
    }

    fn folder(&self, workspace: &Workspace) -> PathBuf {
        workspace.cache.join("tools").join(self.name)
    }

    /// Puts a file of ours beside them.
    pub(crate) fn copy(&self, workspace: &Workspace, name: &str) -> Result<(), String> {
        let from = workspace.root.join(self.source).join(name);
        fs::copy(from, self.folder(workspace).join(name)).map(drop).map_err(|error| format!("{name}: {error}"))
    }

    fn install(&self, workspace: &Workspace) -> Outcome {
        println!("what {} names, and its Node, are fetched once and kept; this takes half a minute", self.source);
        let folder = self.folder(workspace);
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for name in NAMED {
            self.copy(workspace, name)?;
        }
        let mut npm = Command::new("npm");
        run(npm.current_dir(&folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))?;
        // One for another machine is left out, as it should be; npm says nothing when it left out ours.
        let node = node(&folder);
        if node.is_file() { Ok("installed".into()) } else { Err(format!("npm brought no {}", node.display())) }
    }
}

/// The Node among a folder's packages.
pub(crate) fn node(folder: &Path) -> PathBuf {
    home(folder).join("bin/node")
}

/// Where it keeps what a module is built with.
pub(crate) fn home(folder: &Path) -> PathBuf {
    let machine = if ARCH == "aarch64" { "arm64" } else { "x64" };
    folder.join(format!("node_modules/node-linux-{machine}"))
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

#[cfg(test)]
mod unit {
    use serde_json::Value;

    use super::*;
    use crate::{bench, identity};

    fn lock(folder: &str) -> Value {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder).join("package-lock.json");
        serde_json::from_str(&read(&file).unwrap()).unwrap()
    }

    #[test]
    fn every_package_is_locked_by_its_hash_and_none_by_where_it_comes_from() {
        for folder in [identity::FOLDER, bench::RIVAL] {
            let lock = lock(folder);
            let packages = lock["packages"].as_object().unwrap();
            assert!(packages.len() > 30);
            for (name, package) in packages.iter().filter(|(name, _)| !name.is_empty()) {
                assert!(package["integrity"].as_str().is_some_and(|hash| hash.starts_with("sha512-")), "{name}");
                assert!(package.get("resolved").is_none(), "{name}");
            }
        }
    }
}
