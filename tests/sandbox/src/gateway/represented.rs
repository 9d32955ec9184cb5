//! For whom a citizen may act: a child, a parent, a company, each as a register says.
//!
//! Guarantees: nobody is acted for whom no register names, nor by a register that the citizen has not agreed to; what a
//! register says oddly or not at all names nobody.

use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    caller::Caller,
    document::Document,
    requests::files::{self, File},
};
use crate::{problem::Problem, registers, state::Sandbox};

const CHILDREN: &str = "WS101117_getChildrenInfo";
const BIRTH: &str = registers::OF_OTHERS[0];
const COMPANIES: &str = registers::OF_OTHERS[1];

/// From here on they act for themselves (Civil Code §15).
const OF_AGE: i32 = 18;

/// As a clerk's message.
const LONGEST_REASON: usize = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    Child,
    Parent,
    Company,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Person {
    #[serde(rename = "type")]
    pub(crate) relation: Relation,
    /// A person's, or a company's number.
    pub(crate) regnum: String,
    pub(crate) name: String,
    /// The operation of ХУР that names them.
    pub(crate) ground: &'static str,
}

/// Whom a request is for, as it is kept and told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnBehalfOf {
    #[serde(rename = "type")]
    pub relation: Relation,
    pub regnum: String,
    pub name: String,
    pub reason: String,
}

/// `GET /v1/me/represented`
pub(crate) async fn get_represented(
    Caller(caller): Caller,
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let now = sandbox.now();
    let people = sandbox.db().read(move |conn| of(conn, (&caller.regnum, &caller.operations), now)).await?;
    Ok(Document::private(json!({ "people": people }).to_string()).answer(&headers).into_response())
}

/// Who asks: their number, and the operations of ХУР that they have agreed to.
pub(crate) type Asking<'a> = (&'a str, &'a [String]);

/// Children first, then parents, then companies.
fn of(conn: &Connection, (regnum, agreed): Asking<'_>, now: i64) -> Result<Vec<Person>, rusqlite::Error> {
    let ask = |operation: &str| {
        let asked = agreed.iter().any(|one| one == operation);
        let answer = if asked { registers::answer(conn, operation, regnum)? } else { None };
        Ok::<_, rusqlite::Error>(answer.unwrap_or_default())
    };
    let (children, birth, companies) = (ask(CHILDREN)?, ask(BIRTH)?, ask(COMPANIES)?);
    let children = rows(&children).filter_map(|row| child(row, now));
    let parents = ["mother", "father"].into_iter().filter_map(|name| parent(birth[name].as_str()?));
    let companies = rows(&companies).filter_map(company);
    Ok(children.chain(parents).chain(companies).collect())
}

/// A list of one comes as the one.
fn rows(answer: &Value) -> impl Iterator<Item = &Value> {
    let data = &answer["listData"];
    data.as_array().map_or_else(|| std::slice::from_ref(data), Vec::as_slice).iter().filter(|row| row.is_object())
}

fn child(row: &Value, now: i64) -> Option<Person> {
    let regnum = registers::canonical(row["regnum"].as_str()?);
    let minor = registers::age(&registers::birth_date(&regnum)?, now)? < OF_AGE;
    let name = registers::short_name(row["childLastname"].as_str().unwrap_or_default(), row["firstname"].as_str()?);
    minor.then_some(Person { relation: Relation::Child, regnum, name, ground: CHILDREN })
}

/// «Ням Дулмаа (ЧЭ61052904)»: a shape of the sandbox's own; ХУР's catalogue says only that it is text.
fn parent(text: &str) -> Option<Person> {
    let (name, rest) = text.split_once('(')?;
    let (patronymic, given) = name.trim().split_once(' ')?;
    let regnum = registers::canonical(rest.strip_suffix(')')?);
    let name = registers::short_name(patronymic, given.trim());
    Some(Person { relation: Relation::Parent, regnum, name, ground: BIRTH })
}

fn company(row: &Value) -> Option<Person> {
    let (regnum, name) = (row["orgRegnum"].as_str()?.trim().to_owned(), row["orgName"].as_str()?.to_owned());
    Some(Person { relation: Relation::Company, regnum, name, ground: COMPANIES })
}

/// What a citizen says of whom they act for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claim {
    #[serde(rename = "type")]
    pub(crate) relation: Relation,
    pub(crate) regnum: String,
    pub(crate) reason: String,
    pub(crate) reason_file: Option<File>,
}

/// A claim that holds, with the file that shows why.
pub(crate) type Held = (OnBehalfOf, Option<File>);

impl Claim {
    pub(crate) fn read(value: &Value) -> Result<Option<Self>, Problem> {
        if value.is_null() {
            return Ok(None);
        }
        let claim = serde_json::from_value(value.clone());
        claim.map(Some).map_err(|error| Problem::invalid_field("on_behalf_of", &error.to_string()))
    }

    /// A parent is acted for with a paper that says so; a child and a company the registers name are enough.
    pub(crate) fn check(
        self,
        conn: &Connection,
        sub: &str,
        asking: Asking<'_>,
        now: i64,
    ) -> Result<Result<Held, Problem>, rusqlite::Error> {
        let Self { relation, regnum: whose, reason, reason_file } = self;
        let whose = registers::canonical(&whose);
        let known = of(conn, asking, now)?.into_iter().find(|one| one.relation == relation && one.regnum == whose);
        let Some(person) = known else {
            return Ok(Err(Problem::unprocessable("not_represented").field("on_behalf_of")));
        };
        let reason = reason.trim().to_owned();
        if !(1..=LONGEST_REASON).contains(&reason.chars().count())
            || reason.chars().any(|c| c != '\n' && c.is_control())
        {
            return Ok(Err(Problem::invalid_field("on_behalf_of/reason", "1 to 1000 characters, no controls")));
        }
        let field = "on_behalf_of/reason_file";
        if relation == Relation::Parent && reason_file.is_none() {
            return Ok(Err(Problem::invalid_field(field, "required for a parent")));
        }
        let placed: Vec<_> = reason_file.iter().map(|file| (field.to_owned(), file.clone())).collect();
        if let Err(problem) = files::check(conn, sub, &placed)? {
            return Ok(Err(problem));
        }
        let Person { relation, regnum, name, ground: _ } = person;
        Ok(Ok((OnBehalfOf { relation, regnum, name, reason }, reason_file)))
    }
}
