//! stub until the branch lands
use crate::auth;
use crate::foundation::{
    crypto::random,
    error::{Error as Public, Outcome, Outward},
    net::{self, Method},
};
use serde::{Serialize, de::DeserializeOwned};
use std::marker::PhantomData;
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Public,
    Citizen,
}
pub struct Endpoint<Req, Res> {
    pub name: &'static str,
    pub method: Method,
    pub path: &'static str,
    pub access: Access,
    marker: PhantomData<fn(Req) -> Res>,
}
impl<Req, Res> Endpoint<Req, Res> {
    pub const fn get(name: &'static str, path: &'static str, access: Access) -> Self {
        Self { name, method: Method::Get, path, access, marker: PhantomData }
    }
}
pub struct Call<'a, Req> {
    pub path: &'a [(&'static str, &'a str)],
    pub query: &'a [(&'static str, String)],
    pub body: Option<&'a Req>,
    pub key: Option<IdempotencyKey>,
    pub if_none_match: Option<String>,
}
impl<Req> Default for Call<'_, Req> {
    fn default() -> Self {
        Self { path: &[], query: &[], body: None, key: None, if_none_match: None }
    }
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);
impl IdempotencyKey {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self(random::base64url::<16>())
    }
    pub fn parse(t: &str) -> Option<Self> {
        Some(Self(t.to_owned()))
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
#[derive(Debug, Clone)]
pub struct Outgoing {
    pub method: Method,
    pub path: String,
    pub access: Access,
    pub body: Option<Vec<u8>>,
    pub key: Option<IdempotencyKey>,
    pub if_none_match: Option<String>,
}
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    pub etag: Option<String>,
    pub replayed: bool,
}
pub enum Reply<T> {
    Fresh { value: T, etag: Option<String> },
    NotModified,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub status: u16,
    pub code: String,
    pub field: Option<String>,
    pub detail: Option<String>,
    pub retry_after_s: Option<u32>,
}
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("net")]
    Net(#[from] net::Error),
    #[error("auth")]
    Auth(#[from] auth::Error),
    #[error("problem")]
    Problem(Problem),
    #[error("malformed")]
    Malformed { endpoint: &'static str },
}
impl Outward for Error { fn outcome(&self) -> Outcome { match self { Self::Net(net::Error::Offline) => Outcome::Expected(Public::Offline), _ => Outcome::Expected(Public::Timeout) } } }
crate::foundation::error::outward_from!(Error);
#[derive(Clone)]
pub struct Gateway;
impl Gateway {
    pub fn new(_c: &crate::Config, _cl: net::Client, _t: crate::auth::Tokens) -> Result<Self, Error> {
        Ok(Self)
    }
    pub async fn send(&self, _o: Outgoing) -> Result<Answer, Error> {
        Err(Error::Net(net::Error::Offline))
    }
    pub async fn call<Req: Serialize, Res: DeserializeOwned>(
        &self,
        _e: &Endpoint<Req, Res>,
        _c: Call<'_, Req>,
    ) -> Result<Reply<Res>, Error> {
        Err(Error::Net(net::Error::Offline))
    }
}
