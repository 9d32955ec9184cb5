use super::*;
use crate::offline::outbox::{Operation as _, Refusal};

const ORIGIN: &str = "https://portal.e-mongolia.mn";
const ID: &str = "Ab_-0123456789abcdefgh";

fn problem(status: u16) -> crate::gateway::Problem {
    crate::gateway::Problem { status, code: "sign_in_expired".into(), field: None, detail: None, retry_after_s: None }
}

#[test]
fn an_address_of_our_portal_gives_its_id() {
    let id = id_in(&format!("{ORIGIN}/web/s/{ID}"), ORIGIN).unwrap();

    assert_eq!(id.as_str(), ID);
    let with_port = "https://localhost:20001";
    assert!(id_in(&format!("{with_port}/web/s/{ID}"), with_port).is_some());
}

#[test]
fn whatever_is_not_letter_for_letter_an_address_of_our_portal_is_refused() {
    for hostile in [
        "".to_owned(),
        ID.to_owned(),
        format!("http://portal.e-mongolia.mn/web/s/{ID}"),
        format!("HTTPS://PORTAL.E-MONGOLIA.MN/web/s/{ID}"),
        format!("mn.emongolia:/web/s/{ID}"),
        format!("javascript:{ORIGIN}/web/s/{ID}"),
        format!("//portal.e-mongolia.mn/web/s/{ID}"),
        // another origin
        format!("https://evil.example/web/s/{ID}"),
        format!("https://portal.e-mongolia.mn.evil.example/web/s/{ID}"),
        format!("https://evil.example/{ORIGIN}/web/s/{ID}"),
        format!("https://evil.example?{ORIGIN}/web/s/{ID}"),
        // a user before the host
        format!("https://portal.e-mongolia.mn@evil.example/web/s/{ID}"),
        format!("https://citizen@portal.e-mongolia.mn/web/s/{ID}"),
        format!("https://portal.e-mongolia.mn:x@evil.example/web/s/{ID}"),
        // a port
        format!("{ORIGIN}:443/web/s/{ID}"),
        format!("{ORIGIN}:8443/web/s/{ID}"),
        // Cyrillic letters that look like ours, and one that is not there at all
        format!("https://portal.e-mоngolia.mn/web/s/{ID}"),
        format!("https://роrtаl.e-mongolia.mn/web/s/{ID}"),
        format!("https://portal.e-mongolia.mn/wеb/s/{ID}"),
        format!("https://portal.e-mongolia.mn\u{2024}evil.example/web/s/{ID}"),
        format!("https://portal.e-mongolia\u{200b}.mn/web/s/{ID}"),
        format!("{ORIGIN}/web/s/{}Ө", &ID[..20]),
        format!("{ORIGIN}/web/s/Ү{ID}"),
        format!("https://portal.e-mongolia.mn./web/s/{ID}"),
        format!("https:\\\\portal.e-mongolia.mn\\web\\s\\{ID}"),
        // another path, a query, a fragment, more or less of an id
        format!("{ORIGIN}/web/S/{ID}"),
        format!("{ORIGIN}/web//s/{ID}"),
        format!("{ORIGIN}/web/x/../s/{ID}"),
        format!("{ORIGIN}/web/s/../s/{ID}"),
        format!("{ORIGIN}/web/%73/{ID}"),
        format!("{ORIGIN}/web/s/{ID}/"),
        format!("{ORIGIN}/web/s/{ID}?next=1"),
        format!("{ORIGIN}/web/s/{ID}#9"),
        format!("{ORIGIN}/web/s/{ID}A"),
        format!("{ORIGIN}/web/s/{}", &ID[..21]),
        format!("{ORIGIN}/web/s/{}/", &ID[..21]),
        format!("{ORIGIN}/web/s/{}%41", &ID[..19]),
        format!("{ORIGIN}/web/s/"),
        format!(" {ORIGIN}/web/s/{ID}"),
        format!("{ORIGIN}/web/s/{ID}\n"),
        format!("{ORIGIN}/web/s/{ID}\0"),
        "Ө".repeat(100_000),
    ] {
        assert_eq!(id_in(&hostile, ORIGIN), None, "{hostile:.80}");
    }
}

#[test]
fn an_answer_says_the_number_or_null_and_nothing_else() {
    let id = WebSignInId::parse(ID).unwrap();
    let body = |number| {
        let outgoing = Answer { id: id.clone(), number }.request();
        assert_eq!(outgoing.path, format!("/v1/web/sign-ins/{ID}/answer"));
        String::from_utf8(outgoing.body.unwrap().bytes().to_vec()).unwrap()
    };

    assert_eq!(body(Some(42)), r#"{"number":42}"#);
    assert_eq!(body(None), r#"{"number":null}"#);
}

#[test]
fn an_approval_demands_a_proof_of_the_last_five_minutes_and_a_refusal_none() {
    let id = WebSignInId::parse(ID).unwrap();
    let (approval, refusal) = (Answer { id: id.clone(), number: Some(10) }, Answer { id, number: None });

    assert_eq!(approval.freshness(), Some(crate::auth::Freshness::within(300)));
    assert_eq!(refusal.freshness(), None);
}

#[test]
fn a_refusal_of_what_is_over_is_moot_and_an_approval_is_not() {
    let id = WebSignInId::parse(ID).unwrap();
    let (approval, refusal) = (Answer { id: id.clone(), number: Some(10) }, Answer { id, number: None });

    for status in [404, 410] {
        assert_eq!(refusal.meaning(&problem(status)), Refusal::Moot);
        assert_eq!(
            approval.meaning(&problem(status)),
            Refusal::Stands,
            "who chose a number is told that nobody was let in"
        );
    }
    assert_eq!(refusal.meaning(&problem(422)), Refusal::Stands);
}

#[test]
fn an_answer_is_over_by_the_gateways_word_and_one_that_only_waits_is_not() {
    for over in ["wrong_number", "sign_in_answered", "sign_in_expired", "unknown_sign_in"] {
        assert!(Answer::is_over(over), "{over}");
    }
    for waits in ["step_up", "internal", "malformed_request", "дугаар"] {
        assert!(!Answer::is_over(waits), "{waits}");
    }
}
