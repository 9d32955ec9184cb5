//! Plays the browser for a sandbox's test citizen: follows the redirects, fills in ДАН's form, comes back with the
//! address that an app would be opened with.
//!
//! Guarantees: https only, one origin only, a bounded number of steps; the citizen's code goes nowhere else.

use url::Url;

use super::{
    html,
    https::{Answer, Https},
};
use crate::errors::Failure;

/// Authorise, log in, agree, come back: five steps. More is a loop.
const STEPS: usize = 10;

/// Walks from `start` to `redirect_uri` and gives the whole address it was sent to.
pub(crate) async fn sign_in(
    https: &Https,
    start: &str,
    redirect_uri: &str,
    (citizen, code): (&str, &str),
) -> Result<String, Failure> {
    let mut page = Url::parse(start).map_err(|_| Failure::SignInPage { what: "address" })?;
    let origin = page.origin();
    let mut answer = https.get(page.clone()).await?;
    let (mut filled_in, mut agreed) = (false, false);
    for _ in 0..STEPS {
        match next(&answer, &page, redirect_uri)? {
            Next::Back(address) => return Ok(address),
            Next::Follow(url) if url.scheme() == "https" && url.origin() == origin => {
                page = url;
                answer = https.get(page.clone()).await?;
            }
            // A page that asks who it is once more has said no; one that only asks for a yes comes after it.
            Next::FillIn(form) if !filled_in || !(form.asks_who() || agreed) => {
                let action = page.join(&form.action).map_err(|_| Failure::SignInPage { what: "form" })?;
                if action.scheme() != "https" || action.origin() != origin {
                    return Err(Failure::SignInPage { what: "form" });
                }
                (filled_in, agreed) = (true, filled_in);
                page = action;
                answer = https.post(page.clone(), &fields(form, citizen, code)).await?;
            }
            Next::FillIn(_) | Next::Said => return Err(said(&answer)),
            Next::Follow(_) => return Err(Failure::SignInPage { what: "redirect" }),
        }
    }
    Err(Failure::SignInPage { what: "redirects" })
}

#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// The app's own address.
    Back(String),
    Follow(Url),
    FillIn(html::Form),
    /// A page without a way on.
    Said,
}

fn next(answer: &Answer, page: &Url, redirect_uri: &str) -> Result<Next, Failure> {
    if (300..400).contains(&answer.status) {
        let location = answer.location.as_deref().ok_or(Failure::SignInPage { what: "redirect" })?;
        if location.split('?').next() == Some(redirect_uri) {
            return Ok(Next::Back(location.to_owned()));
        }
        return page.join(location).map(Next::Follow).map_err(|_| Failure::SignInPage { what: "redirect" });
    }
    let text = String::from_utf8_lossy(&answer.body);
    Ok(match html::form(&text) {
        Some(form) if answer.status == 200 => Next::FillIn(form),
        Some(_) | None => Next::Said,
    })
}

/// What the form came with, the two answers in their places, and the button that agrees.
fn fields(form: html::Form, citizen: &str, code: &str) -> Vec<(String, String)> {
    let answered = form.inputs.into_iter().map(|(name, value)| {
        let value = match name.as_str() {
            "regnum" => citizen.to_owned(),
            "code" => code.to_owned(),
            _ => value,
        };
        (name, value)
    });
    answered.chain([("decision".to_owned(), "approve".to_owned())]).collect()
}

fn said(answer: &Answer) -> Failure {
    match html::told(&String::from_utf8_lossy(&answer.body)) {
        Some(said) => Failure::SignInRefused { said },
        None => Failure::SignInPage { what: "page" },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REDIRECT: &str = "mn.emongolia:/callback";

    fn page() -> Url {
        Url::parse("https://localhost:8443/dan/oauth2/authorize?x=1").unwrap()
    }

    fn redirect(location: &str) -> Answer {
        Answer { status: 303, location: Some(location.to_owned()), body: Vec::new() }
    }

    #[test]
    fn the_apps_own_address_ends_the_walk() {
        let back = format!("{REDIRECT}?code=c&state=s");

        assert_eq!(next(&redirect(&back), &page(), REDIRECT).unwrap(), Next::Back(back));
    }

    #[test]
    fn an_address_that_only_begins_like_ours_is_not_ours() {
        let other = next(&redirect("mn.emongolia:/callback-evil?code=c"), &page(), REDIRECT).unwrap();

        assert!(matches!(other, Next::Follow(url) if url.scheme() != "https"), "the walk refuses to follow it");
    }

    #[test]
    fn a_relative_redirect_is_followed_from_its_page() {
        let followed = next(&redirect("/oauth/dan-callback?code=1"), &page(), REDIRECT).unwrap();

        assert_eq!(followed, Next::Follow(Url::parse("https://localhost:8443/oauth/dan-callback?code=1").unwrap()));
    }

    #[test]
    fn the_form_is_sent_with_both_answers_in_their_places() {
        let inputs =
            [("transaction", "t1"), ("regnum", ""), ("code", "000")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        let form = html::Form { action: "/dan/login".into(), inputs: inputs.into() };

        let sent = fields(form, "ӨҮ99112233", "123456");

        let expected = [("transaction", "t1"), ("regnum", "ӨҮ99112233"), ("code", "123456"), ("decision", "approve")];
        assert_eq!(sent, expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
    }

    #[test]
    fn a_page_that_says_no_is_quoted() {
        let body = "<h1>Хэт олон удаа буруу оруулсан тул түгжигдлээ.</h1><p lang=\"en\">Locked.</p>";
        let answer = Answer { status: 403, location: None, body: body.into() };

        assert_eq!(next(&answer, &page(), REDIRECT).unwrap(), Next::Said);
        assert!(matches!(said(&answer), Failure::SignInRefused { said } if said.en.as_deref() == Some("Locked.")));
    }
}
