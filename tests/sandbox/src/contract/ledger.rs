//! What was found about the exchanges: in memory for the control, in `contract.jsonl` for whoever comes after a kill.
//!
//! Guarantees: a finding is in the file before the answer it is about leaves.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    fs::{File, OpenOptions},
    io::Write as _,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;

use crate::{state, text};

/// More is the same fault again.
const VIOLATIONS_KEPT: usize = 1000;

/// Answers from this size on are looked at once per content: the catalogue is the same for every client.
const LARGE: usize = 64 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Request,
    Response,
}

/// Requests kept as they came; the oldest go first.
const SENT_KEPT: usize = 500;

/// A request as it came in, without its token and proof.
#[derive(Debug, Clone, Serialize)]
pub struct Sent {
    /// As in [`Violation`].
    pub operation: String,
    /// Path and query, headers, body.
    pub text: String,
}

/// One breach of the description.
#[derive(Debug, Clone, Serialize)]
pub struct Violation {
    /// operationId, or method and path when there is no such operation.
    pub operation: String,
    pub direction: Direction,
    /// The rule that was broken; never the value.
    pub message: String,
}

/// Everything since the start of the process.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Findings {
    pub violations: Vec<Violation>,
    /// Exchanges per operationId.
    pub hit: BTreeMap<String, u64>,
}

/// A line of `contract.jsonl`.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line<'a> {
    Hit { operation: &'a str, status: u16 },
    Violation(&'a Violation),
}

pub(super) struct Ledger(Mutex<Inner>);

struct Inner {
    file: File,
    findings: Findings,
    statuses: HashSet<(String, u16)>,
    large: HashSet<[u8; 32]>,
    sent: VecDeque<Sent>,
}

impl Ledger {
    pub(super) fn open(path: &Path) -> std::io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let inner = Inner {
            file,
            findings: Findings::default(),
            statuses: HashSet::new(),
            large: HashSet::new(),
            sent: VecDeque::new(),
        };
        Ok(Self(Mutex::new(inner)))
    }

    pub(super) fn findings(&self) -> Findings {
        self.lock().findings.clone()
    }

    /// Kept in memory only: it may hold what a citizen wrote.
    pub(super) fn sent(&self, sent: Sent) {
        let mut inner = self.lock();
        if inner.sent.len() == SENT_KEPT {
            inner.sent.pop_front();
        }
        inner.sent.push_back(sent);
    }

    pub(super) fn all_sent(&self) -> Vec<Sent> {
        self.lock().sent.iter().cloned().collect()
    }

    pub(super) fn hit(&self, operation: &str, status: u16) {
        let mut inner = self.lock();
        *inner.findings.hit.entry(operation.to_owned()).or_default() += 1;
        if inner.statuses.insert((operation.to_owned(), status)) {
            inner.append(&Line::Hit { operation, status });
        }
    }

    pub(super) fn violation(&self, operation: &str, direction: Direction, message: &str) {
        let violation = Violation { operation: operation.into(), direction, message: message.into() };
        let mut inner = self.lock();
        inner.append(&Line::Violation(&violation));
        if inner.findings.violations.len() < VIOLATIONS_KEPT {
            inner.findings.violations.push(violation);
        }
    }

    /// Whether just this large answer was looked at before.
    pub(super) fn looked_at(&self, operation: &str, status: u16, body: &[u8]) -> bool {
        if body.len() < LARGE {
            return false;
        }
        let mut what = format!("{operation} {status} ").into_bytes();
        what.extend_from_slice(&text::sha256(body));
        !self.lock().large.insert(text::sha256(&what))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// One write per line: a kill leaves whole lines, which the system keeps.
    fn append(&mut self, line: &Line<'_>) {
        let Ok(mut text) = serde_json::to_vec(line) else { return };
        text.push(b'\n');
        if let Err(error) = self.file.write_all(&text) {
            state::complain(&error);
        }
    }
}
