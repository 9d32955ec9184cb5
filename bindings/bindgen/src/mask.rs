//! What is a citizen's own prints as stars: in a log, in a crash report, in a debugger.
//!
//! Guarantees: a type for which no place is found in the generated code is an error.

use crate::interface::stars;

/// In place of what a data class prints by itself; in a sealed class for all its cases.
pub(crate) fn kotlin(source: &str, types: &[String]) -> Result<String, String> {
    let mut source = source.to_owned();
    for name in types {
        let (word, body) = body(&source, name).ok_or_else(|| lost(name))?;
        source.insert_str(body, &format!("    {word}override fun toString() = \"{}\"\n", stars(name)));
    }
    Ok(source)
}

/// Where the body of a type begins. What a sealed class settles, its data classes leave alone.
fn body(source: &str, name: &str) -> Option<(&'static str, usize)> {
    const RECORD: &str = "\n){\n";
    let sealed = format!("\nsealed class {name} {{\n");
    if let Some(at) = source.find(&sealed) {
        return Some(("final ", at + sealed.len()));
    }
    let class = source.find(&format!("\ndata class {name} ("))?;
    let body = class + source[class..].find(RECORD)? + RECORD.len();
    (!source[class + 1..body].contains("\ndata class ")).then_some(("", body))
}

/// For `print`, for a debugger, and for `dump`, which looks into what it prints.
pub(crate) fn swift(source: &str, types: &[String]) -> Result<String, String> {
    let mut source = source.to_owned();
    for name in types {
        let declared = |word: &str| source.contains(&format!("\npublic {word} {name}: "));
        if !declared("struct") && !declared("enum") {
            return Err(lost(name));
        }
        source += &format!(
            r#"
extension {name}: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {{
    public var description: String {{ "{stars}" }}
    public var debugDescription: String {{ "{stars}" }}
    public var customMirror: Mirror {{ Mirror(self, children: []) }}
}}
"#,
            stars = stars(name)
        );
    }
    Ok(source)
}

fn lost(name: &str) -> String {
    format!("no place found in the generated code to mask {name}: has the generator changed?")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KOTLIN: &str = "\ndata class Citizen (\n    val `name`: kotlin.String\n    \n){\n    companion object\n}\n";

    #[test]
    fn a_masked_class_prints_its_name_and_stars() {
        let masked = kotlin(KOTLIN, &["Citizen".into()]).unwrap();

        assert!(
            masked.contains("){\n    override fun toString() = \"Citizen(***)\"\n    companion object"),
            "{masked}"
        );
    }

    #[test]
    fn a_sealed_class_settles_it_for_its_cases() {
        let masked = kotlin("\nsealed class FieldValue {\n    data class Text(\n", &["FieldValue".into()]).unwrap();

        assert!(
            masked.contains("{\n    final override fun toString() = \"FieldValue(***)\"\n    data class"),
            "{masked}"
        );
    }

    #[test]
    fn a_record_that_is_not_found_is_not_passed_over() {
        assert!(kotlin(KOTLIN, &["Message".into()]).is_err());
        assert!(kotlin("\ndata class A (\ndata class B (\n){\n}", &["A".into()]).is_err());
        assert!(swift("\npublic struct Citizens: Equatable {}", &["Citizen".into()]).is_err());
    }
}
