//! Answers to forms: those that fit one of them, and what somebody fills in who does not care what is asked.

use emongolia_core::services::requests::{FieldKind, FormState, Values};

/// «Иргэний үнэмлэх дахин захиалах»: name in three parts, reason, photograph, signature, delivery.
pub const IDENTITY_CARD: &str = "d762ba0d0152646ba745997e";

/// Answers that fit its form, save the files.
pub const IDENTITY_CARD_ANSWERS: [(&str, &str); 7] = [
    ("citizen/surname", "Боржигон"),
    ("citizen/lastname", "Өлзийсайхан"),
    ("citizen/firstname", "Үүрийнтуяа"),
    ("regnum", "УӨ88052317"),
    ("reason", "changed"),
    ("changedWhat", "Өмнөх овгоо буцааж авсан"),
    ("delivery", "office"),
];

/// A picture of so many bytes, as far as anybody looks.
pub fn png(size: usize) -> Vec<u8> {
    let noise = (0..size).map(|n| (n * 31 % 251) as u8);
    b"\x89PNG\r\n\x1a\n".iter().copied().chain(noise).take(size).collect()
}

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
