//! The inventory against the schema as the migrations make it, and against the table of sealed places.

use std::{collections::BTreeSet, fmt::Write as _};

use rusqlite::Connection;

use super::*;
use crate::app::schema;

const INVENTORY: &str = include_str!("../../../migrations/inventory.tsv");

/// One line: one column of one table.
#[derive(Debug, Clone, Copy)]
struct Line<'a> {
    file: &'a str,
    table: &'a str,
    column: &'a str,
    /// `sealed`; `plain`; `key`: names its row.
    kept: &'a str,
    /// `citizen`, `public`, `phone`.
    whose: &'a str,
    why: &'a str,
    until: &'a str,
}

impl<'a> Line<'a> {
    fn read(line: &'a str) -> Self {
        let fields: Vec<&str> = line.split('\t').collect();
        let [file, table, column, kept, whose, why, until] = fields[..] else {
            panic!("seven fields, not {}: {line}", fields.len())
        };
        Self { file, table, column, kept, whose, why, until }
    }

    fn place(&self) -> String {
        format!("{} {}.{}", self.file, self.table, self.column)
    }
}

/// A column as SQLite tells of it.
struct Column {
    place: String,
    kind: String,
    is_key: bool,
}

fn columns(connection: &Connection, file: &str) -> Vec<Column> {
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let tables: Vec<String> =
        connection.prepare(names).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut all = Vec::new();
    for table in tables {
        let mut statement = connection.prepare(&format!("PRAGMA table_info({table})")).unwrap();
        let columns = statement.query_map([], |row| {
            let name: String = row.get("name")?;
            Ok(Column {
                place: format!("{file} {table}.{name}"),
                kind: row.get("type")?,
                is_key: row.get::<_, i64>("pk")? > 0,
            })
        });
        all.extend(columns.unwrap().map(Result::unwrap));
    }
    all
}

fn migrated(migrations: storage::Migrations) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    migrations.iter().for_each(|sql| connection.execute_batch(sql).unwrap());
    connection
}

fn real_schema() -> Vec<Column> {
    let mut all = columns(&migrated(schema::state()), File::State.name());
    all.extend(columns(&migrated(schema::cache()), File::Cache.name()));
    all
}

fn lines(inventory: &str) -> Vec<Line<'_>> {
    inventory.lines().skip(1).map(Line::read).collect()
}

/// What the inventory says that is not so, or does not say.
fn faults(schema: &[Column], inventory: &[Line<'_>]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut say = |place: &str, fault: &str| faults.push(format!("{place}: {fault}"));
    for column in schema {
        let of_it: Vec<_> = inventory.iter().filter(|line| line.place() == column.place).collect();
        let [line] = of_it[..] else {
            say(&column.place, &format!("{} lines in the inventory", of_it.len()));
            continue;
        };
        if column.kind == "BLOB" && line.kept != "sealed" {
            say(&column.place, "bytes that are not sealed");
        }
        if column.is_key != (line.kept == "key") {
            say(&column.place, "a key, or not");
        }
    }
    for line in inventory {
        if !schema.iter().any(|column| column.place == line.place()) {
            say(&line.place(), "there is no such column");
        }
        if !["sealed", "plain", "key"].contains(&line.kept) || !["citizen", "public", "phone"].contains(&line.whose) {
            say(&line.place(), "kept how, and whose?");
        }
        if line.why.is_empty() || line.until.is_empty() {
            say(&line.place(), "why, and until when?");
        }
    }
    let sealed = inventory.iter().filter(|line| line.kept == "sealed").map(Line::place).collect::<BTreeSet<_>>();
    let known = SEALED.iter().map(|p| format!("{} {}.{}", p.file.name(), p.table, p.column)).collect::<BTreeSet<_>>();
    for place in sealed.symmetric_difference(&known) {
        say(place, "sealed in the inventory or in the table, and not in both");
    }
    for line in inventory.iter().filter(|line| line.whose == "citizen") {
        let sealed = SEALED.iter().find(|p| (p.file.name(), p.table, p.column) == (line.file, line.table, line.column));
        if sealed.is_some_and(|place| place.why != line.why) {
            say(&line.place(), "two reasons");
        }
        let mut exported =
            SEALED.iter().map(|p| (p.file, p.table)).chain(PLAIN.iter().map(|(file, table, _)| (*file, *table)));
        if !exported.any(|(file, table)| (file.name(), table) == (line.file, line.table)) {
            say(&line.place(), "about the citizen, and not in an export");
        }
    }
    faults
}

#[test]
fn every_column_is_in_the_inventory_once_and_everything_sealed_is_in_the_table() {
    assert_eq!(faults(&real_schema(), &lines(INVENTORY)), [""; 0]);
}

#[test]
fn control_a_column_nobody_accounts_for_is_found() {
    let mut schema = real_schema();
    let state = migrated(schema::state());
    state.execute_batch("CREATE TABLE өвчин (id TEXT PRIMARY KEY, note BLOB) STRICT").unwrap();
    schema.extend(columns(&state, "state.db").into_iter().filter(|column| column.place.contains("өвчин")));
    let short: Vec<_> = lines(INVENTORY).into_iter().filter(|line| line.column != "receipt").collect();
    let plain: Vec<_> =
        lines(INVENTORY).into_iter().map(|line| Line { kept: line.kept.trim_end_matches("sealed"), ..line }).collect();

    let unaccounted = faults(&schema, &lines(INVENTORY));
    let forgotten = faults(&real_schema(), &short);

    assert_eq!(
        unaccounted,
        ["state.db өвчин.id: 0 lines in the inventory", "state.db өвчин.note: 0 lines in the inventory"]
    );
    assert!(forgotten.iter().any(|fault| fault.starts_with("state.db operation.receipt")), "{forgotten:?}");
    assert!(faults(&real_schema(), &plain).iter().any(|fault| fault.ends_with("bytes that are not sealed")));
}

/// `EMONGOLIA_WRITE_INVENTORY=1` writes it.
#[test]
fn the_inventory_for_people_is_the_one_for_machines() {
    let path = format!("{}/docs/inventory.md", env!("CARGO_MANIFEST_DIR"));
    let told = told(&lines(INVENTORY));
    if std::env::var_os("EMONGOLIA_WRITE_INVENTORY").is_some() {
        std::fs::write(&path, &told).unwrap();
    }

    let written = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));

    assert_eq!(written, told, "{path} is made from inventory.tsv: EMONGOLIA_WRITE_INVENTORY=1 writes it anew");
}

const PREFACE: &str = "\
# What is kept on the phone, and why

Made from `core/migrations/inventory.tsv`; a test compares the two, and the list with the real schema. *sealed*: AES-256-GCM
under a key that only this phone can open, bound to its file, table, column and row. *plain*: readable for whoever reads the
file. *key*: plain, names its row.

Beside the two files: `signing-out`, while a sign-out is under way (a word and a random number); `state.db.set-aside-…`, a
file that was damaged or that no key opens; and in the platform's keystore the device's key and what it wraps. All of it
goes with the sign-out.
";

fn told(lines: &[Line<'_>]) -> String {
    let mut text = PREFACE.to_owned();
    let mut table = ("", "");
    for Line { file, table: name, column, kept, whose, why, until } in lines {
        if table != (*file, *name) {
            table = (*file, *name);
            write!(text, "\n## {file}: {name}\n\n| column | kept | whose | why | until |\n|---|---|---|---|---|\n")
                .unwrap();
        }
        writeln!(text, "| {column} | {kept} | {whose} | {why} | {until} |").unwrap();
    }
    text
}
