//! Drafts and their files.

use std::path::PathBuf;

use clap::Subcommand;
use emongolia_core::{
    country::Person,
    services::{ServiceId, requests::DraftId},
};

use super::{draft_id, person, service_id};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Example:
  emongolia request draft begin SERVICE_ID
  emongolia request draft set DRAFT_ID citizen/firstname Үүрийнтуяа
  emongolia request file add DRAFT_ID photo \"Цээж зураг.png\"
  emongolia request draft confirm DRAFT_ID           shows what will be sent
  emongolia request submit CONFIRMATION_ID")]
pub(crate) enum Draft {
    /// Begin to fill in the form of a service
    Begin {
        /// Id from `search` or `service list`
        #[arg(value_parser = service_id)]
        service_id: ServiceId,
        /// Whom it is for: a number from `request people`, or `me`
        #[arg(long = "for", value_name = "PERSON", value_parser = person)]
        person: Option<Person>,
    },
    /// A draft as it stands
    Show {
        /// Id from `request draft list`
        #[arg(value_parser = draft_id)]
        draft_id: DraftId,
    },
    /// Answer one question; without a value its answer is taken away
    Set {
        /// Id from `request draft list`
        #[arg(value_parser = draft_id)]
        draft_id: DraftId,
        /// A field from `request draft show`
        #[arg(value_name = "NAME")]
        name: String,
        /// As you would write it
        #[arg(value_name = "VALUE", allow_hyphen_values = true)]
        value: Option<String>,
    },
    /// Let a register fill in what it knows, in this form and every other one; asked once
    Prefill {
        /// Id from `request draft list`
        #[arg(value_parser = draft_id)]
        draft_id: DraftId,
        /// An operation from `request draft show`
        #[arg(value_name = "OPERATION")]
        operation: String,
        /// It shall not, or no longer
        #[arg(long)]
        refuse: bool,
    },
    /// Drafts that wait for you, the last one changed first
    List {
        /// Go on behind this one
        #[arg(long, value_name = "ID", value_parser = draft_id)]
        before: Option<DraftId>,
        /// Only theirs: a number from `request people`, or `me`
        #[arg(long = "for", value_name = "PERSON", value_parser = person)]
        person: Option<Person>,
    },
    /// Throw a draft away, with its files
    Discard {
        /// Id from `request draft list`
        #[arg(value_parser = draft_id)]
        draft_id: DraftId,
    },
    /// Show what will be sent and keep it until it is submitted, or the draft is changed
    Confirm {
        /// Id from `request draft list`
        #[arg(value_parser = draft_id)]
        draft_id: DraftId,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum File {
    /// Take a file into a draft, in place of the one that answered the question so far
    Add {
        /// Id from `request draft list`
        #[arg(value_parser = draft_id)]
        draft_id: DraftId,
        /// A field from `request draft show`
        #[arg(value_name = "NAME")]
        field: String,
        /// PDF, JPEG or PNG, as the field asks for
        #[arg(value_name = "PATH")]
        path: PathBuf,
    },
    /// The files of a draft
    List {
        /// Id from `request draft list`
        #[arg(value_parser = draft_id)]
        draft_id: DraftId,
    },
    /// Write a file of a draft to a new file
    Get {
        /// Id from `request draft list`
        #[arg(value_parser = draft_id)]
        draft_id: DraftId,
        /// A field from `request file list`
        #[arg(value_name = "NAME")]
        field: String,
        /// Where to; what is there already is left alone
        #[arg(value_name = "PATH")]
        path: PathBuf,
    },
    /// Take a file out of a draft
    Remove {
        /// Id from `request draft list`
        #[arg(value_parser = draft_id)]
        draft_id: DraftId,
        /// A field from `request file list`
        #[arg(value_name = "NAME")]
        field: String,
    },
}
