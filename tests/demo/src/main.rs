//! `cargo demo`: a citizen's errands, each end to end, told to a person.
//!
//! Guarantees: ends with success only when every promise was kept; otherwise the first broken one is named.

mod answers;
mod checks;
mod console;
mod device;
mod programs;
mod sabotage;
mod seeds;
mod stage;
mod stay;
mod step;
mod story;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, ValueEnum, builder::PossibleValuesParser, error::ErrorKind};

use crate::{
    console::Console,
    stage::Stage,
    step::{End, Told},
    story::{ERRANDS, Errand},
};

/// The demo itself could not go on.
const BROKEN_OFF: u8 = 2;

/// An errand of a citizen's through the app, a sandbox of the state and the network between: each step checked against the
/// sandbox's own tables. Ends with `N passed, 0 failed`, or at the first broken promise with `failed at STEP`.
#[derive(Parser)]
#[command(name = "cargo demo", version)]
struct Arguments {
    /// Which one
    #[arg(long, default_value = ERRANDS[0].name, value_parser = PossibleValuesParser::new(ERRANDS.each_ref().map(|errand| errand.name)))]
    errand: String,
    /// Sabotage this step's promise: the demo must fail exactly there
    #[arg(long = "break", value_name = "STEP")]
    sabotaged: Option<String>,
    /// Print the errands with their steps, an errand and a step a line
    #[arg(long, conflicts_with_all = ["errand", "sabotaged", "stay"])]
    list: bool,
    /// Keep the sandbox up until Ctrl-C and tell how to drive the program against it
    #[arg(long, conflicts_with = "sabotaged")]
    stay: bool,
    /// Language in which the program speaks
    #[arg(long, value_enum, default_value_t = Language::Mn)]
    lang: Language,
    /// Leave the sandbox's and the phone's files where they are
    #[arg(long)]
    keep: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Language {
    Mn,
    En,
}

impl Language {
    const fn code(self) -> &'static str {
        match self {
            Self::Mn => "mn",
            Self::En => "en",
        }
    }
}

impl Arguments {
    /// What was asked for, if its errand has the step that is to be broken.
    fn checked(self) -> Result<(Self, &'static Errand), clap::Error> {
        let errand = ERRANDS.iter().find(|errand| errand.name == self.errand).unwrap_or(&ERRANDS[0]);
        let has = |name: &String| errand.steps().iter().any(|step| step.name == name);
        match &self.sabotaged {
            Some(name) if !has(name) => {
                let why = format!("the errand {} has no step {name}: see --list", errand.name);
                Err(Self::command().error(ErrorKind::InvalidValue, why))
            }
            Some(_) | None => Ok((self, errand)),
        }
    }
}

fn main() -> ExitCode {
    let (arguments, errand) = match Arguments::parse().checked() {
        Ok(checked) => checked,
        Err(refusal) => {
            let _ = refusal.print(); // nobody reads it
            return ExitCode::from(BROKEN_OFF);
        }
    };
    let console = Console::new();
    if arguments.list {
        list(&console);
        return ExitCode::SUCCESS;
    }
    match run(&arguments, errand, console) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            Console::new().broken(why);
            ExitCode::from(BROKEN_OFF)
        }
    }
}

fn list(console: &Console) {
    for errand in &ERRANDS {
        for step in errand.steps() {
            console.line(format_args!("{} {}", errand.name, step.name));
        }
    }
}

/// Whether all went as it should.
fn run(arguments: &Arguments, errand: &'static Errand, console: Console) -> Told<bool> {
    programs::build()?;
    let mut stage = Stage::set(console, errand, arguments.lang.code())?;
    if arguments.stay {
        return stay::stay(stage, arguments.keep).map(|()| true);
    }
    opening(&stage)?;
    let sabotaged = arguments.sabotaged.as_deref();
    let end = stage.play(sabotaged);
    let passed = conclude(&stage.console, sabotaged, &end);
    stage.strike(arguments.keep)?;
    match end {
        End::BrokenOff { why, .. } => Err(why),
        End::Kept { .. } | End::Broken { .. } => Ok(passed),
    }
}

fn opening(stage: &Stage) -> Told {
    let console = &stage.console;
    console.line("Иргэний нэг ажил, эхнээс нь дуустал · A citizen's errand, end to end");
    console.line(format_args!("  {} · {}", stage.errand.mn, stage.errand.en));
    console.line(format_args!("  emongolia is  {}", stage.alias()?));
    console.line(format_args!("  the sandbox   {}", stage.sandbox.config().origin));
    console.line(format_args!("  the citizen   {} (invented)", stage.citizen.short_name()));
    Ok(())
}

/// The last words; what `cargo xtask test` reads.
fn conclude(console: &Console, sabotaged: Option<&str>, end: &End) -> bool {
    console.line("");
    match (end, sabotaged) {
        (End::Kept { passed }, None) => {
            console.line(format_args!("{passed} passed, 0 failed"));
            true
        }
        (End::Kept { passed }, Some(step)) => {
            console.broken(format_args!("{step} was sabotaged, and all {passed} steps passed: its check sees nothing"));
            false
        }
        (End::Broken { passed, at }, _) => {
            console.line(format_args!("failed at {at}"));
            console.line(format_args!("{passed} passed, 1 failed"));
            false
        }
        (End::BrokenOff { passed, at, .. }, _) => {
            console.line(format_args!("broken off in {at}, after {passed} passed"));
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::Stop;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    fn parsed(line: &[&str]) -> Result<&'static str, clap::Error> {
        Arguments::try_parse_from([&["demo"], line].concat())?.checked().map(|(_, errand)| errand.name)
    }

    #[test]
    fn every_step_can_be_broken_in_its_errand_and_nothing_else() {
        for errand in &ERRANDS {
            for step in errand.steps() {
                let name = parsed(&["--errand", errand.name, "--break", step.name]).unwrap();
                assert_eq!(name, errand.name, "{}", step.name);
            }
        }
        assert!(parsed(&["--break", "өөр"]).is_err() && parsed(&["--errand", "өөр"]).is_err());
        assert!(parsed(&["--errand", "credit", "--break", "step-up"]).is_err(), "another errand's");
    }

    #[test]
    fn whoever_names_no_errand_is_told_of_a_reference() {
        assert_eq!(parsed(&["--break", "submit"]).unwrap(), "reference");
    }

    #[test]
    fn a_sabotage_that_nobody_notices_is_no_success() {
        let console = Console::silent();

        assert!(conclude(&console, None, &End::Kept { passed: 16 }));
        assert!(!conclude(&console, Some("sync"), &End::Kept { passed: 16 }));
        assert!(!conclude(&console, Some("sync"), &End::Broken { passed: 0, at: "sync" }));
        assert!(!conclude(&console, None, &End::BrokenOff { passed: 0, at: "sync", why: Stop::Seeds("Ө".into()) }));
    }
}
