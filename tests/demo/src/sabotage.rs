//! How promises are broken for real: at the gateway, in the sandbox's tables, on the phone.

use std::fs;

use emongolia_support::processes::{Cli, FaultKind, ServerFault};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::{
    stage::Stage,
    step::{Stop, Told},
    story::reference::IDENTITY_CARD,
};

/// More than any client tries in a step.
pub(crate) const ALWAYS: u32 = 1_000;

/// An hour: longer than any step waits.
const RETRY_AFTER_S: u32 = 3_600;

/// Every answer of the operation is nearly JSON.
pub(crate) fn garbage(stage: &mut Stage, operation: &str) -> Told {
    stage.fault(ServerFault::next(operation, FaultKind::Garbage).times(ALWAYS))
}

/// The operation is not available.
pub(crate) fn unavailable(stage: &mut Stage, operation: &str) -> Told {
    let kind = FaultKind::Status { status: 503, retry_after: Some(RETRY_AFTER_S) };
    stage.fault(ServerFault::next(operation, kind).times(ALWAYS))
}

/// Somebody changes the sandbox's tables behind its back.
pub(crate) fn in_sandbox(stage: &mut Stage, sql: &str) -> Told {
    Ok(Connection::open(stage.sandbox.data().join("sandbox.db"))?.execute_batch(sql)?)
}

/// The phone has the form, and then has another.
pub(crate) fn another_form(stage: &mut Stage) -> Told {
    stage.ask(&["request", "form", IDENTITY_CARD])?;
    let titles = stage.seeds.form_titles(IDENTITY_CARD)?;
    titles.iter().flat_map(|(mn, en)| [mn, en]).try_for_each(|title| {
        stage.device.change_cache(&format!("UPDATE form SET body = replace(body, '{title}', 'Утасны дугаар')"))
    })
}

/// Another installation, told that the gateway lives below a path that does not exist.
pub(crate) fn stray_path(stage: &mut Stage) -> Told {
    let stray = |error: serde_json::Error| Stop::Seeds(format!("sandbox.json: {error}"));
    let path = stage.sandbox.config_path();
    let text = fs::read_to_string(path).map_err(Stop::io(path.display().to_string()))?;
    let mut config: Value = serde_json::from_str(&text).map_err(stray)?;
    config["origin"] = json!(format!("{}/old", stage.sandbox.config().origin));
    let path = stage.folder().join("stray.json");
    fs::write(&path, config.to_string()).map_err(Stop::io(path.display().to_string()))?;
    let other = Cli::new(stage.folder().join("stray"), &stage.sandbox)?.config(path);
    other.run(["sync"])?; // it fails, of course
    Ok(())
}
