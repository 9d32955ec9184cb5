//! Where a browser comes back to: an address of this machine (RFC 8252 §7.3), or a line that a person pastes.
//!
//! Guarantees: reachable from this machine only; what is no callback is answered and ignored; whether one is ours is
//! for core to say.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    time::Duration,
};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::texts;
use emongolia_core::Language;

/// A browser on this machine sends its first line at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// As long a callback as core takes.
const LONGEST: u64 = 8 * 1024;

pub(crate) struct Loopback {
    listener: TcpListener,
    port: u16,
}

impl Loopback {
    pub(crate) fn bind() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port })
    }

    pub(crate) fn redirect_uri(&self) -> String {
        format!("http://127.0.0.1:{}/callback", self.port)
    }

    /// Addresses that may be the callback, from the browser and from `pasted`, as they come. Threads of their own wait
    /// for them until the process ends.
    pub(crate) fn callbacks(self, pasted: impl io::Read + Send + 'static) -> UnboundedReceiver<String> {
        let (found, callbacks) = unbounded_channel();
        let from_browser = found.clone();
        std::thread::spawn(move || self.serve(&from_browser));
        std::thread::spawn(move || read_lines(pasted, &found));
        callbacks
    }

    fn serve(self, found: &UnboundedSender<String>) {
        for stream in self.listener.incoming().flatten() {
            // One that breaks off is no reason to stop waiting for the next.
            if let Ok(Some(path)) = answer(&stream)
                && found.send(format!("http://127.0.0.1:{}{path}", self.port)).is_err()
            {
                return;
            }
        }
    }
}

fn read_lines(pasted: impl io::Read, found: &UnboundedSender<String>) {
    for line in BufReader::new(pasted).lines().map_while(Result::ok) {
        let line = line.trim();
        if !line.is_empty() && found.send(line.to_owned()).is_err() {
            return;
        }
    }
}

/// Answers one request; its path and query if it is a callback.
fn answer(mut stream: &TcpStream) -> io::Result<Option<String>> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new(stream.take(LONGEST)).read_line(&mut line)?;
    let path = callback_path(&line).map(str::to_owned);
    let (status, body) = match path {
        Some(_) => {
            let (mn, en) =
                (texts::BROWSER_DONE.in_language(Language::Mn), texts::BROWSER_DONE.in_language(Language::En));
            ("200 OK", format!("<!doctype html><meta charset=\"utf-8\"><p>{mn}</p><p lang=\"en\">{en}</p>"))
        }
        None => ("404 Not Found", String::new()),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    stream.flush()?;
    Ok(path)
}

fn callback_path(request_line: &str) -> Option<&str> {
    let path = request_line.strip_prefix("GET ")?.split(' ').next()?;
    path.starts_with("/callback?").then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(address: &str, path: &str) -> String {
        #[expect(clippy::disallowed_methods, reason = "a browser comes back in clear, on this machine")]
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer); // it may close before it has read our headers
        answer
    }

    #[test]
    fn the_browsers_callback_is_taken_and_its_other_wishes_are_not() {
        let loopback = Loopback::bind().unwrap();
        let redirect_uri = loopback.redirect_uri();
        let address = redirect_uri.trim_start_matches("http://").trim_end_matches("/callback").to_owned();
        let mut callbacks = loopback.callbacks(io::empty());

        let icon = ask(&address, "/favicon.ico");
        let back = ask(&address, "/callback?code=c&state=s");

        assert!(icon.starts_with("HTTP/1.1 404"), "{icon}");
        assert!(back.contains("Энэ цонхыг хааж"), "{back}");
        assert_eq!(callbacks.blocking_recv().unwrap(), format!("{redirect_uri}?code=c&state=s"));
    }

    #[test]
    fn a_pasted_address_is_taken_too() {
        let mut callbacks =
            Loopback::bind().unwrap().callbacks(io::Cursor::new("\n  mn.emongolia:/callback?code=c \n"));

        assert_eq!(callbacks.blocking_recv().unwrap(), "mn.emongolia:/callback?code=c");
    }

    #[test]
    fn only_a_get_of_our_path_is_a_callback() {
        assert_eq!(callback_path("GET /callback?code=c HTTP/1.1\r\n"), Some("/callback?code=c"));
        for line in ["POST /callback?code=c HTTP/1.1", "GET /callback HTTP/1.1", "GET /callbackx?c HTTP/1.1", "", "Өө"]
        {
            assert_eq!(callback_path(line), None, "{line}");
        }
    }
}
