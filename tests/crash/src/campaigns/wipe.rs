//! Killed at any system call of a sign-out, then the next start: it had not begun, or nothing is left to read.

use emongolia_core::app::at_rest::SEALED;
use emongolia_support::{canary::Canaries, processes::KillPoint};

use crate::{
    Campaign, Plan, Result, Tally,
    campaign::{Harm, Kills, Progress, Run, Scene, kills},
    lane::{Lane, count, names},
};

const FORM_VALUE: &str = "Өвлийн бэлтгэлд өгөхөөр";

pub const NOT_BEGUN: &str = "before the marker";
pub const FINISHED: &str = "after the marker";

pub struct Wipe;

impl Campaign for Wipe {
    fn name(&self) -> &'static str {
        "wipe"
    }

    fn harms(&self) -> &'static [Harm] {
        &[Harm::Readable, Harm::Corrupt]
    }

    fn control(&self) -> &'static str {
        "no journal"
    }

    fn run(&self, sabotaged: bool, plan: Plan, progress: Progress<'_>) -> Result<Tally> {
        kills(self, sabotaged, plan, progress)
    }
}

impl Kills for Wipe {
    fn scene(&self, sabotaged: bool) -> Result<Box<dyn Scene>> {
        let mut lane = Lane::signed_in()?;
        fill(&lane)?;
        lane.keep()?;
        let canaries = canaries(&lane)?;
        let (keys, rows) = (secrets(&lane)?, rows(&lane)?);
        if keys.is_empty() || rows < 5 {
            return Err(format!("little to wipe: keys {keys:?}, {rows} rows").into());
        }
        if sabotaged {
            lane.cli = lane.cli.sabotage("no-journal");
        }
        Ok(Box::new(SignOut { lane, canaries, keys, rows }))
    }
}

/// Something of each kind that a citizen leaves.
fn fill(lane: &Lane) -> Result<()> {
    let act = lane.confirmed(FORM_VALUE)?;
    lane.cli.json(["request", "submit", &act])?;
    lane.cli.json(["favourite", "add", &lane.online_service()?])?;
    lane.cli.json(["bundle", "start", "driver"])?;
    lane.cli.json(["sync"])?;
    Ok(())
}

fn canaries(lane: &Lane) -> Result<Canaries> {
    let citizen = lane.citizen()?;
    let number: String = lane.sandbox.db()?.query_row("SELECT number FROM requests", [], |row| row.get(0))?;
    let values = [
        ("form value", FORM_VALUE.to_owned()),
        ("registration number", citizen.regnum.clone()),
        ("name", citizen.name.clone()),
        ("request number", number),
    ];
    Ok(Canaries::new(values)?)
}

/// What the keystore keeps; `.lock` is empty, and only says whose turn it is.
fn secrets(lane: &Lane) -> Result<Vec<String>> {
    let mut names = names(&lane.cli.data().join("keys"))?;
    names.retain(|name| name != ".lock");
    Ok(names)
}

/// In tables about a citizen; the public catalogue may be there again.
fn rows(lane: &Lane) -> Result<usize> {
    let mut tables: Vec<_> = SEALED.iter().map(|place| (place.file.name(), place.table)).collect();
    tables.push(("state.db", "inbox_change"));
    tables.dedup();
    tables.into_iter().try_fold(0, |sum, (file, table)| Ok(sum + count(&lane.open(file)?, table)?))
}

/// Sign-ins whose tokens the sandbox would still accept.
const SESSIONS: &str = "families WHERE revoked_at IS NULL";

/// What the phone holds after the next start.
enum Found {
    /// The citizen is signed in, and all is as it was.
    NotBegun,
    Nothing,
    /// What nobody may find.
    Left(String),
}

struct SignOut {
    lane: Lane,
    canaries: Canaries,
    /// As they were before.
    keys: Vec<String>,
    rows: usize,
}

impl SignOut {
    /// The phone as it was, of whose sign-out nobody has heard: each copy of it is the same session.
    fn restore(&self) -> Result<()> {
        self.lane.restore()?;
        self.lane.amend("UPDATE families SET revoked_at = NULL")?;
        match self.lane.count(SESSIONS)? {
            1 => Ok(()),
            sessions => Err(format!("{sessions} sessions").into()),
        }
    }

    /// Starts the program once more, and looks.
    fn after_restart(&self) -> Result<Found> {
        let status = self.lane.cli.json(["status"])?;
        let keys = secrets(&self.lane)?;
        let state = names(&self.lane.cli.data().join("state"))?;
        if status["session"]["state"] == "active" {
            let marked = state.iter().any(|name| name == "signing-out");
            let as_before = keys == self.keys && rows(&self.lane)? == self.rows && !marked;
            return Ok(if as_before {
                Found::NotBegun
            } else {
                Found::Left(format!("half of it: {keys:?}, {state:?}"))
            });
        }
        let data = self.lane.cli.data();
        let files = state.into_iter().chain(names(&data.join("cache"))?);
        let files: Vec<_> =
            files.filter(|name| name.contains("set-aside") || name.starts_with("signing-out")).collect();
        let found = self.canaries.scan(["state", "cache", "keys"].map(|folder| data.join(folder)))?;
        let left = (rows(&self.lane)?, self.lane.count(SESSIONS)?);
        Ok(if keys.is_empty() && files.is_empty() && found.is_empty() && left == (0, 0) {
            Found::Nothing
        } else {
            Found::Left(format!("keys {keys:?}, files {files:?}, values {found:?}, rows and sessions {left:?}"))
        })
    }
}

impl Scene for SignOut {
    /// The keys are gone by then.
    fn decisive(&mut self) -> Result<Vec<KillPoint>> {
        Ok(vec![KillPoint::on("unlink", 1, "state/state.db")])
    }

    fn points(&mut self) -> Result<Vec<KillPoint>> {
        self.restore()?;
        let (output, points) = self.lane.cli.kill_points(["--json", "sign-out"])?;
        if output.success() { Ok(points) } else { Err(format!("{output:?}").into()) }
    }

    fn kill(&mut self, point: &KillPoint) -> Result<Run> {
        self.restore()?;

        let cut = self.lane.killed(&self.lane.cli, point, &["--json", "sign-out"])?;

        let (harm, notes) = match self.after_restart()? {
            Found::NotBegun => (Vec::new(), vec![NOT_BEGUN]),
            Found::Nothing => (Vec::new(), vec![FINISHED]),
            Found::Left(what) => (vec![(Harm::Readable, what)], Vec::new()),
        };
        Ok(Run { cut: usize::from(cut.killed()), harm, notes })
    }
}
