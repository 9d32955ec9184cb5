use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    super::store::{bind_operation, operation_of},
    *,
};
use crate::{
    country::LocalisedText,
    foundation::storage::Store,
    offline::outbox::{Entry, OperationId, Outbox, Registry},
    services::requests::{
        AttachMore, Correct, Status, Submit, Values,
        change::{Answered, Asked},
        confirm::sent_as,
        model::{ConfirmationId, RequestId},
        published,
        testing::{NOW, outbox_at_rest, state},
        wire::RequestWire,
    },
};

/// With one draft, filled in.
struct Phone {
    _dir: TempDir,
    state: Store,
    outbox: Outbox,
    draft: DraftId,
}

fn form() -> Form {
    let written = json!({
        "version": 1,
        "schema": { "type": "object", "properties": { "зорилго": { "type": "string" } } },
        "presentation": { "sections": [{ "fields": ["зорилго"] }] },
    });
    Form::parse(ServiceId::parse("a1").unwrap(), written).unwrap()
}

fn typed(text: &str) -> Values {
    Values::from([("зорилго".to_owned(), text.to_owned())])
}

impl Phone {
    async fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let state = state(dir.path());
        let outbox = outbox_at_rest(&state, Registry::default());
        let draft = DraftId::mint();
        let (row, kept) = (draft.clone(), Kept { values: typed("Үүрэн холбоо"), ..Kept::begun(&form()) });
        state.write(move |dao| store::insert(dao, &row, &kept, NOW)).await.unwrap();
        Self { _dir: dir, state, outbox, draft }
    }

    async fn confirm(&self, draft: Option<&DraftId>) -> ConfirmationId {
        let today = CivilDate::new(2026, 11, 28).unwrap();
        let mut confirmed = Confirmed::of(&form(), &typed("Үүрэн холбоо"), today, NOW).unwrap();
        let draft = draft.cloned();
        let keep = move |dao: &mut Dao<'_>| {
            confirmed.keep(draft.as_ref(), dao)?;
            Ok::<_, Error>(confirmed.shown.id)
        };
        self.state.write(keep).await.unwrap()
    }

    async fn sent_as(&self, id: &ConfirmationId, answers: Option<RequestId>) -> Result<Option<OperationId>> {
        let id = id.clone();
        self.state.read(move |dao| sent_as(dao, &id, answers.as_ref())).await
    }

    async fn operation_of(&self, id: &ConfirmationId) -> Option<Option<OperationId>> {
        let id = id.clone();
        self.state.read(move |dao| operation_of(dao, &id)).await.unwrap()
    }
}

/// What that confirmation would be sent as: a new request over each of both back ends, and each answer to one.
fn entries(id: &ConfirmationId) -> [Entry; 4] {
    let today = CivilDate::new(2026, 11, 28).unwrap();
    let wire = || Confirmed::of(&form(), &typed("Үүрэн холбоо"), today, NOW).unwrap().wire;
    let (files, authentication) = (Vec::new(), None);
    let answered = |request: &str| Answered {
        request: RequestId::parse(request).unwrap(),
        version: 3,
        confirmation: id.clone(),
        wire: wire(),
        files: Vec::new(),
        authentication: None,
    };
    [
        Entry::of(Submit { confirmation: id.clone(), wire: wire(), files, authentication }),
        Entry::of(published::Submit {
            confirmation: id.clone(),
            authentication: None,
            #[cfg(feature = "test-controls")]
            blind: false,
        }),
        Entry::of(Correct(answered("r1"))),
        Entry::of(AttachMore(answered("r2"))),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_confirmed_is_forgotten_with_the_operation_that_it_became() {
    let phone = Phone::new().await;
    let (sent, forgotten) = (phone.confirm(None).await, phone.confirm(Some(&phone.draft)).await);
    let submit = entries(&sent).into_iter().next().unwrap();
    let operation = phone.outbox.put(submit).await.unwrap();
    let id = forgotten.clone();
    phone.state.write(move |dao| bind_operation(dao, &id, &OperationId::mint())).await.unwrap();

    phone.confirm(None).await;

    assert_eq!(phone.operation_of(&sent).await, Some(Some(operation)));
    assert_eq!(phone.operation_of(&forgotten).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_confirmations_of_a_draft_only_the_last_can_be_sent_and_none_when_it_is_changed_or_thrown_away() {
    let phone = Phone::new().await;
    let first = phone.confirm(Some(&phone.draft)).await;
    let second = phone.confirm(Some(&phone.draft)).await;

    assert_eq!(phone.sent_as(&first, None).await, Err(Error::NotFound));
    assert_eq!(phone.sent_as(&second, None).await, Ok(None));
    let (row, kept) = (phone.draft.clone(), Kept { values: typed("Өөр зорилго"), ..Kept::begun(&form()) });
    phone.state.write(move |dao| store::update(dao, &row, &kept, NOW)).await.unwrap();
    assert_eq!(phone.sent_as(&second, None).await, Err(Error::NotFound));

    let third = phone.confirm(Some(&phone.draft)).await;
    let without_a_draft = phone.confirm(None).await;
    let row = phone.draft.clone();
    phone.state.write(move |dao| store::remove(dao, &row)).await.unwrap();
    assert_eq!(phone.sent_as(&third, None).await, Err(Error::NotFound));
    assert_eq!(phone.sent_as(&without_a_draft, None).await, Ok(None), "it is nobody else's");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_confirmed_twice_without_a_draft_is_one_confirmation_until_it_is_submitted() {
    let phone = Phone::new().await;
    let of_the_draft = phone.confirm(Some(&phone.draft)).await;
    let first = phone.confirm(None).await;

    assert_eq!(phone.confirm(None).await, first);
    assert_ne!(first, of_the_draft, "that is the draft's");
    let [submit, ..] = entries(&first);
    let operation = phone.outbox.put(submit).await.unwrap();

    let wanted_again = phone.confirm(None).await;
    assert_ne!(wanted_again, first);
    assert_eq!(phone.sent_as(&wanted_again, None).await, Ok(None));
    assert_eq!(phone.sent_as(&first, None).await, Ok(Some(operation)));
    assert_eq!(phone.sent_as(&of_the_draft, None).await, Ok(None));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_stored_that_sends_what_is_confirmed_no_longer_or_sends_it_a_second_time() {
    let phone = Phone::new().await;
    for (n, late) in entries(&ConfirmationId::mint()).into_iter().enumerate() {
        assert!(phone.outbox.put(late).await.is_err(), "{n}");
    }
    assert_eq!(phone.outbox.list(true, None).await.unwrap().items, []);

    for n in 0..4 {
        let confirmation = phone.confirm(None).await;
        let [submit, published, correct, attach] = entries(&confirmation);
        let mut all = vec![submit, published, correct, attach];
        let operation = phone.outbox.put(all.remove(n)).await.unwrap();
        for second in all {
            assert!(phone.outbox.put(second).await.is_err(), "after {n}");
        }
        assert_eq!(phone.operation_of(&confirmation).await, Some(Some(operation)));
    }
    assert_eq!(phone.outbox.list(true, None).await.unwrap().items.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_answered_by_one_thing_at_a_time_whatever_was_seen_before() {
    let phone = Phone::new().await;
    let (first, second) = (phone.confirm(None).await, phone.confirm(Some(&phone.draft)).await);
    let request = || RequestId::parse("r1");
    assert_eq!(phone.sent_as(&second, request()).await, Ok(None));

    let [_, _, correct, _] = entries(&first);
    let operation = phone.outbox.put(correct).await.unwrap();

    let under_way = Error::invalid("request", "request.under_way");
    assert_eq!(phone.sent_as(&second, request()).await, Err(under_way));
    assert_eq!(phone.sent_as(&first, request()).await, Ok(Some(operation)), "the same again");
    assert_eq!(phone.sent_as(&second, RequestId::parse("r2")).await, Ok(None));
}

#[test]
fn an_answer_of_nothing_but_space_is_one_taken_away() {
    let mut kept = Kept { values: typed("Үүрэн холбоо"), ..Kept::begun(&form()) };

    let before = kept.put("зорилго".into(), Some(" \u{a0}\n".into()));

    assert_eq!((before.as_deref(), kept.values), (Some("Үүрэн холбоо"), Values::new()));
}

/// A request that is to be corrected, in that version.
fn to_correct(version: u32, answers: Value) -> RequestWire {
    let asked = json!({ "status": "EDIT", "at": "2026-11-28T03:00:00Z" });
    let request = json!({ "id": "r1", "version": version, "status": "EDIT", "history": [asked], "form": answers });
    serde_json::from_value(request).unwrap()
}

#[test]
fn asked_anew_a_draft_follows_the_request_where_the_citizen_changed_nothing_and_took_nothing_away() {
    let text = json!({ "type": "string" });
    let names = ["зорилго", "нэр", "хаяг", "утас"];
    let properties: serde_json::Map<String, Value> =
        names.map(|name| (name.to_owned(), text.clone())).into_iter().collect();
    let written = json!({
        "version": 1, "schema": { "type": "object", "properties": properties },
        "presentation": { "sections": [{ "fields": names }] },
    });
    let form = Form::parse(ServiceId::parse("a1").unwrap(), written).unwrap();
    let sent = to_correct(3, json!({ "зорилго": "Банк", "нэр": "Өөдөс", "хаяг": "Үүр", "утас": "Өгөөж" }));
    let asked = Asked::by(&sent).unwrap();
    let mut draft = Open { kept: Kept::amending(&form, asked, None), form, under_way: false, carried_over: false };
    draft.kept.put("зорилго".into(), Some("Үүрэн холбоо".into()));
    draft.kept.put("хаяг".into(), None);

    let anew = to_correct(4, json!({ "зорилго": "Банк", "нэр": "Өлзий", "хаяг": "Үүр" }));
    assert!(draft.ask_anew(&anew));

    let values: Vec<_> = draft.kept.values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(values, [("зорилго", "Үүрэн холбоо"), ("нэр", "Өлзий")]);

    let late = to_correct(3, json!({ "зорилго": "Банк", "нэр": "Өөдөс" }));
    assert!(!draft.ask_anew(&late), "it was read before");
    assert_eq!(draft.kept.values["нэр"], "Өлзий");
    let mut long_ago = late;
    long_ago.status = Status::Submitted;
    assert_eq!(amend::still_asked(&draft.kept, Some(&long_ago)), Ok(()));
    let decided = RequestWire { version: 5, ..long_ago };
    assert_eq!(amend::still_asked(&draft.kept, Some(&decided)), Err(Error::invalid("request", "request.not_asked")));
}

#[test]
fn a_document_that_nobody_names_is_no_question() {
    let asks = |documents: Value| -> RequestWire {
        let step = json!({ "status": "FILE_REQUESTED", "at": "2026-11-28T03:00:00Z", "documents": documents });
        let request = json!({ "id": "r1", "version": 3, "status": "FILE_REQUESTED", "history": [step] });
        serde_json::from_value(request).unwrap()
    };
    let named = asks(json!([{ "name": "document1", "title": { "mn": "Төрсний гэрчилгээ" } }]));
    let unnamed = RequestWire { version: 4, ..asks(json!([])) };

    assert_eq!(Asked::by(&unnamed), None);
    let kept = Kept { asked: Asked::by(&named), ..Kept::begun(&form()) };
    assert_eq!(amend::still_asked(&kept, Some(&named)), Ok(()));
    assert_eq!(amend::still_asked(&kept, Some(&unnamed)), Err(Error::invalid("request", "request.not_here")));
}

#[test]
fn what_an_earlier_build_set_aside_is_there_in_its_words() {
    let kept = json!({ "title": { "mn": "Өнгө" }, "value": "хөх", "message": { "mn": "Ийм асуулт байхгүй." } });

    let aside: SetAside = serde_json::from_value(kept).unwrap();

    assert_eq!(aside.value, LocalisedText::mongolian("хөх"));
    let again: SetAside = serde_json::from_value(serde_json::to_value(&aside).unwrap()).unwrap();
    assert_eq!(again, aside);
}
