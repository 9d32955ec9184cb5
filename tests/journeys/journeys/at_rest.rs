//! What is sealed on the phone opens in its own place, and nowhere else, and not if one bit of it is another.

use std::{collections::BTreeSet, path::PathBuf, str::FromStr as _};

use emongolia_core::{
    App,
    app::at_rest::{Kind, Place, SEALED, Under},
    foundation::{
        crypto::{
            keys::{File, KeyRing},
            seal::{Column, Sealer},
        },
        ports::Controls,
    },
    services::bundles::Code,
};
use emongolia_support::processes::SandboxProcess;
use rusqlite::{Connection, OpenFlags};

use crate::{
    phone::{PATIENCE, Phone, confirm, online_service, settled, sign_in},
    secrets::errand,
};

/// Pairs of values that are tried; a phone that holds more would have the test take minutes.
const MOST_PAIRS: usize = 20_000;

/// One sealed value, as it stands in a file.
pub(crate) struct Value {
    pub(crate) place: &'static Place,
    row: String,
    sealed: Vec<u8>,
}

pub(crate) fn path_of(phone: &Phone, file: File) -> PathBuf {
    let dir = match file {
        File::State => phone.dirs.state(),
        File::Cache => phone.dirs.cache(),
    };
    dir.join(file.name())
}

/// All that is sealed on the phone.
pub(crate) fn sealed_values(phone: &Phone) -> Vec<Value> {
    let mut values = Vec::new();
    for place in SEALED {
        let Place { file, table, column, row, kind: _, under: _, why: _ } = place;
        let db = Connection::open_with_flags(path_of(phone, *file), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let mut statement =
            db.prepare(&format!("SELECT {row}, {column} FROM {table} WHERE {column} IS NOT NULL")).unwrap();
        let rows = statement.query_map([], |row| Ok(Value { place, row: row.get(0)?, sealed: row.get(1)? })).unwrap();
        values.extend(rows.map(Result::unwrap));
    }
    values
}

/// Opens values with the keys that the phone's own ports give.
pub(crate) struct Opener {
    state: Sealer,
    cache: Sealer,
    attempts: Sealer,
}

impl Opener {
    pub(crate) fn of(phone: &Phone) -> Self {
        let ring = KeyRing::default();
        ring.unlock(&phone.ports.ports()).unwrap();
        let sealer = |file| Sealer::new(ring.clone(), file).sabotaged(phone.controls.unsealed);
        Self { state: sealer(File::State), cache: sealer(File::Cache), attempts: Sealer::of_attempts(ring.clone()) }
    }

    /// `sealed` in the place of `of`.
    fn open(&self, of: &Value, sealed: &[u8]) -> Option<Vec<u8>> {
        let Place { file, table, column, under, .. } = *of.place;
        let layout = of.sealed.get(5..7).map_or(1, |bytes| u16::from_be_bytes([bytes[0], bytes[1]]));
        let sealer = match (under, file) {
            (Under::AttemptKey, _) => &self.attempts,
            (Under::DataKey, File::State) => &self.state,
            (Under::DataKey, File::Cache) => &self.cache,
        };
        sealer.open(Column { table, column, layout }, &of.row, sealed).ok().map(|value| value.to_vec())
    }

    pub(crate) fn opened(&self, value: &Value) -> String {
        String::from_utf8(self.open(value, &value.sealed).unwrap()).unwrap()
    }
}

/// A phone with something in every place that is sealed.
pub(crate) async fn full(phone: &Phone, sandbox: &SandboxProcess) -> App {
    let app = errand(phone, sandbox).await;
    let service = online_service(&app).await;
    // Acknowledged, and not pulled yet.
    let operation = app.requests().submit(&confirm(&app, &service, "Өөр өргөдөл").await).await.unwrap();
    settled(&app, &operation).await;
    app.push().register("journey-0123456789-abcdef").await.unwrap();
    app.outbox().flush(PATIENCE).await.unwrap();
    app.bundles().start(&Code::parse("driver").unwrap()).await.unwrap();
    app.requests().people(None).await.unwrap();
    app.auth().begin_sign_in().await.unwrap(); // and never ended
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_value_that_changed_its_place_or_a_bit_is_refused() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    full(&phone, &sandbox).await.shutdown(PATIENCE).await.unwrap();
    let (values, opener) = (sealed_values(&phone), Opener::of(&phone));
    let filled: BTreeSet<_> = values.iter().map(|value| (value.place.table, value.place.column)).collect();
    assert_eq!(filled, SEALED.iter().map(|place| (place.table, place.column)).collect(), "every place is tried");
    assert!(values.iter().all(|value| opener.open(value, &value.sealed).is_some()), "control: each opens where it is");

    let (mut swapped, mut flipped) = (0, 0);
    for (at, here) in values.iter().enumerate() {
        for (_, there) in values.iter().enumerate().filter(|(other, _)| *other != at) {
            assert!(swapped < MOST_PAIRS, "{} values", values.len());
            swapped += 1;
            let moved = opener.open(here, &there.sealed);
            assert!(moved.is_none(), "{:?}'s value opens as {:?}'s", there.place, here.place);
        }
        let mut sealed = here.sealed.clone();
        for byte in 0..sealed.len() {
            for bit in 0..8 {
                sealed[byte] ^= 1 << bit;
                flipped += 1;
                assert!(opener.open(here, &sealed).is_none(), "{:?}: byte {byte}, bit {bit}", here.place);
                sealed[byte] ^= 1 << bit;
            }
        }
    }

    println!("{} values: {swapped} swaps and {flipped} flips refused", values.len());
    assert!(swapped > 200 && flipped > 10_000);
}

/// What the citizen finds of two searches after whoever has the file in hand let them change places.
async fn after_a_swap_in_the_file(sandbox: &SandboxProcess, unsealed: bool) -> Vec<String> {
    let mut phone = Phone::new(sandbox);
    phone.controls = Controls { unsealed, ..Controls::default() };
    let app = phone.start();
    sign_in(&app, sandbox).await;
    for search in ["Өргөө", "Үнэмлэх"] {
        app.catalogue().remember_search(search).await.unwrap();
    }
    assert_eq!(app.catalogue().recent_searches().await.unwrap(), ["Үнэмлэх", "Өргөө"]);
    app.shutdown(PATIENCE).await.unwrap();
    let mut db = Connection::open(path_of(&phone, File::State)).unwrap();
    let swap = db.transaction().unwrap();
    let body = |seq: i64| -> Vec<u8> {
        swap.query_row("SELECT body FROM recent_search WHERE seq = ?1", [seq], |row| row.get(0)).unwrap()
    };
    for (seq, other) in [(1, body(2)), (2, body(1))] {
        swap.execute("UPDATE recent_search SET body = ?2 WHERE seq = ?1", (seq, other)).unwrap();
    }
    swap.commit().unwrap();
    drop(db);

    let again = phone.start();
    let found = again.catalogue().recent_searches().await.unwrap();
    again.shutdown(PATIENCE).await.unwrap();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn control_unsealed_values_that_changed_places_are_taken_for_true() {
    let sandbox = SandboxProcess::start_fresh().unwrap();

    assert_eq!(after_a_swap_in_the_file(&sandbox, true).await, ["Өргөө", "Үнэмлэх"], "taken");
    assert_eq!(after_a_swap_in_the_file(&sandbox, false).await, [""; 0], "sealed: neither is");
}

/// Every text of a secret value: tokens, a verifier.
pub(crate) fn secret_texts(phone: &Phone) -> Vec<(String, String)> {
    let opener = Opener::of(phone);
    let mut texts = Vec::new();
    for value in sealed_values(phone).iter().filter(|value| value.place.kind == Kind::Secret) {
        let name = format!("{}.{}", value.place.table, value.place.column);
        let opened = serde_json::Value::from_str(&opener.opened(value)).unwrap();
        for (field, text) in opened.as_object().unwrap() {
            // The address of the server and ours are no secret.
            if ["access", "refresh", "verifier", "nonce"].contains(&field.as_str()) {
                texts.push((format!("{name}.{field}"), text.as_str().unwrap().to_owned()));
            }
        }
    }
    texts
}
