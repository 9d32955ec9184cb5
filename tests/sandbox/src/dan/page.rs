//! The login page: who asks, what for, and two fields.

use axum::{http::StatusCode, response::Response};

use super::operations;
use crate::{
    html::{escape, page},
    registers::Citizen,
};

/// What stands above the form.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice {
    None,
    WrongCode { left: u32 },
}

/// `services` are ХУР's operations by name; `transaction` is the form's own word.
pub(super) fn login(transaction: &str, services: &[String], citizens: &[Citizen], notice: Notice) -> Response {
    let asked: String = services.iter().map(|name| format!("<li>{}</li>\n", in_words(name))).collect();
    let people: String = citizens.iter().map(row).collect();
    let body = format!(
        r#"<h1>ДАН нэвтрэх систем</h1>
<p lang="en">DAN, the national sign-on</p>
{notice}
<h2>«И-Монгол» таны дараах мэдээллийг авахыг хүсэж байна</h2>
<p lang="en">E-Mongolia asks for these of your data:</p>
<ul>
{asked}</ul>
<form method="post" action="/dan/login" autocomplete="off">
<input type="hidden" name="transaction" value="{transaction}">
<label for="regnum">Регистрийн дугаар <span lang="en">Registration number</span></label>
<input id="regnum" name="regnum" required maxlength="10" autocapitalize="characters" spellcheck="false">
<label for="code">Нэг удаагийн код <span lang="en">One-time code</span></label>
<input id="code" name="code" required maxlength="6" inputmode="numeric" autocomplete="one-time-code">
<button name="decision" value="approve">Зөвшөөрч нэвтрэх <span lang="en">Agree and sign in</span></button>
<button name="decision" value="deny" class="plain" formnovalidate>Татгалзах <span lang="en">Refuse</span></button>
</form>
<section class="sandbox" aria-labelledby="invented">
<h2 id="invented">Туршилтын орчин: эдгээр иргэд зохиомол</h2>
<p lang="en">Sandbox: these citizens are invented, and so are their codes.</p>
<table>
<thead><tr><th scope="col">Нэр <span lang="en">Name</span></th><th scope="col">Регистр <span lang="en">Number</span></th><th scope="col">Код <span lang="en">Code</span></th></tr></thead>
<tbody>
{people}</tbody>
</table>
</section>"#,
        notice = told(notice),
        transaction = escape(transaction),
    );
    page(StatusCode::OK, "ДАН нэвтрэх систем", &body)
}

fn in_words(name: &str) -> String {
    match operations::operation(name) {
        Some(known) => {
            format!("{} — {} <code>{}</code>", escape(known.what()), escape(&known.provider_mn), escape(name))
        }
        None => format!("<code>{}</code>", escape(name)),
    }
}

fn row(citizen: &Citizen) -> String {
    format!(
        "<tr><td>{}</td><td><code>{}</code></td><td><code>{}</code></td></tr>\n",
        escape(&citizen.short_name()),
        escape(&citizen.regnum),
        escape(&citizen.one_time_code),
    )
}

fn told(notice: Notice) -> String {
    match notice {
        Notice::None => String::new(),
        Notice::WrongCode { left } => format!(
            "<div class=\"error\" role=\"alert\"><p>Регистрийн дугаар эсвэл код буруу байна. \
             Үлдсэн оролдлого: {left}.</p>\n<p lang=\"en\">The registration number or the code is wrong. \
             Tries left: {left}.</p></div>"
        ),
    }
}
