//! What registers know is put into forms: not before the citizen says so, never over what they typed, asked once.

use emongolia_core::{
    App, Error,
    country::Person,
    services::{
        ServiceId,
        requests::{Consent, Draft, DraftId},
    },
};
use emongolia_support::{
    forms::IDENTITY_CARD,
    processes::{Cli, SandboxProcess},
    temp::temp_dir,
};

use crate::phone::{PATIENCE, Phone, citizen, sign_in};

/// It tells what the old card says, which the order of a new one asks for.
const CARD: &str = "WS100101_getCitizenIDCardInfo";

fn service() -> ServiceId {
    ServiceId::parse(IDENTITY_CARD).unwrap()
}

async fn begin(app: &App) -> DraftId {
    app.requests().begin_draft(&service(), Person::Me).await.unwrap()
}

/// Value, and where from.
fn answer<'d>(draft: &'d Draft, name: &str) -> (Option<&'d str>, Option<&'d str>) {
    let field = draft.form.fields().find(|field| field.name == name).unwrap();
    (field.value.as_deref(), field.prefilled_from.as_deref())
}

fn consent(draft: &Draft) -> Option<Consent> {
    draft.offers.iter().find(|offer| offer.operation == CARD).map(|offer| offer.consent)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_fills_in_what_the_citizen_agreed_to_once_and_nothing_that_they_typed() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    sign_in(&app, &sandbox).await;
    app.bundles().refresh().await.unwrap(); // the answers are on the phone, and yet
    let id = begin(&app).await;
    let draft = app.requests().draft(&id).await.unwrap();
    assert_eq!(answer(&draft, "citizen/lastname"), (None, None));
    let [offer] = &*draft.offers else { panic!("{:?}", draft.offers) };
    assert_eq!((offer.operation.as_str(), offer.consent), (CARD, Consent::NotAsked));
    assert!(["citizen/lastname", "regnum"].iter().all(|name| offer.fields.iter().any(|field| field == name)));
    app.requests().answer(&id, "citizen/firstname".into(), Some("Өөрийн бичсэн".into())).await.unwrap();

    let draft = app.requests().prefill(&id, CARD.into(), true).await.unwrap();
    assert_eq!(answer(&draft, "citizen/firstname"), (Some("Өөрийн бичсэн"), None));
    assert_eq!(answer(&draft, "citizen/lastname"), (Some("Бөхбат"), Some(CARD)));
    let regnum = draft.form.fields().find(|field| field.name == "regnum").unwrap();
    assert_eq!(regnum.shown.as_ref().map(|shown| shown.mn.as_str()), Some(citizen(&sandbox).regnum.as_str()));
    app.requests().answer(&id, "regnum".into(), None).await.unwrap();
    app.shutdown(PATIENCE).await.unwrap();

    let app = phone.start();
    let draft = app.requests().draft(&id).await.unwrap();
    assert_eq!(answer(&draft, "regnum"), (None, None), "what was taken away stays away");
    let door = app.requests().answer(&id, "delivery".into(), Some("door".into())).await.unwrap();
    assert_eq!(answer(&door, "deliveryAddress/aimag").1, Some(CARD), "a question that comes later, too");
    let other = begin(&app).await;
    let draft = app.requests().draft(&other).await.unwrap();
    assert_eq!((consent(&draft), answer(&draft, "regnum").1), (Some(Consent::Given), Some(CARD)), "asked once");

    let draft = app.requests().prefill(&other, CARD.into(), false).await.unwrap();
    assert_eq!((consent(&draft), answer(&draft, "regnum")), (Some(Consent::Refused), (None, None)));
    let third = begin(&app).await;
    assert_eq!(answer(&app.requests().draft(&third).await.unwrap(), "regnum"), (None, None));
    let unknown = app.requests().prefill(&third, "WS100202_getPropertyList".into(), true).await;
    assert_eq!(unknown.err(), Some(Error::invalid("operation", "prefill.not_offered")));
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_agreed_to_is_taken_back_also_where_the_citizen_has_answered_all_of_it_themself() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    sign_in(&app, &sandbox).await;
    app.bundles().refresh().await.unwrap();
    let id = begin(&app).await;
    let draft = app.requests().prefill(&id, CARD.into(), true).await.unwrap();
    for field in draft.offers[0].fields.clone() {
        app.requests().answer(&id, field, None).await.unwrap();
    }

    let draft = app.requests().draft(&id).await.unwrap();
    let [offer] = &*draft.offers else { panic!("{:?}", draft.offers) };
    assert_eq!((offer.consent, offer.fields.len()), (Consent::Given, 0));
    let draft = app.requests().prefill(&id, CARD.into(), false).await.unwrap();

    assert_eq!(consent(&draft), None, "there is nothing left to say of it here");
    let other = begin(&app).await;
    let draft = app.requests().draft(&other).await.unwrap();
    assert_eq!((consent(&draft), answer(&draft, "regnum")), (Some(Consent::Refused), (None, None)));
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn with_no_network_and_nothing_kept_the_form_says_why_and_is_filled_in_later() {
    let mut sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    sign_in(&app, &sandbox).await;
    let id = begin(&app).await;
    sandbox.kill().unwrap();

    let draft = app.requests().prefill(&id, CARD.into(), true).await.unwrap();
    assert_eq!(answer(&draft, "citizen/lastname"), (None, None));
    let why = draft.offers[0].missing.as_ref().unwrap();
    assert!(why.mn.contains("энэ утсанд хараахан алга"), "{why:?}");

    sandbox.restart().unwrap();
    app.bundles().refresh().await.unwrap();
    let draft = app.requests().draft(&id).await.unwrap();
    assert_eq!((answer(&draft, "citizen/lastname").1, &draft.offers[0].missing), (Some(CARD), &None));
    app.shutdown(PATIENCE).await.unwrap();
}

#[test]
fn a_citizen_agrees_and_takes_it_back_at_a_terminal() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let dir = temp_dir("prefill-").unwrap();
    let cli = Cli::new(dir.path().join("утас"), &sandbox).unwrap();
    let citizen = citizen(&sandbox);
    cli.json(["sign-in", "--citizen", &citizen.regnum, "--code", &citizen.code]).unwrap();
    let begun = cli.json(["request", "draft", "begin", IDENTITY_CARD]).unwrap();
    let id = begun["id"].as_str().unwrap();
    assert_eq!(begun["offers"][0]["consent"], "not_asked");

    let filled = cli.run(["request", "draft", "prefill", id, CARD]).unwrap();
    assert!(filled.stdout.contains(&format!("{} (бүртгэлээс)", citizen.regnum)), "{filled:?}");
    let withdrawn = cli.json(["request", "draft", "prefill", id, CARD, "--refuse"]).unwrap();

    assert_eq!(withdrawn["offers"][0]["consent"], "refused");
    assert!(!withdrawn.to_string().contains(&citizen.regnum), "{withdrawn}");
}
