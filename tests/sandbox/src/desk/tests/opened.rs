//! One request opened.

use super::{HOSTILE, Rig, assert_harmless, escaped};
use crate::clerk::{self, Actor, ActorKind, Move, Status, Text};

#[tokio::test]
async fn a_request_shows_answers_history_citizen_and_service_in_both_languages() {
    let rig = Rig::with(0).await;
    let id = rig.request("Өмнөговь, «Үүрийн туяа» ХХК", &[Status::Processing]).await;
    let path = format!("/requests/{id}");

    let (mn, en) = (rig.get_in("mn", &path).await, rig.get_in("en", &path).await);

    for part in [
        "<dt>Хаана зориулж</dt><dd><bdi>Өмнөговь, «Үүрийн туяа» ХХК</bdi></dd>",
        "Ө.Эрдэнэбат</bdi>, иргэн",
        "Б.Сарангэрэл</bdi>, ажилтан",
        "УӨ88052317",
        "0\u{a0}₮ · үнэгүй",
        " оны ",
        "Шийдвэрлэж байгаа",
    ] {
        mn.holds(part);
    }
    for part in ["Recipient", "<bdi lang=\"mn\">Ө.Эрдэнэбат</bdi>, citizen", ", clerk", "Being processed", "free"]
    {
        en.holds(part);
    }
    assert_eq!(mn.all("<time datetime=\"", "\"").len(), 3, "sent, and each of two steps");
}

#[tokio::test]
async fn from_each_state_just_the_permitted_steps_are_offered() {
    let rig = Rig::with(0).await;

    for from in Status::ALL {
        let id = rig.request("Өргөө", &from.way()).await;
        let page = rig.get(&format!("/requests/{id}")).await;

        let start = format!("href=\"/requests/{id}/steps/");
        let mut offered: Vec<&str> = page.all(&start, "\"");
        let mut permitted: Vec<&str> = clerk::next(from).iter().map(|status| status.code()).collect();
        offered.sort_unstable();
        permitted.sort_unstable();
        assert_eq!(offered, permitted, "from {}", from.code());
        if permitted.is_empty() {
            page.holds("Энэ хүсэлт дууссан.");
        }
    }
}

#[tokio::test]
async fn an_outcome_and_a_note_are_shown() {
    let rig = Rig::with(0).await;
    let id = rig.request("Өргөө", &[]).await;
    let (of, now) = (id.clone(), rig.sandbox.now());
    let note = Text { mn: "Лавлагаа\nбэлэн боллоо.".into(), en: None };
    let step = rig
        .sandbox
        .db()
        .write(move |tx| clerk::advance(tx, &of, &Move { note: Some(note), ..clerk::plain(Status::Completed) }, now));
    step.await.unwrap().unwrap();

    let en = rig.get_in("en", &format!("/requests/{id}")).await;

    en.holds("<h2 id=\"outcome\">Outcome</h2>");
    let both = en.all("<span lang=\"mn\">Лавлагаа\nбэлэн боллоо.", "</span>").len();
    assert_eq!(both, 2, "as outcome and in the history, and said to be Mongolian");
}

#[tokio::test]
async fn an_answer_the_form_no_longer_knows_is_shown_under_its_own_name() {
    let rig = Rig::with(0).await;
    let id = rig.request("Өргөө", &[]).await;
    rig.sql("UPDATE requests SET form_version = 99, form = '{\"хуучин\":true,\"тоо\":12,\"хоосон\":\"\"}'").await;

    let page = rig.get(&format!("/requests/{id}")).await;

    page.holds("<dt>хуучин</dt><dd>Тийм</dd>");
    page.holds("<dt>тоо</dt><dd><bdi>12</bdi></dd>");
    page.holds("<dt>хоосон</dt><dd><span class=\"none\">бөглөөгүй</span></dd>");
}

#[tokio::test]
async fn hostile_answers_names_and_notes_are_only_text() {
    let rig = Rig::with(0).await;
    let id = rig.request(HOSTILE, &[]).await;
    let (of, now) = (id.clone(), rig.sandbox.now());
    let step = rig.sandbox.db().write(move |tx| {
        let actor = Actor { kind: ActorKind::Clerk, name: HOSTILE.into() };
        clerk::advance(tx, &of, &Move::new(Status::Granted, actor, Some(Text::new(HOSTILE, HOSTILE))), now)
    });
    step.await.unwrap().unwrap();

    for lang in ["mn", "en"] {
        let page = rig.get_in(lang, &format!("/requests/{id}")).await;

        assert_eq!(page.html.matches(&escaped(HOSTILE)).count(), 4, "answer, outcome, actor, note");
        page.holds(&format!("<dd><bdi>{}</bdi></dd>", escaped(HOSTILE)));
        assert_harmless(&page);
    }
}

#[tokio::test]
async fn what_was_done_is_read_from_the_history_not_from_the_address() {
    let rig = Rig::with(0).await;
    let id = rig.request("Өргөө", &[Status::Processing, Status::Granted]).await;

    rig.get(&format!("/requests/{id}?done=2")).await.holds("Төлөвийг «Зөвшөөрсөн» болголоо.");
    for claimed in ["0", "1", "3", "-1", "%D3%A8", "<script>"] {
        rig.get(&format!("/requests/{id}?done={}", super::as_query(claimed))).await.lacks("class=\"done\"");
    }
}

#[tokio::test]
async fn a_requests_files_are_named_and_saved_and_never_shown_as_a_page() {
    let rig = Rig::with(0).await;
    let id = rig.request("Өргөө", &[]).await;
    let page = format!("/requests/{id}");
    rig.get(&page).await.lacks("Хавсаргасан файл");
    rig.sql(
        "INSERT INTO uploads SELECT sub, 'upload-0000000001', 'Өргөдөл <b>.pdf', 'application/pdf', 2450000, 'x',
                                    2450000, 1, 0 FROM requests;
         INSERT INTO upload_pieces SELECT sub, 'upload-0000000001', 0, CAST('%PDF-' AS BLOB) FROM requests;
         INSERT INTO upload_pieces SELECT sub, 'upload-0000000001', 5, CAST('1.7 Ө' AS BLOB) FROM requests;
         INSERT INTO request_files SELECT id, 'form', 'forUsage/0', sub, 'upload-0000000001' FROM requests;
         INSERT INTO request_files SELECT id, 'document', 'document1', sub, 'upload-0000000001' FROM requests;
         UPDATE request_history SET asked = '{\"documents\":[{\"name\":\"document1\",
                                             \"title\":{\"mn\":\"Өвлөх эрхийн гэрчилгээ\"}}]}';",
    )
    .await;

    let shown = rig.get(&page).await;
    let saved = rig.get(&format!("{page}/files/upload-0000000001")).await;

    shown.holds("Хавсаргасан файл");
    shown.holds("<dt>Хаана зориулж</dt><dd><a href=");
    shown.holds("<dt>Өвлөх эрхийн гэрчилгээ</dt><dd><a href=");
    shown.holds("Өргөдөл &lt;b&gt;.pdf</bdi></a> · 2.4 MB");
    assert_eq!((saved.status.as_u16(), saved.html.as_str()), (200, "%PDF-1.7 Ө"));
    assert_eq!(saved.header("content-type"), "application/pdf");
    assert!(saved.header("content-disposition").starts_with("attachment; filename*=UTF-8''%D3%A8"));
    assert_eq!(saved.header("x-content-type-options"), "nosniff");
    assert_eq!(rig.get(&format!("{page}/files/upload-0000000002")).await.status.as_u16(), 404);
    assert_eq!(rig.get("/requests/none/files/upload-0000000001").await.status.as_u16(), 404);
}

#[tokio::test]
async fn what_is_not_paid_for_waits_and_says_so_and_whom_it_is_for() {
    let rig = Rig::with(0).await;
    let id = rig.request("Өргөө", &[]).await;
    let page = format!("/requests/{id}");
    rig.get(&page).await.lacks("Хэний өмнөөс");
    rig.sql(
        "UPDATE requests SET fee_mnt = 25000, paid_state = 'partial',
                on_behalf_of = '{\"type\":\"child\",\"regnum\":\"ӨЛ14231111\",\"name\":\"Э.<b>Өлзий\",\"reason\":\"Бага\"}'",
    )
    .await;

    let (mn, en) = (rig.get_in("mn", &page).await, rig.get_in("en", &page).await);

    mn.holds("25,000\u{a0}₮ · дутуу төлөгдсөн");
    mn.holds("Төлбөр төлөгдтөл хүлээнэ.");
    mn.holds("Э.&lt;b&gt;Өлзий</bdi> <span class=\"regnum\">ӨЛ14231111</span>");
    en.holds("paid in part");
    en.holds("On behalf of");
    let offered = mn.all(&format!("href=\"{page}/steps/"), "\"");
    assert_eq!(offered, ["REJECTED", "EXPIRED"]);
    assert_eq!(rig.get(&format!("{page}/steps/PROCESSING")).await.status.as_u16(), 409);
    rig.sql("UPDATE requests SET paid_state = 'paid'").await;
    assert_eq!(rig.get(&format!("{page}/steps/PROCESSING")).await.status.as_u16(), 200);
}
