//! What a phone's platform lends the core, done for a terminal: keys in files, a browser, the system's push service.

pub(crate) mod browser;
pub(crate) mod device_key;
pub(crate) mod files;
pub(crate) mod html;
pub(crate) mod https;
pub(crate) mod loopback;
pub(crate) mod push;
pub(crate) mod secrets;
pub(crate) mod unseen;
