//! What a program asked of the disk, read from strace's record of a whole run.

use std::{
    collections::HashMap,
    ffi::OsString,
    os::unix::ffi::OsStringExt,
    path::{Path, PathBuf},
};

use crate::Result;

/// In the order in which they took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// The name is there from now on, if it was not.
    Named(PathBuf),
    /// `at`: `None` is the end.
    Wrote {
        file: PathBuf,
        at: Option<usize>,
        bytes: Vec<u8>,
    },
    Cut {
        file: PathBuf,
        length: usize,
    },
    /// A file, or a folder with the names in it.
    Synced(PathBuf),
    Linked {
        from: PathBuf,
        to: PathBuf,
    },
    Renamed {
        from: PathBuf,
        to: PathBuf,
    },
    Removed(PathBuf),
    /// Bytes left over the network.
    Sent,
    /// Something was said on standard output.
    Told,
}

/// Every call that writes, names or sends; those that `done` does not know are there to fail the reading.
pub(super) const CALLS: &str = "trace=openat,write,writev,pwrite64,pwritev,pwritev2,copy_file_range,sendto,sendmsg,\
                                sendmmsg,ftruncate,truncate,fallocate,fsync,fdatasync,rename,renameat,renameat2,link,\
                                linkat,unlink,unlinkat";

/// Of `strace -f -y -xx -s …`, where every text is in hex and every descriptor has its path. Fails at a call that it does
/// not understand: a cut would be judged without it.
pub(super) fn events(trace: &str) -> Result<Vec<Event>> {
    let mut reader = Reader::default();
    trace.lines().filter_map(|line| reader.line(line)).collect()
}

#[derive(Default)]
struct Reader {
    /// The first half of a call that another thread's line came between.
    halves: HashMap<String, String>,
    /// Where the next `write` to a descriptor goes; `None` is the end.
    places: HashMap<String, Option<usize>>,
}

impl Reader {
    fn line(&mut self, line: &str) -> Option<Result<Event>> {
        let (thread, call) = line.split_once(char::is_whitespace)?;
        let call = call.trim_start();
        if let Some(half) = call.strip_suffix(" <unfinished ...>") {
            // What is being written may be on disk at once; a sync has synced when it returns.
            if is_write(half) {
                return self.call(half, None);
            }
            self.halves.insert(thread.to_owned(), half.to_owned());
            return None;
        }
        let whole = match call.strip_prefix("<... ") {
            Some(rest) => self.halves.remove(thread)? + rest.split_once(" resumed>")?.1,
            None => call.to_owned(),
        };
        let (call, result) = whole.rsplit_once(" = ")?;
        self.call(call.trim_end().strip_suffix(')')?, Some(result))
    }

    /// `result` is `None` while a write goes on.
    fn call(&mut self, call: &str, result: Option<&str>) -> Option<Result<Event>> {
        let (name, all) = call.split_once('(')?;
        if result.is_some_and(|result| result.starts_with('-')) {
            return None;
        }
        let arguments: Vec<&str> = all.split(", ").collect();
        let what = all.split_once(", ").map_or("", |(_, what)| what);
        match name {
            "openat" => self.opened(&arguments, result?).map(Ok),
            "write" | "writev" | "sendto" | "sendmsg" | "sendmmsg" => self.wrote(arguments[0], what).map(Ok),
            _ => {
                let unknown = || format!("a call is not understood: {}", call.chars().take(400).collect::<String>());
                Some(done(name, &arguments, what).ok_or_else(|| unknown().into()))
            }
        }
    }

    fn opened(&mut self, arguments: &[&str], result: &str) -> Option<Event> {
        let &[folder, file, flags, ..] = arguments else { return None };
        let file = named(folder, file)?;
        let descriptor = result.split('<').next()?.to_owned();
        self.places.insert(descriptor, (!flags.contains("O_APPEND")).then_some(0));
        if flags.contains("O_TRUNC") {
            return Some(Event::Cut { file, length: 0 });
        }
        flags.contains("O_CREAT").then_some(Event::Named(file))
    }

    fn wrote(&mut self, to: &str, what: &str) -> Option<Event> {
        let (descriptor, _) = to.split_once('<')?;
        let file = path_of(to)?;
        if file.starts_with("/") && descriptor.parse().is_ok_and(|descriptor: u32| descriptor > 2) {
            let bytes = bytes(what);
            let place = self.places.entry(descriptor.to_owned()).or_insert(Some(0));
            let at = *place;
            *place = at.map(|at| at + bytes.len());
            return Some(Event::Wrote { file, at, bytes });
        }
        if descriptor == "1" {
            return Some(Event::Told);
        }
        file.to_str().is_some_and(|name| name.starts_with("socket:")).then_some(Event::Sent)
    }
}

/// What a call has done that says by itself where it did it.
fn done(name: &str, arguments: &[&str], what: &str) -> Option<Event> {
    Some(match (name, arguments) {
        ("pwrite64", [file, .., at]) | ("pwritev", [file, .., at]) => {
            Event::Wrote { file: path_of(file)?, at: Some(at.parse().ok()?), bytes: bytes(what) }
        }
        ("ftruncate", [file, length]) => Event::Cut { file: path_of(file)?, length: length.parse().ok()? },
        ("fsync" | "fdatasync", [file]) => Event::Synced(path_of(file)?),
        ("rename", [from, to]) => Event::Renamed { from: absolute(from)?, to: absolute(to)? },
        ("renameat", [at, from, to_at, to]) | ("renameat2", [at, from, to_at, to, "0" | "RENAME_NOREPLACE"]) => {
            Event::Renamed { from: named(at, from)?, to: named(to_at, to)? }
        }
        ("link", [from, to]) => Event::Linked { from: absolute(from)?, to: absolute(to)? },
        ("linkat", [at, from, to_at, to, _]) => Event::Linked { from: named(at, from)?, to: named(to_at, to)? },
        ("unlink", [file]) => Event::Removed(absolute(file)?),
        ("unlinkat", [at, file, "0"]) => Event::Removed(named(at, file)?),
        _ => return None,
    })
}

fn is_write(half: &str) -> bool {
    ["write(", "writev(", "pwrite64(", "pwritev(", "sendto(", "sendmsg(", "sendmmsg("]
        .iter()
        .any(|start| half.starts_with(start))
}

/// A name in a folder, which it needs only if it is not whole.
fn named(folder: &str, name: &str) -> Option<PathBuf> {
    absolute(name).or_else(|| Some(path_of(folder)?.join(text(name))))
}

fn absolute(name: &str) -> Option<PathBuf> {
    Some(text(name)).filter(|file| file.is_absolute())
}

/// `5</state.db>`, with the path in hex.
fn path_of(descriptor: &str) -> Option<PathBuf> {
    let path = descriptor.split_once('<')?.1.strip_suffix('>')?;
    Some(Path::new(&OsString::from_vec(bytes(path))).to_owned())
}

fn text(quoted: &str) -> PathBuf {
    PathBuf::from(OsString::from_vec(bytes(quoted)))
}

/// `"\x41\x42"`: what is not in hex is nothing.
fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.split("\\x").skip(1);
    pairs.filter_map(|pair| u8::from_str_radix(pair.get(..2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> String {
        text.bytes().map(|byte| format!("\\x{byte:02x}")).collect()
    }

    #[test]
    fn a_record_is_read_in_the_order_of_effects() {
        let (log, folder, socket) = (hex("/утас/Өө.db-wal"), hex("/утас"), hex("socket:[7]"));
        let record = format!(
            "7  openat(AT_FDCWD<{folder}>, \"{log}\", O_RDWR|O_CREAT|O_CLOEXEC, 0600) = 5<{log}>\n\
             7  pwrite64(5<{log}>, \"\\x01\\x02\", 2, 32 <unfinished ...>\n\
             8  fdatasync(5<{log}> <unfinished ...>\n\
             7  <... pwrite64 resumed>)      = 2\n\
             7  write(5<{log}>, \"\\x03\", 1) = 1\n\
             7  write(5<{log}>, \"\\x04\", 1) = 1\n\
             8  <... fdatasync resumed>)     = 0\n\
             7  sendto(9<{socket}>, \"\\x16\", 1, MSG_NOSIGNAL, NULL, 0) = 1\n\
             7  unlink(\"{log}\") = -1 ENOENT (No such file or directory)\n\
             7  write(1<{}>, \"\\x0a\", 1) = 1\n\
             7  +++ exited with 0 +++\n",
            hex("pipe:[3]")
        );

        let file = PathBuf::from("/утас/Өө.db-wal");
        let wrote = |at, byte: &[u8]| Event::Wrote { file: file.clone(), at: Some(at), bytes: byte.to_vec() };
        let expected = [
            Event::Named(file.clone()),
            wrote(32, &[1, 2]),
            wrote(0, &[3]),
            wrote(1, &[4]),
            Event::Synced(file.clone()),
            Event::Sent,
            Event::Told,
        ];
        assert_eq!(events(&record).unwrap(), expected);
    }

    #[test]
    fn a_name_is_read_from_every_call_that_gives_takes_or_moves_one() {
        let (folder, new, old) = (hex("/утас"), hex("Түлхүүр.шинэ"), hex("/утас/Түлхүүр"));
        let at = format!("3<{folder}>");
        let (from, to) = (PathBuf::from("/утас/Түлхүүр.шинэ"), PathBuf::from("/утас/Түлхүүр"));
        let renamed = Event::Renamed { from: from.clone(), to: to.clone() };

        for (call, expected) in [
            (format!("renameat({at}, \"{new}\", AT_FDCWD<{folder}>, \"{old}\")"), renamed.clone()),
            (format!("renameat2({at}, \"{new}\", {at}, \"{old}\", RENAME_NOREPLACE)"), renamed),
            (format!("linkat({at}, \"{new}\", {at}, \"{old}\", 0)"), Event::Linked { from: from.clone(), to }),
            (format!("unlinkat({at}, \"{new}\", 0)"), Event::Removed(from.clone())),
            (
                format!(
                    "pwritev(5<{folder}\\x2f{new}>, [{{iov_base=\"\\x01\", iov_len=1}}, {{iov_base=\"\\x02\", iov_len=1}}], 2, 64)"
                ),
                Event::Wrote { file: from, at: Some(64), bytes: vec![1, 2] },
            ),
        ] {
            assert_eq!(events(&format!("7  {call} = 0\n")).unwrap(), [expected], "{call}");
        }
    }

    #[test]
    fn a_call_that_is_not_understood_fails_the_reading_unless_it_failed_itself() {
        let (folder, one, other) = (hex("/утас"), hex("Өө"), hex("Үү"));
        let at = format!("3<{folder}>");

        for call in [
            format!("renameat2({at}, \"{one}\", {at}, \"{other}\", RENAME_EXCHANGE)"),
            format!("rename(\"{one}\", \"{other}\")"),
            format!("unlinkat({at}, \"{one}\", AT_REMOVEDIR)"),
            format!("fallocate({at}, 0, 0, 4096)"),
            format!("truncate(\"{one}\", 0)"),
        ] {
            assert!(events(&format!("7  {call} = 0\n")).is_err(), "{call}");
            assert_eq!(events(&format!("7  {call} = -1 EPERM (Operation not permitted)\n")).unwrap(), [], "{call}");
        }
    }
}
