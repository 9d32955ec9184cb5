//! What is invented for the ways in (`data/dan.json`): accounts at the stand-in bank, the token's PIN, restrictions.

use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;

#[derive(Default, Deserialize)]
pub(super) struct Seeds {
    pub(super) bank: Vec<Account>,
    /// Of every invented citizen's token.
    pub(super) token_pin: String,
    /// Operations that not every login type opens, with those that do.
    pub(super) login_types: HashMap<String, Vec<u8>>,
}

/// An account at the stand-in bank.
#[derive(Deserialize)]
pub(super) struct Account {
    pub(super) regnum: String,
    pub(super) user: String,
    pub(super) password: String,
}

pub(super) static SEEDS: LazyLock<Seeds> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../data/dan.json")).unwrap_or_default()); // a test reads it

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{db::Db, registers};

    #[tokio::test]
    async fn every_citizen_has_an_account_and_every_account_a_citizen() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("sandbox.db")).unwrap();
        db.write(registers::seed).await.unwrap();

        let mut citizens: Vec<_> =
            db.read(registers::citizens).await.unwrap().into_iter().map(|one| one.regnum).collect();
        let mut accounts: Vec<_> = SEEDS.bank.iter().map(|account| account.regnum.clone()).collect();

        citizens.sort();
        accounts.sort();
        assert_eq!(citizens, accounts);
        assert!(!SEEDS.token_pin.is_empty());
    }
}
