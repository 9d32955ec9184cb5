//! Send what waits, pull what changed.

use emongolia_core::{
    Area, Language,
    app::{StepOutcome, SyncReport, SyncStep},
};
use serde::Serialize;

use crate::{
    errors::{Failure, Told},
    terminal::Terminal,
    texts::{self, Text},
};

pub(super) async fn sync(terminal: &Terminal) -> Result<(), Failure> {
    let output = terminal.output;
    let show = move |step: &SyncStep| output.progress(&step_line(step, output.language));
    let report = terminal.app.sync(terminal.budget, show).await?;
    let failures: Vec<Option<Failure>> = report.steps.iter().map(failure_of).collect();
    terminal.output.result(terminal.now(), &shape(&report, &failures), |page| {
        let pairs: Vec<(Text, String)> =
            report.steps.iter().map(|step| (area_word(step.area), outcome_words(step, page.language))).collect();
        page.pairs(&pairs);
    })?;
    if report.more {
        terminal.output.hint(texts::SYNC_MORE, &[]);
    }
    failures.into_iter().flatten().next().map_or(Ok(()), Err)
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    steps: Vec<Step<'a>>,
    more: bool,
}

#[derive(Debug, Serialize)]
struct Step<'a> {
    area: &'static str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Told<'a>>,
}

fn shape<'a>(report: &SyncReport, failures: &'a [Option<Failure>]) -> Report<'a> {
    let steps = report.steps.iter().zip(failures).map(|(step, failure)| Step {
        area: area_name(step.area),
        outcome: outcome_name(&step.outcome),
        error: failure.as_ref().map(Told::of),
    });
    Report { steps: steps.collect(), more: report.more }
}

fn failure_of(step: &SyncStep) -> Option<Failure> {
    match &step.outcome {
        StepOutcome::Failed(error) => Some(Failure::Core(error.clone())),
        StepOutcome::Changed | StepOutcome::Unchanged | StepOutcome::NotTried => None,
    }
}

const fn area_name(area: Area) -> &'static str {
    match area {
        Area::Catalogue => "catalogue",
        Area::Bundles => "bundles",
        Area::Requests => "requests",
        Area::Inbox => "inbox",
        Area::Outbox => "outbox",
        Area::Session => "session",
    }
}

const fn area_word(area: Area) -> Text {
    match area {
        Area::Catalogue => texts::CATALOGUE,
        Area::Bundles => texts::BUNDLES,
        Area::Requests => texts::REQUESTS,
        Area::Inbox => texts::INBOX,
        Area::Outbox => texts::OUTBOX,
        Area::Session => texts::SESSION,
    }
}

const fn outcome_name(outcome: &StepOutcome) -> &'static str {
    match outcome {
        StepOutcome::Changed => "changed",
        StepOutcome::Unchanged => "unchanged",
        StepOutcome::NotTried => "not_tried",
        StepOutcome::Failed(_) => "failed",
    }
}

fn outcome_words(step: &SyncStep, language: Language) -> String {
    let word = match (&step.outcome, step.area) {
        (StepOutcome::Unchanged, Area::Outbox) => texts::STEP_SENT,
        (StepOutcome::Changed, _) => texts::STEP_CHANGED,
        (StepOutcome::Unchanged, _) => texts::STEP_UNCHANGED,
        (StepOutcome::NotTried, _) => texts::STEP_NOT_TRIED,
        (StepOutcome::Failed(_), _) => texts::STEP_FAILED,
    };
    word.in_language(language).to_owned()
}

fn step_line(step: &SyncStep, language: Language) -> String {
    format!("{}: {}", area_word(step.area).in_language(language), outcome_words(step, language))
}

#[cfg(test)]
mod tests {
    use emongolia_core::Error;

    use super::*;

    #[test]
    fn a_report_has_a_stable_shape() {
        let step = |area, outcome| SyncStep { area, outcome };
        let report = SyncReport {
            steps: vec![
                step(Area::Outbox, StepOutcome::Unchanged),
                step(Area::Catalogue, StepOutcome::Changed),
                step(Area::Requests, StepOutcome::Failed(Error::Offline)),
                step(Area::Inbox, StepOutcome::NotTried),
            ],
            more: true,
        };
        let failures: Vec<_> = report.steps.iter().map(failure_of).collect();

        let json = serde_json::to_string(&shape(&report, &failures)).unwrap();

        assert!(
            json.starts_with(r#"{"steps":[{"area":"outbox","outcome":"unchanged"},{"area":"catalogue","outcome":"changed"},{"area":"requests","outcome":"failed","error":{"kind":"offline","message":{"mn":""#),
            "{json}"
        );
        assert!(json.ends_with(r#"{"area":"inbox","outcome":"not_tried"}],"more":true}"#), "{json}");
    }

    #[test]
    fn a_step_is_told_in_one_line() {
        let step = SyncStep { area: Area::Outbox, outcome: StepOutcome::Unchanged };

        assert_eq!(step_line(&step, Language::Mn), "Илгээх дараалал: илгээж болохыг илгээсэн");
        assert_eq!(step_line(&step, Language::En), "Outbox: what could be sent has been sent");
    }
}
