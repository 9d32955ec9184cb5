//! Which interface the library says it has; and relocations of the shared library in their packed form: 0.15 MB less on
//! 64-bit ELF, and fewer pages touched at load.

#[path = "../digest.rs"]
mod digest;

/// The interface as it was agreed: `cargo xtask api` holds the library against it.
const AGREED: &str = "../api.txt";

fn main() -> std::io::Result<()> {
    for file in ["build.rs", "../digest.rs", AGREED] {
        println!("cargo::rerun-if-changed={file}");
    }
    println!("cargo::rustc-env=EMONGOLIA_INTERFACE={}", digest::digest(&std::fs::read_to_string(AGREED)?));
    let said = |name: &str| std::env::var(name).unwrap_or_default();
    let (os, env, profile) = (said("CARGO_CFG_TARGET_OS"), said("CARGO_CFG_TARGET_ENV"), said("PROFILE"));
    // What our own tests load, with glibc 2.36 or newer. Android's loader knows the form since API 30, our minimum is 26.
    if os == "linux" && env == "gnu" && profile == "release" {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,pack-relative-relocs");
    }
    Ok(())
}
