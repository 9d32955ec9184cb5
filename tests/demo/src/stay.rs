//! `--stay`: a sandbox to play with, and how.

use crate::{
    stage::Stage,
    step::{Stop, Told},
    story::reference::IDENTITY_CARD,
};

/// Prints how to drive everything, and waits for Ctrl-C.
pub(crate) fn stay(stage: Stage, keep: bool) -> Told {
    let guide = guide(&stage)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Stop::io("a runtime"))?;
    // Listening begins at the first poll, so before the guide can be read: no Ctrl-C ends this without tidying up.
    let ended = runtime.block_on(async {
        let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
        tokio::select! {
            biased;
            ended = &mut interrupt => return ended,
            () = std::future::ready(()) => stage.console.line(guide),
        }
        interrupt.await
    });
    ended.map_err(Stop::io("Ctrl-C"))?;
    stage.console.line("");
    stage.strike(keep)
}

fn guide(stage: &Stage) -> Told<String> {
    let (alias, config) = (stage.alias()?, stage.sandbox.config());
    let (control, token, origin, desk) = (&config.control, &config.control_token, &config.origin, &config.desk);
    let ca = config.ca_pem.display();
    let citizens = config.citizens.iter();
    let citizens: String =
        citizens.map(|citizen| format!("  {}  {}  {}\n", citizen.regnum, citizen.code, citizen.name)).collect();
    let (regnum, code) = (&stage.citizen.regnum, &stage.code);
    let regnum_in_address: String = regnum.bytes().map(|byte| format!("%{byte:02X}")).collect();
    Ok(format!(
        r#"
The sandbox serves {origin} until Ctrl-C. Its tables: {tables}
Its description: curl --cacert {ca} {origin}/openapi.json

The phone, in another terminal:
  alias emongolia='{alias}'
  emongolia sync
  emongolia sign-in --citizen {regnum} --code {code}
  emongolia search иргэний үнэмлэх
  emongolia service show {IDENTITY_CARD}
  emongolia request form {IDENTITY_CARD}
  emongolia request confirm {IDENTITY_CARD} --set forUsage='Өрнөх Үүр банк'
  emongolia request submit CONFIRMATION_ID
  emongolia request list
  emongolia inbox wait 60
  emongolia inbox list
  emongolia lock set                 (then: EMONGOLIA_PIN=… before each command)
  emongolia step-up --citizen {regnum} --code {code}
  emongolia status
  emongolia sign-out

The portal, in a browser on this machine (its certificate is the sandbox's own):
  {origin}/web/sign-in
  emongolia web preview ADDRESS      (of the link under the QR code)
  emongolia web approve ID NUMBER

Test citizens (invented) and their one-time codes:
{citizens}
The clerk, in a browser on this machine (Монгол, English):
  {desk}

The clerk, from a terminal:
  desk() {{ curl -sS -H 'X-Sandbox-Control: {token}' -H 'Content-Type: application/json' "$@"; }}
  desk {control}/control/requests
  desk -d '{{"status":"PROCESSING"}}' {control}/control/requests/REQUEST_ID/advance
  desk -d '{{"status":"GRANTED","note":{{"mn":"Лавлагаа бэлэн боллоо."}}}}' {control}/control/requests/REQUEST_ID/advance
  desk -d '{{"title":{{"mn":"Мэдэгдэл"}},"body":{{"mn":"Өглөөний мэнд."}}}}' {control}/control/citizens/{regnum_in_address}/notices

The network:
  desk -d '{{"faults":[{{"operation":"createRequest","kind":"drop_reply","times":1}}]}}' {control}/control/faults
  desk -X DELETE {control}/control/faults
  desk {control}/control/exchanges
"#,
        tables = stage.sandbox.data().join("sandbox.db").display(),
    ))
}
