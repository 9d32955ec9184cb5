//! Sabotage, for tests that must be able to fail. Compiled only with the feature `test-controls`.

use std::sync::Arc;

use emongolia_core::foundation::{
    clock::{Clock, OffsetClock, SystemClock},
    ports::Controls,
};

/// `EMONGOLIA_CONTROL`: a list with commas.
pub(crate) fn of_environment() -> Controls {
    read(&std::env::var("EMONGOLIA_CONTROL").unwrap_or_default())
}

/// The device's clock, off by `EMONGOLIA_CLOCK_OFFSET_MS`.
pub(crate) fn clock() -> Arc<dyn Clock> {
    let offset_ms = std::env::var("EMONGOLIA_CLOCK_OFFSET_MS").ok().and_then(|ms| ms.trim().parse().ok());
    Arc::new(OffsetClock::new(SystemClock, offset_ms.unwrap_or(0)))
}

/// The file that grows by a byte for each look at a PIN.
const LOOKED_VARIABLE: &str = "EMONGOLIA_LOOKED";

fn mark_look() {
    let Some(path) = std::env::var_os(LOOKED_VARIABLE) else { return };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    let _ = file.and_then(|mut file| std::io::Write::write_all(&mut file, b"*")); // whoever counts misses it
}

/// The battery is pulled: nothing that is begun is ended.
fn die() {
    std::process::abort();
}

fn read(list: &str) -> Controls {
    let asked = |name| list.split(',').any(|one| one.trim() == name);
    let marked = std::env::var_os(LOOKED_VARIABLE).is_some().then_some(mark_look as fn());
    Controls {
        key_per_try: asked("key-per-try"),
        no_read_back: asked("no-read-back"),
        unsealed: asked("unsealed"),
        keep_on_sign_out: asked("keep-on-sign-out"),
        count_late: asked("count-late"),
        looked: if asked("die-at-look") { Some(die) } else { marked },
        kdf_rounds: asked("quick-pin").then_some(10),
        unchecked: None,
        no_journal: asked("no-journal"),
        believe_banks: asked("believe-banks"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_control_is_asked_for_by_name() {
        let asked = read("unsealed, keep-on-sign-out");

        let of = |asked: &Controls| (asked.key_per_try, asked.unsealed, asked.keep_on_sign_out, asked.count_late);
        assert_eq!((of(&asked), asked.no_journal), ((false, true, true, false), false));
        assert!(read("count-late").count_late && read("no-journal").no_journal && read("believe-banks").believe_banks);
        assert!(read("die-at-look").looked.is_some() && read("quick-pin").looked.is_none());
        assert!(read("no-read-back").no_read_back);
        assert!(!read("").unsealed && !read("Өө").key_per_try && read("key-per-try").key_per_try);
    }
}
