//! QPay's traps, as its clients met them; each can be switched by the control, and is as it was after a restart.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amounts {
    Text,
    Number,
}

/// What `expires_in` of a token means: two clients of three take it for a moment, the third for a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiresIn {
    /// Unix seconds.
    Absolute,
    /// Seconds left.
    Relative,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum WalletKey {
    #[serde(rename = "payment_wallet")]
    Right,
    #[serde(rename = "payemnt_wallet")]
    Misspelt,
}

/// When the merchant is called, next to when the payment is there to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Callback {
    After,
    Before,
    Never,
    Twice,
}

/// When a refund that was asked for is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refunds {
    AtOnce,
    /// When the control says so.
    Later,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Traps {
    pub amounts: Amounts,
    pub expires_in: ExpiresIn,
    pub wallet_key: WalletKey,
    pub callback: Callback,
    pub refunds: Refunds,
}

impl Default for Traps {
    /// As most clients met it.
    fn default() -> Self {
        Self {
            amounts: Amounts::Text,
            expires_in: ExpiresIn::Absolute,
            wallet_key: WalletKey::Misspelt,
            callback: Callback::After,
            refunds: Refunds::AtOnce,
        }
    }
}

#[derive(Default)]
pub struct Switches(Mutex<Traps>);

impl Switches {
    pub fn traps(&self) -> Traps {
        *self.lock()
    }

    pub fn set(&self, traps: Traps) {
        *self.lock() = traps;
    }

    fn lock(&self) -> MutexGuard<'_, Traps> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
