//! The clerk's desk and the pages where citizens sign in, in Debian's chromium, driven by `tests/sandbox/browser`.
//!
//! Guarantees: the packages are the versions that `requirements.txt` names, in a folder of their own in the cache.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    process::{run as run_process, run_reading},
    report::{Outcome, Report},
    tests::Count,
    tools,
    workspace::Workspace,
};

const FOLDER: &str = "tests/sandbox/browser";

const SANDBOX: &str = "emongolia-sandbox";

/// The one program that is needed, when nothing else was built.
pub(crate) fn build(workspace: &Workspace) -> Outcome {
    run_process(workspace.cargo().args(["build", "--locked", "--package", SANDBOX, "--bin", SANDBOX]))
}

pub(crate) fn run(workspace: &Workspace, report: &mut Report) {
    let mut python = None;
    report.part("browser packages", || {
        python = Some(provide(workspace)?);
        Ok("as required".into())
    });
    let Some(python) = python else {
        report.not_run(&["desk"], "the browser's packages are missing");
        return;
    };
    report.counted("desk", || {
        let mut count = Count::default();
        let pictures = workspace.cache.join("desk");
        let mut tests = Command::new(python);
        tests.arg(workspace.root.join(FOLDER).join("walk.py"));
        tests.arg("--sandbox").arg(workspace.target.join("debug").join(SANDBOX));
        tests.args(["--chromium", "chromium", "--pictures"]).arg(&pictures);
        let succeeded = run_reading(&mut tests, |line| count.line(line));
        println!("pictures: {}", pictures.display());
        count.judged(succeeded)
    });
}

/// The Python that has what `requirements.txt` names; made when it is not there or names something else.
fn provide(workspace: &Workspace) -> Result<PathBuf, String> {
    let requirements = workspace.root.join(FOLDER).join("requirements.txt");
    let wanted = fs::read_to_string(&requirements).map_err(|error| format!("{}: {error}", requirements.display()))?;
    let folder = workspace.cache.join("tools").join("desk");
    let python = folder.join("bin").join("python");
    let ready = folder.join("installed.txt");
    if tools::says(&ready, &wanted) && python.exists() {
        return Ok(python);
    }
    environment(&folder)?;
    run_process(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
            .arg(&requirements),
    )?;
    fs::write(&ready, wanted).map_err(|error| format!("{}: {error}", ready.display()))?;
    Ok(python)
}

/// Debian's Python comes without what makes environments.
fn environment(folder: &Path) -> Outcome {
    let make = || run_process(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder));
    make().or_else(|_| {
        tools::install(&["python3-venv"])?;
        make().map_err(|why| format!("{why}; Python's venv is needed (Debian: python3-venv)"))
    })
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn an_environment_of_other_versions_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("installed.txt");

        assert!(!tools::says(&file, "playwright==1"));
        fs::write(&file, "playwright==1").unwrap();
        assert!(tools::says(&file, "playwright==1") && !tools::says(&file, "playwright==2"));
    }
}
