//! The command line: every command, every option, and how each value is read.
//!
//! Guarantees: an id or a `name=value` in no usable form is refused here, before anything is opened.

mod draft;
mod payment;
#[cfg(test)]
mod tests;

use std::{ffi::OsString, path::PathBuf};

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
pub(crate) use draft::{Draft, File};
use emongolia_core::{
    country::{Person, PersonId},
    foundation::config::Language,
    notify::inbox::MessageId,
    offline::outbox::OperationId,
    services::{
        ServiceId, bundles,
        catalogue::{Filter, OrganisationId, ServiceKind},
        portal::WebSignInId,
        requests::{ConfirmationId, DraftId, RequestId},
    },
};
pub(crate) use payment::Paying;
use serde::{Deserialize, Serialize};

/// Longest wait that can be asked for: an hour is a lunch, not a command.
const LONGEST_WAIT_S: i64 = 3600;

const EXAMPLES: &str = "\
Examples:
  emongolia --config sandbox.json sync              get the catalogue (the settings are remembered)
  emongolia sign-in                                 sign in with a browser through ДАН
  emongolia search жолооны үнэмлэхээ сунгуулах      find a service, in whatever form or script
  emongolia bundle list --suggested                 what fits you now, and why
  emongolia request form SERVICE_ID                 what does it ask?
  emongolia request confirm SERVICE_ID --set forUsage=\"Хаан банк\"
  emongolia request submit CONFIRMATION_ID          send exactly what was shown, once
  emongolia inbox wait 30                           wait for news
  emongolia --json status | jq .session             for scripts

Exit codes:
   0  done (a request that waits to be sent is done: it is kept, and sent once)
   2  the command is not right              10  sign-in required
  11  offline                               12  a value is not acceptable
  13  not found                             14  busy or timed out
  15  forbidden or refused                  16  locked or not available
  17  prove anew who you are (step-up)      20  something needs your attention
 130  called off with Ctrl-C                 1  anything else";

/// E-Mongolia in a terminal: public services, found, applied for and followed, also with no network.
/// Төрийн үйлчилгээ терминалд: хайх, хүсэлт илгээх, хариуг нь авах. Сүлжээгүй ч ажиллана.
#[derive(Debug, Parser)]
#[command(name = "emongolia", version, after_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Global {
    /// Folder in which everything is kept [default: $XDG_DATA_HOME/emongolia]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Which gateway to talk to (JSON); remembered in the data folder
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where requests to the state go; remembered in the data folder [default: gateway]
    #[arg(long, global = true, value_enum, value_name = "BACKEND")]
    pub(crate) backend: Option<Backend>,
    /// One JSON document on standard output, errors as JSON on standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Language of what is shown [default: from LANG, otherwise mn]
    #[arg(long, global = true, value_enum, value_name = "LANGUAGE")]
    pub(crate) lang: Option<Lang>,
    /// The most time that network work may take
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(1..=LONGEST_WAIT_S as u64))]
    pub(crate) budget: u64,
    /// Results only: no progress, no hints
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Progress on standard error even where that is no terminal
    #[arg(long, global = true, conflicts_with = "quiet")]
    pub(crate) progress: bool,
    /// The core's log (redacted) on standard error
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Serialize, Deserialize)]
pub(crate) enum Backend {
    /// The gateway, with idempotency keys
    #[default]
    #[serde(rename = "gateway")]
    Gateway,
    /// The mobile API as it was published in 2021: no files, no payment
    #[value(name = "published-2021")]
    #[serde(rename = "published-2021")]
    Published2021,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lang {
    Mn,
    En,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Mn => Self::Mn,
            Lang::En => Self::En,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Send what waits and pull what changed. Илгээж, шинэчлэх.
    Sync,
    /// Sign in through ДАН. Нэвтрэх.
    SignIn(SignIn),
    /// Prove anew who you are, for what asks for it. Дахин баталгаажуулах.
    StepUp(StepUp),
    /// Find services, as people type and say it. Үйлчилгээ хайх.
    Search(Search),
    /// Find a service by what a recogniser heard. Хэлснээр хайх.
    #[command(after_help = "\
Example:
  emongolia spoken \"жолооны үнэмлэх сунгах\" \"жолоон өнөмлэг сонгох\" --confidence 0.8,0.4")]
    Spoken(Spoken),
    /// Services you keep at hand. Хадгалсан үйлчилгээ.
    #[command(subcommand)]
    Favourite(Favourite),
    /// What you searched for. Сүүлийн хайлтууд.
    #[command(subcommand)]
    Recent(Recent),
    /// The catalogue of services. Үйлчилгээний жагсаалт.
    #[command(subcommand)]
    Service(Service),
    /// Services that belong to one occasion, and why. Багц үйлчилгээ.
    #[command(subcommand)]
    Bundle(Bundle),
    /// Apply for a service and follow the request. Хүсэлт.
    #[command(subcommand)]
    Request(Request),
    /// Messages from institutions. Ирсэн мэдэгдэл.
    #[command(subcommand)]
    Inbox(Inbox),
    /// Sign in to the portal in a browser, by its QR code. Вэбэд нэвтрэх.
    #[command(subcommand)]
    Web(Web),
    /// What waits on this device to be sent. Илгээх дараалал.
    #[command(subcommand)]
    Outbox(Outbox),
    /// A PIN before everything of yours. Түгжээ.
    #[command(subcommand)]
    Lock(Lock),
    /// Who is signed in, and how old everything is. Төлөв.
    Status,
    /// End the session and wipe this device. Гарах.
    SignOut,
    /// Everything personal that is kept on this device, and why, as JSON. Миний мэдээлэл.
    Export,
    /// Destroy everything that is kept on this device, whoever is signed in. Бүгдийг устгах.
    Erase,
    /// The search without an installation: tab-separated text in and out, for measuring it
    #[command(subcommand)]
    Lab(Lab),
    /// Print a completion script for a shell
    Completions {
        /// The shell that is to read it
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  emongolia sign-in                                  open the address, sign in, come back by itself
  emongolia sign-in --begin                          only print the address
  emongolia sign-in --complete 'mn.emongolia:/callback?code=…&state=…&iss=…'
  emongolia sign-in --citizen РД --code CODE         a sandbox's test citizen, no browser needed")]
pub(crate) struct SignIn {
    /// Registration number of a sandbox's test citizen; the program plays the browser
    #[arg(long, value_name = "РД", requires = "code", conflicts_with_all = ["begin", "complete"])]
    pub(crate) citizen: Option<String>,
    /// The test citizen's one-time code
    #[arg(long, value_name = "CODE", requires = "citizen")]
    pub(crate) code: Option<String>,
    /// Print the address to open, and end
    #[arg(long, conflicts_with = "complete")]
    pub(crate) begin: bool,
    /// Finish with the address that the browser was sent back to
    #[arg(long, value_name = "CALLBACK_URL")]
    pub(crate) complete: Option<String>,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  emongolia step-up                                  open the address, prove it, come back by itself
  emongolia step-up --max-age 60 --acr urn:mn:dan:signature
  emongolia step-up --citizen РД --code CODE         a sandbox's test citizen, no browser needed")]
pub(crate) struct StepUp {
    /// How old the proof may be when it comes back
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub(crate) max_age: u32,
    /// The ways of proving it that are good enough, separated by spaces [default: any]
    #[arg(long, value_name = "ACR")]
    pub(crate) acr: Option<String>,
    #[command(flatten)]
    pub(crate) way: SignIn,
}

#[derive(Debug, Subcommand)]
#[command(after_help = "\
A PIN that is no option is asked for: a line of standard input, which a terminal does not show.
Where one is set each run begins locked; EMONGOLIA_PIN opens it.")]
pub(crate) enum Lock {
    /// How it stands
    Status,
    /// Set a PIN: 6 to 12 digits
    Set {
        #[arg(long, value_name = "PIN")]
        pin: Option<String>,
    },
    /// Put another in its place
    Change {
        /// The one that is set
        #[arg(long, value_name = "PIN")]
        pin: Option<String>,
        #[arg(long, value_name = "PIN")]
        new: Option<String>,
    },
    /// Do without
    Remove {
        #[arg(long, value_name = "PIN")]
        pin: Option<String>,
    },
    /// See whether a PIN opens it; ten wrong ones in a row are the last
    Unlock {
        #[arg(long, value_name = "PIN")]
        pin: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Service {
    /// One page of services by the Mongolian alphabet
    List(ServiceList),
    /// Everything known of one service
    Show {
        /// Id from `search` or `service list`
        #[arg(value_parser = service_id)]
        service_id: ServiceId,
    },
    /// The organisations that answer for services
    Organisations {
        /// Go on where the last page ended
        #[arg(long, value_name = "CURSOR")]
        after: Option<String>,
    },
    /// Administrative units: aimags and the capital, or what lies in one
    Areas {
        /// Code of the unit to look into
        #[arg(default_value = "MN")]
        parent: String,
        /// Go on where the last page ended
        #[arg(long, value_name = "CURSOR")]
        after: Option<String>,
    },
}

#[derive(Debug, Default, ClapArgs)]
pub(crate) struct ServiceList {
    #[command(flatten)]
    pub(crate) filters: Filters,
    /// Go on where the last page ended
    #[arg(long, value_name = "CURSOR")]
    pub(crate) after: Option<String>,
}

/// Which services; everything that is given must hold.
#[derive(Debug, Default, Clone, ClapArgs)]
pub(crate) struct Filters {
    /// Only this organisation's (see `service organisations`)
    #[arg(long, value_name = "ID", value_parser = organisation_id)]
    pub(crate) organisation: Option<OrganisationId>,
    /// Only what gives this
    #[arg(long, value_enum)]
    pub(crate) kind: Option<Kind>,
    /// Only what is known to cost nothing
    #[arg(long)]
    pub(crate) free: bool,
    /// Only what can be applied for here
    #[arg(long)]
    pub(crate) online: bool,
    /// Only what is offered in this unit (2, 4 or 6 digits)
    #[arg(long, value_name = "CODE")]
    pub(crate) area: Option<String>,
}

impl From<Filters> for Filter {
    fn from(filters: Filters) -> Self {
        let Filters { organisation, kind, free, online, area } = filters;
        Self { organisation, kind: kind.map(Into::into), free, online, area }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Search {
    /// What is looked for: a sentence, a word, a beginning; in Cyrillic or Latin
    #[arg(required = true, value_parser = clap::value_parser!(OsString))]
    pub(crate) query: Vec<OsString>,
    #[command(flatten)]
    pub(crate) filters: Filters,
    /// Which page of the answer
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) page: u32,
    /// Also why each was found
    #[arg(long)]
    pub(crate) why: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Spoken {
    /// What was probably said, the most probable first
    #[arg(required = true, value_name = "HYPOTHESIS", value_parser = clap::value_parser!(OsString))]
    pub(crate) hypotheses: Vec<OsString>,
    /// How sure the recogniser is of each, 0 to 1, in the same order
    #[arg(long, value_name = "NUMBER", value_delimiter = ',')]
    pub(crate) confidence: Vec<f32>,
    #[command(flatten)]
    pub(crate) filters: Filters,
    /// Also why each was found
    #[arg(long)]
    pub(crate) why: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Favourite {
    /// Keep a service at hand
    Add {
        /// Id from `search` or `service list`
        #[arg(value_parser = service_id)]
        service_id: ServiceId,
    },
    /// Keep it no more
    Remove {
        /// Id from `favourite list`
        #[arg(value_parser = service_id)]
        service_id: ServiceId,
    },
    /// What is kept, newest first
    List {
        /// Go on behind this one
        #[arg(long, value_name = "ID", value_parser = service_id)]
        after: Option<ServiceId>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Recent {
    /// The last searches, newest first
    List,
    /// Forget one
    Remove {
        /// As in `recent list`
        #[arg(required = true, value_parser = clap::value_parser!(OsString))]
        query: Vec<OsString>,
    },
    /// Forget all
    Clear,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Lab {
    /// Words on standard input, one a line: word, stem, phonetic key
    Keys,
    /// Ids of the services that each query finds, best first, or `-`
    Search {
        /// A service a line: id, title, description (may be missing)
        #[arg(long, value_name = "FILE")]
        catalogue: PathBuf,
        /// A query a line: id, query
        #[arg(long, value_name = "FILE")]
        queries: PathBuf,
        /// The most ids for each
        #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
        top: u16,
    },
    /// The same for what was heard
    Spoken {
        /// A service a line: id, title, description (may be missing)
        #[arg(long, value_name = "FILE")]
        catalogue: PathBuf,
        /// A hypothesis a line, several for one id: id, hypothesis, confidence (may be empty)
        #[arg(long, value_name = "FILE")]
        hypotheses: PathBuf,
        /// The most ids for each
        #[arg(long, value_name = "NUMBER", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
        top: u16,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    Reference,
    Certificate,
    Application,
    Order,
    Payment,
    Registration,
    Information,
    Other,
}

impl From<Kind> for ServiceKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Reference => Self::Reference,
            Kind::Certificate => Self::Certificate,
            Kind::Application => Self::Application,
            Kind::Order => Self::Order,
            Kind::Payment => Self::Payment,
            Kind::Registration => Self::Registration,
            Kind::Information => Self::Information,
            Kind::Other => Self::Other,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Bundle {
    /// Bundles and events of a life; what fits you comes first. Found on this device: nobody is told
    List {
        /// Only what fits you now
        #[arg(long)]
        suggested: bool,
        /// Go on where the last page ended
        #[arg(long, value_name = "CODE", value_parser = code)]
        after: Option<bundles::Code>,
    },
    /// One bundle: its steps in order, why each is there, what to have at hand
    Show {
        /// Code from `bundle list`
        #[arg(value_parser = code)]
        bundle: bundles::Code,
    },
    /// Begin, or begin anew what is done: requests count from here on
    Start {
        /// Code from `bundle list`
        #[arg(value_parser = code)]
        bundle: bundles::Code,
    },
    /// Mark a step as done
    Done {
        /// Code from `bundle list`
        #[arg(value_parser = code)]
        bundle: bundles::Code,
        /// Code of a step from `bundle show`
        #[arg(value_parser = code)]
        step: bundles::Code,
        /// Take the mark away
        #[arg(long)]
        undo: bool,
    },
    /// Do not suggest it any more; `bundle start` takes that back
    Dismiss {
        /// Code from `bundle list`
        #[arg(value_parser = code)]
        bundle: bundles::Code,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Request {
    /// What a service asks for; with answers, what it asks then, and what is wrong with them
    Form {
        /// Id from `search` or `service list`
        #[arg(value_parser = service_id)]
        service_id: ServiceId,
        /// A field of the form; repeat for each
        #[arg(long = "set", value_name = "NAME=VALUE", value_parser = name_and_value)]
        values: Vec<(String, String)>,
    },
    /// Fill in the form; shows what will be sent and keeps it until it is submitted
    #[command(after_help = "\
Example:
  emongolia request confirm SERVICE_ID --set forUsage=\"Хаан банк\" --set startYear=2020")]
    Confirm {
        /// Id from `search` or `service list`
        #[arg(value_parser = service_id)]
        service_id: ServiceId,
        /// A field of the form; repeat for each
        #[arg(long = "set", value_name = "NAME=VALUE", value_parser = name_and_value)]
        values: Vec<(String, String)>,
    },
    /// A form that is filled in over days, kept at each answer
    #[command(subcommand)]
    Draft(Draft),
    /// Files that a draft speaks of
    #[command(subcommand)]
    File(File),
    /// Send exactly what was confirmed; the same confirmation again never makes a second request
    Submit {
        /// Id from `request confirm` or `request draft confirm`
        #[arg(value_parser = confirmation_id)]
        confirmation_id: ConfirmationId,
        /// How long to wait for the answer; without one the request is kept and sent later
        #[arg(long, value_name = "SECONDS", default_value_t = 20,
              value_parser = clap::value_parser!(u64).range(0..=LONGEST_WAIT_S as u64))]
        wait: u64,
    },
    #[command(flatten)]
    Paying(Paying),
    /// Your requests, newest first
    List {
        /// Go on behind this one
        #[arg(long, value_name = "ID", value_parser = request_id)]
        before: Option<RequestId>,
        /// Only theirs: a number from `request people`, or `me`
        #[arg(long = "for", value_name = "PERSON", value_parser = person)]
        person: Option<Person>,
    },
    /// For whom you may act: a child, a parent, a company, as the registers say
    People {
        /// Only for whom this service is
        #[arg(long, value_name = "ID", value_parser = service_id)]
        service: Option<ServiceId>,
    },
    /// One request with its history
    Show {
        /// Id from `request list`
        #[arg(value_parser = request_id)]
        request_id: RequestId,
    },
    /// Begin to answer what a request asks: a draft, filled in with what was sent
    Amend {
        /// Id from `request list`
        #[arg(value_parser = request_id)]
        request_id: RequestId,
    },
    /// Take a request back that is not decided; one that was not sent yet is called off
    Withdraw {
        /// Id from `request list`
        #[arg(value_parser = request_id)]
        request_id: RequestId,
        /// For the clerk
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// How long to wait for the answer; without one it is kept and sent later
        #[arg(long, value_name = "SECONDS", default_value_t = 20,
              value_parser = clap::value_parser!(u64).range(0..=LONGEST_WAIT_S as u64))]
        wait: u64,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Inbox {
    /// Messages, newest first
    List {
        /// Only what has not been read
        #[arg(long)]
        unread: bool,
        /// Go on behind this one
        #[arg(long, value_name = "ID", value_parser = message_id)]
        before: Option<MessageId>,
        /// Only about them: a number from `request people`, or `me`
        #[arg(long = "for", value_name = "PERSON", value_parser = person, conflicts_with = "unread")]
        person: Option<Person>,
    },
    /// One message
    Show {
        /// Id from `inbox list`
        #[arg(value_parser = message_id)]
        message_id: MessageId,
    },
    /// Mark a message as read
    Read {
        /// Id from `inbox list`
        #[arg(value_parser = message_id)]
        message_id: MessageId,
    },
    /// Delete a message
    Delete {
        /// Id from `inbox list`
        #[arg(value_parser = message_id)]
        message_id: MessageId,
    },
    /// Wait for a push, as a phone does, and show what is new
    Wait {
        /// The most time to wait
        #[arg(default_value_t = 30, value_parser = clap::value_parser!(u64).range(0..=LONGEST_WAIT_S as u64))]
        seconds: u64,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Outbox {
    /// What waits or is stuck
    List {
        /// Also what is done or called off
        #[arg(long)]
        all: bool,
        /// Go on behind this one
        #[arg(long, value_name = "ID", value_parser = operation_id)]
        before: Option<OperationId>,
    },
    /// One operation
    Show {
        /// Id from `outbox list`
        #[arg(value_parser = operation_id)]
        operation_id: OperationId,
    },
    /// Try again what is stuck, under its own key
    Retry {
        /// Id from `outbox list`
        #[arg(value_parser = operation_id)]
        operation_id: OperationId,
    },
    /// Call off what has had no effect yet
    Cancel {
        /// Id from `outbox list`
        #[arg(value_parser = operation_id)]
        operation_id: OperationId,
    },
    /// Try everything that waits, now
    Flush,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Web {
    /// What the code on a page asks for
    Preview {
        /// The text in the code: https://…/web/s/…
        qr: String,
    },
    /// Let the browser in that shows this number; any other number keeps it out
    Approve {
        /// Id from `web preview`
        #[arg(value_parser = web_sign_in_id, allow_hyphen_values = true)]
        id: WebSignInId,
        /// The number on the page
        #[arg(value_parser = clap::value_parser!(u32).range(10..=99))]
        number: u32,
    },
    /// Keep the browser out
    Refuse {
        /// Id from `web preview`
        #[arg(value_parser = web_sign_in_id, allow_hyphen_values = true)]
        id: WebSignInId,
    },
}

/// Reads an id by its own `parse`; what is wrong with it is said without repeating it.
macro_rules! ids {
    ($($name:ident: $type:ty;)+) => {$(
        fn $name(text: &str) -> Result<$type, &'static str> {
            <$type>::parse(text).ok_or("not an id: copy it from a list / дугаар буруу байна")
        }
    )+};
}

ids! {
    service_id: ServiceId;
    code: bundles::Code;
    organisation_id: OrganisationId;
    confirmation_id: ConfirmationId;
    draft_id: DraftId;
    request_id: RequestId;
    message_id: MessageId;
    web_sign_in_id: WebSignInId;
    operation_id: OperationId;
}

fn person(text: &str) -> Result<Person, &'static str> {
    match text {
        "me" => Ok(Person::Me),
        number => PersonId::parse(number)
            .map(Person::Other)
            .ok_or("a number from `request people`, or `me` / дугаар буруу байна"),
    }
}

fn name_and_value(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        Some(_) | None => Err("write NAME=VALUE, as in forUsage=\"Хаан банк\" / НЭР=УТГА гэж бичнэ үү"),
    }
}
