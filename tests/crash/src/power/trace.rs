//! What a program asked of the disk, read from strace's record of a whole run.

use std::{
    collections::HashMap,
    ffi::OsString,
    os::unix::ffi::OsStringExt,
    path::{Path, PathBuf},
};

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

/// Every call that writes, names or sends.
pub(super) const CALLS: &str = "trace=openat,write,writev,pwrite64,sendto,sendmsg,ftruncate,fsync,fdatasync,rename,\
                                link,linkat,unlink";

/// Of `strace -f -y -xx -s …`, where every text is in hex and every descriptor has its path.
pub(super) fn events(trace: &str) -> Vec<Event> {
    let mut reader = Reader::default();
    trace.lines().flat_map(|line| reader.line(line)).collect()
}

#[derive(Default)]
struct Reader {
    /// The first half of a call that another thread's line came between.
    halves: HashMap<String, String>,
    /// Where the next `write` to a descriptor goes; `None` is the end.
    places: HashMap<String, Option<usize>>,
}

impl Reader {
    fn line(&mut self, line: &str) -> Option<Event> {
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
    fn call(&mut self, call: &str, result: Option<&str>) -> Option<Event> {
        let (name, arguments) = call.split_once('(')?;
        let arguments: Vec<&str> = arguments.split(", ").collect();
        let argument = |n: usize| arguments.get(n).copied().unwrap_or_default();
        if result.is_some_and(|result| result.starts_with('-')) {
            return None;
        }
        match name {
            "openat" => self.opened(text(argument(1)), argument(2), result?),
            "write" | "writev" | "sendto" | "sendmsg" => self.wrote(argument(0), argument(1)),
            "pwrite64" => Some(Event::Wrote {
                file: path_of(argument(0))?,
                at: Some(argument(3).parse().ok()?),
                bytes: bytes(argument(1)),
            }),
            "ftruncate" => Some(Event::Cut { file: path_of(argument(0))?, length: argument(1).parse().ok()? }),
            "fsync" | "fdatasync" => Some(Event::Synced(path_of(argument(0))?)),
            "rename" => Some(Event::Renamed { from: text(argument(0)), to: text(argument(1)) }),
            "link" => Some(Event::Linked { from: text(argument(0)), to: text(argument(1)) }),
            "linkat" => Some(Event::Linked { from: text(argument(1)), to: text(argument(3)) }),
            "unlink" => Some(Event::Removed(text(argument(0)))),
            _ => None,
        }
    }

    fn opened(&mut self, file: PathBuf, flags: &str, result: &str) -> Option<Event> {
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

fn is_write(half: &str) -> bool {
    ["write(", "writev(", "pwrite64(", "sendto(", "sendmsg("].iter().any(|start| half.starts_with(start))
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
        assert_eq!(events(&record), expected);
    }
}
