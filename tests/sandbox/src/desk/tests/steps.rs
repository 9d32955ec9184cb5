//! Taking a step: the form, what is wrong with it, and what comes of it.

use axum::http::{StatusCode, header};

use super::{HOSTILE, Rig, assert_harmless, escaped};
use crate::clerk::{self, Status};

#[tokio::test]
async fn a_step_moves_the_request_tells_the_citizen_and_says_what_was_done() {
    let rig = Rig::with(0).await;
    let id = rig.request("Өргөө", &[]).await;
    let path = format!("/requests/{id}/steps/PROCESSING");

    let sent = rig.fill(&path, &[("message_mn", "Өнөөдөр үзнэ."), ("message_en", "Today.")]).await;

    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    assert_eq!(sent.header(header::LOCATION), format!("/requests/{id}?done=1"));
    assert_eq!(rig.status(&id).await, Status::Processing);
    let (title, body) = rig.newest_message().await;
    assert!(title.mn.ends_with("Шийдвэрлэж байгаа") && body.mn.ends_with("Өнөөдөр үзнэ."));
    assert!(body.en.unwrap().ends_with("Today."));
    let page = rig.get(sent.header(header::LOCATION)).await;
    page.holds("<div class=\"done\" role=\"status\" tabindex=\"-1\" autofocus>");
    page.holds("Төлөвийг «Шийдвэрлэж байгаа» болголоо.");
    rig.get_in("en", sent.header(header::LOCATION)).await.holds("The status is now “Being processed”.");
}

#[tokio::test]
async fn every_permitted_step_can_be_taken_and_no_other() {
    let rig = Rig::with(0).await;

    for from in Status::ALL {
        for to in Status::ALL {
            let id = rig.request("Өргөө", &from.way()).await;
            let path = format!("/requests/{id}/steps/{}", to.code());

            let opened = rig.get(&path).await;

            if clerk::next(from).contains(&to) {
                let words = [("message_mn", "Өөрчлөлт"), ("documents", "Үнэмлэх"), ("field.forUsage", "yes")];
                assert_eq!(rig.fill(&path, &words).await.status, StatusCode::SEE_OTHER, "{from:?} {to:?}");
                assert_eq!(rig.status(&id).await, to);
            } else {
                assert_eq!(opened.status, StatusCode::CONFLICT, "{from:?} {to:?}");
                opened.holds("Энэ алхам одоо боломжгүй");
                opened.holds(&from.title().mn);
                assert_eq!(rig.status(&id).await, from);
            }
        }
    }
}

#[tokio::test]
async fn a_form_sent_twice_acts_once() {
    let rig = Rig::with(0).await;
    let id = rig.request("Өргөө", &[Status::Edit]).await;
    let path = format!("/requests/{id}/steps/PROCESSING");
    let form = rig.get(&path).await;
    let (ticket, seen) = (form.hidden("ticket"), form.hidden("seen"));
    let fields = [("ticket", ticket.as_str()), ("seen", seen.as_str())];

    let (first, second) = (rig.post(&path, &fields).await, rig.post(&path, &fields).await);

    assert_eq!((first.status, second.status), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER));
    assert_eq!(first.header(header::LOCATION), second.header(header::LOCATION));
    assert_eq!(rig.count("request_history").await, 3, "submitted, asked to correct, processing");
}

#[tokio::test]
async fn a_request_that_moved_meanwhile_is_not_moved_again() {
    let rig = Rig::with(0).await;
    let id = rig.request("Өргөө", &[]).await;
    let path = format!("/requests/{id}/steps/REJECTED");
    let form = rig.get(&path).await;
    rig.fill(&format!("/requests/{id}/steps/PROCESSING"), &[]).await;

    let (ticket, seen) = (form.hidden("ticket"), form.hidden("seen"));
    let late = rig.post(&path, &[("ticket", &ticket), ("seen", &seen), ("message_mn", "Үгүй")]).await;

    assert_eq!(late.status, StatusCode::CONFLICT);
    late.holds("төлөв одоо «Шийдвэрлэж байгаа»");
    assert_eq!(rig.status(&id).await, Status::Processing, "though it may be rejected from there too");
}

#[tokio::test]
async fn a_correction_names_its_fields_and_says_why() {
    let rig = Rig::with(0).await;
    let id = rig.request("Өргөө", &[Status::Processing]).await;
    let path = format!("/requests/{id}/steps/EDIT");

    let empty = rig.fill(&path, &[]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    empty.holds("<title>Алдаа: Засвар хүсэх");
    empty.holds("role=\"alert\" tabindex=\"-1\" autofocus");
    empty.holds("<a href=\"#corrections\">Засуулах талбарыг сонгоно уу</a>");
    empty.holds("<a href=\"#message_mn\">Иргэнд өгөх тайлбар: заавал бичнэ</a>");
    empty.holds("aria-invalid=\"true\" aria-describedby=\"message_mn-hint message_mn-error\"");
    assert_eq!(rig.status(&id).await, Status::Processing);

    let sent = rig.fill(&path, &[("field.forUsage", "yes"), ("message_mn", "Бүтэн нэрийг\r\nбичнэ үү.")]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.html);
    let (_, body) = rig.newest_message().await;
    assert!(body.mn.ends_with("Хаана зориулж. Бүтэн нэрийг\nбичнэ үү."), "{}", body.mn);
    assert!(body.en.unwrap().contains("Recipient"), "the field's name in English too");
    assert_eq!(rig.asked(&id).await.fields, ["forUsage"]);
}

#[tokio::test]
async fn a_request_for_documents_names_them() {
    let rig = Rig::with(0).await;
    let id = rig.request("Өргөө", &[]).await;
    let path = format!("/requests/{id}/steps/FILE_REQUESTED");

    let many = rig.fill(&path, &[("documents", "а\nб\nв\nг\nд\nе"), ("message_mn", "Үг")]).await;
    assert_eq!(many.status, StatusCode::UNPROCESSABLE_ENTITY);
    many.holds("ихдээ 5 мөр");
    let none = rig.fill(&path, &[("documents", " \r\n "), ("message_mn", "Үг")]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);

    let two = [("documents", "Төрсний гэрчилгээ\r\n\r\n Өргөдөл "), ("message_mn", "Хавсаргана уу.")];
    assert_eq!(rig.fill(&path, &two).await.status, StatusCode::SEE_OTHER);

    assert_eq!(rig.status(&id).await, Status::FileRequested);
    assert!(rig.newest_message().await.1.mn.ends_with("Төрсний гэрчилгээ, Өргөдөл. Хавсаргана уу."));
    let titles: Vec<String> = rig.asked(&id).await.documents.into_iter().map(|one| one.title.mn).collect();
    assert_eq!(titles, ["Төрсний гэрчилгээ", "Өргөдөл"]);
}

#[tokio::test]
async fn a_refusal_needs_words_and_a_final_step_warns() {
    let rig = Rig::with(0).await;
    let id = rig.request("Өргөө", &[]).await;
    let path = format!("/requests/{id}/steps/REJECTED");

    rig.get(&path).await.holds("Энэ алхмыг буцаах боломжгүй.");
    rig.get_in("en", &format!("/requests/{id}/steps/PROCESSING")).await.lacks("class=\"warning\"");
    let wordless = rig.fill(&path, &[("message_en", "No")]).await;
    assert_eq!(wordless.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(rig.status(&id).await, Status::Submitted);
}

#[tokio::test]
async fn english_alone_and_a_text_too_long_are_refused_in_words() {
    let rig = Rig::with(0).await;
    let id = rig.request("Өргөө", &[]).await;
    let path = format!("/requests/{id}/steps/PROCESSING");

    rig.fill(&path, &[("message_en", "Only English")]).await.holds("Монгол тайлбарыг бичнэ үү");
    let (fits, long) = ("Ө".repeat(1000), "Ө".repeat(1001));
    let refused = rig.fill(&path, &[("message_mn", &long)]).await;
    refused.holds("1001 тэмдэгт байна; ихдээ 1000 багтана");
    refused.holds(&long);
    assert_eq!(rig.fill(&path, &[("message_mn", &fits)]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn hostile_words_in_a_form_come_back_as_words() {
    let rig = Rig::with(0).await;
    let id = rig.request("Өргөө", &[]).await;
    let path = format!("/requests/{id}/steps/EDIT");

    let again = rig.fill(&path, &[("message_mn", HOSTILE), ("message_en", "</textarea><script>")]).await;

    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "no field is chosen");
    again.holds(&format!("\n{}</textarea>", escaped(HOSTILE)));
    again.holds("&lt;/textarea&gt;&lt;script&gt;</textarea>");
    assert_harmless(&again);
}

#[tokio::test]
async fn the_desk_and_the_control_take_the_same_step() {
    let rig = Rig::with(0).await;
    let (by_desk, by_control) = (rig.request("Өргөө", &[]).await, rig.request("Өргөө", &[]).await);
    let (of, now) = (by_control.clone(), rig.sandbox.now());

    rig.fill(&format!("/requests/{by_desk}/steps/GRANTED"), &[]).await;
    let step = rig.sandbox.db().write(move |tx| clerk::advance(tx, &of, &clerk::plain(Status::Granted), now));
    step.await.unwrap().unwrap();

    let history = |id: String| {
        rig.sandbox.db().read(move |conn| {
            let mut rows = conn.prepare(
                "SELECT status, actor_kind, actor_name, note_mn FROM request_history WHERE request_id = :id ORDER BY position",
            )?;
            let rows = rows.query_map(rusqlite::named_params! { ":id": id }, |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, row.get::<_, Option<String>>(3)?))
            })?;
            rows.collect::<Result<Vec<_>, _>>()
        })
    };
    assert_eq!(history(by_desk).await.unwrap(), history(by_control).await.unwrap());
}
