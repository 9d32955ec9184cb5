//! Words that only bind or colour others.

use std::{collections::HashMap, sync::LazyLock};

use crate::table;

/// What a word of its own does that is no content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Particle {
    Plural,
    Directive,
    Possessive,
    Question,
    Conjunction,
    Postposition,
    Emphasis,
}

static ROLES: LazyLock<HashMap<&str, Particle>> = LazyLock::new(|| {
    let rows = table::rows::<3>(table::text("particles.tsv"));
    rows.filter_map(|[token, role, _]| Some((token, named(role)?))).collect()
});

/// Whether a word, in small letters, is a particle, and of what kind.
///
/// ```
/// use mongolian_text::{Particle, particle};
/// assert_eq!(particle("руу"), Some(Particle::Directive));
/// assert_eq!(particle("уу"), Some(Particle::Question));
/// assert_eq!(particle("үнэмлэх"), None);
/// ```
pub fn particle(word: &str) -> Option<Particle> {
    ROLES.get(word).copied()
}

fn named(role: &str) -> Option<Particle> {
    Some(match role {
        "plural" => Particle::Plural,
        "directive" => Particle::Directive,
        "possessive" => Particle::Possessive,
        "question" => Particle::Question,
        "conjunction" => Particle::Conjunction,
        "postposition" => Particle::Postposition,
        "emphasis" => Particle::Emphasis,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_particle_of_the_table_has_a_role() {
        let rows = table::rows::<3>(table::text("particles.tsv"));
        for [token, role, _] in rows {
            assert!(named(role).is_some(), "{token}: {role}");
        }
    }
}
