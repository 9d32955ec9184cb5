//! Requests: form, confirm, submit, follow.

use std::time::Duration;

use emongolia_core::{
    country::LocalisedText,
    services::{
        ServiceId,
        requests::{
            Confirmation, ConfirmationId, Field, FieldKind, Form, RequestDetail, RequestId, RequestSummary, Standing,
            Values,
        },
    },
};

use super::{catalogue, follow, show_sent};
use crate::{
    args,
    errors::Failure,
    output::{Page, Table, words},
    terminal::Terminal,
    texts,
};

pub(super) async fn run(command: args::Request, terminal: &Terminal) -> Result<(), Failure> {
    match command {
        args::Request::Form { service_id } => form(&service_id, terminal).await,
        args::Request::Confirm { service_id, values } => confirm(&service_id, values, terminal).await,
        args::Request::Submit { confirmation_id, wait } => submit(&confirmation_id, wait, terminal).await,
        args::Request::List { before } => list(before, terminal).await,
        args::Request::Show { request_id } => show(&request_id, terminal).await,
    }
}

async fn form(service: &ServiceId, terminal: &Terminal) -> Result<(), Failure> {
    let form = terminal.app.requests().form(service).await?;
    terminal.output.result(terminal.now(), &form, |page| {
        form_table(page, &form.value);
        page.age(&form);
    })?;
    terminal.output.hint(texts::FILL_IN, &[&example(&form.value)]);
    Ok(())
}

fn form_table(page: &mut Page, form: &Form) {
    let word = |text| page.word(text);
    let mut table = Table::new()
        .whole(word(texts::FIELD))
        .column(word(texts::QUESTION))
        .whole(word(texts::REQUIRED))
        .column(word(texts::ANSWER));
    for Field { name, title, kind, required } in &form.fields {
        table.row([
            name.clone(),
            title.in_language(page.language).to_owned(),
            word(words::yes_or_no(*required)).to_owned(),
            words::what_fits(kind, page.language),
        ]);
    }
    page.table(&table);
}

/// A command that could be typed next.
fn example(form: &Form) -> String {
    let mut command = format!("emongolia request confirm {}", form.service);
    for Field { name, kind, .. } in form.fields.iter().filter(|field| field.required) {
        let value = match kind {
            FieldKind::Text { .. } => "…".to_owned(),
            FieldKind::WholeNumber { minimum, maximum } => minimum.or(*maximum).unwrap_or(1).to_string(),
            FieldKind::YesNo => "yes".to_owned(),
            FieldKind::OneOf { options } => options.first().map(|one| one.value.clone()).unwrap_or_default(),
        };
        command.push_str(&format!(" --set {}", words::quoted(&format!("{name}={value}"))));
    }
    command
}

async fn confirm(service: &ServiceId, values: Vec<(String, String)>, terminal: &Terminal) -> Result<(), Failure> {
    let mut typed = Values::new();
    for (name, value) in values {
        if typed.insert(name.clone(), value).is_some() {
            return Err(Failure::Core(emongolia_core::Error::invalid(name, "form.twice")));
        }
    }
    let confirmation = terminal.app.requests().confirm(service, typed).await?;
    let name = catalogue::names([service], terminal).await?.remove(service);
    terminal
        .output
        .result(terminal.now(), &confirmation, |page| confirmation_page(page, &confirmation, name.as_ref()))?;
    terminal.output.hint(texts::SUBMIT, &[confirmation.id.as_str()]);
    Ok(())
}

fn confirmation_page(page: &mut Page, confirmation: &Confirmation, service: Option<&LocalisedText>) {
    let Confirmation { id, service: service_id, lines, .. } = confirmation;
    page.title(service.map_or(service_id.as_str(), |name| name.in_language(page.language)));
    page.heading(texts::CONFIRMED);
    let mut table = Table::new().column(page.word(texts::QUESTION)).column(page.word(texts::ANSWER));
    for line in lines {
        let (title, value) = (line.title.in_language(page.language), line.value.in_language(page.language));
        table.row([title.to_owned(), value.to_owned()]);
    }
    page.table(&table);
    page.gap();
    page.pairs(&[(texts::CONFIRMATION, id.as_str().to_owned())]);
}

async fn submit(confirmation: &ConfirmationId, wait_s: u64, terminal: &Terminal) -> Result<(), Failure> {
    let operation = terminal.app.requests().submit(confirmation).await?;
    let view = follow(&operation, Duration::from_secs(wait_s), terminal).await?;
    show_sent(&view, texts::SUBMITTED_DONE, texts::SUBMITTED_WAITING, terminal)
}

async fn list(before: Option<RequestId>, terminal: &Terminal) -> Result<(), Failure> {
    let mut requests = terminal.app.requests().page(before).await?;
    let items = &mut requests.value.items;
    let nameless: Vec<ServiceId> =
        items.iter().filter(|one| one.service_name.is_none()).map(|one| one.service.clone()).collect();
    let names = catalogue::names(&nameless, terminal).await?;
    for request in items.iter_mut().filter(|one| one.service_name.is_none()) {
        request.service_name = names.get(&request.service).cloned();
    }
    terminal.output.result(terminal.now(), &requests, |page| {
        if requests.value.items.is_empty() {
            page.say(texts::NO_REQUESTS);
        } else {
            request_table(page, &requests.value.items);
        }
        page.age(&requests);
        if let Some(next) = &requests.value.next {
            page.more(&format!("emongolia request list --before {}", words::quoted(next)));
        }
    })?;
    if requests.as_of.is_none() {
        terminal.output.hint(texts::PULL_FIRST, &[]);
    }
    Ok(())
}

fn request_table(page: &mut Page, requests: &[RequestSummary]) {
    let word = |text| page.word(text);
    let mut table = Table::new()
        .whole(word(texts::NUMBER_OF))
        .column(word(texts::SERVICE))
        .whole(word(texts::STATUS))
        .whole(word(texts::CHANGED_AT))
        .whole(word(texts::ID));
    for request in requests {
        table.row([
            request.number.clone().unwrap_or_else(|| "—".to_owned()),
            name_of(request, page),
            word(words::standing(&request.standing)).to_owned(),
            words::ago(request.updated_at, page.now, page.language),
            id_of(request).to_owned(),
        ]);
    }
    page.table(&table);
}

fn name_of(request: &RequestSummary, page: &Page) -> String {
    let name = request.service_name.as_ref().map(|name| name.in_language(page.language));
    name.unwrap_or(request.service.as_str()).to_owned()
}

/// The request's own id, or the operation's while it waits on this device.
fn id_of(request: &RequestSummary) -> &str {
    match (&request.id, &request.standing) {
        (Some(id), _) => id.as_str(),
        (None, Standing::Waiting { operation } | Standing::NeedsAttention { operation }) => operation.as_str(),
        (None, Standing::At { .. }) => "—",
    }
}

async fn show(id: &RequestId, terminal: &Terminal) -> Result<(), Failure> {
    let detail = terminal.app.requests().detail(id).await?;
    terminal.output.result(terminal.now(), &detail, |page| {
        detail_page(page, &detail.value);
        page.age(&detail);
    })
}

fn detail_page(page: &mut Page, detail: &RequestDetail) {
    let RequestDetail { summary, form, history, outcome } = detail;
    page.title(&name_of(summary, page));
    page.pairs(&[
        (texts::NUMBER_OF, summary.number.clone().unwrap_or_else(|| "—".to_owned())),
        (texts::STATUS, page.word(words::standing(&summary.standing)).to_owned()),
        (texts::SENT_AT, words::moment(summary.submitted_at)),
        (texts::CHANGED_AT, words::moment(summary.updated_at)),
        (texts::ID, id_of(summary).to_owned()),
    ]);
    if let Some(outcome) = outcome {
        page.heading(texts::OUTCOME);
        page.paragraph(outcome.in_language(page.language));
    }
    if !form.is_empty() {
        page.heading(texts::ANSWER);
        let mut table = Table::new().whole(page.word(texts::FIELD)).column(page.word(texts::ANSWER));
        for (name, value) in form {
            table.row([name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)]);
        }
        page.table(&table);
    }
    if !history.is_empty() {
        page.heading(texts::HISTORY);
        for step in history {
            let who = step.actor.name.as_deref().unwrap_or_else(|| page.word(words::actor(step.actor.kind)));
            let note = step.note.as_ref().map(|note| format!(": {}", note.in_language(page.language)));
            let status = page.word(words::status(step.status));
            page.line(&format!("  {}  {status} — {who}{}", words::moment(step.at), note.unwrap_or_default()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use emongolia_core::{
        Language,
        auth::Freshness,
        foundation::clock::Timestamp,
        offline::{Aged, outbox::OperationId},
        services::requests::{Actor, ActorKind, Choice, Line, Status, Step},
    };

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_s(1_795_392_000);

    fn service() -> ServiceId {
        ServiceId::parse("ac8a").unwrap()
    }

    fn summary(standing: Standing) -> RequestSummary {
        RequestSummary {
            id: Some(RequestId::parse("r1").unwrap()),
            number: Some("26-000123".into()),
            service: service(),
            service_name: Some(LocalisedText::mongolian("Өмгөөлөгчийн лавлагаа")),
            standing,
            submitted_at: NOW,
            updated_at: NOW,
        }
    }

    fn detail() -> RequestDetail {
        RequestDetail {
            summary: summary(Standing::At { status: Status::Completed }),
            form: BTreeMap::from([("forUsage".to_owned(), "Хаан банк".into()), ("startYear".to_owned(), 2020.into())]),
            history: vec![Step {
                status: Status::Submitted,
                at: NOW,
                actor: Actor { kind: ActorKind::Citizen, name: None },
                note: Some(LocalisedText::mongolian("Хүлээн авлаа")),
            }],
            outcome: Some(LocalisedText::new("Үнэгүй олгов", "Granted")),
        }
    }

    #[test]
    fn a_form_has_a_stable_shape() {
        let choice = Choice { value: "mn".into(), title: LocalisedText::new("Монгол", "Mongolian") };
        let kinds = [
            FieldKind::Text { max_length: Some(120) },
            FieldKind::WholeNumber { minimum: Some(1992), maximum: None },
            FieldKind::YesNo,
            FieldKind::OneOf { options: vec![choice] },
        ];
        let field =
            |kind| Field { name: "хэл".into(), title: LocalisedText::mongolian("Хэл"), kind, required: true };
        let authentication = Some(Freshness::within(300));
        let form = Form { service: service(), version: 3, fields: kinds.map(field).into(), authentication };

        assert_eq!(
            serde_json::to_string(&Aged { value: &form, as_of: None, stale: true }).unwrap(),
            r#"{"value":{"service":"ac8a","version":3,"fields":[{"name":"хэл","title":{"mn":"Хэл"},"kind":{"text":{"max_length":120}},"required":true},{"name":"хэл","title":{"mn":"Хэл"},"kind":{"whole_number":{"minimum":1992,"maximum":null}},"required":true},{"name":"хэл","title":{"mn":"Хэл"},"kind":"yes_no","required":true},{"name":"хэл","title":{"mn":"Хэл"},"kind":{"one_of":{"options":[{"value":"mn","title":{"mn":"Монгол","en":"Mongolian"}}]}},"required":true}],"authentication":{"max_age_s":300,"acr":null}},"as_of":null,"stale":true}"#
        );
        assert_eq!(
            example(&form),
            "emongolia request confirm ac8a --set 'хэл=…' --set хэл=1992 --set хэл=yes --set хэл=mn"
        );
    }

    #[test]
    fn a_confirmation_has_a_stable_shape() {
        let line = Line {
            title: LocalisedText::new("Хаана", "Where"), value: LocalisedText::mongolian("Хаан банк")
        };
        let confirmation = Confirmation {
            id: ConfirmationId::parse(&"0b".repeat(16)).unwrap(),
            service: service(),
            form_version: 1,
            lines: vec![line],
            digest: "ff".into(),
            confirmed_at: NOW,
        };

        assert_eq!(
            serde_json::to_string(&confirmation).unwrap(),
            r#"{"id":"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b","service":"ac8a","form_version":1,"lines":[{"title":{"mn":"Хаана","en":"Where"},"value":{"mn":"Хаан банк"}}],"digest":"ff","confirmed_at":"2026-11-23T00:00:00.000Z"}"#
        );
    }

    #[test]
    fn a_request_has_a_stable_shape_wherever_it_stands() {
        let operation = OperationId::parse(&"0a".repeat(16)).unwrap();
        let standings = [
            (Standing::At { status: Status::FileRequested }, r#"{"at":{"status":"FILE_REQUESTED"}}"#),
            (
                Standing::Waiting { operation: operation.clone() },
                r#"{"waiting":{"operation":"0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"}}"#,
            ),
            (
                Standing::NeedsAttention { operation },
                r#"{"needs_attention":{"operation":"0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"}}"#,
            ),
        ];

        for (standing, json) in standings {
            assert_eq!(
                serde_json::to_string(&summary(standing)).unwrap(),
                format!(
                    r#"{{"id":"r1","number":"26-000123","service":"ac8a","service_name":{{"mn":"Өмгөөлөгчийн лавлагаа"}},"standing":{json},"submitted_at":"2026-11-23T00:00:00.000Z","updated_at":"2026-11-23T00:00:00.000Z"}}"#
                )
            );
        }
    }

    #[test]
    fn a_detail_has_a_stable_shape() {
        let json = serde_json::to_string(&detail()).unwrap();

        assert!(
            json.ends_with(r#""form":{"forUsage":"Хаан банк","startYear":2020},"history":[{"status":"SUBMITTED","at":"2026-11-23T00:00:00.000Z","actor":{"kind":"citizen","name":null},"note":{"mn":"Хүлээн авлаа"}}],"outcome":{"mn":"Үнэгүй олгов","en":"Granted"}}"#),
            "{json}"
        );
    }

    #[test]
    fn a_person_reads_a_request_as_a_page() {
        let mut page = Page::for_tests(Language::Mn, NOW);

        detail_page(&mut page, &detail());

        assert_eq!(
            page.into_text(),
            "\
Өмгөөлөгчийн лавлагаа
  Бүртгэлийн №  26-000123
  Төлөв         Шийдвэрлэсэн
  Илгээсэн      2026.11.23 08:00
  Өөрчлөгдсөн   2026.11.23 08:00
  Дугаар        r1

Хариу
Үнэгүй олгов

Хариулт
Талбар     Хариулт
forUsage   Хаан банк
startYear  2020

Явц
  2026.11.23 08:00  Хүлээн авсан — иргэн: Хүлээн авлаа
"
        );
    }

    #[test]
    fn what_waits_on_the_device_is_listed_under_its_operation() {
        let operation = OperationId::parse(&"0a".repeat(16)).unwrap();
        let waiting = RequestSummary { id: None, number: None, ..summary(Standing::Waiting { operation }) };
        let mut page = Page::for_tests(Language::En, NOW);

        request_table(&mut page, &[waiting]);

        let text = page.into_text();
        assert!(text.contains("Waiting to be sent") && text.contains(&"0a".repeat(16)), "{text}");
    }
}
