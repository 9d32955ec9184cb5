//! The pages a browser sees: plain HTML that works without JavaScript, Mongolian first.
//!
//! Guarantees: what a page is given as text is shown as text.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{db::DbError, state::complain};

/// No script, no picture, nothing from elsewhere, in no frame; a form's redirect may lead back to the app.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; \
                      frame-ancestors 'none'; form-action 'self' mn.emongolia: http://127.0.0.1:*";

const STYLE: &str = include_str!("style.css");

/// Text for element content and quoted attributes.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// A whole page around `body`, which is HTML; `title` is text.
pub fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let title = escape(title);
    let html = format!(
        r#"<!doctype html>
<html lang="mn">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"#
    );
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (status, headers, html).into_response()
}

/// A page that says why there is nothing to do here.
pub fn message(status: StatusCode, mn: &str, en: &str) -> Response {
    let body = format!("<h1>{}</h1>\n<p lang=\"en\">{}</p>", escape(mn), escape(en));
    page(status, mn, &body)
}

/// The database failed while a browser waits.
pub struct Failed;

impl From<DbError> for Failed {
    fn from(error: DbError) -> Self {
        complain(&error);
        Self
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        message(StatusCode::INTERNAL_SERVER_ERROR, "Системийн алдаа гарлаа.", "The system failed.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_given_as_text_becomes_markup() {
        let shown = escape(r#"<script>"Өнөр" & 'Үүл'</script>"#);

        assert_eq!(shown, "&lt;script&gt;&quot;Өнөр&quot; &amp; &#39;Үүл&#39;&lt;/script&gt;");
    }
}
