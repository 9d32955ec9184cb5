use crate::foundation::config::Language;
use serde::{Deserialize, Serialize};
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LocalisedText {
    pub mn: String,
    pub en: Option<String>,
}
impl LocalisedText {
    pub fn in_language(&self, l: Language) -> &str {
        match l {
            Language::En => self.en.as_deref().unwrap_or(&self.mn),
            Language::Mn => &self.mn,
        }
    }
}
