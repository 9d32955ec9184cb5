//! What is typed at a terminal and nobody should read over a shoulder.
//!
//! Guarantees: while it lives a terminal shows nothing of what is typed but the end of the line; then it is as it was.
//! What is no terminal is left alone.

use std::os::fd::AsFd;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

pub(crate) struct Unseen<T: AsFd> {
    terminal: T,
    before: Option<Termios>,
}

impl<T: AsFd> Unseen<T> {
    pub(crate) fn at(terminal: T) -> Self {
        let before = tcgetattr(&terminal).ok();
        if let Some(before) = &before {
            let mut quiet = before.clone();
            quiet.local_modes.remove(LocalModes::ECHO);
            quiet.local_modes.insert(LocalModes::ECHONL);
            let _ = tcsetattr(&terminal, OptionalActions::Now, &quiet); // better a PIN that shows than none
        }
        Self { terminal, before }
    }
}

impl<T: AsFd> Drop for Unseen<T> {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let _ = tcsetattr(&self.terminal, OptionalActions::Now, before); // a terminal that is gone shows nothing
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{File, OpenOptions},
        io::{BufRead as _, BufReader, Write as _},
    };

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    use super::*;

    /// A terminal, and who sits at it.
    fn terminal() -> (File, File) {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let name = ptsname(&person, Vec::new()).unwrap().into_string().unwrap();
        (OpenOptions::new().read(true).write(true).open(name).unwrap(), person.into())
    }

    #[test]
    fn what_is_typed_shows_again_once_it_may() {
        let (terminal, mut person) = terminal();
        let mut screen = BufReader::new(person.try_clone().unwrap());
        let mut shown = || {
            let mut line = String::new();
            screen.read_line(&mut line).unwrap();
            line
        };

        let unseen = Unseen::at(&terminal);
        person.write_all("480251\n".as_bytes()).unwrap();
        assert_eq!(shown(), "\r\n");
        drop(unseen);

        person.write_all("Өглөө\n".as_bytes()).unwrap();
        assert_eq!(shown(), "Өглөө\r\n", "the control");
    }

    #[test]
    fn what_is_no_terminal_is_left_alone() {
        let file = tempfile::tempfile().unwrap();

        assert!(Unseen::at(&file).before.is_none());
    }
}
