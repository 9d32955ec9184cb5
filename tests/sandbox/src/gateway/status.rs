//! The ten published states of a request (e-mongolia-api-doc, 2021), and what citizens call them.

use rusqlite::{
    ToSql,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef},
};
use serde::{Deserialize, Serialize};

use super::text::Text;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    Submitted,
    Processing,
    Edit,
    FileRequested,
    Printing,
    Completed,
    Printed,
    Rejected,
    Expired,
    Granted,
}

impl Status {
    pub const ALL: [Self; 10] = [
        Self::Submitted,
        Self::Processing,
        Self::Edit,
        Self::FileRequested,
        Self::Printing,
        Self::Completed,
        Self::Printed,
        Self::Rejected,
        Self::Expired,
        Self::Granted,
    ];

    /// As published.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Submitted => "SUBMITTED",
            Self::Processing => "PROCESSING",
            Self::Edit => "EDIT",
            Self::FileRequested => "FILE_REQUESTED",
            Self::Printing => "PRINTING",
            Self::Completed => "COMPLETED",
            Self::Printed => "PRINTED",
            Self::Rejected => "REJECTED",
            Self::Expired => "EXPIRED",
            Self::Granted => "GRANTED",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// The words are ours: the source publishes the codes alone.
    pub fn title(self) -> Text {
        let (mn, en) = match self {
            Self::Submitted => ("Хүлээн авсан", "Submitted"),
            Self::Processing => ("Шийдвэрлэж байгаа", "Being processed"),
            Self::Edit => ("Засвар шаардлагатай", "Correction needed"),
            Self::FileRequested => ("Нэмэлт баримт шаардлагатай", "Another document needed"),
            Self::Printing => ("Хэвлэж байгаа", "Being printed"),
            Self::Completed => ("Шийдвэрлэсэн", "Completed"),
            Self::Printed => ("Хэвлэсэн", "Printed"),
            Self::Rejected => ("Татгалзсан", "Rejected"),
            Self::Expired => ("Хугацаа дууссан", "Expired"),
            Self::Granted => ("Зөвшөөрсөн", "Granted"),
        };
        Text::new(mn, en)
    }

    /// Whether reaching it tells the citizen how the request came out.
    pub const fn is_outcome(self) -> bool {
        match self {
            Self::Completed | Self::Printed | Self::Rejected | Self::Expired | Self::Granted => true,
            Self::Submitted | Self::Processing | Self::Edit | Self::FileRequested | Self::Printing => false,
        }
    }

    /// The way from SUBMITTED to it.
    #[cfg(test)]
    pub(crate) fn way(self) -> Vec<Self> {
        match self {
            Self::Submitted => vec![],
            Self::Printed => vec![Self::Printing, Self::Printed],
            Self::Processing
            | Self::Edit
            | Self::FileRequested
            | Self::Printing
            | Self::Completed
            | Self::Rejected
            | Self::Expired
            | Self::Granted => vec![self],
        }
    }
}

impl ToSql for Status {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, rusqlite::Error> {
        Ok(self.code().into())
    }
}

impl FromSql for Status {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::parse(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}
