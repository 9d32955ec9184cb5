//! The two programs that the story needs, built as this one was: same profile, same target directory.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::step::{Stop, Told};

/// With cargo's own progress on standard error.
pub(crate) fn build() -> Told {
    let program = env::current_exe().map_err(Stop::io("the running program"))?;
    let mut cargo = command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), &program);
    let status = cargo.status().map_err(Stop::io("cargo"))?;
    if status.success() { Ok(()) } else { Err(Stop::NotBuilt(status)) }
}

fn command(cargo: impl AsRef<std::ffi::OsStr>, program: &Path) -> Command {
    let (target, profile) = place(program);
    let mut command = Command::new(cargo);
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_about_this_program)) {
        command.env_remove(name);
    }
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--locked", "--profile", &profile, "--target-dir"])
        .arg(target)
        // With this one among them the features, and so everything below, are those it was built with itself.
        .args(["emongolia-cli", "emongolia-sandbox", "emongolia-demo"].map(|package| format!("--package={package}")))
        .args(["--features", "emongolia-cli/test-controls"]);
    command
}

/// What `cargo run` tells the program it starts about itself. To another cargo these look like a change: ring's build
/// script asks for some of them, so it, and all that stands on it, would be built anew.
fn is_about_this_program(name: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| name.starts_with(start))
}

/// `target/debug/emongolia-demo`: the directory, and the profile that fills it (`debug` is `dev`).
fn place(program: &Path) -> (PathBuf, String) {
    let folder = program.parent().unwrap_or(Path::new(""));
    let profile = folder.file_name().unwrap_or_default().to_string_lossy();
    let profile = if profile == "debug" { "dev".into() } else { profile.into_owned() };
    (folder.parent().unwrap_or(folder).to_owned(), profile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_are_built_where_this_one_stands() {
        let place = |path: &str| place(Path::new(path));

        assert_eq!(place("/өөр/target/debug/emongolia-demo"), ("/өөр/target".into(), "dev".into()));
        assert_eq!(place("/t/release/emongolia-demo"), ("/t".into(), "release".into()));
    }

    #[test]
    fn what_cargo_says_about_this_program_is_not_handed_on() {
        let command = command("cargo", Path::new("/t/debug/emongolia-demo"));

        let removed = |wanted: &str| command.get_envs().any(|(name, value)| name == wanted && value.is_none());
        assert!(removed("CARGO_PKG_NAME") && removed("CARGO_MANIFEST_DIR")); // set by `cargo test`
        assert!(!is_about_this_program("CARGO_HOME") && !is_about_this_program("CARGO_TARGET_DIR"));
    }

    #[test]
    fn they_are_built_with_the_ways_to_sabotage_them() {
        let command = command("cargo", Path::new("/t/debug/emongolia-demo"));

        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
        assert!(words.windows(2).any(|pair| pair == ["--features", "emongolia-cli/test-controls"]), "{words:?}");
    }
}
