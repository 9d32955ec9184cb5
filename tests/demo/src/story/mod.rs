//! The errand of one invented citizen, in the order in which it is told.

mod apply;
mod arrive;
mod editions;
mod leave;
mod lock;
mod outcome;
mod valley;
mod web;

use crate::{stage::Stage, step::Step};

/// Citizen identity card reference: free, issued at once; its form asks who will receive it.
pub(crate) const IDENTITY_CARD: &str = "ac8a53815d8d42a6acdb791f";

/// Residence address reference: free; how long it takes is not known.
pub(crate) const ADDRESS: &str = "b7a16b60dab000113be58e49";

/// Who will receive the first and the second reference; invented, and personal.
pub(crate) const RECIPIENT: &str = "Өрнөх Үүр банк, Өргөө салбар";
pub(crate) const SECOND_RECIPIENT: &str = "Үлгэрийн Өлгий цэцэрлэг";

/// What the clerk writes.
pub(crate) const NOTE: (&str, &str) =
    ("Лавлагаа бэлэн боллоо, Өлзийт өдөр хүргэе.", "Your reference is ready. Have a good day.");

/// What another clerk writes while the phone is locked.
const LAST_NOTICE: (&str, &str) =
    ("Өргөө солих тухай", "Үйлчилгээний төв дараагийн долоо хоногт өөр байранд ажиллана.");

pub(crate) fn steps() -> Vec<Step<Stage>> {
    vec![
        arrive::sync(),
        arrive::sign_in(),
        arrive::search(),
        arrive::service(),
        apply::confirm(),
        apply::submit(),
        outcome::clerk(),
        outcome::listen(),
        outcome::push(),
        outcome::inbox(),
        valley::offline_read(),
        valley::queue(),
        valley::restart(),
        editions::rollback(),
        web::browser(),
        web::step_up(),
        lock::lock(),
        lock::wrong_pin(),
        lock::unlock(),
        lock::pocket(),
        leave::sealed(),
        leave::sign_out(),
        leave::contract(),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_step_has_a_name_of_its_own_that_a_command_line_can_carry() {
        let steps = steps();

        let names: BTreeSet<&str> = steps.iter().map(|step| step.name).collect();
        assert_eq!(names.len(), steps.len());
        assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
    }

    #[test]
    fn every_step_is_told_in_both_languages() {
        let cyrillic = |text: &str| text.chars().any(|c| ('а'..='я').contains(&c) || "өүё".contains(c));

        for step in steps() {
            assert!(cyrillic(step.mn), "{}", step.name);
            assert!(step.en.chars().any(|c| c.is_ascii_lowercase()), "{}", step.name);
            assert!(!step.sabotage.what.is_empty(), "{}", step.name);
        }
    }
}
