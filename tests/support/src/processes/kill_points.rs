//! Every moment at which a program can be killed: on entering the n-th call of each kind of system call.
//!
//! strace counts calls per thread and kind; so does this. Linux with strace only.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    path::{Path, PathBuf},
    process::Command,
};

/// SIGKILL before the `nth` call (from 1) of this kind in any thread takes effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KillPoint {
    pub syscall: String,
    pub nth: u32,
    /// Only calls that touch this file are counted: the others of a thread can't be told apart by number.
    pub on: Option<PathBuf>,
}

impl KillPoint {
    /// The `nth` such call that touches the file.
    pub fn on(syscall: &str, nth: u32, file: impl Into<PathBuf>) -> Self {
        Self { syscall: syscall.to_owned(), nth, on: Some(file.into()) }
    }
}

impl fmt::Display for KillPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} #{}", self.syscall, self.nth)?;
        self.on.iter().try_for_each(|file| write!(f, " on {}", file.display()))
    }
}

/// `strace` that writes every system call of the program and its threads to `trace`.
pub(super) fn recording(trace: &Path) -> Command {
    let mut strace = strace();
    strace.arg("-o").arg(trace);
    strace
}

/// `strace` that does one thing at the point, as its own words say it, and looks at nothing else.
pub(super) fn injecting(what: &str, point: &KillPoint) -> Command {
    let KillPoint { syscall, nth, on } = point;
    let mut strace = strace();
    if let Some(file) = on {
        strace.arg("-P").arg(file);
    }
    strace.args(["-o", "/dev/null"]); // and no --seccomp-bpf: with it strace 6.1 never injects
    strace.args(["-e", &format!("trace={syscall}"), "-e", &format!("inject={syscall}:{what}:when={nth}")]);
    strace
}

fn strace() -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq"]);
    strace
}

/// A line of a call, by thread, name and what it is called with: `1234  pwrite64(5, …`. Its other half,
/// `1234  <... pwrite64 resumed>…`, is the same call.
fn call(line: &str) -> Option<(u32, &str, &str)> {
    let (thread, rest) = line.split_once(char::is_whitespace)?;
    let (name, with) = rest.trim_start().split_once('(')?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_name.then(|| Some((thread.parse().ok()?, name, with)))?
}

/// Of a record made with [`OF_ANSWERS`]: the first write to the file after each time that something was sent. Told from
/// others by its own name, as strace writes folders whose names are not ASCII in its own way.
pub(super) fn points_of_answers(trace: &str, file: &Path) -> Vec<KillPoint> {
    let on_file = format!("/{}>", file.file_name().unwrap_or_default().to_string_lossy());
    let mut counts: HashMap<u32, u32> = HashMap::new();
    let (mut sent, mut points) = (false, Vec::new());
    for (thread, name, with) in trace.lines().filter_map(call) {
        let to = with.split(',').next().unwrap_or(with);
        if name != ANSWER_IS_KEPT {
            sent |= to.contains("<socket:") || to.contains("<TCP");
        } else if to.ends_with(&on_file) {
            let nth = counts.entry(thread).or_default();
            *nth += 1;
            if std::mem::take(&mut sent) {
                points.push(KillPoint::on(name, *nth, file));
            }
        }
    }
    points
}

/// How SQLite writes.
const ANSWER_IS_KEPT: &str = "pwrite64";

/// What sends, and what keeps; every descriptor with its name.
pub(super) const OF_ANSWERS: [&str; 3] = ["-y", "-e", "trace=pwrite64,write,writev,sendto,sendmsg"];

/// The points that a recorded run passed, in order of kind and number.
pub(super) fn points(trace: &str) -> Vec<KillPoint> {
    let mut counts: HashMap<(u32, String), u32> = HashMap::new();
    for (thread, name, _) in trace.lines().filter_map(call) {
        *counts.entry((thread, name.to_owned())).or_default() += 1;
    }
    let mut most: BTreeMap<String, u32> = BTreeMap::new();
    for ((_, name), count) in counts {
        let most = most.entry(name).or_default();
        *most = count.max(*most);
    }
    most.remove("execve"); // a program that never began proves nothing
    most.into_iter()
        .flat_map(|(syscall, most)| (1..=most).map(move |nth| KillPoint { syscall: syscall.clone(), nth, on: None }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_per_thread_and_halves_once() {
        let trace = "100  execve(\"/bin/x\", [\"x\"], 0x7) = 0\n\
                     100  write(1, \"(Өг)\", 6) = 6\n\
                     101  write(1, \"a\", 1 <unfinished ...>\n\
                     100  fdatasync(5) = 0\n\
                     101  <... write resumed>) = 1\n\
                     101  write(1, \"b\", 1) = 1\n\
                     101  --- SIGCHLD {si_signo=SIGCHLD} ---\n\
                     100  +++ exited with 0 +++\n";

        let points: Vec<_> = points(trace).iter().map(ToString::to_string).collect();

        assert_eq!(points, ["fdatasync #1", "write #1", "write #2"]);
    }

    #[test]
    fn an_answer_is_kept_by_the_first_write_after_something_was_sent() {
        let trace = "7  pwrite64(5</\\321\\203/state.db-wal>, \"\", 24, 0) = 24\n\
                     8  sendto(9<socket:[3]>, \"\", 5, MSG_NOSIGNAL, NULL, 0) = 5\n\
                     8  sendto(9<socket:[3]>, \"\", 5, MSG_NOSIGNAL, NULL, 0) = 5\n\
                     7  pwrite64(6</\\321\\203/cache.db-wal>, \"\", 24, 0) = 24\n\
                     7  pwrite64(5</\\321\\203/state.db-wal>, \"\", 24, 24) = 24\n\
                     7  pwrite64(5</\\321\\203/state.db-wal>, \"\", 4096, 48 <unfinished ...>\n\
                     8  write(9<TCP:[127.0.0.1:1->127.0.0.1:2]>, \"\", 5) = 5\n\
                     8  pwrite64(5</\\321\\203/state.db-wal>, \"\", 24, 4144) = 24\n";

        let points: Vec<_> =
            points_of_answers(trace, Path::new("/утас/state.db-wal")).iter().map(ToString::to_string).collect();

        assert_eq!(points, ["pwrite64 #2 on /утас/state.db-wal", "pwrite64 #1 on /утас/state.db-wal"]);
    }
}
