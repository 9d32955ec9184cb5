//! Requests: form, confirm, submit, follow.

use std::{collections::BTreeMap, time::Duration};

use emongolia_core::{
    Error, Language,
    country::{LocalisedText, Person, Relation, Represented},
    offline::{self, Aged, outbox::OperationId},
    services::{
        ServiceId,
        requests::{
            Confirmation, ConfirmationId, FieldKind, FieldState, FormState, Progress, RequestDetail, RequestId,
            RequestSummary, Standing, Task, TaskKind, Values,
        },
    },
};

use super::{catalogue, draft, file, follow, payment, show_sent};
use crate::{
    args,
    errors::Failure,
    output::{Page, Table, words},
    terminal::Terminal,
    texts,
};

pub(super) async fn run(command: args::Request, terminal: &Terminal) -> Result<(), Failure> {
    match command {
        args::Request::Form { service_id, values } => form(&service_id, values, terminal).await,
        args::Request::Confirm { service_id, values } => confirm(&service_id, values, terminal).await,
        args::Request::Draft(command) => draft::run(command, terminal).await,
        args::Request::File(command) => file::run(command, terminal).await,
        args::Request::Paying(command) => payment::run(command, terminal).await,
        args::Request::Submit { confirmation_id, wait } => submit(&confirmation_id, wait, terminal).await,
        args::Request::List { before, person } => list(person, before, terminal).await,
        args::Request::People { service } => people(service.as_ref(), terminal).await,
        args::Request::Show { request_id } => show(&request_id, terminal).await,
        args::Request::Amend { request_id } => draft::amend(&request_id, terminal).await,
        args::Request::Withdraw { request_id, reason, wait } => withdraw(&request_id, reason, wait, terminal).await,
    }
}

async fn form(service: &ServiceId, values: Vec<(String, String)>, terminal: &Terminal) -> Result<(), Failure> {
    let form = terminal.app.requests().form(service, typed(values)?).await?;
    terminal.output.result(terminal.now(), &form, |page| {
        form_page(page, &form.value);
        page.age(&form);
    })?;
    terminal.output.hint(texts::FILL_IN, &[&example(&form.value)]);
    Ok(())
}

/// A question that is answered as it has to be shows its answer, any other one what fits.
pub(super) fn form_page(page: &mut Page, form: &FormState) {
    let word = |text| page.word(text);
    let columns = [word(texts::FIELD), word(texts::QUESTION), word(texts::REQUIRED), word(texts::ANSWER)];
    for section in &form.sections {
        page.gap();
        if let Some(title) = &section.title {
            page.line(title.in_language(page.language));
        }
        let [field, question, required, answer] = columns;
        let mut table = Table::new().whole(field).column(question).whole(required).column(answer);
        for field in &section.fields {
            let required = page.word(words::yes_or_no(field.required)).to_owned();
            let shown = field.shown.as_ref().map(|shown| shown.in_language(page.language));
            let shown = shown.map(|shown| match &field.prefilled_from {
                Some(_) => texts::PREFILLED.say(page.language, &[shown]),
                None => shown.to_owned(),
            });
            let answer = shown.unwrap_or_else(|| words::what_fits(&field.kind, page.language));
            table.row([field.name.clone(), question_of(field, page.language), required, answer]);
        }
        page.table(&table);
    }
    let answered = form.fields().filter(|field| field.value.is_some());
    let problems: Vec<String> = answered.filter_map(|field| to_mend(field, page.language)).collect();
    if !problems.is_empty() {
        page.heading(texts::TO_MEND);
        problems.iter().for_each(|problem| page.line(problem));
    }
}

fn question_of(field: &FieldState, language: Language) -> String {
    let group = field.group.as_ref().map(|group| format!("{}: ", group.in_language(language)));
    format!("{}{}", group.unwrap_or_default(), field.title.in_language(language))
}

fn to_mend(field: &FieldState, language: Language) -> Option<String> {
    let message = field.problem.as_ref()?.message.in_language(language).to_owned();
    Some(texts::MEND.say(language, &[&field.name, &message]))
}

/// A command that could be typed next. Files are put into a draft.
fn example(form: &FormState) -> String {
    if form.fields().any(|field| field.required && field.kind.is_file()) {
        return format!("emongolia request draft begin {}", form.service);
    }
    let mut command = format!("emongolia request confirm {}", form.service);
    for FieldState { name, kind, .. } in form.fields().filter(|field| field.required) {
        let value = match kind {
            FieldKind::WholeNumber { minimum, maximum }
            | FieldKind::Year { minimum, maximum }
            | FieldKind::Money { minimum, maximum } => minimum.or(*maximum).unwrap_or(1).to_string(),
            FieldKind::YesNo => "yes".to_owned(),
            FieldKind::OneOf { options } => options.first().map(|one| one.value.clone()).unwrap_or_default(),
            FieldKind::Text { .. }
            | FieldKind::Date
            | FieldKind::RegistrationNumber
            | FieldKind::CivilId
            | FieldKind::Phone
            | FieldKind::Plate
            | FieldKind::CompanyNumber
            | FieldKind::File { .. }
            | FieldKind::Signature { .. } => "…".to_owned(),
        };
        command.push_str(&format!(" --set {}", words::quoted(&format!("{name}={value}"))));
    }
    command
}

fn typed(values: Vec<(String, String)>) -> Result<Values, Failure> {
    let mut typed = Values::new();
    for (name, value) in values {
        if typed.insert(name.clone(), value).is_some() {
            return Err(Failure::Core(Error::invalid(name, "form.twice")));
        }
    }
    Ok(typed)
}

async fn confirm(service: &ServiceId, values: Vec<(String, String)>, terminal: &Terminal) -> Result<(), Failure> {
    let values = typed(values)?;
    let requests = terminal.app.requests();
    let confirmation = match requests.confirm(service, values.clone()).await {
        Ok(confirmation) => confirmation,
        Err(error) => {
            if matches!(error, Error::Invalid { .. }) {
                tell_problems(service, values, terminal).await;
            }
            return Err(error.into());
        }
    };
    show_confirmation(&confirmation, terminal).await
}

/// What is going to be sent, and the command that sends it.
pub(super) async fn show_confirmation(confirmation: &Confirmation, terminal: &Terminal) -> Result<(), Failure> {
    let service = &confirmation.service;
    let name = catalogue::names([service], terminal).await?.remove(service);
    let human = |page: &mut Page| confirmation_page(page, confirmation, name.as_ref());
    terminal.output.result(terminal.now(), confirmation, human)?;
    terminal.output.hint(texts::SUBMIT, &[confirmation.id.as_str()]);
    Ok(())
}

/// All that is wrong, since an error names only the first of it.
async fn tell_problems(service: &ServiceId, values: Values, terminal: &Terminal) {
    if let Ok(form) = terminal.app.requests().form(service, values).await {
        hint_problems(&form.value, terminal);
    }
}

pub(super) fn hint_problems(form: &FormState, terminal: &Terminal) {
    for field in form.fields() {
        if let Some(problem) = &field.problem {
            let message = problem.message.in_language(terminal.output.language);
            terminal.output.hint(texts::MEND, &[&field.name, message]);
        }
    }
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

async fn withdraw(id: &RequestId, reason: Option<String>, wait_s: u64, terminal: &Terminal) -> Result<(), Failure> {
    match terminal.app.requests().withdraw(id, reason).await? {
        Some(operation) => {
            let view = follow(&operation, Duration::from_secs(wait_s), terminal).await?;
            show_sent(&view, texts::WITHDRAWN_DONE, texts::WITHDRAWN_WAITING, terminal)
        }
        None => {
            let gone = serde_json::json!({ "operation": id, "called_off": true });
            terminal.output.result(terminal.now(), &gone, |page| page.say(texts::CALLED_OFF))
        }
    }
}

async fn people(service: Option<&ServiceId>, terminal: &Terminal) -> Result<(), Failure> {
    let people = terminal.app.requests().people(service).await?;
    terminal.output.result(terminal.now(), &people, |page| {
        if people.value.is_empty() {
            page.say(texts::NO_PEOPLE);
        } else {
            people_table(page, &people.value);
        }
        page.age(&people);
    })
}

fn people_table(page: &mut Page, people: &[Represented]) {
    let word = |text| page.word(text);
    let mut table = Table::new()
        .column(word(texts::ON_BEHALF_OF))
        .whole(word(texts::RELATION))
        .whole(word(texts::REGISTRATION_NUMBER));
    for Represented { id, relation, name } in people {
        let relation = match relation {
            Relation::Child => texts::CHILD,
            Relation::Parent => texts::PARENT,
            Relation::Company => texts::COMPANY,
        };
        table.row([name.clone(), word(relation).to_owned(), id.as_str().to_owned()]);
    }
    page.table(&table);
}

async fn list(person: Option<Person>, before: Option<RequestId>, terminal: &Terminal) -> Result<(), Failure> {
    let only = words::only_for(person.as_ref());
    let requests = page(person, before, terminal).await?;
    terminal.output.result(terminal.now(), &requests, |page| {
        if requests.value.items.is_empty() {
            page.say(texts::NO_REQUESTS);
        } else {
            request_table(page, &requests.value.items);
        }
        page.age(&requests);
        if let Some(next) = &requests.value.next {
            page.more(&format!("emongolia request list{only} --before {}", words::quoted(next)));
        }
    })?;
    if requests.as_of.is_none() {
        terminal.output.hint(texts::PULL_FIRST, &[]);
    }
    Ok(())
}

/// With the names of the services, as far as they are known.
async fn page(
    person: Option<Person>,
    before: Option<RequestId>,
    terminal: &Terminal,
) -> Result<Aged<offline::Page<RequestSummary>>, Failure> {
    let mut requests = terminal.app.requests().page_of(person, before).await?;
    let items = &mut requests.value.items;
    let nameless: Vec<ServiceId> =
        items.iter().filter(|one| one.service_name.is_none()).map(|one| one.service.clone()).collect();
    let names = catalogue::names(&nameless, terminal).await?;
    for request in items.iter_mut().filter(|one| one.service_name.is_none()) {
        request.service_name = names.get(&request.service).cloned();
    }
    Ok(requests)
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
        (
            None,
            Standing::Waiting { operation }
            | Standing::BeingChecked { operation }
            | Standing::NeedsAttention { operation },
        ) => operation.as_str(),
        (None, Standing::At { .. }) => "—",
    }
}

async fn show(id: &RequestId, terminal: &Terminal) -> Result<(), Failure> {
    let detail = match waiting(id, terminal).await {
        Some(operation) => sent_as(&operation, terminal).await?,
        None => terminal.app.requests().detail(id).await?,
    };
    terminal.output.result(terminal.now(), &detail, |page| {
        detail_page(page, &detail.value);
        page.age(&detail);
    })?;
    let Some(id) = &detail.value.summary.id else { return Ok(()) };
    let steps = u32::try_from(detail.value.history.len()).unwrap_or(u32::MAX);
    Ok(terminal.app.requests().seen(id, steps).await?)
}

/// What waits to be sent is listed under its operation.
pub(super) async fn waiting(id: &RequestId, terminal: &Terminal) -> Option<OperationId> {
    let operation = OperationId::parse(id.as_str())?;
    terminal.app.outbox().get(&operation).await.is_ok().then_some(operation)
}

/// The request that an operation has become, or what waits as it is listed.
async fn sent_as(operation: &OperationId, terminal: &Terminal) -> Result<Aged<RequestDetail>, Failure> {
    match terminal.app.requests().of_operation(operation).await {
        Err(Error::NotFound) => {}
        told => return Ok(told?),
    }
    let Aged { value: listed, as_of, stale } = page(None, None, terminal).await?;
    let waits = listed.items.into_iter().find(|one| id_of(one) == operation.as_str());
    let summary = waits.ok_or(Error::NotFound)?;
    let value = RequestDetail { summary, form: BTreeMap::new(), history: Vec::new(), outcome: None };
    Ok(Aged { value, as_of, stale })
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
    if let Some(person) = &summary.person {
        page.pairs(&[(texts::ON_BEHALF_OF, person.name.clone())]);
    }
    progress_part(page, &summary.progress);
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
            let text = step.text.in_language(page.language);
            page.line(&format!("  {}  {text} — {who}{}", words::moment(step.at), note.unwrap_or_default()));
        }
    }
}

fn progress_part(page: &mut Page, progress: &Progress) {
    let Progress { headline, next, due, message, tasks, to_pay, changed_since_seen, .. } = progress;
    page.heading(texts::NOW_IS);
    for text in [Some(headline), next.as_ref(), due.as_ref(), message.as_ref()].into_iter().flatten() {
        page.paragraph(text.in_language(page.language));
    }
    if *changed_since_seen > 0 {
        page.line(&texts::NEW_STEPS.say(page.language, &[&changed_since_seen.to_string()]));
    }
    if !tasks.is_empty() || to_pay.is_some() {
        page.heading(texts::TO_DO);
        tasks.iter().for_each(|task| page.line(&to_do(task, page.language)));
        to_pay.iter().for_each(|fee| page.line(fee.in_language(page.language)));
    }
}

fn to_do(task: &Task, language: Language) -> String {
    let text = match task.kind {
        TaskKind::Correct => texts::TO_CORRECT,
        TaskKind::Attach => texts::TO_ATTACH,
    };
    let name = task.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    text.say(language, &[&format!("{}{name}", task.title.in_language(language))])
}

#[cfg(test)]
mod tests {
    use emongolia_core::{
        auth::Freshness,
        country::{CivilDate, PersonId},
        foundation::clock::Timestamp,
        services::requests::{Actor, ActorKind, Acts, Choice, Line, Prefill, Problem, Section, Status, Step},
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
            person: Some(Represented {
                id: PersonId::parse("ӨЛ14231111").unwrap(),
                relation: Relation::Child,
                name: "Э.Өлзий".into(),
            }),
            progress: progress(),
        }
    }

    fn progress() -> Progress {
        Progress {
            headline: LocalisedText::mongolian("Засуулахаар буцаасан."),
            next: None,
            who_acts: Acts::Citizen,
            due: Some(LocalisedText::mongolian("Хугацаа заагаагүй.")),
            by: CivilDate::new(2026, 12, 1).ok(),
            overdue: false,
            message: Some(LocalisedText::mongolian("Хаягаа гүйцээнэ үү")),
            tasks: vec![Task {
                kind: TaskKind::Correct,
                name: Some("address".into()),
                title: LocalisedText::mongolian("Хаяг"),
            }],
            to_pay: Some(LocalisedText::mongolian("5,000₮ төлнө үү.")),
            changed_since_seen: 2,
            under_way: None,
            may_be_withdrawn: true,
        }
    }

    fn detail() -> RequestDetail {
        RequestDetail {
            summary: summary(Standing::At { status: Status::Completed }),
            form: BTreeMap::from([("forUsage".to_owned(), "Хаан банк".into()), ("startYear".to_owned(), 2020.into())]),
            history: vec![Step {
                status: Status::Submitted,
                at: NOW,
                text: LocalisedText::mongolian("Та хүсэлтээ илгээсэн."),
                actor: Actor { kind: ActorKind::Citizen, name: None },
                note: Some(LocalisedText::mongolian("Хүлээн авлаа")),
            }],
            outcome: Some(LocalisedText::new("Үнэгүй олгов", "Granted")),
        }
    }

    fn field(name: &str, kind: FieldKind) -> FieldState {
        FieldState {
            name: name.into(),
            title: LocalisedText::mongolian("Хэл"),
            group: None,
            help: None,
            kind,
            required: true,
            value: None,
            shown: None,
            problem: None,
            prefill: None,
            prefilled_from: None,
        }
    }

    fn form(fields: Vec<FieldState>) -> FormState {
        let sections = vec![Section { title: Some(LocalisedText::mongolian("Үндсэн")), fields }];
        FormState {
            service: service(),
            version: 3,
            authentication: Some(Freshness::within(300)),
            sections,
            complete: false,
        }
    }

    #[test]
    fn a_form_has_a_stable_shape() {
        let asked = FieldState {
            group: Some(LocalisedText::new("Хаяг", "Address")),
            value: Some("ө".into()),
            problem: Some(Problem { code: "form.too_long".into(), message: LocalisedText::new("Урт.", "Long.") }),
            prefill: Some(Prefill { operation: "WS1".into(), path: "/a".into() }),
            ..field("хаяг/soum", FieldKind::Text { max_length: Some(120), multiline: false })
        };

        assert_eq!(
            serde_json::to_string(&Aged { value: &form(vec![asked]), as_of: None, stale: true }).unwrap(),
            r#"{"value":{"service":"ac8a","version":3,"authentication":{"max_age_s":300,"acr":null},"sections":[{"title":{"mn":"Үндсэн"},"fields":[{"name":"хаяг/soum","title":{"mn":"Хэл"},"group":{"mn":"Хаяг","en":"Address"},"help":null,"kind":{"text":{"max_length":120,"multiline":false}},"required":true,"value":"ө","shown":null,"problem":{"code":"form.too_long","message":{"mn":"Урт.","en":"Long."}},"prefill":{"operation":"WS1","path":"/a"},"prefilled_from":null}]}],"complete":false},"as_of":null,"stale":true}"#
        );
    }

    #[test]
    fn each_kind_of_field_has_a_stable_shape_and_an_example() {
        let choice = Choice { value: "mn".into(), title: LocalisedText::new("Монгол", "Mongolian") };
        let bounds = (Some(1992), None);
        let kinds = [
            (FieldKind::Text { max_length: None, multiline: true }, r#"{"text":{"max_length":null,"multiline":true}}"#),
            (
                FieldKind::WholeNumber { minimum: bounds.0, maximum: bounds.1 },
                r#"{"whole_number":{"minimum":1992,"maximum":null}}"#,
            ),
            (FieldKind::YesNo, r#""yes_no""#),
            (
                FieldKind::OneOf { options: vec![choice] },
                r#"{"one_of":{"options":[{"value":"mn","title":{"mn":"Монгол","en":"Mongolian"}}]}}"#,
            ),
            (FieldKind::RegistrationNumber, r#""registration_number""#),
            (
                FieldKind::File { accept: vec!["image/png".into()], max_bytes: Some(9) },
                r#"{"file":{"accept":["image/png"],"max_bytes":9}}"#,
            ),
        ];

        for (kind, json) in &kinds {
            assert_eq!(serde_json::to_string(kind).unwrap(), *json);
        }
        let fields = kinds.into_iter().map(|(kind, _)| field("хэл", kind)).collect();
        let mut asked = form(fields);
        assert_eq!(example(&asked), "emongolia request draft begin ac8a", "a file is put into a draft");
        asked.sections[0].fields.last_mut().unwrap().required = false;
        assert_eq!(
            example(&asked),
            "emongolia request confirm ac8a --set 'хэл=…' --set хэл=1992 --set хэл=yes --set хэл=mn --set 'хэл=…'"
        );
    }

    #[test]
    fn a_person_reads_a_form_in_its_sections_with_what_is_to_be_mended() {
        let wrong = FieldState {
            value: Some("ө".into()),
            problem: Some(Problem { code: "x".into(), message: LocalisedText::mongolian("Шалгана уу.") }),
            ..field("он", FieldKind::Year { minimum: Some(1995), maximum: None })
        };
        let mut page = Page::for_tests(Language::Mn, NOW);

        form_page(&mut page, &form(vec![wrong, field("өдөр", FieldKind::Date)]));

        let text = page.into_text();
        assert!(text.starts_with("Үндсэн\n") && text.contains("бүхэл тоо, 1995-с дээш"), "{text}");
        assert!(text.ends_with("Засах зүйл\nон: Шалгана уу.\n"), "{text}");
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
                Standing::BeingChecked { operation: operation.clone() },
                r#"{"being_checked":{"operation":"0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"}}"#,
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
                    r#"{{"id":"r1","number":"26-000123","service":"ac8a","service_name":{{"mn":"Өмгөөлөгчийн лавлагаа"}},"standing":{json},"submitted_at":"2026-11-23T00:00:00.000Z","updated_at":"2026-11-23T00:00:00.000Z","person":{{"regnum":"ӨЛ14231111","type":"child","name":"Э.Өлзий"}},"progress":{{"headline":{{"mn":"Засуулахаар буцаасан."}},"next":null,"who_acts":"citizen","due":{{"mn":"Хугацаа заагаагүй."}},"by":"2026-12-01","overdue":false,"message":{{"mn":"Хаягаа гүйцээнэ үү"}},"tasks":[{{"kind":"correct","name":"address","title":{{"mn":"Хаяг"}}}}],"to_pay":{{"mn":"5,000₮ төлнө үү."}},"changed_since_seen":2,"under_way":null,"may_be_withdrawn":true}}}}"#
                )
            );
        }
    }

    #[test]
    fn a_detail_has_a_stable_shape() {
        let json = serde_json::to_string(&detail()).unwrap();

        assert!(
            json.ends_with(r#""form":{"forUsage":"Хаан банк","startYear":2020},"history":[{"status":"SUBMITTED","at":"2026-11-23T00:00:00.000Z","text":{"mn":"Та хүсэлтээ илгээсэн."},"actor":{"kind":"citizen","name":null},"note":{"mn":"Хүлээн авлаа"}}],"outcome":{"mn":"Үнэгүй олгов","en":"Granted"}}"#),
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
  Хэний өмнөөс  Э.Өлзий

Одоо
Засуулахаар буцаасан.
Хугацаа заагаагүй.
Хаягаа гүйцээнэ үү
Шинэ: 2

Таны хийх зүйл
Засах: Хаяг (address)
5,000₮ төлнө үү.

Хариу
Үнэгүй олгов

Хариулт
Талбар     Хариулт
forUsage   Хаан банк
startYear  2020

Явц
  2026.11.23 08:00  Та хүсэлтээ илгээсэн. — иргэн: Хүлээн авлаа
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
