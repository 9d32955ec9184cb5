//! The language of a page: asked for by `?lang=`, else remembered by a cookie, else the browser's, else Mongolian.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, Uri, header, request::Parts},
};
use maud::{Markup, html};

use crate::clerk::Text;

const COOKIE: &str = "desk_lang";

const PARAMETER: &str = "lang";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lang {
    Mn,
    En,
}

impl Lang {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Mn => "mn",
            Self::En => "en",
        }
    }

    /// In the language itself.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Mn => "Монгол",
            Self::En => "English",
        }
    }

    pub(super) const fn other(self) -> Self {
        match self {
            Self::Mn => Self::En,
            Self::En => Self::Mn,
        }
    }

    pub(super) fn pick<'a>(self, mn: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Mn => mn,
            Self::En => en,
        }
    }

    /// Mongolian where there is no English, and said to be so.
    pub(super) fn show(self, text: &Text) -> Markup {
        match (self, &text.en) {
            (Self::En, Some(en)) => html! { (en) },
            (Self::En, None) => html! { span lang="mn" { (text.mn) } },
            (Self::Mn, _) => html! { (text.mn) },
        }
    }

    fn parse(code: &str) -> Option<Self> {
        [Self::Mn, Self::En].into_iter().find(|lang| lang.code() == code)
    }
}

/// Who looks at which page, in which language.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    pub(super) lang: Lang,
    uri: Uri,
}

impl Visit {
    pub(super) fn say<'a>(&self, mn: &'a str, en: &'a str) -> &'a str {
        self.lang.pick(mn, en)
    }

    pub(super) fn path(&self) -> &str {
        self.uri.path()
    }

    /// A parameter of the query; empty is as good as absent.
    pub(super) fn asked(&self, name: &str) -> Option<String> {
        parameter(&self.uri, name).filter(|value| !value.is_empty())
    }

    /// The same page in the other language, as a query alone: before it a path such as `//host/` would be taken for
    /// another site (RFC 3986 §4.2).
    pub(super) fn in_other_language(&self) -> String {
        let rest = query(&self.uri).filter(|(name, _)| name != PARAMETER);
        let with = |lang: Lang| {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(rest).append_pair(PARAMETER, lang.code()).finish()
        };
        format!("?{}", with(self.lang.other()))
    }

    /// When nothing is known of the visit.
    pub(super) fn home(lang: Lang) -> Self {
        Self { lang, uri: Uri::from_static("/requests") }
    }

    #[cfg(test)]
    pub(super) fn to(uri: &'static str, lang: Lang) -> Self {
        Self { lang, uri: Uri::from_static(uri) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let lang = chosen(&parts.uri)
            .or_else(|| remembered(&parts.headers))
            .or_else(|| preferred(&parts.headers))
            .unwrap_or(Lang::Mn);
        Ok(Self { lang, uri: parts.uri.clone() })
    }
}

/// What the address itself asks for.
pub(super) fn chosen(uri: &Uri) -> Option<Lang> {
    parameter(uri, PARAMETER).as_deref().and_then(Lang::parse)
}

/// For a year, for this desk alone.
pub(super) fn cookie(lang: Lang) -> HeaderValue {
    HeaderValue::from_static(match lang {
        Lang::Mn => "desk_lang=mn; Path=/; Max-Age=31536000; HttpOnly; SameSite=Strict",
        Lang::En => "desk_lang=en; Path=/; Max-Age=31536000; HttpOnly; SameSite=Strict",
    })
}

fn remembered(headers: &HeaderMap) -> Option<Lang> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).and_then(|(_, code)| Lang::parse(code))
}

/// RFC 9110 §12.5.4: the best of ours by quality, the first of equals.
fn preferred(headers: &HeaderMap) -> Option<Lang> {
    let wanted = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(f32, Lang)> = None;
    for range in wanted.split(',') {
        let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
        let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        let quality = weight.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.parse().ok()).unwrap_or(0.0);
        if let Some(lang) = Lang::parse(&primary)
            && quality > best.map_or(0.0, |(quality, _)| quality)
        {
            best = Some((quality, lang));
        }
    }
    best.map(|(_, lang)| lang)
}

fn parameter(uri: &Uri, name: &str) -> Option<String> {
    query(uri).find(|(known, _)| known == name).map(|(_, value)| value)
}

fn query(uri: &Uri) -> impl Iterator<Item = (String, String)> {
    url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned()
}

#[cfg(test)]
mod unit {
    use super::*;

    fn accepting(languages: &'static str) -> Option<Lang> {
        preferred(&HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, HeaderValue::from_static(languages))]))
    }

    #[test]
    fn the_browsers_best_language_of_ours_is_taken() {
        assert_eq!(accepting("mn-MN,mn;q=0.9,en-US;q=0.8"), Some(Lang::Mn));
        assert_eq!(accepting("ru, en-GB;q=0.7, mn;q=0.3"), Some(Lang::En));
        assert_eq!(accepting("en;q=0.1, mn;q=0.5"), Some(Lang::Mn));
        assert_eq!(accepting("kk, ru"), None);
        assert_eq!(accepting("en;q=0"), None);
        assert_eq!(accepting("en;q=high, mn;q="), None);
    }

    #[test]
    fn the_other_language_is_the_same_page() {
        let visit = Visit::to("/requests?q=%D3%A9%D2%AF&lang=mn&page=2", Lang::Mn);

        assert_eq!(visit.in_other_language(), "?q=%D3%A9%D2%AF&page=2&lang=en");
        assert_eq!(visit.asked("q").as_deref(), Some("өү"));
    }
}
