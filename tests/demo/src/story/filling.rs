//! A draft, as a citizen fills it in at a terminal: answers, papers, what is going to be sent.

use std::{collections::BTreeMap, fs};

use serde_json::Value;

use super::request::hex;
use crate::{
    answers,
    stage::Stage,
    step::{Stop, Told},
};

/// The program's exit code for "something is wrong with what was given".
pub(super) const INVALID: i32 = 12;

/// A paper of the citizen's, as far as anybody looks: its first bytes, what can be read in it, and as many bytes.
pub(super) struct Paper {
    pub(super) field: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) text: &'static str,
    pub(super) size: usize,
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Pdf,
    Png,
}

impl Paper {
    fn bytes(&self) -> Vec<u8> {
        let magic: &[u8] = match self.kind {
            Kind::Pdf => b"%PDF-1.7\n",
            Kind::Png => b"\x89PNG\r\n\x1a\n",
        };
        let noise = (0..self.size).map(|n| (n * 31 % 251) as u8);
        magic.iter().chain(self.text.as_bytes()).copied().chain(noise).take(self.size).collect()
    }

    /// SHA-256, in hex.
    pub(super) fn digest(&self) -> String {
        hex(&self.bytes())
    }
}

impl Stage {
    /// Begins to fill in the form of the errand's service.
    pub(super) fn begin_draft(&mut self) -> Told {
        let said = self.do_(&["request", "draft", "begin", self.errand.service])?.stdout;
        self.learnt.draft = draft_in(&said)?;
        Ok(())
    }

    pub(super) fn answer(&self, answers: &[(&str, &str)]) -> Told {
        let set = |(field, value): &(&str, &str)| {
            self.do_in_silence(&["request", "draft", "set", &self.learnt.draft, field, value])
        };
        answers.iter().try_for_each(set)
    }

    /// Puts the paper on the phone's card, and takes it into the draft.
    pub(super) fn attach(&self, paper: &Paper, field: &str) -> Told {
        let path = self.folder().join(paper.name);
        fs::write(&path, paper.bytes()).map_err(Stop::io(path.display().to_string()))?;
        self.do_in_silence(&["request", "file", "add", &self.learnt.draft, field, &path.to_string_lossy()])
    }

    /// The draft as it stands.
    pub(super) fn draft(&self) -> Told<Value> {
        self.ask(&["request", "draft", "show", &self.learnt.draft])
    }

    /// Shows what is going to be sent, and keeps by which name and digest.
    pub(super) fn confirm_draft(&mut self) -> Told {
        let words = ["request", "draft", "confirm", &self.learnt.draft];
        self.do_(&words)?;
        let shown = self.ask(&words)?;
        self.learnt.confirmation = answers::text(&shown, "id")?.to_owned();
        self.learnt.digest = answers::text(&shown, "digest")?.to_owned();
        Ok(())
    }

    pub(super) fn submit_confirmed(&self) -> Told {
        self.do_(&["request", "submit", &self.learnt.confirmation]).map(drop)
    }

    /// Every answer of the draft is as it was typed.
    pub(super) fn kept_as_typed(&self, draft: &Value, typed: &[(&str, &str)]) -> Told {
        let kept = values(draft);
        let lost: Vec<_> = typed.iter().filter(|(name, value)| kept.get(*name) != Some(value)).collect();
        self.holds(&format!("all {} answers are there as they were typed", typed.len()), lost.is_empty(), || {
            format!("not {lost:?}")
        })
    }
}

/// The id of a draft's page: 128 bits in hex.
pub(super) fn draft_in(said: &str) -> Told<String> {
    let id = answers::hex_word(said, 32).map(str::to_owned);
    id.ok_or_else(|| Stop::promise("a draft has an id", "none was shown"))
}

/// The questions of a draft or a form that apply, in order.
pub(super) fn questions(draft: &Value) -> Vec<&Value> {
    let sections = draft["form"]["sections"].as_array().map_or(&[][..], Vec::as_slice);
    sections.iter().filter_map(|section| section["fields"].as_array()).flatten().collect()
}

/// What they are answered with, by name.
pub(super) fn values(draft: &Value) -> BTreeMap<&str, &str> {
    questions(draft).into_iter().filter_map(|field| Some((field["name"].as_str()?, field["value"].as_str()?))).collect()
}
