//! What crosses to the shells, and how it is made from the core's own types.
//!
//! Guarantees: every conversion names every field and every variant, so that a new one breaks the build here; what is a
//! citizen's own prints as stars, on this side and through `toString` and `description` on the other.

mod auth;
mod bundles;
mod catalogue;
mod config;
mod drafts;
mod error;
mod form;
mod life;
mod notify;
mod outbox;
mod payment;
mod portal;
mod ports;
mod progress;
mod requests;

use emongolia_core::{country, foundation::clock::Timestamp, offline};

pub use self::{
    auth::{AuthorizationRequest, Citizen, CitizenSummary, LockStatus, RegisteredAddress, SessionState},
    bundles::{
        AgedBundle, BundleFilter, BundleItem, BundleItemState, BundleKind, BundlePage, BundlePrerequisite,
        BundleReason, BundleStanding, ServiceBundle,
    },
    catalogue::{
        AdministrativeUnit, AdministrativeUnitKind, AdministrativeUnitPage, AgedServiceDetail, Fee, Highlight,
        Hypothesis, MatchKind, MatchReason, Organisation, OrganisationPage, Refusal, SearchHit, SearchPage, Service,
        ServiceDetail, ServiceDuration, ServiceFilter, ServiceKind, ServicePage, SpokenOutcome, SpokenResults,
    },
    config::{CoreConfig, DocumentKey, Language, PinSet, ProcessMode},
    drafts::{Draft, DraftFile, DraftPage, DraftSummary, PrefillOffer, SetAside},
    error::{CoreError, Result},
    form::{
        AgedForm, Choice, Confirmation, ConfirmationLine, FieldKind, FieldProblem, FieldState, FormSection, FormState,
        Prefill,
    },
    life::{Area, Event, PushOutcome, Refreshed, SignedOut, StepOutcome, SyncReport, SyncStep},
    notify::{AgedMessage, Message, MessageFilter, MessageKind, MessagePage},
    outbox::{FlushOutcome, OperationPage, OperationState, OutboxOperation},
    payment::{BankLink, Invoice, Payment, PaymentState, Receipt, ReceiptPage},
    portal::WebSignIn,
    ports::{BiometricKey, DeviceKey, LogLevel, LogRecord, LogSink, PortError, SecretStore},
    progress::{AgedPeople, Relation, Represented, RequestProgress, RequestTask, RequestTaskKind, WhoActs},
    requests::{
        Actor, ActorKind, AgedRequestDetail, FieldValue, RequestDetail, RequestPage, RequestStanding, RequestStatus,
        RequestStep, RequestSummary,
    },
};
pub(crate) use self::{
    bundles::{bundle_code, item_code},
    drafts::{attachment_id, draft_id},
    form::confirmation_id,
    portal::web_sign_in_id,
    ports::Lent,
    progress::person_id,
    requests::{request_id, service_id},
};
pub(crate) use self::{notify::message_id, outbox::operation_id};

/// A text as the other side wrote it. Where there is no English, show the Mongolian.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct LocalisedText {
    /// Монголоор. Always there.
    pub mn: String,
    /// Never blank.
    pub en: Option<String>,
}

impl From<country::LocalisedText> for LocalisedText {
    fn from(text: country::LocalisedText) -> Self {
        let country::LocalisedText { mn, en } = text;
        Self { mn, en: en.filter(|en| !en.trim().is_empty()) }
    }
}

/// Reads an id that a shell hands back.
fn id<T>(field: &str, text: &str, parse: fn(&str) -> Option<T>) -> Result<T> {
    parse(text).ok_or_else(|| CoreError::Invalid { field: field.to_owned(), reason: "id.malformed".to_owned() })
}

/// The value, when the gateway last confirmed it (Unix milliseconds), and whether that is longer ago than it should be.
fn aged<T>(aged: offline::Aged<T>) -> (T, Option<i64>, bool) {
    let offline::Aged { value, as_of, stale } = aged;
    (value, as_of.map(Timestamp::unix_ms), stale)
}

/// A page's rows, converted, and where the next page starts.
fn page<T, U: From<T>>(page: offline::Page<T>) -> (Vec<U>, Option<String>) {
    let offline::Page { items, next } = page;
    (items.into_iter().map(U::from).collect(), next)
}

fn all<T, U: From<T>>(items: Vec<T>) -> Vec<U> {
    items.into_iter().map(U::from).collect()
}

/// What is a citizen's own prints as its name and stars, wherever it is printed: here by this `Debug`, and in the shells
/// by what `emongolia-bindgen` writes for each type whose documentation says so.
macro_rules! masked {
    ($($type:ident),+ $(,)?) => {$(
        impl ::std::fmt::Debug for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(concat!(stringify!($type), "(***)"))
            }
        }
    )+};
}
use masked;
