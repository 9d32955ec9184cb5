use std::{io::Write as _, sync::Mutex, time::Duration};

use tokio::net::TcpListener;

use super::{super::testing::QuickClock, *};
use crate::foundation::clock::Clock;

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let ca = Authority::new("ours");
    let server = Server::start(ca.identity(), |_| Reply::status(302).with("Location", "/elsewhere")).await;

    let answer = client(&ca.config(&server)).send(get(&server)).await.unwrap();

    assert_eq!((answer.status, server.requests()), (302, 1));
}

#[tokio::test]
async fn a_body_over_the_cap_is_refused_announced_or_not() {
    let ca = Authority::new("ours");
    for reply in [
        || Reply::status(200).body(vec![b'x'; 1001]),
        || Reply::Cut([b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec(), vec![b'x'; 1001]].concat()),
        || Reply::Stall(b"HTTP/1.1 200 OK\r\nContent-Length: 314572800\r\n\r\n".to_vec()),
    ] {
        let server = Server::start(ca.identity(), move |_| reply()).await;
        let request = Request { cap: 1000, ..get(&server) };

        let refused = client(&ca.config(&server)).send(request).await.unwrap_err();

        assert_eq!(refused, Error::BodyTooLarge { host: "localhost".into(), cap: 1000 });
    }
}

#[tokio::test]
async fn a_body_of_exactly_the_cap_is_taken() {
    let ca = Authority::new("ours");
    let server = Server::start(ca.identity(), |_| Reply::status(200).body(vec![b'x'; 1000])).await;

    let answer = client(&ca.config(&server)).send(Request { cap: 1000, ..get(&server) }).await.unwrap();

    assert_eq!(answer.body.len(), 1000);
}

#[tokio::test]
async fn a_gzip_bomb_stops_at_the_cap_of_decoded_bytes() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0; 1 << 20];
    (0..64).for_each(|_| packed.write_all(&zeros).unwrap());
    let bomb = packed.finish().unwrap();
    assert!(bomb.len() < limits::BODY / 32, "the bomb is small on the wire");
    let ca = Authority::new("ours");
    let server =
        Server::start(ca.identity(), move |_| Reply::status(200).with("Content-Encoding", "gzip").body(bomb.clone()))
            .await;

    let refused = client(&ca.config(&server)).send(get(&server)).await.unwrap_err();

    assert_eq!(refused, Error::BodyTooLarge { host: "localhost".into(), cap: limits::BODY });
}

#[tokio::test]
async fn a_packed_answer_is_unpacked() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all("Үүл".repeat(1000).as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let ca = Authority::new("ours");
    let server =
        Server::start(ca.identity(), move |_| Reply::status(200).with("Content-Encoding", "gzip").body(packed.clone()))
            .await;

    let answer = client(&ca.config(&server)).send(get(&server)).await.unwrap();

    assert_eq!(answer.body, "Үүл".repeat(1000).as_bytes());
}

#[tokio::test]
async fn an_answer_without_a_body_may_say_how_it_would_be_packed() {
    let ca = Authority::new("ours");
    for (status, way, body) in [(304, "gzip", ""), (204, "gzip", ""), (200, "identity", "Өө")] {
        let server =
            Server::start(ca.identity(), move |_| Reply::status(status).with("Content-Encoding", way).body(body)).await;

        let answer = client(&ca.config(&server)).send(get(&server)).await.unwrap();

        assert_eq!((answer.status, answer.body), (status, body.as_bytes().to_vec()), "{way}");
    }
    let server =
        Server::start(ca.identity(), |_| Reply::status(200).with("Content-Encoding", "br").body(vec![1])).await;
    let refused = client(&ca.config(&server)).send(get(&server)).await.unwrap_err();
    assert_eq!(refused, Error::Lost { host: "localhost".into() });
}

#[tokio::test]
async fn a_flood_of_header_fields_is_refused_by_number_and_by_size() {
    let ca = Authority::new("ours");
    for (count, size) in [(limits::HEADERS + 1, 1), (9, limits::HEADER_BYTES / 8)] {
        let flood = move |_| (0..count).fold(Reply::status(200), |reply, _| reply.with("X-Flood", "x".repeat(size)));
        let server = Server::start(ca.identity(), flood).await;

        let refused = client(&ca.config(&server)).send(get(&server)).await.unwrap_err();

        assert_eq!(refused, Error::TooManyHeaders { host: "localhost".into() });
    }
}

#[tokio::test]
async fn a_server_that_falls_silent_in_the_head_or_in_the_body_is_given_up_on() {
    let ca = Authority::new("ours");
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc";
    for (bytes, patience) in [(&head[..17], 0), (&head[..], 1)] {
        let server = Server::start(ca.identity(), move |_| Reply::Stall(bytes.to_vec())).await;
        let clock = Arc::new(QuickClock::out_of_patience_at(patience));

        let given_up = Client::new(&ca.config(&server), clock).unwrap().send(get(&server)).await.unwrap_err();

        assert_eq!(given_up, Error::Timeout { host: "localhost".into(), stage: Stage::Read });
    }
}

#[tokio::test]
async fn a_slow_drip_ends_with_the_budget_of_the_whole_call() {
    let ca = Authority::new("ours");
    let server = Server::start(ca.identity(), |_| Reply::Stall(Vec::new())).await;
    let clock = clock();
    let client = Client::new(&ca.config(&server), Arc::new(clock.clone())).unwrap();
    let request = Request { budget: Duration::from_secs(3), retry: RetryClass::Safe, ..get(&server) };

    let call = tokio::spawn(async move { client.send(request).await });
    while !call.is_finished() {
        clock.advance(Duration::from_secs(1));
        tokio::task::yield_now().await;
    }
    let given_up = call.await.unwrap().unwrap_err();

    assert_eq!(given_up, Error::Timeout { host: "localhost".into(), stage: Stage::Total });
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_only_when_that_is_safe() {
    let ca = Authority::new("ours");
    for (class, expected) in [(RetryClass::Safe, 3), (RetryClass::Never, 1)] {
        let left = Arc::new(Mutex::new(2));
        let server = Server::start(ca.identity(), move |seen| {
            let mut left = left.lock().unwrap();
            if *left == 0 {
                return hello(seen);
            }
            *left -= 1;
            Reply::Cut(Vec::new())
        })
        .await;
        let client = Client::new(&ca.config(&server), Arc::new(QuickClock::new())).unwrap();
        let request = Request { retry: class, ..get(&server) };

        let outcome = client.send(request).await;

        assert_eq!(server.requests(), expected);
        match class {
            RetryClass::Safe => assert_eq!(outcome.unwrap().status, 200),
            RetryClass::Never => assert_eq!(outcome.unwrap_err(), Error::Lost { host: "localhost".into() }),
        }
    }
}

#[tokio::test]
async fn a_cut_body_is_a_lost_answer_and_never_a_short_one() {
    let ca = Authority::new("ours");
    let server =
        Server::start(ca.identity(), |_| Reply::Cut(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc".to_vec())).await;

    let lost = client(&ca.config(&server)).send(get(&server)).await.unwrap_err();

    assert_eq!(lost, Error::Lost { host: "localhost".into() });
}

#[tokio::test]
async fn no_earlier_than_the_server_asked() {
    let ca = Authority::new("ours");
    let clock = QuickClock::new();
    let times = Arc::new(Mutex::new(Vec::new()));
    let (seen_at, its_clock) = (times.clone(), clock.clone());
    let server = Server::start(ca.identity(), move |seen| {
        let mut times = seen_at.lock().unwrap();
        times.push(its_clock.now());
        if times.len() == 1 { Reply::status(503).with("Retry-After", "3") } else { hello(seen) }
    })
    .await;
    let client = Client::new(&ca.config(&server), Arc::new(clock.clone())).unwrap();
    let request = Request { retry: RetryClass::Safe, ..get(&server) };

    let answer = client.send(request).await.unwrap();

    assert_eq!(answer.status, 200);
    let times = times.lock().unwrap();
    assert!(times[1].since(times[0]) >= Duration::from_secs(3));
}

#[tokio::test]
async fn with_nobody_there_it_is_offline_after_one_more_try() {
    let ca = Authority::new("ours");
    let server = Server::start(ca.identity(), hello).await;
    let config = ca.config(&server);
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: url::Url = format!("https://localhost:{}/", gone.local_addr().unwrap().port()).parse().unwrap();
    drop(gone);
    let clock = QuickClock::new();
    let client = Client::new(&config, Arc::new(clock.clone())).unwrap();
    let request = Request { retry: RetryClass::Safe, ..Request::new(Method::Get, url) };

    let offline = client.send(request).await.unwrap_err();

    assert_eq!(offline, Error::Offline { host: "localhost".into() });
    assert!(clock.now() < now().saturating_add(limits::CONNECT));
}

#[tokio::test]
async fn a_suspended_client_refuses_and_goes_on_after() {
    let ca = Authority::new("ours");
    let server = Server::start(ca.identity(), hello).await;
    let client = client(&ca.config(&server));

    client.suspend();
    let refused = client.send(get(&server)).await.unwrap_err();
    client.resume();

    assert_eq!(refused, Error::Closed);
    assert!(client.send(get(&server)).await.is_ok());
}

#[tokio::test]
async fn no_more_calls_at_a_time_than_the_cap() {
    let ca = Authority::new("ours");
    let gate = Arc::new(tokio::sync::Notify::new());
    let held = gate.clone();
    let server = Server::start(ca.identity(), move |seen| Reply::Hold(held.clone(), Box::new(hello(seen)))).await;
    let client = client(&ca.config(&server));
    let calls: Vec<_> = (0..limits::CONCURRENT * 2)
        .map(|_| {
            let (client, request) = (client.clone(), get(&server));
            tokio::spawn(async move { client.send(request).await })
        })
        .collect();

    while server.requests() < limits::CONCURRENT {
        tokio::task::yield_now().await;
    }
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }

    assert_eq!(server.requests(), limits::CONCURRENT, "the others wait for their turn");
    for call in calls {
        while !call.is_finished() {
            gate.notify_waiters();
            tokio::task::yield_now().await;
        }
        call.await.unwrap().unwrap();
    }
}

#[test]
fn a_request_shows_neither_its_query_nor_its_headers() {
    let request = Request::new(Method::Get, "https://localhost/a?token=нууц".parse().unwrap())
        .header("authorization", "DPoP secret");

    let shown = format!("{request:?}");

    assert_eq!(shown, "Request(GET localhost)");
}
