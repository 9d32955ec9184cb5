//! A form filled in by somebody who does not care what it asks.

use emongolia_core::services::requests::{FieldKind, FormState, Values};

/// Fills every required field of a form without files with something that fits; text is `text`.
pub fn filled(form: &FormState, text: &str) -> Values {
    let value = |kind: &FieldKind| match kind {
        FieldKind::WholeNumber { minimum, .. } | FieldKind::Year { minimum, .. } | FieldKind::Money { minimum, .. } => {
            minimum.unwrap_or(2020).max(2020).to_string()
        }
        FieldKind::YesNo => "тийм".to_owned(),
        FieldKind::OneOf { options } => options[0].value.clone(),
        FieldKind::Text { .. }
        | FieldKind::Date
        | FieldKind::RegistrationNumber
        | FieldKind::CivilId
        | FieldKind::Phone
        | FieldKind::Plate
        | FieldKind::CompanyNumber
        | FieldKind::File { .. }
        | FieldKind::Signature { .. } => text.to_owned(),
    };
    form.fields().filter(|field| field.required).map(|field| (field.name.clone(), value(&field.kind))).collect()
}
