//! The errands of one invented citizen, in the order in which each is told.

mod arrive;
mod card;
mod conclude;
mod credit;
mod filling;
mod leave;
mod paying;
pub(crate) mod reference;
mod request;
mod visa;

use crate::{stage::Stage, step::Step};

/// What a citizen wants of the state, from an empty phone to an empty phone.
pub(crate) struct Errand {
    pub(crate) name: &'static str,
    pub(crate) mn: &'static str,
    pub(crate) en: &'static str,
    /// What the citizen applies for.
    pub(crate) service: &'static str,
    /// What is typed, brought and written on the way and is personal, with a label of each.
    pub(crate) personal: &'static [(&'static str, &'static str)],
    /// What a clerk takes the request through once nothing is left for the citizen to do.
    pub(crate) decided: &'static [&'static str],
    /// What lies between the sign-in and the search of the phone's files.
    middle: fn() -> Vec<Step<Stage>>,
}

impl Errand {
    pub(crate) fn steps(&self) -> Vec<Step<Stage>> {
        let arrive = [arrive::sync(), arrive::sign_in()];
        let leave = [leave::sealed(), leave::sign_out(), leave::contract()];
        arrive.into_iter().chain((self.middle)()).chain(leave).collect()
    }
}

/// The first is told to whoever names none.
pub(crate) static ERRANDS: [Errand; 4] = [reference::ERRAND, credit::ERRAND, visa::ERRAND, card::ERRAND];

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn every_step_of_an_errand_has_a_name_of_its_own_that_a_command_line_can_carry() {
        let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');

        for errand in &ERRANDS {
            let steps = errand.steps();
            let names: BTreeSet<&str> = steps.iter().map(|step| step.name).collect();
            assert_eq!(names.len(), steps.len(), "{}", errand.name);
            assert!(plain(errand.name) && names.into_iter().all(plain), "{}", errand.name);
        }
        assert_eq!(ERRANDS.iter().map(|errand| errand.name).collect::<BTreeSet<_>>().len(), ERRANDS.len());
    }

    #[test]
    fn a_name_in_several_errands_is_the_same_step() {
        let mut told = BTreeMap::new();

        for step in ERRANDS.iter().flat_map(Errand::steps) {
            assert_eq!(*told.entry(step.name).or_insert(step.en), step.en);
        }
    }

    #[test]
    fn every_errand_and_every_step_is_told_in_both_languages() {
        let cyrillic = |text: &str| text.chars().any(|c| ('а'..='я').contains(&c) || "өүё".contains(c));
        let latin = |text: &str| text.chars().any(|c| c.is_ascii_lowercase());

        for errand in &ERRANDS {
            assert!(cyrillic(errand.mn) && latin(errand.en), "{}", errand.name);
            for step in errand.steps() {
                assert!(cyrillic(step.mn) && latin(step.en), "{}", step.name);
                assert!(!step.sabotage.what.is_empty(), "{}", step.name);
            }
        }
    }
}
