//! What may have had its effect: the key is asked before anything is sent again, and before a refusal is believed.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn past_the_window_the_gateway_is_asked_before_anything_is_sent_again() {
    let bench = Bench::new();
    let had_effect = bench.met(Fault::DropReply, "had its effect", "a").await;
    let unknown = bench.met(Fault::Refuse(503, "unavailable"), "unknown", "b").await;
    let sent = bench.gateway.keys().len();

    bench.clock.advance(Duration::from_secs(30 * 24 * 3600));
    bench.flush().await;

    assert_eq!(bench.gateway.keys().len(), sent, "nothing was sent blindly");
    assert_eq!(bench.outbox.get(&had_effect).await.unwrap().state, State::Done);
    assert_eq!(bench.applied("had its effect").await, Some(1));
    assert_eq!(bench.stands(&unknown).await, wedged("expired_unknown"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_ever_met_a_dead_network_is_sent_after_a_month_like_any_other() {
    let bench = Bench::new();
    bench.outbox.stop().await;
    bench.gateway.fault(Fault::Offline);
    let id = bench.note("a month in the valley", "a").await;
    bench.outbox.start();
    bench.settled(&id).await;

    bench.clock.advance(Duration::from_secs(35 * 24 * 3600));
    bench.flush().await;

    assert_eq!(bench.outbox.get(&id).await.unwrap().state, State::Done);
    assert_eq!(bench.gateway.effects(), ["a month in the valley"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_after_a_lost_reply_is_not_believed_before_the_key_was_asked() {
    let bench = Bench::new();
    let id = bench.met(Fault::DropReply, "lapsed consent", "a").await;

    bench.gateway.fault(Fault::Refuse(403, "consent_lapsed"));
    bench.flush().await;

    assert_eq!(bench.outbox.get(&id).await.unwrap().state, State::Done, "the first try had its effect");
    assert_eq!(bench.applied("lapsed consent").await, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_is_not_the_gateways_is_held_against_the_key_too() {
    let bench = Bench::new();
    for status in [302, 403, 409] {
        let text = format!("Хуудас {status}");
        bench.gateway.fault(Fault::Page(status));

        let id = bench.note(&text, &text).await;

        assert_eq!(bench.settled(&id).await.state, State::Done, "{status}: it had its effect");
        assert_eq!(bench.applied(&text).await, Some(1));
    }
    assert_eq!(bench.gateway.keys().len(), 3, "each was sent once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_is_not_the_gateways_and_whose_key_is_not_known_can_be_called_off() {
    let bench = Bench::new();
    bench.gateway.fault(Fault::Refuse(403, "http_403"));

    let id = bench.note("a firewall's page", "a").await;

    bench.settled(&id).await;
    assert_eq!(bench.stands(&id).await, wedged("http_403"));
    bench.outbox.cancel(&id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_after_a_lost_reply_is_not_believed_either_unless_it_says_that_the_key_is_being_served() {
    let bench = Bench::new();
    for code in ["http_409", "request_moved"] {
        let id = bench.met(Fault::DropReply, code, code).await;

        bench.gateway.fault(Fault::Refuse(409, code));
        bench.flush().await;

        assert_eq!(bench.outbox.get(&id).await.unwrap().state, State::Done, "{code}");
        assert_eq!(bench.applied(code).await, Some(1));
    }
    let id = bench.met(Fault::DropReply, "Давхцал", "c").await;
    bench.gateway.0.lock().unwrap().asked = Some(Fault::StepUp);

    bench.gateway.fault(Fault::Refuse(409, "key_in_progress"));
    bench.flush().await;

    assert_eq!(bench.stands(&id).await, (State::Sending, None), "control: it is waited for, and no key is asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_is_no_answer_to_the_question_about_a_key() {
    let bench = Bench::new();
    let id = bench.met(Fault::DropReply, "Асуулт", "a").await;
    bench.gateway.0.lock().unwrap().asked = Some(Fault::Refuse(409, "conflict"));

    bench.gateway.fault(Fault::Refuse(403, "http_403"));
    bench.flush().await;

    assert_eq!(bench.outbox.cancel(&id).await, may_have_effect());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_under_its_key_is_asked_for_anew_when_the_citizen_tries_again() {
    let bench = Bench::new();
    let id = bench.met(Fault::RefuseForGood(409, "invoice_over"), "Нэхэмжлэх", "a").await;
    assert_eq!(bench.stands(&id).await, wedged("invoice_over"));

    bench.outbox.retry(&id).await.unwrap();

    assert_eq!(bench.settled(&id).await.state, State::Done);
    assert_eq!((bench.gateway.effects(), bench.applied("Нэхэмжлэх").await), (vec!["Нэхэмжлэх".to_owned()], Some(1)));
    let keys = bench.gateway.keys();
    assert_eq!((keys.len(), &keys[0]), (3, &keys[1]), "first it is made certain that the old one had no effect");
    assert_ne!(keys[1], keys[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_anew_too_waits_for_the_citizen_again() {
    let bench = Bench::new();
    let id = bench.met(Fault::RefuseForGood(409, "invoice_over"), "Нэхэмжлэх", "a").await;

    for code in ["invoice_over", "request_closed"] {
        bench.gateway.fault(Fault::RefuseForGood(409, code));
    }
    bench.outbox.retry(&id).await.unwrap();
    bench.settled(&id).await;

    assert_eq!(bench.stands(&id).await, wedged("request_closed"));
    bench.outbox.cancel(&id).await.unwrap();
    assert!(bench.gateway.effects().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_was_lost_is_told_before_it_is_asked_for_anew() {
    let bench = Bench::new();
    let id = bench.met(Fault::RefuseUnheard(422, "invalid_field"), "Талбар", "a").await;

    bench.flush().await;

    assert_eq!(bench.stands(&id).await, wedged("invalid_field"));
    assert!(bench.gateway.effects().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_gateways_word_ends_no_operation() {
    let bench = Bench::new();
    bench.gateway.fault(Fault::Refuse(404, "http_404"));

    let id = bench.note("Хориг", "a").await;
    let view = bench.settled(&id).await;

    assert_eq!((view.state, view.problem.as_deref()), (State::Wedged, Some("http_404")));
    assert_eq!(bench.applied("Хориг").await, Some(0), "it waits for the citizen");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_knows_of_any_more_is_sent_anew_when_the_citizen_says_so() {
    let bench = Bench::new();
    let id = bench.met(Fault::Refuse(503, "unavailable"), "decided", "a").await;
    bench.clock.advance(Duration::from_secs(35 * 24 * 3600));
    bench.flush().await;
    assert_eq!(bench.outbox.get(&id).await.unwrap().problem.as_deref(), Some("expired_unknown"));

    bench.outbox.retry(&id).await.unwrap();

    assert_eq!(bench.settled(&id).await.state, State::Done);
    assert_eq!(bench.gateway.effects(), ["decided"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_knows_of_any_more_ends_when_the_citizen_has_found_it() {
    let bench = Bench::new();
    let id = bench.met(Fault::DropReply, "Аль хэдийн хүрсэн", "a").await;
    bench.clock.advance(Duration::from_secs(35 * 24 * 3600));
    bench.gateway.0.lock().unwrap().answers.clear();
    bench.flush().await;
    assert_eq!(bench.stands(&id).await, wedged("expired_unknown"));
    let behind = bench.note("Дараагийнх", "a").await;

    bench.outbox.cancel(&id).await.unwrap();

    assert_eq!(bench.settled(&behind).await.state, State::Done, "and what waited for it goes on");
    assert_eq!(bench.gateway.effects(), ["Аль хэдийн хүрсэн", "Дараагийнх"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_can_not_be_read_is_asked_for_again_and_then_shown() {
    let bench = Bench::new();
    for _ in 0..5 {
        bench.gateway.fault(Fault::Garbage);
    }

    let id = bench.note("garbage", "a").await;
    bench.settled(&id).await;
    for _ in 0..4 {
        bench.flush().await;
    }

    assert_eq!(bench.stands(&id).await, wedged("answer_unreadable"));
    assert!(bench.outbox.cancel(&id).await.is_err(), "it may have had its effect");
    bench.outbox.retry(&id).await.unwrap();
    assert_eq!(bench.settled(&id).await.state, State::Done);
    assert_eq!(bench.gateway.effects(), ["garbage"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_refused_is_no_refusal_of_what_was_asked_for() {
    let bench = Bench::new();
    let id = bench.met(Fault::DropReply, "Асуулт", "a").await;
    bench.gateway.0.lock().unwrap().asked = Some(Fault::Refuse(403, "forbidden"));

    for _ in 0..5 {
        bench.gateway.fault(Fault::Refuse(403, "consent_lapsed"));
        bench.flush().await;
    }

    assert_eq!(bench.stands(&id).await, wedged("answer_unreadable"));
    assert_eq!(bench.outbox.cancel(&id).await, may_have_effect());
}
