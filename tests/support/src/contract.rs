//! What the sandbox wrote down about the exchanges it took part in: `contract.jsonl`.
//!
//! ```text
//! {"kind":"hit","operation":"submitRequest","status":201}              once per operation and status of a process
//! {"kind":"violation","operation":"…","direction":"response","message":"the rule that was broken"}
//! ```

use std::{collections::BTreeMap, fs, io, path::Path};

use serde::Deserialize;

use crate::{Failure, Result};

/// The directory where every sandbox of a test run leaves its file; set by `cargo xtask test`.
pub const CONTRACT_DIR: &str = "EMONGOLIA_CONTRACT_DIR";

/// Name of the file in the sandbox's data directory.
pub const CONTRACT_FILE: &str = "contract.jsonl";

/// One exchange that the description does not allow.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Violation {
    /// operationId, or method and path when there is no such operation.
    pub operation: String,
    pub direction: String,
    /// The rule that was broken; never the value.
    pub message: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}): {}", self.operation, self.direction, self.message)
    }
}

/// Everything one sandbox, or several, wrote down.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Contract {
    pub violations: Vec<Violation>,
    /// From the file: statuses seen, per operationId. From the control: exchanges.
    pub hit: BTreeMap<String, u64>,
}

impl Contract {
    /// An absent file is a sandbox nobody has spoken to. A last line without its end was being written at a kill.
    pub fn read(path: &Path) -> Result<Self> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Failure::file(path)(error)),
        }
    }

    fn parse(text: &str) -> Result<Self> {
        #[derive(Deserialize)]
        #[serde(tag = "kind", rename_all = "lowercase")]
        enum Line {
            Hit { operation: String },
            Violation(Violation),
        }

        let mut contract = Self::default();
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            match serde_json::from_str(line).map_err(Failure::json("a line of contract.jsonl", line))? {
                Line::Hit { operation } => *contract.hit.entry(operation).or_default() += 1,
                Line::Violation(violation) => contract.violations.push(violation),
            }
        }
        Ok(contract)
    }

    pub fn assert_clean(&self) -> Result<()> {
        match self.violations.first() {
            None => Ok(()),
            Some(first) => Err(Failure::ContractBroken { count: self.violations.len(), first: first.to_string() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_are_counted_and_breaches_kept() {
        let contract = Contract::parse(
            "{\"kind\":\"hit\",\"operation\":\"submitRequest\",\"status\":201}\n\
             {\"kind\":\"hit\",\"operation\":\"submitRequest\",\"status\":409}\n\
             {\"kind\":\"violation\",\"operation\":\"listAreas\",\"direction\":\"response\",\"message\":\"Өвөрхангай\"}\n",
        )
        .unwrap();

        assert_eq!(contract.hit, BTreeMap::from([("submitRequest".into(), 2)]));
        assert_eq!(contract.violations[0].message, "Өвөрхангай");
        assert!(matches!(contract.assert_clean(), Err(Failure::ContractBroken { count: 1, .. })));
    }

    #[test]
    fn a_line_cut_by_a_kill_is_left_out_and_any_other_broken_line_is_not() {
        const HIT: &str = "{\"kind\":\"hit\",\"operation\":\"a\",\"status\":200}\n";
        assert_eq!(Contract::parse(&format!("{HIT}{{\"kin")).unwrap().hit.len(), 1);
        assert!(Contract::parse(&format!("{{\"kin\n{HIT}")).is_err());
        assert!(Contract::parse("{\"kind\":\"other\"}\n").is_err());
    }
}
