//! Formatting, clippy, ways out, and what the decisions list: everything as it is tested, and what ships as it ships.

use crate::{clients, documents, identity, process::run, report::Report, workspace::Workspace};

/// What reaches citizens. In the workspace's build it has the test controls in it; here it has not.
const SHIPPED: &[&str] = &["emongolia-core", "emongolia-cli", "emongolia-ffi"];

pub(crate) fn parts(workspace: &Workspace, report: &mut Report) {
    report.part("format", || run(workspace.cargo().args(["fmt", "--all", "--check"])));
    report.part("clippy", || {
        let mut clippy = workspace.cargo();
        clippy.args(["clippy", "--workspace", "--all-targets", "--locked", "--features", identity::FEATURE]);
        clippy.args(workspace.with_test_controls());
        run(clippy.args(["--", "-D", "warnings"]))
    });
    report.part("clippy as shipped", || {
        let mut clippy = workspace.cargo();
        clippy.args(["clippy", "--locked"]);
        for package in SHIPPED.iter().filter(|package| workspace.has(package)) {
            clippy.args(["--package", package]);
        }
        run(clippy.args(["--", "-D", "warnings"]))
    });
    report.part("clients", || clients::check(workspace));
    report.part("documents", || documents::check(workspace));
}
