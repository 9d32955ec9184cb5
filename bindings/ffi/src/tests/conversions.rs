use emongolia_core::{
    country,
    foundation::{config, error},
};
use serde_json::json;

use super::phone::Phone;
use crate::*;

fn text(mn: &str) -> LocalisedText {
    LocalisedText { mn: mn.into(), en: None }
}

fn citizen() -> Citizen {
    let known = |text: &str| Some(text.to_owned());
    Citizen {
        subject: "sub-Нууц".into(),
        name: "Б.Нууц".into(),
        given_name: known("Нууц"),
        family_name: known("Нууцын"),
        clan_name: known("Боржигин Нууц"),
        registration_number: known("Нууц99112233"),
        civil_id: known("Нууц-12"),
        birth_date: known("Нууц-1999"),
        phone: known("Нууц+976"),
        address: Some(RegisteredAddress { area_code: known("Нууц"), formatted: known("Нууц хаяг") }),
    }
}

fn message() -> Message {
    Message {
        id: "m-1".into(),
        kind: MessageKind::Notice,
        title: text("Нууц"),
        body: text("Нууц"),
        sender: Some(text("Нууц")),
        sent_at_ms: 0,
        request_id: Some("Нууц".into()),
        person: Some(represented()),
        read: false,
        pending: false,
    }
}

fn represented() -> Represented {
    Represented { id: "Нууц".into(), relation: Relation::Child, name: "Нууц".into() }
}

fn summary() -> RequestSummary {
    RequestSummary {
        id: Some("r-1".into()),
        number: Some("26-Нууц".into()),
        service: "Нууц".into(),
        service_name: Some(text("Нууц")),
        standing: RequestStanding::At { status: RequestStatus::Rejected },
        submitted_at_ms: 0,
        updated_at_ms: 0,
        person: Some(represented()),
        progress: RequestProgress {
            headline: text("Нууц"),
            next: None,
            who_acts: WhoActs::Citizen,
            due: None,
            by: Some("Нууц".into()),
            overdue: false,
            message: Some(text("Нууц")),
            tasks: vec![RequestTask {
                kind: RequestTaskKind::Attach, name: Some("Нууц".into()), title: text("Нууц")
            }],
            to_pay: Some(text("Нууц")),
            changed_since_seen: 0,
            under_way: None,
            may_be_withdrawn: true,
        },
    }
}

fn payment_printed() -> String {
    let invoice = Invoice {
        id: "Нууц".into(),
        amount_mnt: 1,
        qr_text: "Нууц".into(),
        links: vec![BankLink { bank: "Нууц".into(), title: "Нууц".into(), link: "Нууц".into() }],
        expires_at_ms: 0,
    };
    let receipt = Receipt {
        id: "Нууц".into(),
        request: "Нууц".into(),
        number: Some("Нууц".into()),
        service: "Нууц".into(),
        service_name: Some(text("Нууц")),
        amount_mnt: 1,
        refunded: false,
        wallet: "Нууц".into(),
        paid_at_ms: 0,
    };
    let payment = Payment {
        request: "Нууц".into(),
        number: Some("Нууц".into()),
        service: "Нууц".into(),
        service_name: Some(text("Нууц")),
        state: PaymentState::Partial,
        title: text("Нууц"),
        next: text("Нууц"),
        amount_mnt: 1,
        paid_mnt: 1,
        missing_mnt: 0,
        invoice: Some(invoice.clone()),
        receipts: vec![receipt.clone()],
        checked_at_ms: None,
        operation: Some("Нууц".into()),
    };
    let page = ReceiptPage { items: vec![receipt.clone()], next: None };
    format!("{payment:?} {invoice:?} {:?} {receipt:?} {page:?}", invoice.links)
}

#[test]
fn nothing_of_a_citizen_is_printed_by_itself_or_inside_something_else() {
    let line = ConfirmationLine { title: text("Нууц"), value: text("Нууц") };
    let step = RequestStep {
        status: RequestStatus::Edit,
        at_ms: 0,
        text: text("Нууц"),
        actor: Actor { kind: ActorKind::Clerk, name: Some("Нууц".into()) },
        note: Some(text("Нууц")),
    };
    let detail = RequestDetail {
        summary: summary(),
        form: [("reason".to_owned(), FieldValue::Text { text: "Нууц".into() })].into(),
        history: vec![step.clone()],
        outcome: Some(text("Нууц")),
    };
    let greeted = CitizenSummary { name: "Нууц".into(), registration_number: Some("Нууц".into()) };
    let asked =
        AuthorizationRequest { url: "https://нууц/Нууц".into(), state: "Нууц".into(), expires_at_ms: 0 };
    let confirmation = Confirmation {
        id: "c".into(),
        service: "Нууц".into(),
        form_version: 1,
        lines: vec![line.clone()],
        digest: "Нууц".into(),
        confirmed_at_ms: 0,
    };

    let reason = BundleReason { text: text("Нууц"), sources: vec!["Нууц".into()], as_of_ms: None };
    let item = BundleItem {
        code: "Нууц".into(),
        service: "Нууц".into(),
        name: text("Нууц"),
        reason: reason.clone(),
        state: BundleItemState::Todo,
        fee: Fee::Free,
        due: Some("Нууц".into()),
        online: true,
        sample: false,
        after: Vec::new(),
        needs: Vec::new(),
    };
    let prerequisite = BundlePrerequisite {
        code: "Нууц".into(),
        name: text("Нууц"),
        fee: Fee::Unknown,
        at_hand: Some(true),
        sample: false,
    };
    let bundle = ServiceBundle {
        code: "Нууц".into(),
        kind: BundleKind::LifeEvent,
        name: text("Нууц"),
        suggested: true,
        standing: BundleStanding::Offered,
        reason: reason.clone(),
        items: vec![item.clone()],
        prerequisites: vec![prerequisite.clone()],
        known_cost_mnt: 0,
        unknown_costs: 1,
        due: None,
        done: 0,
        total: 1,
    };

    let why = MatchReason { asked: "Нууц".into(), found: "Нууц".into(), how: MatchKind::Word };
    let searched = SearchPage {
        items: Vec::new(),
        next: None,
        did_you_mean: Some("Нууц".into()),
        refusal: None,
        hidden_by_filter: false,
        preparing: false,
        as_of_ms: None,
        stale: true,
    };
    let spoken = SpokenResults {
        heard: "Нууц".into(),
        outcome: SpokenOutcome::Nothing { refusal: None },
        hidden_by_filter: false,
        preparing: false,
        as_of_ms: None,
        stale: true,
    };
    let hypothesis = Hypothesis { text: "Нууц".into(), confidence: None };

    let file = DraftFile {
        id: "Нууц".into(),
        field: Some("Нууц".into()),
        name: "Нууц.pdf".into(),
        media_type: "application/pdf".into(),
        size: 1,
        stored: 1,
        arrived: 0,
    };
    let aside = SetAside { title: text("Нууц"), value: text("Нууц"), message: text("Нууц") };
    let drafted = DraftSummary {
        id: "Нууц".into(),
        service: "Нууц".into(),
        begun_at_ms: 0,
        changed_at_ms: 0,
        answered: 1,
        person: Some(represented()),
        request: Some("Нууц".into()),
    };
    let draft = Draft {
        id: "Нууц".into(),
        form: FormState { service: "Нууц".into(), version: 1, sections: Vec::new(), complete: false },
        set_aside: vec![aside.clone()],
        newly_required: vec!["Нууц".into()],
        offers: Vec::new(),
        files: vec![file.clone()],
        begun_at_ms: 0,
        changed_at_ms: 0,
        under_way: false,
        person: Some(represented()),
        request: Some("Нууц".into()),
        message: Some(text("Нууц")),
        open: Some(vec!["Нууц".into()]),
    };

    let printed = [
        format!("{file:?} {aside:?} {drafted:?} {draft:?}"),
        format!("{reason:?} {item:?} {prerequisite:?} {bundle:?}"),
        format!("{:?}", BundlePage { items: vec![bundle.clone()], next: None, as_of_ms: None, stale: true }),
        format!("{:?}", AgedBundle { value: bundle, as_of_ms: None, stale: true }),
        payment_printed(),
        format!("{why:?} {searched:?} {spoken:?} {hypothesis:?}"),
        format!("{0:?} {1:?}", citizen(), citizen().address),
        format!("{0:?} {1:?}", greeted, SessionState::Active { citizen: greeted.clone() }),
        format!("{asked:?} {line:?} {confirmation:?}"),
        format!("{step:?} {detail:?} {:?} {:?}", step.actor, detail.form),
        format!("{:?}", AgedRequestDetail { value: detail, as_of_ms: None, stale: true }),
        format!("{:?}", RequestPage { items: vec![summary()], next: None, as_of_ms: None, stale: true }),
        format!("{0:?} {1:?}", message(), AgedMessage { value: message(), as_of_ms: None, stale: true }),
        format!("{:?}", MessagePage { items: vec![message()], next: None, as_of_ms: None, stale: true }),
    ];

    for printed in &printed {
        assert!(!printed.to_lowercase().contains("нууц"), "{printed}");
    }
    assert!(format!("{:?}", text("Нууц")).contains("Нууц"), "what is public is printed, or this test proves nothing");
}

#[test]
fn every_core_error_keeps_its_meaning_and_what_it_carries() {
    let invalid = error::Error::invalid("регистр", "registration_number.month");
    let unexpected = error::Error::Unexpected { code: "storage.full".into(), reference: "0a1b2c3d".into() };

    let same = |error: error::Error| CoreError::from(error).to_string();

    for error in [
        error::Error::SignInRequired,
        error::Error::StepUpRequired { max_age_s: 300, acr: Some("urn:mn:dan:signature".into()) },
        error::Error::Locked,
        error::Error::Forbidden,
        error::Error::Offline,
        error::Error::Timeout,
        error::Error::Busy { retry_after_s: Some(7) },
        invalid,
        error::Error::NotFound,
        error::Error::Cancelled,
        error::Error::NotAvailable,
        unexpected,
    ] {
        assert_eq!(same(error.clone()), error.to_string());
    }
}

#[test]
fn blank_english_is_no_english() {
    let of = |en: Option<&str>| {
        LocalisedText::from(country::LocalisedText { mn: "Үнэгүй".into(), en: en.map(Into::into) }).en
    };

    assert_eq!((of(None), of(Some(" ")), of(Some("Free"))), (None, None, Some("Free".to_owned())));
}

#[test]
fn a_form_that_was_sent_keeps_the_types_of_its_values() {
    let of = |json: serde_json::Value| FieldValue::from(json);

    assert!(of(json!("Өргөдөл")) == FieldValue::Text { text: "Өргөдөл".into() });
    assert!(of(json!(-3)) == FieldValue::WholeNumber { number: -3 });
    assert!(of(json!(true)) == FieldValue::YesNo { yes: true });
    assert!(of(json!(1.5)) == FieldValue::Other { json: "1.5".into() });
    assert!(of(json!({"Ү": null})) == FieldValue::Other { json: "{\"Ү\":null}".into() });
}

#[test]
fn a_configuration_arrives_whole() {
    let mut given = Phone::new().config();
    given.pins =
        vec![PinSet { host: "e-mongolia.mn".into(), spki_sha256: vec![vec![7; 32], vec![8; 32]], expires_ms: 9 }];
    given.roots = vec![vec![1, 2, 3]];
    given.document_keys.push(DocumentKey { kid: "нөөц".into(), point: vec![6; 65] });
    (given.language, given.mode) = (Language::En, ProcessMode::Extension);
    given.published_api = Some("https://localhost/mobile-api/api".into());

    let config = config::Config::try_from(given.clone()).unwrap();

    assert_eq!(config.backend, config::Backend::Published2021 { base: "https://localhost/mobile-api/api".into() });
    assert_eq!(config.state_dir.to_str(), Some(given.state_dir.as_str()));
    assert_eq!(config.cache_dir.to_str(), Some(given.cache_dir.as_str()));
    assert_eq!((config.gateway, config.issuer), (given.gateway, given.issuer));
    assert_eq!((config.client_id, config.redirect_uri), (given.client_id, given.redirect_uri));
    assert_eq!((config.language, config.mode), (config::Language::En, config::Mode::Extension));
    assert_eq!((config.roots, config.pins.len()), (given.roots, 1));
    assert_eq!((config.document_keys[2].kid.as_str(), config.document_keys[2].point), ("нөөц", [6; 65]));
    assert_eq!(config.pins[0].spki_sha256, [[7; 32], [8; 32]]);
    assert_eq!((config.pins[0].host.as_str(), config.pins[0].expires.unix_ms()), ("e-mongolia.mn", 9));
}

#[test]
fn a_pin_of_the_wrong_length_is_refused_by_name() {
    let mut config = Phone::new().config();
    config.pins = vec![PinSet { host: "localhost".into(), spki_sha256: vec![vec![7; 31]], expires_ms: 0 }];

    let refused = config::Config::try_from(config).err();

    assert_eq!(refused, Some(CoreError::Invalid { field: "spki_sha256".into(), reason: "pin.length".into() }));
}

#[test]
fn a_document_key_of_the_wrong_length_is_refused_by_name() {
    let mut config = Phone::new().config();
    config.document_keys[0].point.pop();

    let refused = config::Config::try_from(config).err();

    let expected = CoreError::Invalid { field: "document_keys".into(), reason: "config.point_length".into() };
    assert_eq!(refused, Some(expected));
}

#[test]
fn what_is_masked_here_is_masked_in_the_shells() {
    let sources = [
        include_str!("../convert/auth.rs"),
        include_str!("../convert/bundles.rs"),
        include_str!("../convert/requests.rs"),
        include_str!("../convert/drafts.rs"),
        include_str!("../convert/payment.rs"),
        include_str!("../convert/notify.rs"),
        include_str!("../convert/catalogue.rs"),
    ]
    .concat();
    let between = |text: &str, start: &str, end: char| -> Vec<String> {
        text.split(start).skip(1).filter_map(|rest| Some(rest.split_once(end)?.0.to_owned())).collect()
    };

    let lists = between(&sources, "masked!(", ')').join(",");
    let mut here: Vec<&str> = lists.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let mut documented = between(&sources, "/// Prints as `", '(');
    here.sort_unstable();
    documented.sort_unstable();

    assert!(!here.is_empty());
    assert_eq!(here, documented);
}

#[test]
fn what_was_found_crosses_whole() {
    use emongolia_core::{
        country::LocalisedText as Text,
        foundation::clock::Timestamp,
        offline::Aged,
        services::{ServiceId, catalogue},
    };
    let service = catalogue::Service {
        id: ServiceId::parse("s-1").unwrap(),
        name: Text::new("Өргөдөл гаргах", "To apply"),
        organisation: Text::mongolian("Үйлчилгээний төв"),
        kind: catalogue::ServiceKind::Application,
        fee: catalogue::Fee::Free,
        duration: catalogue::ServiceDuration::Unknown,
        online: true,
        sample: false,
        favourite: true,
    };
    let why = catalogue::Why { asked: "urguduluu".into(), found: "өргөдөл".into(), how: catalogue::How::Sound };
    let hit =
        catalogue::Hit { service, highlights: vec![catalogue::Highlight { start: 0, length: 7 }], why: vec![why] };
    let organisation = catalogue::Organisation {
        id: catalogue::OrganisationId::parse("o-1").unwrap(),
        name: Text::mongolian("Өргөө"),
        abbreviation: Some("Ө".into()),
        service_count: 3,
    };
    let refusal = catalogue::Refusal { organisations: vec![organisation], help_line: "1111" };
    let aged = |outcome| Aged {
        value: catalogue::SpokenResults {
            heard: "өргөдөл".into(), outcome, hidden_by_filter: true, preparing: false
        },
        as_of: Some(Timestamp::from_unix_ms(7)),
        stale: true,
    };

    let one = SpokenResults::from(aged(catalogue::SpokenOutcome::One(Box::new(hit.clone()))));
    let choices = SpokenResults::from(aged(catalogue::SpokenOutcome::Choices(vec![hit.clone(), hit.clone()])));
    let nothing = SpokenResults::from(aged(catalogue::SpokenOutcome::Nothing(Some(refusal))));

    assert!(one.heard == "өргөдөл" && one.hidden_by_filter && !one.preparing);
    assert_eq!((one.as_of_ms, one.stale), (Some(7), true));
    let SpokenOutcome::One { hit } = one.outcome else { panic!("one is one") };
    assert!(hit.service.favourite && hit.service.online && hit.service.name.en.as_deref() == Some("To apply"));
    assert_eq!(hit.highlights, [Highlight { start: 0, length: 7 }]);
    let MatchReason { asked, found, how } = &hit.why[0];
    assert_eq!((asked.as_str(), found.as_str(), *how), ("urguduluu", "өргөдөл", MatchKind::Sound));
    assert!(matches!(choices.outcome, SpokenOutcome::Choices { hits } if hits.len() == 2 && hits[0] == hit));
    let SpokenOutcome::Nothing { refusal: Some(refusal) } = nothing.outcome else { panic!("nothing is nothing") };
    assert_eq!((refusal.help_line.as_str(), refusal.organisations[0].name.mn.as_str()), ("1111", "Өргөө"));
}
