use std::{
    io::{Read, Write},
    thread,
};

use emongolia_core::foundation::{
    clock::SystemClock,
    net::{Client, Error, Method, Request, Response},
};

use super::*;

const SAID: &str = "Өргөдлийг Үүсгэв";

/// A server that says the same to everybody, and how often it was asked.
fn server() -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let (address, heard) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
    let hearing = Arc::clone(&heard);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.extend(byte);
            }
            lock(&hearing).push(String::from_utf8(request).unwrap().to_ascii_lowercase());
            let head = format!("HTTP/1.1 200 OK\r\nset-cookie: a=1\r\ncontent-length: {}\r\n\r\n", SAID.len());
            stream.write_all(format!("{head}{SAID}").as_bytes()).unwrap();
        }
    });
    (address, heard)
}

async fn get(front: &Front, path: &str) -> Result<Response, Error> {
    let client = Client::new(&front.config("", ""), Arc::new(SystemClock))?;
    client.send(Request::new(Method::Get, format!("{}{path}", front.origin()).parse().unwrap())).await
}

#[tokio::test]
async fn the_server_behind_hears_what_was_asked_for_and_the_client_what_it_said() {
    let front = Front::start().unwrap();
    let (address, heard) = server();
    front.lead_to(address);

    let answer = get(&front, "/auth?state=1").await.unwrap();

    assert_eq!((answer.status, answer.body.as_slice()), (200, SAID.as_bytes()));
    assert_eq!(answer.header("set-cookie"), Some("a=1"));
    let request = lock(&heard)[0].clone();
    assert!(request.starts_with("get /auth?state=1 "), "{request}");
    assert!(request.contains("\r\nx-forwarded-proto: https\r\n"), "{request}");
    let host = front.origin().replace("https://", "");
    assert!(request.contains(&format!("\r\nx-forwarded-host: {host}\r\n")), "{request}");
    let [exchange] = &front.of("/auth")[..] else { panic!("not one exchange") };
    assert_eq!((exchange.status, exchange.reply.as_slice()), (Some(200), SAID.as_bytes()));
    assert_eq!(exchange.request.query.as_deref(), Some("state=1"));
}

#[tokio::test]
async fn an_answer_that_is_dropped_was_given_all_the_same() {
    let front = Front::start().unwrap();
    let (address, heard) = server();
    front.lead_to(address);
    let mut asked = 0;
    front.rule(move |seen| {
        asked += 1;
        if seen.path == "/token" && asked == 1 { Act::DropReply } else { Act::Pass }
    });

    let first = get(&front, "/token").await;
    let second = get(&front, "/token").await;

    assert!(matches!(first, Err(Error::Lost { .. })), "{first:?}");
    assert_eq!(second.unwrap().status, 200);
    assert_eq!(lock(&heard).len(), 2);
    assert_eq!(front.of("/token").iter().map(|each| each.status).collect::<Vec<_>>(), [Some(200), Some(200)]);
}

#[tokio::test]
async fn a_field_that_is_withheld_is_missing_and_the_rest_is_there() {
    let front = Front::start().unwrap();
    front.lead_to(server().0);
    front.rule(|_| Act::Withhold("set-cookie"));

    let answer = get(&front, "/auth").await.unwrap();

    assert_eq!(answer.header("set-cookie"), None);
    assert_eq!(answer.body, SAID.as_bytes());
}

#[tokio::test]
async fn an_answer_is_told_otherwise_and_kept_as_it_was_given() {
    let front = Front::start().unwrap();
    front.lead_to(server().0);
    front.rule(|_| {
        Act::Alter(Box::new(|told| {
            (told.status, told.body) = (201, "Өөр".into());
            told.set("set-cookie", "b=2");
        }))
    });

    let (answer, ()) = tokio::join!(get(&front, "/token"), front.until(|exchanges| !exchanges.is_empty()));

    let answer = answer.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (201, "Өөр".as_bytes()));
    assert_eq!(answer.header_all("set-cookie").collect::<Vec<_>>(), ["b=2"]);
    assert_eq!(front.of("/token")[0].reply, SAID.as_bytes());
}

#[tokio::test]
async fn what_the_front_answers_itself_the_server_never_hears() {
    let front = Front::start().unwrap();
    let (address, heard) = server();
    front.lead_to(address);
    front.rule(|_| Act::Say(Told::json(503, &serde_json::json!({"code": "busy"}))));

    let answer = get(&front, "/v1/push/registration").await.unwrap();

    assert_eq!((answer.status, answer.body.as_slice()), (503, &br#"{"code":"busy"}"#[..]));
    assert!(lock(&heard).is_empty());
}

#[tokio::test]
async fn before_it_leads_anywhere_every_request_is_closed_and_kept() {
    let front = Front::start().unwrap();

    assert!(get(&front, "/auth").await.is_err());

    let [exchange] = &front.exchanges()[..] else { panic!("not one exchange") };
    assert_eq!((exchange.request.path.as_str(), exchange.status), ("/auth", None));
}
