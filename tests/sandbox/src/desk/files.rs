//! A request's files: named on its page, and taken out of the desk to look at.
//!
//! Guarantees: a browser saves a citizen's file and never shows it as a page of the desk.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use maud::{Markup, html};

use super::{
    Desk,
    language::Visit,
    request_page::answers,
    shell::{self, Failed},
    store::Opened,
};
use crate::{clerk::Text, gateway::files};

/// `GET /requests/{id}/files/{upload}`
pub(super) async fn download(
    State(desk): State<Desk>,
    visit: Visit,
    place: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Failed> {
    let Ok(Path((request, upload))) = place else { return Ok(shell::no_such_page(&visit).into_response()) };
    let found = desk.sandbox.db().read(move |conn| files::content(conn, &request, &upload)).await?;
    let Some((file, bytes)) = found else { return Ok(shell::no_such_page(&visit).into_response()) };
    let (Ok(kind), Ok(name)) = (HeaderValue::from_str(&file.media_type), disposition(&file.name)) else {
        return Ok(shell::no_such_page(&visit).into_response());
    };
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], bytes).into_response())
}

/// RFC 6266 §4.3: names here are Cyrillic.
fn disposition(name: &str) -> Result<HeaderValue, header::InvalidHeaderValue> {
    let percent = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    let name: String = name.bytes().map(percent).collect();
    HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{name}"))
}

/// Nothing when there are none.
pub(super) fn card(visit: &Visit, opened: &Opened) -> Markup {
    let documents = opened.detail.history.iter().flat_map(|step| &step.asked.documents);
    let brought = documents.map(|document| (document.name.clone(), document.title.clone()));
    let answered = answers(opened).into_iter().map(|answer| (answer.name, answer.title));
    let titles: Vec<(String, Text)> = answered.chain(brought).collect();
    let title = |field: &str| {
        if field == "reason" {
            return html! { (visit.say("Өмнөөс нь авах үндэслэл", "Why on another’s behalf")) };
        }
        let whole = field.split('/').next().unwrap_or(field);
        titles.iter().find(|(name, _)| name == whole).map_or_else(|| html! { (field) }, |(_, t)| visit.lang.show(t))
    };
    html! {
        @if !opened.files.is_empty() {
            section.card aria-labelledby="files" {
                h2 #files { (visit.say("Хавсаргасан файл", "Attached files")) }
                dl { @for (field, file) in &opened.files {
                    div {
                        dt { (title(field)) }
                        dd { a href={ "/requests/" (opened.detail.id) "/files/" (file.id) } download { bdi { (file.name) } }
                            " · " (size(file.size)) }
                    }
                } }
            }
        }
    }
}

/// `340 kB`, `2.4 MB`
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_cyrillic_name_is_told_to_the_browser_in_ascii() {
        let told = disposition("Өргөдөл \"1\".pdf").unwrap();

        assert_eq!(told, "attachment; filename*=UTF-8''%D3%A8%D1%80%D0%B3%D3%A9%D0%B4%D3%A9%D0%BB%20%221%22.pdf");
    }

    #[test]
    fn a_size_is_told_in_two_or_three_digits() {
        assert_eq!([size(12), size(340_999), size(2_450_000)], ["12 B", "340 kB", "2.4 MB"]);
    }
}
