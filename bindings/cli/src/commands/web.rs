//! Signing in to the portal in a browser: what its code asks for, and the citizen's answer.

use emongolia_core::{offline::outbox::OperationId, services::portal::WebSignIn};

use super::{CHANGE_WAITS, follow, show_sent};
use crate::{
    args,
    errors::Failure,
    output::{Page, words},
    terminal::Terminal,
    texts,
};

pub(super) async fn run(command: args::Web, terminal: &Terminal) -> Result<(), Failure> {
    match command {
        args::Web::Preview { qr } => preview(&qr, terminal).await,
        args::Web::Approve { id, number } => {
            let operation = terminal.app.portal().approve(&id, number).await?;
            answered(&operation, texts::WEB_APPROVED, terminal).await
        }
        args::Web::Refuse { id } => {
            let operation = terminal.app.portal().refuse(&id).await?;
            answered(&operation, texts::WEB_REFUSED, terminal).await
        }
    }
}

async fn preview(qr: &str, terminal: &Terminal) -> Result<(), Failure> {
    let asked = terminal.app.portal().preview(qr).await?;
    terminal.output.result(terminal.now(), &asked, |page| sign_in_page(page, &asked))?;
    terminal.output.hint(texts::WEB_CHOOSE, &[asked.id.as_str()]);
    Ok(())
}

fn sign_in_page(page: &mut Page, asked: &WebSignIn) {
    page.title(asked.service.in_language(page.language));
    page.pairs(&[
        (texts::WEB_ASKED, words::moment(asked.asked_at)),
        (texts::WEB_NUMBERS, asked.numbers.map(|number| number.to_string()).join("  ")),
        (texts::ID, asked.id.as_str().to_owned()),
    ]);
}

async fn answered(operation: &OperationId, done: texts::Text, terminal: &Terminal) -> Result<(), Failure> {
    let view = follow(operation, CHANGE_WAITS.min(terminal.budget), terminal).await?;
    let shown = show_sent(&view, done, texts::CHANGE_WAITING, terminal);
    terminal.app.portal().put_away(operation).await?;
    shown
}
