//! Answers to forms: those that fit one of them, and what somebody fills in who does not care what is asked.

use std::time::Duration;

use emongolia_core::{
    App,
    services::{
        ServiceId,
        catalogue::Filter,
        requests::{FieldKind, FormState, Values},
    },
};

use crate::{Failure, Result, browser, processes::SandboxProcess};

/// Longer than a first sync takes on the busiest machine.
const PATIENCE: Duration = Duration::from_secs(120);

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

/// Signs the sandbox's first citizen in and syncs; gives a free service that can be applied for without files.
pub async fn ready_to_fill_in(app: &App, sandbox: &SandboxProcess) -> Result<ServiceId> {
    let none = |what: &str| Failure::Malformed { what: "the sandbox".into(), detail: format!("it has no {what}") };
    let citizen = sandbox.config().citizens.first().ok_or_else(|| none("citizens"))?;
    let request = app.auth().begin_sign_in().await?;
    let callback = browser::approve(sandbox.config(), &request.url, citizen).await?;
    app.auth().complete_sign_in(&callback).await?;
    if let Some(error) = app.sync(PATIENCE, |_| ()).await?.error() {
        return Err(error.clone().into());
    }
    let filter = Filter { online: true, free: true, ..Filter::default() };
    for service in app.catalogue().services(filter, None).await?.value.items {
        if let Ok(form) = app.requests().form(&service.id, Values::new()).await
            && !form.value.fields().any(|field| field.kind.is_file())
        {
            return Ok(service.id);
        }
    }
    Err(none("free service without files"))
}
