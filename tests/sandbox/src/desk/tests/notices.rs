//! Writing to a citizen.

use axum::http::{StatusCode, header};

use super::{ERDENEBAT, HOSTILE, Rig, as_query, assert_harmless, escaped};

const NEW: &str = "/notices/new";

#[tokio::test]
async fn a_notice_reaches_the_citizen_once_and_is_confirmed() {
    let rig = Rig::with(0).await;
    let form = rig.get(NEW).await;
    let ticket = form.hidden("ticket");
    let fields = [
        ("ticket", ticket.as_str()),
        ("regnum", ERDENEBAT),
        ("title_mn", "Өвлийн  цагийн хуваарь"),
        ("body_mn", "Үйлчилгээ\r\n09:00-д нээнэ."),
        ("title_en", "Winter hours"),
        ("body_en", "We open at 9."),
    ];

    let (first, second) = (rig.post(NEW, &fields).await, rig.post(NEW, &fields).await);

    assert_eq!((first.status, second.status), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER));
    assert_eq!(first.header(header::LOCATION), second.header(header::LOCATION));
    assert_eq!(rig.count("inbox").await, 1, "a form sent twice acts once");
    let (title, body) = rig.newest_message().await;
    assert_eq!((title.mn.as_str(), title.en.as_deref()), ("Өвлийн цагийн хуваарь", Some("Winter hours")));
    assert_eq!((body.mn.as_str(), body.en.as_deref()), ("Үйлчилгээ\n09:00-д нээнэ.", Some("We open at 9.")));
    let page = rig.get(first.header(header::LOCATION)).await;
    page.holds("Мэдэгдлийг илгээлээ.");
    page.holds("Ө.Эрдэнэбат");
    page.holds("<section class=\"card\" lang=\"en\">");
    rig.get_in("en", first.header(header::LOCATION)).await.holds("The notice was sent.");
}

#[tokio::test]
async fn a_notice_that_lacks_something_is_not_sent_and_says_what() {
    let rig = Rig::with(0).await;

    let empty = rig.fill(NEW, &[]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    for link in ["#regnum", "#title_mn", "#body_mn"] {
        empty.holds(&format!("<a href=\"{link}\">"));
    }
    empty.lacks("<a href=\"#title_en\">");

    let written = [("regnum", ERDENEBAT), ("title_mn", "Мэдэгдэл"), ("body_mn", "Үг")];
    let half = rig.fill(NEW, &[&written[..], &[("title_en", "Notice")]].concat()).await;
    assert_eq!(half.status, StatusCode::UNPROCESSABLE_ENTITY);
    half.holds("<a href=\"#body_en\">Англиар бичвэл гарчиг, агуулга хоёуланг нь бичнэ үү</a>");
    half.holds("value=\"Мэдэгдэл\"");

    let long = "Ү".repeat(121);
    let wide = rig.fill(NEW, &[("regnum", ERDENEBAT), ("title_mn", &long), ("body_mn", "Үг")]).await;
    wide.holds("121 тэмдэгт байна; ихдээ 120 багтана");

    let nobody = rig.fill(NEW, &[("regnum", "АА00112233"), ("title_mn", "Мэдэгдэл"), ("body_mn", "Үг")]).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    nobody.holds("Ийм регистртэй иргэн алга");
    assert_eq!(rig.count("inbox").await, 0);
}

#[tokio::test]
async fn whom_it_goes_to_can_be_chosen_beforehand() {
    let rig = Rig::with(0).await;

    let form = rig.get(&format!("{NEW}?to={}", as_query(ERDENEBAT))).await;

    form.holds(&format!("<option value=\"{ERDENEBAT}\" lang=\"mn\" selected>"));
}

#[tokio::test]
async fn notices_are_listed_searched_and_say_what_became_of_them() {
    let rig = Rig::with(0).await;
    for title in ["Өвөл", "Хавар", "Намар"] {
        let sent = rig.fill(NEW, &[("regnum", ERDENEBAT), ("title_mn", title), ("body_mn", "Үг")]).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER);
    }
    rig.sql("UPDATE inbox SET read_at = sent_at WHERE title_mn = 'Хавар'").await;
    rig.sql("UPDATE inbox SET deleted = 1, title_mn = '', body_mn = '' WHERE title_mn = 'Намар'").await;

    let all = rig.get("/notices").await;
    let found = rig.get(&format!("/notices?q={}", as_query("ЄВЄЛ"))).await;

    all.holds("3 мэдэгдэл");
    for state in ["Уншаагүй", "Уншсан", "Устгасан", "Иргэн устгасан мэдэгдэл"]
    {
        all.holds(state);
    }
    found.holds("1 мэдэгдэл");
    found.holds("Өвөл");
    let deleted = all.all("href=\"/notices/", "</a>");
    let deleted = deleted.iter().find(|link| link.ends_with("Иргэн устгасан мэдэгдэл")).unwrap();
    let page = rig.get(&format!("/notices/{}", deleted.split_once('"').unwrap().0)).await;
    page.holds("агуулга нь үлдээгүй");
}

#[tokio::test]
async fn what_is_told_of_a_request_is_no_notice() {
    let rig = Rig::with(9).await;

    let listed = rig.get("/notices").await;

    listed.holds("2 мэдэгдэл");
    assert!(rig.count("inbox").await > 2);
}

#[tokio::test]
async fn hostile_words_in_a_notice_are_only_words() {
    let rig = Rig::with(0).await;
    let fields = [("regnum", ERDENEBAT), ("title_mn", HOSTILE), ("body_mn", HOSTILE)];

    let sent = rig.fill(NEW, &fields).await;
    let opened = rig.get(sent.header(header::LOCATION)).await;
    let listed = rig.get("/notices").await;
    let again = rig.fill(NEW, &fields[1..]).await;
    let chosen = rig.get(&format!("{NEW}?to={}", as_query(HOSTILE))).await;

    for page in [&opened, &listed, &again, &chosen] {
        assert_harmless(page);
    }
    for page in [&opened, &listed, &again] {
        page.holds(&escaped(HOSTILE));
    }
}
