use serde::{Deserialize, Serialize};

use super::invalid;
use crate::foundation::{crypto::random::minted_id, error::Result, json};

/// A name for people; longer ones are cut by no app we know of.
const LONGEST_NAME: usize = 120;

minted_id! {
    /// Names a file on this phone, and at the gateway once it is there. Random.
    AttachmentId
}

/// The types that offices take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MediaType {
    #[serde(rename = "application/pdf")]
    Pdf,
    #[serde(rename = "image/jpeg")]
    Jpeg,
    #[serde(rename = "image/png")]
    Png,
}

impl MediaType {
    pub const ALL: [Self; 3] = [Self::Pdf, Self::Jpeg, Self::Png];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(text))
    }

    /// By how the bytes begin.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|known| bytes.starts_with(known.magic()))
    }

    const fn magic(self) -> &'static [u8] {
        match self {
            Self::Pdf => b"%PDF-",
            Self::Jpeg => b"\xff\xd8\xff",
            Self::Png => b"\x89PNG\r\n\x1a\n",
        }
    }
}

/// What a field of a form takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    pub media_types: Vec<MediaType>,
    /// In bytes.
    pub max_size: u64,
}

/// A file as the platform's picker tells of it.
#[derive(Clone)]
pub struct NewAttachment {
    /// For people.
    pub name: String,
    /// `image/jpeg`; parameters are not looked at.
    pub media_type: String,
    /// In bytes.
    pub size: u64,
}

impl NewAttachment {
    pub(super) fn checked(self, limits: &Limits) -> Result<File> {
        if self.size == 0 {
            return Err(invalid("attachment.empty"));
        }
        let media_type = self.media_type.split(';').next().unwrap_or_default().trim();
        let media_type = MediaType::parse(media_type).filter(|known| limits.media_types.contains(known));
        let media_type = media_type.ok_or_else(|| invalid("attachment.media_type"))?;
        if self.size > limits.max_size {
            return Err(invalid("attachment.too_large"));
        }
        let last = self.name.rsplit(['/', '\\']).next().unwrap_or_default();
        let name: String = last.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
        let name = if name.trim().is_empty() { "-".to_owned() } else { name.trim().to_owned() };
        Ok(File { name, media_type, size: self.size, sha256: None, field: None })
    }
}

/// What is kept of a file beside its bytes.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) media_type: MediaType,
    pub(super) size: u64,
    /// Hex; once all of it is here.
    #[serde(default)]
    pub(super) sha256: Option<String>,
    /// The question of its draft that it is meant for.
    #[serde(default)]
    pub(super) field: Option<String>,
}

/// As a form is given a file: its answer to a question, in JSON.
pub(super) fn answer_of(id: &AttachmentId, file: &File) -> Option<String> {
    let sha256 = file.sha256.as_deref()?;
    let answer = serde_json::json!({
        "id": id.as_str(), "name": file.name, "media_type": file.media_type.as_str(), "size": file.size, "sha256": sha256,
    });
    Some(answer.to_string())
}

/// The file that an answer is.
pub(in super::super) fn file_in(answer: &str) -> Option<AttachmentId> {
    let answer: serde_json::Value = json::read(answer.as_bytes())?;
    AttachmentId::parse(answer["id"].as_str()?)
}

/// A file and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attachment {
    pub id: AttachmentId,
    /// The question of its draft that it is meant for.
    pub field: Option<String>,
    pub name: String,
    pub media_type: MediaType,
    /// In bytes.
    pub size: u64,
    /// Bytes that are on this phone.
    pub stored: u64,
    /// Bytes that the gateway has.
    pub arrived: u64,
    /// Hex; once all of it is here and looked at.
    pub sha256: Option<String>,
}
