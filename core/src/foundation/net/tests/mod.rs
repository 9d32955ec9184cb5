mod imposters;
mod patience;
mod pki;
mod trust;

use std::sync::Arc;

use super::{
    testing::{Authority, Identity, Reply, Seen, Server, clock, now},
    *,
};
use crate::foundation::{
    clock::Timestamp,
    config::{Config, PinSet},
};

fn hello(_: Seen) -> Reply {
    Reply::status(200).body("Сайн байна уу")
}

fn client(config: &Config) -> Client {
    Client::new(config, Arc::new(clock())).unwrap()
}

fn get(server: &Server) -> Request {
    Request::new(Method::Get, server.url("/v1/үйлчилгээ?q=Өө"))
}

fn pins(keys: &[[u8; 32]], expires_in: i64) -> Vec<PinSet> {
    let expires = Timestamp::from_unix_s(now().unix_s() + expires_in);
    vec![PinSet { host: "localhost".into(), spki_sha256: keys.to_vec(), expires }]
}

/// Calls a server with `identity` and gives back what became of it.
async fn call(ca: &Authority, identity: Identity, pins: Vec<PinSet>) -> Result<Response, Error> {
    let server = Server::start(identity, hello).await;
    let config = Config { pins, ..ca.config(&server) };
    client(&config).send(get(&server)).await
}

fn why(result: Result<Response, Error>) -> Distrust {
    match result {
        Err(Error::Untrusted { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}
