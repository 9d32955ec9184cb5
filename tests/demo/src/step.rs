//! A step of the story: acted, checked, timed, and breakable.
//!
//! Guarantees: the walk ends at the first broken promise and names it; a sabotage that does not work, or that nobody
//! notices, never looks like a promise that was caught broken.

use std::{process::ExitStatus, time::Instant};

use crate::console::Console;

/// Why a step did not go through.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    #[error("{promise}\n      {found}")]
    Promise { promise: String, found: String },

    /// The demo's own machinery; says nothing about any promise.
    #[error(transparent)]
    Support(#[from] emongolia_support::Failure),
    #[error(transparent)]
    Canary(#[from] emongolia_support::canary::CanaryError),
    #[error("a database could not be looked into: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("{what}: {source}")]
    Io { what: String, source: std::io::Error },
    #[error("{0}")]
    Seeds(String),
    #[error("the programs could not be built ({0}); cargo says why above")]
    NotBuilt(ExitStatus),
}

impl Stop {
    pub(crate) fn promise(promise: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Promise { promise: promise.into(), found: found.into() }
    }

    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    const fn is_promise(&self) -> bool {
        match self {
            Self::Promise { .. } => true,
            Self::Support(_)
            | Self::Canary(_)
            | Self::Sqlite(_)
            | Self::Io { .. }
            | Self::Seeds(_)
            | Self::NotBuilt(_) => false,
        }
    }
}

pub(crate) type Told<T = ()> = Result<T, Stop>;

/// One promise. `S` is what it is played on.
pub(crate) struct Step<S> {
    pub(crate) name: &'static str,
    pub(crate) mn: &'static str,
    pub(crate) en: &'static str,
    /// What citizen, clerk and network do.
    pub(crate) act: fn(&mut S) -> Told,
    /// Looks at the outcome, in the sandbox's own tables first of all.
    pub(crate) check: fn(&mut S) -> Told,
    pub(crate) sabotage: Sabotage<S>,
}

/// How this promise, and none before it, can be broken for real.
pub(crate) struct Sabotage<S> {
    pub(crate) what: &'static str,
    pub(crate) moment: Moment,
    pub(crate) act: fn(&mut S) -> Told,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    AtTheStart,
    BeforeTheStep,
    BeforeTheCheck,
}

/// How a walk ended.
#[derive(Debug)]
pub(crate) enum End {
    Kept {
        passed: usize,
    },
    Broken {
        passed: usize,
        at: &'static str,
    },
    /// The demo itself could not go on; a defect of it or of the machine.
    BrokenOff {
        passed: usize,
        at: &'static str,
        why: Stop,
    },
}

/// Through all steps, until one breaks its promise.
pub(crate) fn walk<S>(steps: &[Step<S>], stage: &mut S, sabotaged: Option<&str>, console: &Console) -> End {
    let play = |step: &Step<S>, moment: Moment, stage: &mut S| {
        if sabotaged != Some(step.name) || step.sabotage.moment != moment {
            return Ok(());
        }
        console.sabotage(step.sabotage.what);
        (step.sabotage.act)(stage)
    };
    for step in steps {
        if let Err(why) = play(step, Moment::AtTheStart, stage) {
            return End::BrokenOff { passed: 0, at: step.name, why };
        }
    }
    for (passed, step) in steps.iter().enumerate() {
        console.headline(passed + 1, steps.len(), step.name, step.mn, step.en);
        #[allow(clippy::disallowed_methods)] // a stopwatch in front of a person
        let began = Instant::now();
        if let Err(why) = play(step, Moment::BeforeTheStep, stage) {
            return End::BrokenOff { passed, at: step.name, why };
        }
        let mut told = (step.act)(stage);
        if told.is_ok() {
            if let Err(why) = play(step, Moment::BeforeTheCheck, stage) {
                return End::BrokenOff { passed, at: step.name, why };
            }
            told = (step.check)(stage);
        }
        if let Err(why) = &told {
            console.broken(why);
        }
        console.took(began.elapsed());
        match told {
            Ok(()) => {}
            Err(why) if why.is_promise() => return End::Broken { passed, at: step.name },
            Err(why) => return End::BrokenOff { passed, at: step.name, why },
        }
    }
    End::Kept { passed: steps.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What happened, in order.
    type Diary = Vec<&'static str>;

    fn step(name: &'static str, moment: Moment, check: fn(&mut Diary) -> Told) -> Step<Diary> {
        Step {
            name,
            mn: "Өөр",
            en: "Other",
            act: |diary| {
                diary.push("act");
                Ok(())
            },
            check,
            sabotage: Sabotage {
                what: "ink spilt",
                moment,
                act: |diary| {
                    diary.push("sabotage");
                    Ok(())
                },
            },
        }
    }

    fn keeps(diary: &mut Diary) -> Told {
        diary.push("check");
        Ok(())
    }

    fn notices(diary: &mut Diary) -> Told {
        keeps(diary)?;
        if diary.contains(&"sabotage") {
            Err(Stop::promise("a clean diary", "Үзэг асгарсан"))
        } else {
            Ok(())
        }
    }

    fn walked(steps: &[Step<Diary>], sabotaged: Option<&str>) -> (End, Diary) {
        let mut diary = Diary::new();
        (walk(steps, &mut diary, sabotaged, &Console::silent()), diary)
    }

    #[test]
    fn a_walk_whose_promises_are_kept_passes_all_of_them() {
        let steps = [step("a", Moment::BeforeTheStep, notices), step("b", Moment::AtTheStart, notices)];

        let (end, diary) = walked(&steps, None);

        assert!(matches!(end, End::Kept { passed: 2 }), "{end:?}");
        assert_eq!(diary, ["act", "check", "act", "check"]);
    }

    #[test]
    fn a_sabotage_comes_at_its_moment_and_the_walk_ends_there() {
        for (moment, expected) in [
            (Moment::AtTheStart, &["sabotage", "act", "check", "act", "check"][..]),
            (Moment::BeforeTheStep, &["act", "check", "sabotage", "act", "check"]),
            (Moment::BeforeTheCheck, &["act", "check", "act", "sabotage", "check"]),
        ] {
            let steps = [
                step("a", Moment::BeforeTheStep, keeps),
                step("b", moment, notices),
                step("c", Moment::BeforeTheStep, keeps),
            ];

            let (end, diary) = walked(&steps, Some("b"));

            assert!(matches!(end, End::Broken { passed: 1, at: "b" }), "{end:?}");
            assert_eq!(diary, expected);
        }
    }

    #[test]
    fn a_sabotage_that_does_not_work_is_no_broken_promise() {
        let mut broken = step("a", Moment::BeforeTheStep, keeps);
        broken.sabotage.act = |_| Err(Stop::promise("ink", "there was none"));

        let (end, _) = walked(&[broken], Some("a"));

        assert!(matches!(end, End::BrokenOff { at: "a", .. }), "{end:?}");
    }

    #[test]
    fn a_defect_of_the_demo_is_no_broken_promise() {
        let step = step("a", Moment::BeforeTheStep, |_| Err(Stop::Seeds("мөр дутуу".into())));

        let (end, _) = walked(&[step], None);

        assert!(matches!(end, End::BrokenOff { passed: 0, at: "a", .. }), "{end:?}");
    }
}
