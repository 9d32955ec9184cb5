//! A sandbox, and a phone that each run finds as it was prepared.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use emongolia_support::{
    forms::{IDENTITY_CARD, IDENTITY_CARD_ANSWERS, png},
    processes::{Cli, FaultKind, KillPoint, Output, SandboxControl, SandboxProcess, ServerFault, TestCitizen, Text},
    temp::temp_dir,
};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::Result;

pub(crate) struct Lane {
    pub(crate) sandbox: SandboxProcess,
    pub(crate) cli: Cli,
    control: SandboxControl,
    runtime: Runtime,
    folder: TempDir,
}

impl Lane {
    /// The program knows the gateway, and a citizen is signed in.
    pub(crate) fn signed_in() -> Result<Self> {
        let sandbox = SandboxProcess::start_fresh()?;
        let folder = temp_dir("утас-")?;
        let cli = Cli::new(folder.path().join("phone"), &sandbox)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let control = sandbox.control()?;
        let lane = Self { sandbox, cli, control, runtime, folder };
        lane.cli.json(["sync"])?;
        lane.sign_in(&lane.cli)?;
        Ok(lane)
    }

    pub(crate) fn sign_in(&self, cli: &Cli) -> Result<()> {
        let citizen = self.citizen()?;
        cli.json(["sign-in", "--citizen", &citizen.regnum, "--code", &citizen.code])?;
        Ok(())
    }

    /// The one whose name has the most letters that other people's software gets wrong.
    pub(crate) fn citizen(&self) -> Result<&TestCitizen> {
        let hard = |citizen: &&TestCitizen| citizen.name.matches(['Ө', 'ө', 'Ү', 'ү']).count();
        Ok(self.sandbox.config().citizens.iter().max_by_key(hard).ok_or("a sandbox without citizens")?)
    }

    /// A free service that can be applied for in the app.
    pub(crate) fn online_service(&self) -> Result<String> {
        let services = self.cli.json(["service", "list", "--online", "--free"])?;
        for service in services["value"]["items"].as_array().into_iter().flatten() {
            let service = text(&service["id"])?;
            if self.cli.json(["request", "form", &service]).is_ok() {
                return Ok(service);
            }
        }
        Err("no free service that this back end can do".into())
    }

    /// Fills every field with something that fits, text with `text`, and confirms it: what is to be submitted.
    pub(crate) fn confirmed(&self, words: &str) -> Result<String> {
        let service = self.online_service()?;
        let form = self.cli.json(["request", "form", &service])?;
        let mut act = vec!["request".to_owned(), "confirm".into(), service];
        let sections = form["value"]["sections"].as_array().into_iter().flatten();
        for field in sections.filter_map(|section| section["fields"].as_array()).flatten() {
            if field["required"] == true {
                act.extend(["--set".to_owned(), format!("{}={}", text(&field["name"])?, fitting(field, words))]);
            }
        }
        text(&self.cli.json(act)?["id"])
    }

    /// As [`Lane::confirmed`], of a form that takes a photograph, in two parts, and a signature.
    pub(crate) fn confirmed_with_files(&self) -> Result<String> {
        let draft = self.draft_with_signature(&IDENTITY_CARD_ANSWERS)?;
        let photo = self.image("Зураг.png", 300_000)?;
        self.cli.json(["request", "file", "add", &draft, "photo", name(&photo)?])?;
        text(&self.cli.json(["request", "draft", "confirm", &draft])?["id"])
    }

    /// A draft of that form with these answers, signed.
    pub(crate) fn draft_with_signature(&self, answers: &[(&str, &str)]) -> Result<String> {
        let draft = text(&self.cli.json(["request", "draft", "begin", IDENTITY_CARD])?["id"])?;
        for (field, typed) in answers {
            self.cli.json(["request", "draft", "set", &draft, field, typed])?;
        }
        let signature = self.image("Гарын үсэг.png", 2_000)?;
        self.cli.json(["request", "file", "add", &draft, "signature", name(&signature)?])?;
        Ok(draft)
    }

    /// A picture of so many bytes, beside the phone.
    pub(crate) fn image(&self, name: &str, size: usize) -> Result<PathBuf> {
        let image = self.folder.path().join(name);
        fs::write(&image, png(size))?;
        Ok(image)
    }

    /// What each run finds from now on.
    pub(crate) fn keep(&self) -> Result<()> {
        Ok(copy(self.cli.data(), &self.kept())?)
    }

    /// The phone as it was kept.
    pub(crate) fn restore(&self) -> Result<()> {
        fs::remove_dir_all(self.cli.data())?;
        Ok(copy(&self.kept(), self.cli.data())?)
    }

    /// Proves anew who they are on the phone that is kept, before that and the tokens have become too old.
    pub(crate) fn keep_fresh(&self) -> Result<()> {
        self.restore()?;
        let citizen = self.citizen()?;
        self.cli.json(["step-up", "--max-age", "1", "--citizen", &citizen.regnum, "--code", &citizen.code])?;
        fs::remove_dir_all(self.kept())?;
        self.keep()
    }

    fn kept(&self) -> PathBuf {
        self.folder.path().join("kept")
    }

    /// An authorised call whose answer changes nothing: our portal never showed this code.
    pub(crate) fn authorised_call(&self) -> [String; 4] {
        let nobodys = format!("{}/web/s/Ab_-0123456789abcdefgh", self.sandbox.config().origin);
        ["--json".into(), "web".into(), "preview".into(), nobodys]
    }

    /// The act, killed at the point, whose file is meant from the phone's folder.
    pub(crate) fn killed(&self, cli: &Cli, point: &KillPoint, act: &[&str]) -> Result<Output> {
        Ok(cli.run_under_strace(&self.here(point), act)?)
    }

    /// The act, killed when the operation has had its effect there and no answer has come: `made` tells that it has had it.
    /// False: it came to its end.
    pub(crate) fn killed_unanswered(
        &self,
        operation: &str,
        act: &[&str],
        made: impl Fn() -> Result<bool>,
    ) -> Result<bool> {
        self.runtime.block_on(self.control.faults(&[ServerFault::next(operation, FaultKind::Silence)]))?;
        let killed = self.cli.killed_once(act, made)?;
        self.runtime.block_on(self.control.clear_faults())?;
        Ok(killed)
    }

    /// The act, with an error of the system's at the point.
    pub(crate) fn failed(&self, error: &str, point: &KillPoint, act: &[&str]) -> Result<Output> {
        Ok(self.cli.run_injecting(error, &self.here(point), act)?)
    }

    fn here(&self, point: &KillPoint) -> KillPoint {
        KillPoint { on: point.on.as_ref().map(|file| self.cli.data().join(file)), ..point.clone() }
    }

    /// A clerk hands a request back, with all of its form to be answered anew.
    pub(crate) fn ask(&self, request: &str, words: &str) -> Result<()> {
        self.runtime.block_on(self.control.ask(request, &[], &[], &Text::mn(words)))?;
        Ok(())
    }

    pub(crate) fn expire_tokens(&self) -> Result<()> {
        Ok(self.runtime.block_on(self.control.expire_tokens())?)
    }

    /// Time passes, at the sandbox.
    pub(crate) fn pass(&self, span: Duration) -> Result<()> {
        Ok(self.runtime.block_on(self.control.advance_clock(span))?)
    }

    /// What happens at a bank.
    pub(crate) fn pay(&self, order: Value) -> Result<()> {
        self.runtime.block_on(self.control.pay(order))?;
        Ok(())
    }

    pub(crate) fn rotation(&self, on: bool) -> Result<()> {
        Ok(self.runtime.block_on(self.control.rotation(on))?)
    }

    /// Rows of the sandbox's own table.
    pub(crate) fn count(&self, table: &str) -> Result<usize> {
        Ok(count(&self.sandbox.db()?, table)?)
    }

    /// To put something right in the sandbox's own tables that a copied phone can't.
    pub(crate) fn amend(&self, sql: &str) -> Result<()> {
        let db = Connection::open(self.sandbox.data().join("sandbox.db"))?;
        db.busy_timeout(Duration::from_secs(20))?;
        db.execute(sql, [])?;
        Ok(())
    }

    /// One of the phone's two files, to look at.
    pub(crate) fn open(&self, file: &str) -> Result<Connection> {
        let path = self.cli.data().join(file.trim_end_matches(".db")).join(file);
        Ok(Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?)
    }

    /// What SQLite has to say against `state.db`, or that it was set aside.
    pub(crate) fn damage(&self) -> Result<Option<String>> {
        let aside = names(&self.cli.data().join("state"))?.into_iter().find(|name| name.contains("set-aside"));
        if aside.is_some() {
            return Ok(aside);
        }
        let verdict: String = self.open("state.db")?.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        Ok(Some(verdict).filter(|verdict| verdict != "ok"))
    }
}

pub(crate) fn count(db: &Connection, table: &str) -> rusqlite::Result<usize> {
    db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
}

/// In order; none where there is no folder.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// Of a file, as it is said to the program.
pub(crate) fn name(file: &Path) -> Result<&str> {
    Ok(file.to_str().ok_or("a file whose name is no text")?)
}

pub(crate) fn text(value: &Value) -> Result<String> {
    Ok(value.as_str().ok_or_else(|| format!("no text: {value}"))?.to_owned())
}

fn fitting(field: &Value, words: &str) -> String {
    let kind = &field["kind"];
    if kind.get("text").is_some() {
        words.to_owned()
    } else if let Some(number) = kind.get("whole_number") {
        number["minimum"].as_i64().unwrap_or(2020).max(2020).to_string()
    } else if let Some(one_of) = kind.get("one_of") {
        one_of["options"][0]["value"].as_str().unwrap_or_default().to_owned()
    } else {
        "тийм".to_owned()
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
