//! Text in the two languages of the app: Mongolian always, English where it exists.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    pub mn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
}

impl Text {
    pub fn new(mn: impl Into<String>, en: impl Into<String>) -> Self {
        Self { mn: mn.into(), en: Some(en.into()) }
    }

    /// English is often empty in the sources: then it is unknown.
    pub(crate) fn from_columns(mn: &str, en: &str) -> Self {
        Self { mn: mn.into(), en: (!en.is_empty()).then(|| en.into()) }
    }

    /// `None` when the Mongolian column is NULL.
    pub(crate) fn from_nullable(mn: Option<String>, en: Option<String>) -> Option<Self> {
        mn.map(|mn| Self { mn, en })
    }
}
