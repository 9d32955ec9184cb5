//! The sandbox's own tables, looked at and never touched: what really happened on the other side of the phone.

use rusqlite::{Connection, Row, named_params};
use serde_json::Value;

use crate::step::Told;

pub(crate) struct Tables(Connection);

/// An invented citizen as the registers have him.
#[derive(Debug, Clone)]
pub(crate) struct Citizen {
    pub(crate) sub: String,
    pub(crate) regnum: String,
    pub(crate) civil_id: String,
    pub(crate) clan_name: String,
    pub(crate) parent_name: String,
    pub(crate) given_name: String,
    pub(crate) birth_date: String,
    pub(crate) phone: String,
    pub(crate) address: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) service_id: String,
    pub(crate) status: String,
    pub(crate) form: Value,
    pub(crate) form_version: i64,
    pub(crate) shown_digest: String,
}

/// A key under which a request was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) key: String,
    /// The id of the request in the stored answer.
    pub(crate) request_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) title_en: String,
    pub(crate) body: String,
    pub(crate) is_read: bool,
}

/// What came of a file piece by piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Upload {
    pub(crate) name: String,
    /// In bytes.
    pub(crate) received: i64,
    pub(crate) complete: bool,
}

/// What somebody paid, as QPay has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payment {
    pub(crate) id: String,
    pub(crate) amount_mnt: i64,
}

impl Citizen {
    /// As the state writes a name short: the parent's first letter, the given name.
    pub(crate) fn short_name(&self) -> String {
        format!("{}.{}", self.parent_name.chars().take(1).collect::<String>(), self.given_name)
    }
}

impl Tables {
    pub(crate) fn new(db: Connection) -> Self {
        Self(db)
    }

    pub(crate) fn citizen(&self, regnum: &str) -> Told<Citizen> {
        let citizen = self.0.query_row(
            "SELECT sub, regnum, civil_id, clan_name, parent_name, given_name, birth_date, phone, formatted
             FROM citizens WHERE regnum = :regnum",
            named_params! {":regnum": regnum},
            |row| {
                Ok(Citizen {
                    sub: row.get("sub")?,
                    regnum: row.get("regnum")?,
                    civil_id: row.get("civil_id")?,
                    clan_name: row.get("clan_name")?,
                    parent_name: row.get("parent_name")?,
                    given_name: row.get("given_name")?,
                    birth_date: row.get("birth_date")?,
                    phone: row.get("phone")?,
                    address: row.get("formatted")?,
                })
            },
        )?;
        Ok(citizen)
    }

    /// Sessions that are not revoked, of anybody: first the citizen's, then others'.
    pub(crate) fn open_sessions(&self, sub: &str) -> Told<(i64, i64)> {
        let counts = self.0.query_row(
            "SELECT count(*) FILTER (WHERE sub = :sub), count(*) FILTER (WHERE sub <> :sub)
             FROM families WHERE revoked_at IS NULL",
            named_params! {":sub": sub},
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(counts)
    }

    /// Sessions that are revoked.
    pub(crate) fn revoked_sessions(&self, sub: &str) -> Told<i64> {
        let count = self.0.query_row(
            "SELECT count(*) FROM families WHERE sub = :sub AND revoked_at IS NOT NULL",
            named_params! {":sub": sub},
            |row| row.get(0),
        )?;
        Ok(count)
    }

    /// Browsers that are signed in to the portal: first the citizen's, then others'.
    pub(crate) fn browsers(&self, sub: &str) -> Told<(i64, i64)> {
        let counts = self.0.query_row(
            "SELECT count(*) FILTER (WHERE sub = :sub), count(*) FILTER (WHERE sub <> :sub) FROM web_sessions",
            named_params! {":sub": sub},
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(counts)
    }

    /// In the order in which they were made.
    pub(crate) fn requests(&self, sub: &str) -> Told<Vec<Request>> {
        self.list(
            "SELECT id, number, service_id, status, form, form_version, shown_digest
             FROM requests WHERE sub = :about ORDER BY number",
            sub,
            |row| {
                let form: String = row.get("form")?;
                Ok(Request {
                    id: row.get("id")?,
                    number: row.get("number")?,
                    service_id: row.get("service_id")?,
                    status: row.get("status")?,
                    form: serde_json::from_str(&form).unwrap_or(Value::String(form)),
                    form_version: row.get("form_version")?,
                    shown_digest: row.get("shown_digest")?,
                })
            },
        )
    }

    /// The keys whose stored answer is a new request, in order of its number.
    pub(crate) fn keys_of_requests(&self, sub: &str) -> Told<Vec<Key>> {
        let mut answers = self.list(
            "SELECT key, body FROM idempotency WHERE sub = :about AND state = 'done' AND status = 201",
            sub,
            |row| {
                let body: String = row.get("body")?;
                let answer: Value = serde_json::from_str(&body).unwrap_or_default();
                let said = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
                Ok((said("number"), Key { key: row.get("key")?, request_id: said("id") }))
            },
        )?;
        answers.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(answers.into_iter().map(|(_, key)| key).collect())
    }

    /// Keys of anything, finished or not.
    pub(crate) fn keys(&self, sub: &str) -> Told<i64> {
        let count = self.0.query_row(
            "SELECT count(*) FROM idempotency WHERE sub = :sub",
            named_params! {":sub": sub},
            |row| row.get(0),
        )?;
        Ok(count)
    }

    /// `STATUS by kind`, oldest first.
    pub(crate) fn history(&self, request_id: &str) -> Told<Vec<String>> {
        self.list(
            "SELECT status || ' by ' || actor_kind AS step FROM request_history
             WHERE request_id = :about AND at > 0 AND actor_name <> '' ORDER BY position",
            request_id,
            |row| row.get("step"),
        )
    }

    /// Files that the citizen's phones have announced, in the order of their names.
    pub(crate) fn uploads(&self, sub: &str) -> Told<Vec<Upload>> {
        self.list("SELECT name, received, complete FROM uploads WHERE sub = :about ORDER BY name", sub, |row| {
            Ok(Upload { name: row.get("name")?, received: row.get("received")?, complete: row.get("complete")? })
        })
    }

    /// Of the citizen's file of that name: where each piece that has arrived begins, and its bytes.
    pub(crate) fn pieces(&self, sub: &str, name: &str) -> Told<Vec<(i64, i64)>> {
        let mut statement = self.0.prepare(
            "SELECT offset, length(bytes) FROM upload_pieces p JOIN uploads u USING (sub, id)
             WHERE sub = :sub AND name = :name ORDER BY offset",
        )?;
        let pieces =
            statement.query_map(named_params! {":sub": sub, ":name": name}, |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(pieces.collect::<rusqlite::Result<_>>()?)
    }

    /// A request's files that are whole, by the question or the document: each with its SHA-256, in hex.
    pub(crate) fn files(&self, request_id: &str, origin: &str) -> Told<Vec<(String, String)>> {
        let mut statement = self.0.prepare(
            "SELECT field, sha256 FROM request_files f JOIN uploads u ON u.sub = f.sub AND u.id = f.upload_id
             WHERE request_id = :request AND origin = :origin AND complete ORDER BY field",
        )?;
        let files = named_params! {":request": request_id, ":origin": origin};
        let files = statement.query_map(files, |row| Ok((row.get("field")?, row.get("sha256")?)))?;
        Ok(files.collect::<rusqlite::Result<_>>()?)
    }

    /// What the gateway has asked the citizen to pay for a request, ever.
    pub(crate) fn invoices(&self, request_id: &str) -> Told<usize> {
        Ok(self.list("SELECT 1 FROM invoices WHERE request_id = :about", request_id, |_| Ok(()))?.len())
    }

    /// Whatever QPay was asked to have paid, by anybody.
    pub(crate) fn qpay_invoices(&self) -> Told<Vec<String>> {
        let mut statement = self.0.prepare("SELECT id FROM qpay_invoices")?;
        let ids = statement.query_map([], |row| row.get(0))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }

    /// What was paid at QPay and not given back, in the order in which it was.
    pub(crate) fn payments(&self) -> Told<Vec<Payment>> {
        self.list("SELECT id, amount_mnt FROM qpay_payments WHERE status = :about ORDER BY at, id", "PAID", |row| {
            Ok(Payment { id: row.get("id")?, amount_mnt: row.get("amount_mnt")? })
        })
    }

    /// Oldest first.
    pub(crate) fn messages(&self, sub: &str) -> Told<Vec<Message>> {
        self.list(
            "SELECT id, title_mn, coalesce(title_en, title_mn) AS title_en, body_mn, read_at IS NOT NULL AS is_read FROM inbox
             WHERE sub = :about AND deleted = 0 ORDER BY version",
            sub,
            |row| {
                Ok(Message {
                    id: row.get("id")?,
                    title: row.get("title_mn")?,
                    title_en: row.get("title_en")?,
                    body: row.get("body_mn")?,
                    is_read: row.get("is_read")?,
                })
            },
        )
    }

    /// Where pushes reach the citizen.
    pub(crate) fn push_tokens(&self, sub: &str) -> Told<Vec<String>> {
        self.list("SELECT token FROM push_registrations WHERE sub = :about", sub, |row| row.get("token"))
    }

    fn list<T>(&self, sql: &str, about: &str, read: impl Fn(&Row<'_>) -> rusqlite::Result<T>) -> Told<Vec<T>> {
        let mut statement = self.0.prepare(sql)?;
        let rows = statement.query_map(named_params! {":about": about}, |row| read(row))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sandbox's schema, so that a column renamed there fails here.
    fn tables() -> Tables {
        let db = Connection::open_in_memory().unwrap();
        for part in [
            include_str!("../../sandbox/schema/0001_oauth.sql"),
            include_str!("../../sandbox/schema/0001_push.sql"),
            include_str!("../../sandbox/schema/0001_gateway.sql"),
            include_str!("../../sandbox/schema/0001_web.sql"),
        ] {
            db.execute_batch(part).unwrap();
        }
        db.execute_batch(
            "INSERT INTO citizens VALUES ('s', 'УӨ88052317', '913400128805', 'Боржигон', 'Өлзий', 'Үүрээ', '1988-05-23',
                 'male', '88001201', '11', '1119', '111955', 'Улаанбаатар хот', '314159');
             INSERT INTO requests VALUES
                 ('r2', '26-000002', 's', 'b', 'Ү', NULL, 'Ө', NULL, 'SUBMITTED', '{\"x\":\"Ө\"}', 1, 'd', 1, 1, 2, NULL, NULL),
                 ('r1', '26-000001', 's', 'a', 'Ү', NULL, 'Ө', NULL, 'GRANTED', '{}', 1, 'd', 1, 1, 1, NULL, NULL);
             INSERT INTO request_history VALUES
                 ('r1', 2, 'GRANTED', 2, 'clerk', 'Б.Сарангэрэл', NULL, NULL), ('r1', 1, 'SUBMITTED', 1, 'citizen', 'Ө', NULL, NULL);
             INSERT INTO idempotency VALUES
                 ('s', 'k-read', x'00', 'done', 200, '{\"id\":\"m1\"}', 1), ('s', 'k-open', x'00', 'in_progress', NULL, NULL, 1),
                 ('s', 'k2', x'00', 'done', 201, '{\"id\":\"r2\",\"number\":\"26-000002\"}', 1),
                 ('s', 'k1', x'00', 'done', 201, '{\"id\":\"r1\",\"number\":\"26-000001\"}', 1);
             INSERT INTO web_sessions VALUES (x'01', 's', 1), (x'02', 's', 2), (x'03', 'other', 1);
             INSERT INTO families (client_id, sub, regnum, scope, jkt, began_at, revoked_at) VALUES
                 ('c', 's', 'У', '', '', 1, NULL), ('c', 's', 'У', '', '', 1, 2), ('c', 'other', 'У', '', '', 1, NULL);",
        )
        .unwrap();
        for part in
            [include_str!("../../sandbox/schema/0003_uploads.sql"), include_str!("../../sandbox/schema/0003_pay.sql")]
        {
            db.execute_batch(part).unwrap();
        }
        db.execute_batch(
            "INSERT INTO uploads VALUES ('s', 'u1', 'Өргөдөл.pdf', 'application/pdf', 9, 'aa', 9, 1, 1),
                 ('s', 'u2', 'Үнэмлэх.png', 'image/png', 9, 'bb', 4, 0, 1);
             INSERT INTO upload_pieces VALUES ('s', 'u1', 4, x'0102030405'), ('s', 'u1', 0, x'00000000'), ('s', 'u2', 0, x'00');
             INSERT INTO request_files VALUES ('r1', 'form', 'paper', 's', 'u1'), ('r1', 'form', 'photo', 's', 'u2');
             INSERT INTO qpay_invoices VALUES ('q1', '26-000001.1', 'Ө', 900, 'https://Ү', NULL, 0);
             INSERT INTO qpay_payments VALUES ('2', 'q1', 'PAID', 500, 'Өрнөх', 2, 0), ('1', 'q1', 'PAID', 400, 'Өрнөх', 1, 0),
                 ('3', 'q1', 'FAILED', 900, 'Өрнөх', 3, 0);
             INSERT INTO invoices VALUES ('26-000001.1', 'r1', 900, 1, 1, 'q1', NULL);",
        )
        .unwrap();
        Tables::new(db)
    }

    #[test]
    fn requests_come_in_the_order_in_which_they_were_made() {
        let requests = tables().requests("s").unwrap();

        let numbers: Vec<_> = requests.iter().map(|request| request.number.as_str()).collect();
        assert_eq!(numbers, ["26-000001", "26-000002"]);
        assert_eq!(requests[1].form["x"], "Ө");
    }

    #[test]
    fn only_keys_that_made_a_request_count_as_such() {
        let keys = tables().keys_of_requests("s").unwrap();

        assert_eq!(keys.iter().map(|key| key.key.as_str()).collect::<Vec<_>>(), ["k1", "k2"]);
        assert_eq!(tables().keys("s").unwrap(), 4);
    }

    #[test]
    fn only_whole_files_count_as_a_requests_own() {
        let (tables, whole) = (tables(), ("paper".to_owned(), "aa".to_owned()));

        assert_eq!(
            (tables.files("r1", "form").unwrap(), tables.files("r1", "document").unwrap()),
            (vec![whole], vec![])
        );
        let received: Vec<_> = tables.uploads("s").unwrap().iter().map(|file| (file.received, file.complete)).collect();
        assert_eq!(received, [(4, false), (9, true)]);
        assert_eq!(tables.pieces("s", "Өргөдөл.pdf").unwrap(), [(0, 4), (4, 5)]);
    }

    #[test]
    fn what_was_paid_counts_in_the_order_in_which_it_was_and_what_failed_does_not() {
        let tables = tables();

        let amounts: Vec<_> = tables.payments().unwrap().into_iter().map(|payment| payment.amount_mnt).collect();
        assert_eq!((amounts, tables.invoices("r1").unwrap()), (vec![400, 500], 1));
        assert_eq!((tables.qpay_invoices().unwrap(), tables.invoices("r2").unwrap()), (vec!["q1".to_owned()], 0));
    }

    #[test]
    fn history_sessions_and_the_citizen_are_read_as_they_stand() {
        let tables = tables();

        assert_eq!(tables.history("r1").unwrap(), ["SUBMITTED by citizen", "GRANTED by clerk"]);
        assert_eq!((tables.open_sessions("s").unwrap(), tables.revoked_sessions("s").unwrap()), ((1, 1), 1));
        assert_eq!(tables.browsers("s").unwrap(), (2, 1));
        assert_eq!(tables.citizen("УӨ88052317").unwrap().given_name, "Үүрээ");
        assert_eq!((tables.messages("s").unwrap(), tables.push_tokens("s").unwrap()), (vec![], vec![]));
    }
}
