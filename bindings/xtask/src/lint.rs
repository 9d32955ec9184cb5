//! Formatting and clippy.

use crate::{process::run, report::Report, workspace::Workspace};

pub(crate) fn parts(workspace: &Workspace, report: &mut Report) {
    report.part("format", || run(workspace.cargo().args(["fmt", "--all", "--check"])));
    report.part("clippy", || {
        run(workspace.cargo().args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))
    });
}
