//! The gateway's JSON for a browser's request. It needs its numbers; a service without a name is shown without one.

use serde::Deserialize;

use super::model::{WebSignIn, WebSignInId};
use crate::{
    country::LocalisedText,
    foundation::clock::Timestamp,
    gateway::{Access, Endpoint},
    offline::tolerant,
};

pub(super) static SIGN_IN: Endpoint<WebSignInWire> =
    Endpoint::get("previewWebSignIn", "/v1/web/sign-ins/{id}", Access::Citizen);

#[derive(Debug, Deserialize)]
pub(super) struct WebSignInWire {
    #[serde(default, deserialize_with = "tolerant::text")]
    service: Option<LocalisedText>,
    #[serde(default, deserialize_with = "tolerant::known")]
    asked_at: Option<Timestamp>,
    numbers: [u32; 3],
}

impl WebSignInWire {
    pub(super) fn into_sign_in(self, id: WebSignInId) -> WebSignIn {
        let Self { service, asked_at, numbers } = self;
        WebSignIn {
            id,
            service: service.unwrap_or_else(|| LocalisedText::mongolian("")),
            asked_at: asked_at.unwrap_or(Timestamp::EPOCH),
            numbers,
        }
    }
}
