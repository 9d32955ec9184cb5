//! Opens every file named and locks it exclusively; says why and ends with 1 if that can't be had at once.

use std::process::ExitCode;

fn main() -> ExitCode {
    for file in std::env::args_os().skip(1) {
        let locked = rusqlite::Connection::open(&file).and_then(|connection| {
            connection.execute_batch(
                "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE; COMMIT;",
            )
        });
        if let Err(error) = locked {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr(), "{}: {error}", file.to_string_lossy()); // the exit code tells anyway
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
