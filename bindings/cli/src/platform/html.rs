//! As much HTML as a sign-in page needs: its form, and what it says.
//!
//! Guarantees: total; a page of any other shape is `None` or empty, never a panic.

use emongolia_core::country::LocalisedText;

/// The first form of a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) action: String,
    /// Names and the values they come with, in the page's order. Buttons are not among them.
    pub(crate) inputs: Vec<(String, String)>,
}

impl Form {
    /// Whether it has a field for a registration number or a code.
    pub(crate) fn asks_who(&self) -> bool {
        self.inputs.iter().any(|(name, _)| matches!(name.as_str(), "regnum" | "code"))
    }
}

pub(crate) fn form(page: &str) -> Option<Form> {
    let mut tags = tags(page).skip_while(|tag| tag.name != "form");
    let opening = tags.next()?;
    let action = opening.attribute("action")?;
    let mut inputs = Vec::new();
    for tag in tags.take_while(|tag| tag.name != "/form").filter(|tag| tag.name == "input") {
        if let Some(name) = tag.attribute("name") {
            inputs.push((name, tag.attribute("value").unwrap_or_default()));
        }
    }
    Some(Form { action, inputs })
}

/// What a page tells whoever reads it: its alert if there is one, otherwise its heading and its paragraphs.
pub(crate) fn told(page: &str) -> Option<LocalisedText> {
    let start = tags(page).find(|tag| tag.attribute("role").as_deref() == Some("alert"));
    let region = match &start {
        Some(alert) => {
            let closing = format!("</{}", alert.name);
            let rest = page.get(alert.end..)?;
            rest.get(..rest.find(&closing).unwrap_or(rest.len()))?
        }
        None => page,
    };
    let (mut mn, mut en) = (Vec::new(), Vec::new());
    for tag in tags(region).filter(|tag| matches!(tag.name.as_str(), "p" | "h1")) {
        let rest = region.get(tag.end..)?;
        let text = unescaped(without_tags(rest.get(..rest.find("</").unwrap_or(rest.len()))?).trim());
        match tag.attribute("lang").as_deref() {
            _ if text.is_empty() => {}
            Some("en") => en.push(text),
            Some(_) | None => mn.push(text),
        }
    }
    let en = (!en.is_empty()).then(|| en.join(" "));
    (!mn.is_empty()).then(|| LocalisedText { mn: mn.join(" "), en })
}

struct Tag<'a> {
    /// In lower case; with a slash in front if it closes.
    name: String,
    attributes: &'a str,
    /// Where the text behind it begins.
    end: usize,
}

impl Tag<'_> {
    fn attribute(&self, wanted: &str) -> Option<String> {
        let mut rest = self.attributes;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
            let name_end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
            if name_end == 0 {
                return None;
            }
            let (name, after) = rest.split_at(name_end);
            let after = after.trim_start();
            let (value, next) = match after.strip_prefix('=') {
                Some(value) => value_of(value.trim_start()),
                None => ("", after),
            };
            if name.eq_ignore_ascii_case(wanted) {
                return Some(unescaped(value));
            }
            rest = next;
        }
    }
}

/// A value in either kind of quotes or in none, and what follows it.
fn value_of(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(quoted) = text.strip_prefix(quote) {
            return quoted.split_once(quote).unwrap_or((quoted, ""));
        }
    }
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

fn tags(page: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let open = at + page.get(at..)?.find('<')?;
        let close = open + end_of_tag(page.get(open..)?)?;
        at = close + 1;
        let inside = page.get(open + 1..close)?;
        let name_end = inside.find(char::is_whitespace).unwrap_or(inside.len());
        let (name, attributes) = inside.split_at(name_end);
        Some(Tag { name: name.to_ascii_lowercase(), attributes, end: at })
    })
}

/// The `>` that is in no quotes.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None | Some(_), _) => {}
        }
    }
    None
}

fn without_tags(html: &str) -> &str {
    html.split('<').next().unwrap_or_default()
}

/// The five that HTML needs and every generator writes.
fn unescaped(text: &str) -> String {
    const ENTITIES: [(&str, &str); 6] =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&amp;", "&")];
    ENTITIES.iter().fold(text.to_owned(), |text, (entity, sign)| text.replace(entity, sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGIN: &str = r#"<!doctype html><html lang="mn"><head><title>ДАН</title></head><body><main>
<h1>ДАН нэвтрэх систем</h1><p lang="en">DAN, the national sign-on</p>
<div class="error" role="alert"><p>Код буруу байна. Үлдсэн оролдлого: 4.</p>
<p lang="en">The code is wrong. Tries left: 4.</p></div>
<form method="post" action="/dan/login?a=1&amp;b=2" autocomplete="off">
<input type="hidden" name="transaction" value="Ө&quot;&lt;1&gt;&#39;&amp;amp;">
<label for="regnum">Регистр</label>
<input id="regnum" name="regnum" required maxlength="10">
<INPUT id=code name=code inputmode='numeric' />
<button name="decision" value="approve">Зөвшөөрөх</button>
</form><form action="/other"><input name="x" value="1"></form></main></body></html>"#;

    #[test]
    fn the_form_of_a_sign_in_page_is_read() {
        let form = form(LOGIN).unwrap();

        assert_eq!(form.action, "/dan/login?a=1&b=2");
        let pairs = [("transaction", "Ө\"<1>'&amp;"), ("regnum", ""), ("code", "")];
        assert_eq!(form.inputs, pairs.map(|(k, v)| (k.to_owned(), v.to_owned())));
    }

    #[test]
    fn an_alert_speaks_before_the_page() {
        assert_eq!(
            told(LOGIN),
            Some(LocalisedText::new("Код буруу байна. Үлдсэн оролдлого: 4.", "The code is wrong. Tries left: 4."))
        );
    }

    #[test]
    fn a_page_without_an_alert_speaks_by_its_heading() {
        let page =
            "<html><body><main>\n<h1>Энэ хуудас &quot;хүчингүй&quot;.</h1>\n<p lang=\"en\">Not valid.</p></main>";

        assert_eq!(told(page), Some(LocalisedText::new("Энэ хуудас \"хүчингүй\".", "Not valid.")));
    }

    #[test]
    fn a_page_of_any_other_shape_is_nothing() {
        for page in
            ["", "<", "<form", "<form>", "<form action", "Өө < Үү", "<p>", "<p></p>", "<div role=alert", "{\"a\":1}"]
        {
            assert_eq!((form(page), told(page)), (None, None), "{page}");
        }
    }

    #[test]
    fn a_sign_in_quotes_does_not_end_a_tag() {
        let page = r#"<form data-x="a>b" action='/нэвтрэх'><input name=a value="1>2"></form>"#;

        let form = form(page).unwrap();

        assert_eq!((form.action.as_str(), form.inputs[0].1.as_str()), ("/нэвтрэх", "1>2"));
    }
}
