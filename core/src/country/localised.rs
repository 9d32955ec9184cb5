//! A text in the languages the other side wrote it in.
//!
//! Guarantees: Mongolian is always there to fall back on.

use serde::{Deserialize, Serialize};

use crate::foundation::config::Language;

/// On the wire `{"mn": "…", "en": "…"}`; English may be null, empty or missing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LocalisedText {
    pub mn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
}

impl LocalisedText {
    pub fn new(mn: impl Into<String>, en: impl Into<String>) -> Self {
        Self { mn: mn.into(), en: Some(en.into()) }
    }

    pub fn mongolian(mn: impl Into<String>) -> Self {
        Self { mn: mn.into(), en: None }
    }

    /// The text in that language, or in Mongolian where there is none.
    pub fn in_language(&self, language: Language) -> &str {
        match (language, &self.en) {
            (Language::En, Some(en)) if !en.trim().is_empty() => en,
            (Language::En | Language::Mn, _) => &self.mn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_gets_its_own_text() {
        let text = LocalisedText::new("Өргөдөл хүлээн авлаа", "Application received");

        assert_eq!(text.in_language(Language::Mn), "Өргөдөл хүлээн авлаа");
        assert_eq!(text.in_language(Language::En), "Application received");
    }

    #[test]
    fn without_english_the_mongolian_is_shown() {
        for json in [r#"{"mn":"Үнэгүй"}"#, r#"{"mn":"Үнэгүй","en":null}"#, r#"{"mn":"Үнэгүй","en":" "}"#]
        {
            let text: LocalisedText = serde_json::from_str(json).unwrap();
            assert_eq!(text.in_language(Language::En), "Үнэгүй", "{json}");
        }
    }

    #[test]
    fn it_survives_json() {
        for text in [LocalisedText::mongolian("Үнэгүй"), LocalisedText::new("Үнэгүй", "Free")] {
            let json = serde_json::to_string(&text).unwrap();
            assert_eq!(serde_json::from_str::<LocalisedText>(&json).unwrap(), text);
        }
    }
}
