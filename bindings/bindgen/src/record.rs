//! For tests: generated code that tells what was called. Nothing of this is in what ships.
//!
//! Guarantees: a call counts once its value is here, so one that fails does not; an item for which no place is found
//! in the generated code is an error, so a new generator can't silently record nothing.

use std::fmt::Write;

use crate::interface::{Item, Kind};

/// Told to the tests: the file to which each name is added when it is first recorded.
const VARIABLE: &str = "EMONGOLIA_CALLS";

struct Language {
    /// What performs a call, the longest first; the symbol stands inside its brackets or the block after them.
    callers: &'static [&'static str],
    /// Says that a symbol is declared here, not called.
    declaration: Option<&'static str>,
    /// What opens the place where the library calls the shell's object.
    callback: fn(&str) -> String,
    /// How a method is written where it is called.
    method: fn(&str) -> String,
    /// What opens the place where a value is read and written.
    converter: fn(&str) -> Vec<String>,
}

pub(crate) fn kotlin(source: &str, items: &[Item]) -> Result<String, String> {
    let language = Language {
        callers: &["uniffiRustCallAsync(", "uniffiRustCallWithError(", "uniffiRustCall("],
        declaration: Some("external fun "),
        callback: |interface| format!("internal object uniffiCallbackInterface{interface} {{"),
        method: |method| format!("uniffiObj.`{}`(", camel(method)),
        converter: |name| vec![format!("object FfiConverterType{name}:"), format!("object FfiConverterType{name} :")],
    };
    let recorder = format!(
        r#"
/** Adds the name of each item that was called and came back, or crossed, to the file that the environment names. */
internal object CallRecorder {{
    private val seen = java.util.concurrent.ConcurrentHashMap.newKeySet<String>()
    private val file = System.getenv("{VARIABLE}")?.let {{ java.io.File(it) }}

    fun record(name: String) {{
        if (seen.add(name)) synchronized(this) {{ file?.appendText("$name\n") }}
    }}
}}

internal fun <T> recorded(name: String, value: T): T {{
    CallRecorder.record(name)
    return value
}}
"#
    );
    Ok(instrument(source, items, &language)? + &recorder)
}

pub(crate) fn swift(source: &str, items: &[Item]) -> Result<String, String> {
    let language = Language {
        callers: &["uniffiRustCallAsync(", "rustCallWithError(", "rustCall("],
        declaration: None,
        callback: |interface| format!("struct UniffiCallbackInterface{interface} {{"),
        method: |method| format!("uniffiObj.{}(", camel(method)),
        converter: |name| vec![format!("struct FfiConverterType{name}:")],
    };
    let recorder = format!(
        r#"
/// Adds the name of each item that was called and came back, or crossed, to the file that the environment names.
private final class CallRecorder: @unchecked Sendable {{
    private static let shared = CallRecorder()
    private let lock = NSLock()
    private var seen = Set<String>()
    private let path = ProcessInfo.processInfo.environment["{VARIABLE}"]

    static func record(_ name: String) {{
        shared.lock.lock()
        defer {{ shared.lock.unlock() }}
        guard shared.seen.insert(name).inserted, let path = shared.path else {{ return }}
        guard let file = fopen(path, "a") else {{ return }}
        fputs(name + "\n", file)
        fclose(file)
    }}
}}

@discardableResult
private func recorded<T>(_ name: String, _ value: T) -> T {{
    CallRecorder.record(name)
    return value
}}
"#
    );
    Ok(instrument(source, items, &language)? + &recorder)
}

fn instrument(source: &str, items: &[Item], language: &Language) -> Result<String, String> {
    let mut places = Vec::new();
    for item in items {
        let before = places.len();
        match &item.kind {
            Kind::Call { symbol } => calls(source, item, symbol, language, &mut places)?,
            Kind::Callback { interface, method } => {
                let opening = (language.callback)(interface);
                let (start, block) = block_after(source, &opening).ok_or_else(|| lost(item, &opening))?;
                let call = (language.method)(method);
                let at = start + block.find(&call).ok_or_else(|| lost(item, &call))?;
                let end = closing(source, at + call.len() - 1).ok_or_else(|| lost(item, &call))?;
                wrap(item, at, end, &mut places);
            }
            Kind::Value => {
                let openings = (language.converter)(&item.name);
                let found = openings.iter().find_map(|opening| block_after(source, opening));
                let (start, block) = found.ok_or_else(|| lost(item, "its converter"))?;
                for function in ["func read(", "func write(", "fun read(", "fun write("] {
                    let Some(at) = block.find(function) else { continue };
                    let line = block[at..].find('\n').ok_or_else(|| lost(item, function))?;
                    if !block[..at + line].ends_with('{') {
                        return Err(lost(item, function));
                    }
                    places.push((start + at + line, format!("\n        CallRecorder.record(\"{}\")", item.name)));
                }
            }
        }
        if places.len() == before {
            return Err(lost(item, "any place"));
        }
    }
    // Of two texts at one place, the one found first is the outer.
    places.sort_by_key(|(at, _)| *at);
    let mut written = String::with_capacity(source.len() + places.len() * 64);
    let mut from = 0;
    for (at, text) in places {
        let _ = write!(written, "{}{text}", &source[from..at]); // a String takes everything
        from = at;
    }
    written.push_str(&source[from..]);
    Ok(written)
}

/// A value may be printed in several places, one for each variant: all of them count as one.
fn calls(
    source: &str,
    item: &Item,
    symbol: &str,
    language: &Language,
    places: &mut Vec<(usize, String)>,
) -> Result<(), String> {
    let called = format!("{symbol}(");
    for (at, _) in source.match_indices(&called) {
        if language.declaration.is_some_and(|words| source[..at].ends_with(words)) {
            continue;
        }
        let caller = language.callers.iter().filter_map(|caller| Some((source[..at].rfind(caller)?, caller)));
        let (start, caller) =
            caller.max_by_key(|(start, caller)| (*start, caller.len())).ok_or_else(|| lost(item, symbol))?;
        let mut end = closing(source, start + caller.len() - 1).ok_or_else(|| lost(item, symbol))?;
        let rest = &source[end..];
        let gap = rest.len() - rest.trim_start_matches(' ').len();
        if rest[gap..].starts_with('{') {
            end = closing(source, end + gap).ok_or_else(|| lost(item, symbol))?;
        }
        if end < at {
            return Err(lost(item, symbol));
        }
        wrap(item, start, end, places);
    }
    Ok(())
}

fn wrap(item: &Item, start: usize, end: usize, places: &mut Vec<(usize, String)>) {
    places.push((start, format!("recorded(\"{}\", ", item.name)));
    places.push((end, ")".to_owned()));
}

/// Where the block begins that the opening introduces, and its text.
fn block_after<'a>(source: &'a str, opening: &str) -> Option<(usize, &'a str)> {
    let start = source.find(opening)?;
    let brace = start + source[start..].find('{')?;
    Some((start, &source[start..closing(source, brace)?]))
}

/// Just behind the bracket that closes the one at `open`. Generated code has no brackets in texts.
fn closing(source: &str, open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in source.bytes().enumerate().skip(open) {
        match byte {
            b'(' | b'{' | b'[' => depth += 1,
            b')' | b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// `begin_sign_in` as both languages write it.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut written, word| {
        let mut letters = word.chars();
        written.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        written + letters.as_str()
    })
}

fn lost(item: &Item, what: &str) -> String {
    format!("{}: {what} is not in the generated code", item.name)
}

#[cfg(test)]
mod unit {
    use super::*;

    const KOTLIN: &str = "
    external fun fn_auth_citizen(`ptr`: Long): Long
    suspend fun `citizen`() : Citizen {
        return uniffiRustCallAsync(
        callWithHandle { uniffiHandle -> UniffiLib.fn_auth_citizen(uniffiHandle) },
        { },
    )
    }
    fun `cancel`() = callWithHandle {
    uniffiRustCallWithError(CoreException) { _status ->
    UniffiLib.fn_cancel(it, _status)
}
    }
internal object uniffiCallbackInterfaceSecretStore {
    val makeCall = { -> uniffiObj.`putAll`(lift(`name`)) }
}
public object FfiConverterTypeArea: FfiConverterRustBuffer<Area> {
    override fun read(buf: ByteBuffer) = try {
        x
    } catch (e: E) {
    }
}
";

    fn call(name: &str, symbol: &str) -> Item {
        Item { name: name.to_owned(), kind: Kind::Call { symbol: symbol.to_owned() } }
    }

    #[test]
    fn what_is_recorded_is_the_value_that_came_back() {
        let callback = Kind::Callback { interface: "SecretStore".into(), method: "put_all".into() };
        let items = [
            call("Auth.citizen", "fn_auth_citizen"),
            call("Cancellation.cancel", "fn_cancel"),
            Item { name: "SecretStore.put_all".into(), kind: callback },
            Item { name: "Area".into(), kind: Kind::Value },
        ];

        let told = kotlin(KOTLIN, &items).unwrap();

        assert!(told.contains("return recorded(\"Auth.citizen\", uniffiRustCallAsync("), "{told}");
        assert!(told.contains("{ },\n    ))\n"), "{told}");
        assert!(told.contains("recorded(\"Cancellation.cancel\", uniffiRustCallWithError(CoreException) {"), "{told}");
        assert!(told.contains("_status)\n})\n"), "{told}");
        assert!(told.contains("recorded(\"SecretStore.put_all\", uniffiObj.`putAll`(lift(`name`)))"), "{told}");
        assert!(told.contains("= try {\n        CallRecorder.record(\"Area\")\n"), "{told}");
        assert!(told.contains("external fun fn_auth_citizen(`ptr`: Long): Long"), "{told}");
    }

    #[test]
    fn an_item_without_a_place_is_an_error() {
        let why = kotlin(KOTLIN, &[call("Auth.gone", "fn_auth_gone")]).unwrap_err();

        assert!(why.contains("Auth.gone"), "{why}");
    }
}
