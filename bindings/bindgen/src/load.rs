//! In Swift, the first call into a library that the code was not generated for ends the process; asked here, it says so.
//!
//! Guarantees: generated code whose own check looks otherwise than we know it is an error.

/// Its outcomes, as the generated code names them.
const CHECK: &str = "\nprivate let initializationResult: InitializationResult = {\n";
const OUTCOMES: &str = "private enum InitializationResult {\n    case ok\n    case contractVersionMismatch\n    case apiChecksumMismatch\n}\n";

const ASKED: &str = r#"
/// Whether the library beside us is the one that this was generated from.
public enum LibraryInterface: Sendable {
    case same
    /// It speaks another revision of the generator's language.
    case anotherContract
    /// Its functions are others.
    case another
}

/// Asked before anything else of this module is used, which would end the process where this gives an answer.
public func libraryInterface() -> LibraryInterface {
    switch initializationResult {
    case .ok: .same
    case .contractVersionMismatch: .anotherContract
    case .apiChecksumMismatch: .another
    }
}
"#;

pub(crate) fn swift(source: &str) -> Result<String, String> {
    if source.contains(CHECK) && source.contains(OUTCOMES) {
        Ok(format!("{source}{ASKED}"))
    } else {
        Err("no check of the library found in the generated code: has the generator changed?".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generator_whose_check_is_not_found_is_not_trusted_with_it() {
        let known = format!("{OUTCOMES}{CHECK}    return InitializationResult.ok\n}}()\n");

        assert!(swift(&known).unwrap().contains("public func libraryInterface()"));
        assert!(swift(OUTCOMES).is_err());
        assert!(swift(&known.replace("case ok\n", "case ok\n    case өөр\n")).is_err());
    }
}
