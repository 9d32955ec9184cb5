//! Acting for a child and for a parent: whom the registers name, what is asked of whoever does, what is sent and told, and
//! what becomes of a draft when the right ends.

use emongolia_core::{
    App, Error,
    country::{Person, PersonId, Relation},
    notify::inbox,
    offline::outbox::State,
    services::{
        ServiceId,
        requests::{Acts, DraftId, RequestId, Standing},
    },
};
use emongolia_support::{
    browser,
    processes::{FaultKind, SandboxProcess, ServerFault, Text},
};

use crate::{
    changes::{picked, put, sent},
    phone::{PATIENCE, Phone, count, settled, sync},
};

/// Has a child, a mother and a company in the registers.
const CITIZEN: &str = "УӨ88052317";
const CHILD: &str = "ӨЛ14231111";
const MOTHER: &str = "ЧЭ61052904";

/// «Төрсний бүртгэлийн лавлагаа»: for oneself and for a child.
const BIRTH: &str = "9d6f121f4160d028d9bc1a27";
/// «Нийгмийн даатгалын шимтгэл төлөлтийн лавлагаа»: for oneself and for a parent.
const INSURANCE: &str = "34f1655fd0e2e0f62c1da8c1";

const CHILDREN: &str = "WS101117_getChildrenInfo";

async fn started(sandbox: &SandboxProcess) -> (Phone, App) {
    let phone = Phone::new(sandbox);
    let app = phone.start();
    let citizen = sandbox.config().citizens.iter().find(|citizen| citizen.regnum == CITIZEN).unwrap();
    let request = app.auth().begin_sign_in().await.unwrap();
    let callback = browser::approve(sandbox.config(), &request.url, citizen).await.unwrap();
    app.auth().complete_sign_in(&callback).await.unwrap();
    sync(&app).await;
    (phone, app)
}

fn service(id: &str) -> ServiceId {
    ServiceId::parse(id).unwrap()
}

fn other(number: &str) -> Person {
    Person::Other(PersonId::parse(number).unwrap())
}

async fn for_the_child(app: &App) -> DraftId {
    let draft = app.requests().begin_draft(&service(BIRTH), other(CHILD)).await.unwrap();
    let answers = [
        ("beneficiary", "child"),
        ("childRegnum", CHILD),
        ("forUsage", "Өргөө сургууль"),
        ("on_behalf_of/reason", "Сургуульд бүртгүүлэхэд"),
    ];
    for (field, typed) in answers {
        put(app, &draft, field, typed).await.unwrap();
    }
    draft
}

/// The registers name no child any more.
fn of_age(sandbox: &mut SandboxProcess) {
    sandbox.kill().unwrap();
    let db = rusqlite::Connection::open(sandbox.data().join("sandbox.db")).unwrap();
    let changed = db.execute("UPDATE register_answers SET answer = '{}' WHERE operation = ?1", [CHILDREN]).unwrap();
    assert!(changed > 0);
    drop(db);
    sandbox.restart().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_applies_for_a_child_once_and_everything_says_whom_it_is_for() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let control = sandbox.control().unwrap();
    let (_phone, app) = started(&sandbox).await;
    let people = app.requests().people(None).await.unwrap().value;
    let relations: Vec<Relation> = people.iter().map(|one| one.relation).collect();
    assert_eq!(relations, [Relation::Child, Relation::Parent, Relation::Company]);
    let for_birth = app.requests().people(Some(&service(BIRTH))).await.unwrap().value;
    assert_eq!(for_birth.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["Э.Өлзий"]);
    let refused = |reason: &str| Some(Error::invalid("person", reason));
    let not_for_them = app.requests().begin_draft(&service(BIRTH), other(MOTHER)).await;
    assert_eq!(not_for_them.err(), refused("person.not_for_them"));
    let stranger = app.requests().begin_draft(&service(BIRTH), other("ҮӨ14291532")).await;
    assert_eq!(stranger.err(), refused("person.not_represented"));

    let draft = for_the_child(&app).await;
    assert_eq!(app.requests().draft(&draft).await.unwrap().person.unwrap().name, "Э.Өлзий");
    assert_eq!(app.requests().drafts_of(Some(Person::Me), None).await.unwrap().items, []);
    assert_eq!(app.requests().drafts_of(Some(other(CHILD)), None).await.unwrap().items.len(), 1);
    let confirmation = app.requests().confirm_draft(&draft).await.unwrap();
    let first = &confirmation.lines[0];
    assert_eq!((first.title.mn.as_str(), first.value.mn.as_str()), ("Хэний өмнөөс", "Э.Өлзий"));
    control.faults(&[ServerFault::next("createRequest", FaultKind::DropReply)]).await.unwrap();
    let operation = app.requests().submit(&confirmation.id).await.unwrap();
    settled(&app, &operation).await;
    app.outbox().flush(PATIENCE).await.unwrap();
    sync(&app).await;

    let made = app.requests().of_operation(&operation).await.unwrap().value.summary;
    assert_eq!(
        made.person.map(|whom| (whom.id.as_str().to_owned(), whom.name)),
        Some((CHILD.into(), "Э.Өлзий".into()))
    );
    assert_eq!(app.requests().page_of(Some(other(CHILD)), None).await.unwrap().value.items.len(), 1);
    assert_eq!(app.requests().page_of(Some(Person::Me), None).await.unwrap().value.items, []);
    let sql = "SELECT shown_digest, on_behalf_of FROM requests";
    let (digest, whom): (String, String) =
        sandbox.db().unwrap().query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert!(digest == confirmation.digest && whom.contains("Сургуульд бүртгүүлэхэд"), "{whom}");
    control.advance(made.id.unwrap().as_str(), "PROCESSING", None).await.unwrap();
    sync(&app).await;
    let of = async |person| app.inbox().page(inbox::Filter::Of(person), None).await.unwrap().value.items;
    let notice = of(other(CHILD)).await.remove(0);
    assert_eq!(notice.person.unwrap().name, "Э.Өлзий");
    assert_eq!((of(Person::Me).await, of(other(MOTHER)).await), (vec![], vec![]));
    control.notice(CITIZEN, &Text::mn("Өөрт нь"), &Text::mn("Үүрэнд")).await.unwrap();
    sync(&app).await;
    let titles = of(Person::Me).await.into_iter().map(|notice| notice.title.mn).collect::<Vec<_>>();
    assert_eq!((titles, of(other(CHILD)).await.len()), (vec!["Өөрт нь".to_owned()], 1));
    assert_eq!(count(&sandbox, "requests"), 1);
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn for_a_parent_the_paper_goes_before_the_request() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let (_phone, app) = started(&sandbox).await;
    let draft = app.requests().begin_draft(&service(INSURANCE), other(MOTHER)).await.unwrap();
    for (field, typed) in [("startYear", "2001"), ("endYear", "2020"), ("forUsage", "Үйлчилгээ")] {
        put(&app, &draft, field, typed).await.unwrap();
    }
    put(&app, &draft, "on_behalf_of/reason", "Өвчтэй тул").await.unwrap();
    let missing = app.requests().confirm_draft(&draft).await;
    assert_eq!(missing.err(), Some(Error::invalid("on_behalf_of/reason_file", "form.required")));

    picked(&app, &draft, "on_behalf_of/reason_file").await;
    let refused = FaultKind::Status { status: 422, retry_after: None };
    sandbox.control().unwrap().faults(&[ServerFault::next("announceUpload", refused)]).await.unwrap();
    let operation = sent(&app, &draft).await;

    let told = app.requests().page(None).await.unwrap().value.items.remove(0);
    let Standing::NeedsAttention { operation: stuck } = &told.standing else { panic!("{told:?}") };
    assert_eq!(app.outbox().get(stuck).await.unwrap().state, State::Wedged, "it leads to what can be mended");
    assert_eq!(told.progress.headline.mn, "Файлыг илгээж чадаагүй тул хүсэлт илгээгдээгүй байна.");
    assert_eq!((told.progress.who_acts, told.progress.may_be_withdrawn), (Acts::Citizen, true));
    let named = RequestId::parse(stuck.as_str()).unwrap();
    assert_eq!(app.requests().withdraw(&named, None).await.unwrap(), None);
    assert_eq!(app.outbox().get(&operation).await.unwrap().state, State::Cancelled);
    let operation = sent(&app, &draft).await;

    assert_eq!(app.outbox().get(&operation).await.unwrap().state, State::Done);
    assert_eq!((count(&sandbox, "requests"), count(&sandbox, "request_files")), (1, 1));
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_right_ends_the_draft_stays_and_nothing_is_sent() {
    let mut sandbox = SandboxProcess::start_fresh().unwrap();
    let (_phone, app) = started(&sandbox).await;
    let (begun, confirmed) = (for_the_child(&app).await, for_the_child(&app).await);
    let confirmation = app.requests().confirm_draft(&confirmed).await.unwrap();

    of_age(&mut sandbox);
    let late = app.requests().confirm_draft(&begun).await;
    assert_eq!(late.err(), Some(Error::invalid("person", "person.not_represented")));
    let operation = app.requests().submit(&confirmation.id).await.unwrap();
    let refused = settled(&app, &operation).await;
    assert_eq!((refused.state, refused.problem.as_deref()), (State::Wedged, Some("not_represented")));
    let waiting = app.requests().page_of(Some(other(CHILD)), None).await.unwrap().value.items.remove(0);
    assert_eq!(waiting.standing, Standing::NeedsAttention { operation: operation.clone() });
    app.outbox().cancel(&operation).await.unwrap();

    assert_eq!(app.requests().drafts(None).await.unwrap().items.len(), 2, "both are kept");
    assert_eq!(count(&sandbox, "requests"), 0);
    app.shutdown(PATIENCE).await.unwrap();
}
