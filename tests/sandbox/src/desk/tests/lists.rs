//! Listing, searching, paging.

use axum::http::{StatusCode, header};

use super::{HOSTILE, Rig, as_query, assert_harmless, escaped};
use crate::{clerk::Status, desk::search::PAGE};

/// The numbers of the requests on the page, in order.
fn numbers(reply: &super::Reply) -> Vec<String> {
    reply
        .all("class=\"number\" href=\"/requests/", "</a>")
        .iter()
        .map(|a| a.split_once('>').unwrap().1.into())
        .collect()
}

#[tokio::test]
async fn the_first_address_leads_to_the_list() {
    let rig = Rig::with(0).await;

    let reply = rig.get("/").await;

    assert_eq!((reply.status, reply.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/requests"));
}

#[tokio::test]
async fn requests_are_listed_newest_first_a_page_at_a_time() {
    let rig = Rig::with(45).await;

    let (first, last, beyond) =
        (rig.get("/requests").await, rig.get("/requests?page=3").await, rig.get("/requests?page=99").await);

    assert_eq!((numbers(&first).len(), numbers(&last).len()), (PAGE, 5));
    assert!(numbers(&first).is_sorted_by(|a, b| a > b), "newest first");
    assert_eq!(numbers(&beyond), numbers(&last));
    first.holds("45 хүсэлт");
    first.holds("Хуудас 1 / 3");
    first.holds("<a rel=\"next\" href=\"/requests?page=2\">");
    first.lacks("rel=\"prev\"");
    last.holds("<a rel=\"prev\" href=\"/requests?page=2\">");
    last.lacks("rel=\"next\"");
}

#[tokio::test]
async fn a_search_goes_by_number_registration_number_name_and_service() {
    let rig = Rig::with(8).await;
    let all = rig.get("/requests").await;
    let number = numbers(&all).remove(0);

    for (query, expected) in [
        (number.as_str(), 1),
        ("УӨ88052317", 1),
        ("ує88052317", 1), // a keyboard without Ө
        ("эрдэнэбат", 1),
        ("ө.эрдэнэбат лавлагаа", rig_count(&all, "Ө.Эрдэнэбат", "лавлагаа")),
        ("байхгүй үг", 0),
    ] {
        let reply = rig.get(&format!("/requests?q={}", as_query(query))).await;
        assert_eq!(numbers(&reply).len(), expected, "{query}");
    }
    let english = rig.get_in("en", "/requests?q=REFERENCE").await;
    assert!(!numbers(&english).is_empty() && numbers(&english).len() < 8, "by the English name of the service");
    english.holds(" found for “<bdi>REFERENCE</bdi>”");
}

/// Rows of the whole list in which both stand.
fn rig_count(all: &super::Reply, name: &str, service: &str) -> usize {
    all.all("<tr role=\"row\">", "</tr>").iter().filter(|row| row.contains(name) && row.contains(service)).count()
}

#[tokio::test]
async fn each_of_the_ten_states_can_be_chosen_and_shows_its_own_requests() {
    let rig = Rig::with(0).await;
    for status in Status::ALL {
        rig.request("Өргөө", &status.way()).await;
    }

    for status in Status::ALL {
        let reply = rig.get(&format!("/requests?status={}", status.code())).await;
        let rows = reply.all("<tr role=\"row\"><th scope=\"row\"", "</tr>");
        assert_eq!(rows.len(), 1, "{}", status.code());
        assert!(rows[0].contains(&status.title().mn), "{}", status.code());
        reply.holds(&format!("<option value=\"{}\" selected>{} (1)</option>", status.code(), status.title().mn));
    }
    for (turn, expected) in [("clerk", 5), ("citizen", 2), ("over", 3), ("Өөр", 10)] {
        let reply = rig.get(&format!("/requests?status={}", as_query(turn))).await;
        assert_eq!(numbers(&reply).len(), expected, "{turn}");
    }
}

#[tokio::test]
async fn a_search_is_kept_from_page_to_page() {
    let rig = Rig::with(200).await;

    let reply = rig.get("/requests?q=%D0%BB%D0%B0%D0%B2&status=clerk").await;

    reply.holds("<a rel=\"next\" href=\"/requests?q=%D0%BB%D0%B0%D0%B2&amp;status=clerk&amp;page=2\">");
    reply.holds("href=\"?q=%D0%BB%D0%B0%D0%B2&amp;status=clerk&amp;lang=en\"");
}

#[tokio::test]
async fn an_empty_desk_and_a_search_in_vain_say_so() {
    let empty = Rig::with(0).await;
    let full = Rig::with(3).await;

    empty.get("/requests").await.holds("Хүсэлт алга байна.");
    empty.get_in("en", "/requests").await.holds("There are no requests yet.");
    full.get("/requests?q=%D3%A8%D3%A8%D3%A8").await.holds("Тохирох хүсэлт алга.");
    full.get_in("en", "/requests?status=EXPIRED").await.holds("No request fits.");
}

#[tokio::test]
async fn hostile_words_in_a_search_and_in_a_row_are_only_words() {
    let rig = Rig::with(0).await;
    rig.request("Өргөө", &[]).await;
    rig.sql("UPDATE requests SET service_name_mn = '<script>alert(1)</script>\" onfocus=\"x\" ҮӨ'").await;

    let listed = rig.get("/requests").await;
    let searched = rig.get(&format!("/requests?q={}&status={0}&page={0}", as_query(HOSTILE))).await;

    assert_eq!((listed.status, searched.status), (StatusCode::OK, StatusCode::OK));
    listed.holds("&lt;script&gt;alert(1)&lt;/script&gt;&quot; onfocus=&quot;x&quot; ҮӨ");
    searched.holds(&format!("<bdi>{}</bdi>", escaped(HOSTILE)));
    searched.holds(&format!("value=\"{}\"", escaped(HOSTILE)));
    assert_harmless(&listed);
    assert_harmless(&searched);
}
