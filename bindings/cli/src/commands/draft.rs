//! Drafts: a form that is filled in over days.

use emongolia_core::{
    Error,
    country::{LocalisedText, Person},
    offline::Page as Slice,
    services::{
        ServiceId,
        requests::{Amends, Consent, Draft, DraftId, DraftSummary, Offer, RequestId},
    },
};

use super::{catalogue, request};
use crate::{
    args,
    errors::Failure,
    output::{Page, Table, words},
    terminal::Terminal,
    texts,
};

pub(super) async fn run(command: args::Draft, terminal: &Terminal) -> Result<(), Failure> {
    match command {
        args::Draft::Begin { service_id, person } => begin(&service_id, person, terminal).await,
        args::Draft::Show { draft_id } => show(&draft_id, terminal).await,
        args::Draft::Set { draft_id, name, value } => set(&draft_id, name, value, terminal).await,
        args::Draft::Prefill { draft_id, operation, refuse } => prefill(&draft_id, operation, !refuse, terminal).await,
        args::Draft::List { before, person } => list(person, before, terminal).await,
        args::Draft::Discard { draft_id } => discard(&draft_id, terminal).await,
        args::Draft::Confirm { draft_id } => confirm(&draft_id, terminal).await,
    }
}

async fn begin(service: &ServiceId, person: Option<Person>, terminal: &Terminal) -> Result<(), Failure> {
    let id = terminal.app.requests().begin_draft(service, person.unwrap_or_default()).await?;
    show(&id, terminal).await
}

pub(super) async fn amend(request: &RequestId, terminal: &Terminal) -> Result<(), Failure> {
    let id = terminal.app.requests().amend(request).await?;
    show(&id, terminal).await
}

async fn show(id: &DraftId, terminal: &Terminal) -> Result<(), Failure> {
    let draft = terminal.app.requests().draft(id).await?;
    show_draft(&draft, terminal).await
}

async fn set(id: &DraftId, name: String, value: Option<String>, terminal: &Terminal) -> Result<(), Failure> {
    let draft = terminal.app.requests().answer(id, name, value).await?;
    show_draft(&draft, terminal).await
}

async fn prefill(id: &DraftId, operation: String, agreed: bool, terminal: &Terminal) -> Result<(), Failure> {
    let draft = terminal.app.requests().prefill(id, operation, agreed).await?;
    show_draft(&draft, terminal).await
}

async fn show_draft(draft: &Draft, terminal: &Terminal) -> Result<(), Failure> {
    let service = &draft.form.service;
    let name = catalogue::names([service], terminal).await?.remove(service);
    terminal.output.result(terminal.now(), draft, |page| draft_page(page, draft, name.as_ref()))?;
    for offer in draft.offers.iter().filter(|offer| offer.consent == Consent::NotAsked) {
        terminal.output.hint(texts::PREFILL_ASK, &[draft.id.as_str(), &offer.operation]);
    }
    let next = if draft.form.complete { texts::DRAFT_CONFIRM } else { texts::DRAFT_FILL_IN };
    if !draft.under_way {
        terminal.output.hint(next, &[draft.id.as_str()]);
    }
    Ok(())
}

fn draft_page(page: &mut Page, draft: &Draft, service: Option<&LocalisedText>) {
    let Draft {
        id,
        form,
        set_aside,
        newly_required,
        offers,
        files: _,
        begun_at,
        changed_at,
        under_way,
        amends,
        person,
    } = draft; // files answer
    page.title(service.map_or(form.service.as_str(), |name| name.in_language(page.language)));
    page.pairs(&[
        (texts::BEGUN_AT, words::moment(*begun_at)),
        (texts::CHANGED_AT, words::moment(*changed_at)),
        (texts::ID, id.as_str().to_owned()),
    ]);
    if let Some(person) = person {
        page.pairs(&[(texts::ON_BEHALF_OF, person.name.clone())]);
    }
    if *under_way {
        page.say(texts::DRAFT_UNDER_WAY);
    }
    if let Some(Amends { request, kind: _, message, open }) = amends {
        page.pairs(&[(texts::AMENDS, request.as_str().to_owned())]);
        message.iter().for_each(|message| page.paragraph(message.in_language(page.language)));
        page.line(&texts::OPEN_FIELDS.say(page.language, &[&open.join(", ")]));
    }
    request::form_page(page, form);
    if !offers.is_empty() {
        page.heading(texts::PREFILL_OFFERS);
        offers.iter().for_each(|offer| offer_line(page, offer));
    }
    if !newly_required.is_empty() {
        page.gap();
        page.line(&texts::NEWLY_REQUIRED.say(page.language, &[&newly_required.join(", ")]));
    }
    if !set_aside.is_empty() {
        page.heading(texts::SET_ASIDE);
        for aside in set_aside {
            let (title, why) = (aside.title.in_language(page.language), aside.message.in_language(page.language));
            page.line(&format!("{title}: {} ({why})", aside.value.in_language(page.language)));
        }
    }
}

fn offer_line(page: &mut Page, offer: &Offer) {
    let Offer { operation, title, fields, consent, missing } = offer;
    let consent = page.word(match consent {
        Consent::NotAsked => texts::PREFILL_NOT_ASKED,
        Consent::Given => texts::PREFILL_GIVEN,
        Consent::Refused => texts::PREFILL_REFUSED,
    });
    page.line(&format!("{} ({operation}): {consent}", title.in_language(page.language)));
    if !fields.is_empty() {
        page.line(&format!("  {}", fields.join(", ")));
    }
    if let Some(missing) = missing {
        page.line(&format!("  {}", missing.in_language(page.language)));
    }
}

async fn list(person: Option<Person>, before: Option<DraftId>, terminal: &Terminal) -> Result<(), Failure> {
    let only = words::only_for(person.as_ref());
    let drafts = terminal.app.requests().drafts_of(person, before).await?;
    let names = catalogue::names(drafts.items.iter().map(|draft| &draft.service), terminal).await?;
    let name_of = |service: &ServiceId| names.get(service).cloned();
    terminal.output.result(terminal.now(), &drafts, |page| list_page(page, &drafts, name_of, &only))
}

fn list_page(
    page: &mut Page,
    drafts: &Slice<DraftSummary>,
    name_of: impl Fn(&ServiceId) -> Option<LocalisedText>,
    only: &str,
) {
    if drafts.items.is_empty() {
        page.say(texts::NO_DRAFTS);
        return;
    }
    let word = |text| page.word(text);
    let mut table = Table::new()
        .column(word(texts::SERVICE))
        .whole(word(texts::ANSWERED))
        .whole(word(texts::CHANGED_AT))
        .whole(word(texts::ID));
    for DraftSummary { id, service, begun_at: _, changed_at, answered, request: _, person: _ } in &drafts.items {
        let name = name_of(service).map(|name| name.in_language(page.language).to_owned());
        table.row([
            name.unwrap_or_else(|| service.as_str().to_owned()),
            answered.to_string(),
            words::ago(*changed_at, page.now, page.language),
            id.as_str().to_owned(),
        ]);
    }
    page.table(&table);
    if let Some(next) = &drafts.next {
        page.more(&format!("emongolia request draft list{only} --before {}", words::quoted(next)));
    }
}

async fn discard(id: &DraftId, terminal: &Terminal) -> Result<(), Failure> {
    terminal.app.requests().discard_draft(id).await?;
    let gone = serde_json::json!({ "draft": id, "discarded": true });
    terminal.output.result(terminal.now(), &gone, |page| page.say(texts::DRAFT_DISCARDED))
}

async fn confirm(id: &DraftId, terminal: &Terminal) -> Result<(), Failure> {
    let requests = terminal.app.requests();
    match requests.confirm_draft(id).await {
        Ok(confirmation) => request::show_confirmation(&confirmation, terminal).await,
        Err(error) => {
            if matches!(error, Error::Invalid { .. })
                && let Ok(draft) = requests.draft(id).await
            {
                request::hint_problems(&draft.form, terminal);
            }
            Err(error.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use emongolia_core::{
        Language,
        country::PersonId,
        foundation::clock::Timestamp,
        services::requests::{FieldKind, FieldState, FormState, Section, SetAside},
    };

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_s(1_795_392_000);

    fn id() -> DraftId {
        DraftId::parse(&"0d".repeat(16)).unwrap()
    }

    fn draft() -> Draft {
        let name = FieldState {
            name: "citizen/firstname".into(),
            title: LocalisedText::new("Нэр", "Given name"),
            group: None,
            help: None,
            kind: FieldKind::Text { max_length: None, multiline: false },
            required: true,
            value: Some("Үүрийнтуяа".into()),
            shown: Some(LocalisedText::mongolian("Үүрийнтуяа")),
            problem: None,
            prefill: None,
            prefilled_from: Some("WS1".into()),
        };
        let offer = Offer {
            operation: "WS1".into(),
            title: LocalisedText::mongolian("Үнэмлэх"),
            fields: vec!["citizen/firstname".into()],
            consent: Consent::Given,
            missing: Some(LocalisedText::mongolian("Алга.")),
        };
        let aside = SetAside {
            title: LocalisedText::mongolian("Өнгө"),
            value: LocalisedText::new("хөх", "blue"),
            message: LocalisedText::mongolian("Ийм талбар алга."),
        };
        Draft {
            id: id(),
            form: FormState {
                service: ServiceId::parse("ac8a").unwrap(),
                version: 2,
                authentication: None,
                sections: vec![Section { title: None, fields: vec![name] }],
                complete: true,
            },
            set_aside: vec![aside],
            newly_required: vec!["photo".into()],
            offers: vec![offer],
            files: Vec::new(),
            begun_at: NOW,
            changed_at: NOW,
            under_way: false,
            amends: None,
            person: None,
        }
    }

    #[test]
    fn a_draft_has_a_stable_shape() {
        let json = serde_json::to_string(&draft()).unwrap();

        assert!(
            json.starts_with(r#"{"id":"0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d","form":{"service":"ac8a","version":2,"#),
            "{json}"
        );
        assert!(
            json.ends_with(r#""set_aside":[{"title":{"mn":"Өнгө"},"value":{"mn":"хөх","en":"blue"},"message":{"mn":"Ийм талбар алга."}}],"newly_required":["photo"],"offers":[{"operation":"WS1","title":{"mn":"Үнэмлэх"},"fields":["citizen/firstname"],"consent":"given","missing":{"mn":"Алга."}}],"files":[],"begun_at":"2026-11-23T00:00:00.000Z","changed_at":"2026-11-23T00:00:00.000Z","under_way":false,"amends":null,"person":null}"#),
            "{json}"
        );
    }

    #[test]
    fn a_person_reads_what_is_answered_and_what_a_new_form_changed() {
        let mut page = Page::for_tests(Language::Mn, NOW);

        draft_page(&mut page, &draft(), Some(&LocalisedText::mongolian("Үнэмлэх захиалах")));

        assert_eq!(
            page.into_text(),
            "\
Үнэмлэх захиалах
  Эхэлсэн      2026.11.23 08:00
  Өөрчлөгдсөн  2026.11.23 08:00
  Дугаар       0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d

Талбар             Асуулт  Заавал  Хариулт
citizen/firstname  Нэр     тийм    Үүрийнтуяа (бүртгэлээс)

Бүртгэлээс бөглөх
Үнэмлэх (WS1): та зөвшөөрсөн
  citizen/firstname
  Алга.

Одоо заавал хариулах болсон: photo

Маягтын шинэ хувилбарт багтахгүй хариулт
Өнгө: хөх (Ийм талбар алга.)
"
        );
    }

    #[test]
    fn drafts_are_listed_by_their_services_names() {
        let summary = DraftSummary {
            id: id(),
            service: ServiceId::parse("ac8a").unwrap(),
            begun_at: NOW,
            changed_at: NOW,
            answered: 7,
            request: None,
            person: None,
        };
        let drafts = Slice { items: vec![summary], next: Some("ө х".into()) };
        let mut page = Page::for_tests(Language::En, NOW);

        let name_of = |_: &ServiceId| Some(LocalisedText::mongolian("Үнэмлэх захиалах"));
        let only = words::only_for(PersonId::parse("УӨ88052317").map(Person::Other).as_ref());
        list_page(&mut page, &drafts, name_of, &only);

        let text = page.into_text();
        assert!(text.contains("Үнэмлэх захиалах  7         just now  0d0d"), "{text}");
        assert!(text.ends_with("More: emongolia request draft list --for УӨ88052317 --before 'ө х'\n"), "{text}");
        assert_eq!(
            serde_json::to_string(&drafts).unwrap(),
            r#"{"items":[{"id":"0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d","service":"ac8a","begun_at":"2026-11-23T00:00:00.000Z","changed_at":"2026-11-23T00:00:00.000Z","answered":7,"request":null,"person":null}],"next":"ө х"}"#
        );
    }
}
