//! What is done to generated code so that it goes with the library that ships: it declares only what it calls, for nothing
//! else of UniFFI's is exported there, and it knows the digest of the interface that it was generated from, which the
//! adapters hold against what the library says of itself.
//!
//! Guarantees: generated code that looks otherwise than we know it is an error.

/// How a function of the library is declared, and how that ends.
const DECLARATION: &str = "    external fun ";
const END: &str = "    ):";

/// In Kotlin, a class does not load if it declares a function that the library does not have.
pub(crate) fn kotlin(source: &str, digest: &str) -> Result<String, String> {
    let mut kept = String::with_capacity(source.len());
    let (mut lines, mut dropped) = (source.lines(), false);
    while let Some(line) = lines.next() {
        if declared(line).is_some_and(|name| !is_called(source, name)) {
            lines.find(|line| line.starts_with(END)).ok_or_else(|| lost("end of a declaration"))?;
            dropped = true;
        } else {
            kept.extend([line, "\n"]);
        }
    }
    if !dropped || kept.contains("_ffi_checksum_") {
        return Err(lost("declarations that nobody calls, and no call of a checksum,"));
    }
    Ok(format!(
        r#"{kept}
/** Of the interface that this was generated from: what the library says after the plus of its version. */
public fun interfaceDigest(): String = "{digest}"
"#
    ))
}

fn declared(line: &str) -> Option<&str> {
    line.strip_prefix(DECLARATION)?.split('(').next()
}

/// Beyond its declaration.
fn is_called(source: &str, name: &str) -> bool {
    let whole = |at: usize| !source[at + name.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_');
    source.match_indices(name).filter(|(at, _)| whole(*at)).nth(1).is_some()
}

/// In Swift, the first call into a library of another contract ends the process; asked here, it says so.
const CHECK: &str = "\nprivate let initializationResult: InitializationResult = {\n";
const OUTCOMES: &str = "private enum InitializationResult {\n    case ok\n    case contractVersionMismatch\n    case apiChecksumMismatch\n}\n";

pub(crate) fn swift(source: &str, digest: &str) -> Result<String, String> {
    if !source.contains(CHECK) || !source.contains(OUTCOMES) || source.contains("_ffi_checksum_") {
        return Err(lost("check of the library, and none of checksums,"));
    }
    Ok(format!(
        r#"{source}
/// Of the interface that this was generated from: what the library says after the plus of its version.
public let interfaceDigest = "{digest}"

/// Whether the library beside us speaks the generator's language as this does. Asked before anything else of this module is
/// used, which would end the process where this gives an answer.
public func libraryHasOurContract() -> Bool {{
    switch initializationResult {{
    case .ok: true
    case .contractVersionMismatch, .apiChecksumMismatch: false
    }}
}}
"#
    ))
}

fn lost(what: &str) -> String {
    format!("no {what} found in the generated code: has the generator changed?")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KOTLIN: &str = "object Library {
    external fun uniffi_checksum_func_version(
    ): Int
    external fun rust_future_poll_u8(`handle`: Long,`callback`: Callback,
    ): Unit
    external fun rust_future_poll_u8_array(`handle`: Long,
    ): Unit
}
fun хувилбар() = Library.rust_future_poll_u8_array(1)
";

    #[test]
    fn kotlin_declares_what_it_calls_and_knows_its_interface() {
        let written = kotlin(KOTLIN, "2b6f7f0347a27c0e").unwrap();

        let declared: Vec<&str> = written.lines().filter_map(declared).collect();
        assert_eq!(declared, ["rust_future_poll_u8_array"]);
        assert!(written.starts_with("object Library {\n    external fun rust_future_poll_u8_array(`handle`: Long,\n"));
        assert!(written.contains("    ): Unit\n}\nfun хувилбар"), "{written}");
        assert!(written.contains("interfaceDigest(): String = \"2b6f7f0347a27c0e\""));
    }

    #[test]
    fn a_generator_that_compares_checksums_or_declares_otherwise_is_not_trusted() {
        let compared = format!("{KOTLIN}    if (lib.uniffi_ffi_checksum_func_version() != 7) throw Өөр()\n");

        assert!(kotlin("object Library {}", "").is_err());
        assert!(kotlin(&KOTLIN.replace(END, "  ):"), "").is_err());
        assert!(kotlin(&compared, "").is_err());
    }

    #[test]
    fn a_generator_whose_check_is_not_found_is_not_trusted_with_it() {
        let known = format!("{OUTCOMES}{CHECK}    return InitializationResult.ok\n}}()\n");

        assert!(
            swift(&known, "2b6f7f0347a27c0e").unwrap().contains("public let interfaceDigest = \"2b6f7f0347a27c0e\"")
        );
        assert!(swift(OUTCOMES, "").is_err());
        assert!(swift(&known.replace("case ok\n", "case ok\n    case өөр\n"), "").is_err());
        assert!(swift(&format!("{known}uniffi_emongolia_ffi_checksum_func_version()"), "").is_err());
    }
}
