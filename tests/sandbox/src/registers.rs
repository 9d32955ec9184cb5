//! ХУР's answers about the test citizens, all invented.

use rusqlite::{Connection, Transaction};

#[derive(Debug, Clone)]
pub struct Address {
    pub aimag_code: String,
    pub soum_code: String,
    pub bag_code: String,
    pub formatted: String,
}

#[derive(Debug, Clone)]
pub struct Citizen {
    pub sub: String,
    pub regnum: String,
    pub civil_id: String,
    pub clan_name: String,
    pub parent_name: String,
    pub given_name: String,
    /// YYYY-MM-DD.
    pub birth_date: String,
    pub gender: String,
    /// With +976.
    pub phone: String,
    pub address: Address,
    pub one_time_code: String,
}

pub fn seed(_tx: &Transaction<'_>) -> Result<(), rusqlite::Error> {
    Ok(())
}

pub fn citizen(_conn: &Connection, _regnum: &str) -> Result<Option<Citizen>, rusqlite::Error> {
    Ok(None)
}

pub fn citizens(_conn: &Connection) -> Result<Vec<Citizen>, rusqlite::Error> {
    Ok(Vec::new())
}
