//! The exported interface as text: what a shell can tell apart, and nothing else.
//!
//! Guarantees: the same library gives the same text; whatever breaks a shell changes a line of it.

use camino::Utf8Path;
use uniffi_bindgen::{
    BindgenLoader, BindgenPaths, ComponentInterface, GlobalConfig,
    interface::{
        Argument, AsType, Callable, DefaultValue, Enum, Field, Literal, Method, Object, Record, Type,
        UniffiTraitMethods, Variant,
    },
};

/// One thing that the tests of a shell must call, or see cross.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// As in the text: `Auth.begin_sign_in`, `Citizen`.
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The shell calls it, through this symbol of the library.
    Call { symbol: String },
    /// The library calls it, in the shell.
    Callback { interface: String, method: String },
    /// A value that crosses, made here or there.
    Value,
}

/// Sorted, one item a line; members stand under what they belong to, two spaces in.
pub(crate) fn text(library: &Utf8Path) -> Result<String, String> {
    Ok(load(library)?.iter().map(describe).collect())
}

/// What is in the text and can be called or cross.
pub(crate) fn items(library: &Utf8Path) -> Result<Vec<Item>, String> {
    Ok(load(library)?.iter().flat_map(list).collect())
}

/// The records and enums that print as [`stars`].
pub(crate) fn masked(library: &Utf8Path) -> Result<Vec<String>, String> {
    let all = load(library)?;
    let records = all.iter().flat_map(ComponentInterface::record_definitions);
    let records = records.filter(|record| is_masked(record.name(), record.docstring())).map(Record::name);
    let enums = all.iter().flat_map(ComponentInterface::enum_definitions);
    let enums = enums.filter(|value| is_masked(value.name(), value.docstring())).map(Enum::name);
    Ok(records.chain(enums).map(str::to_owned).collect())
}

/// What is a citizen's own: its documentation says how it prints.
fn is_masked(name: &str, docstring: Option<&str>) -> bool {
    let says = format!("Prints as `{}`", stars(name));
    docstring.is_some_and(|text| text.contains(&says))
}

fn prints(name: &str, docstring: Option<&str>) -> Option<String> {
    is_masked(name, docstring).then(|| format!("prints {}", stars(name)))
}

pub(crate) fn stars(name: &str) -> String {
    format!("{name}(***)")
}

fn load(library: &Utf8Path) -> Result<Vec<ComponentInterface>, String> {
    let loader = BindgenLoader::new(BindgenPaths::default(), GlobalConfig::default());
    let metadata = loader.load_metadata(library).map_err(|error| format!("{library}: {error:#}"))?;
    let mut all = loader.load_cis(metadata).map_err(|error| format!("{library}: {error:#}"))?;
    for interface in &mut all {
        interface.derive_ffi_funcs().map_err(|error| format!("{library}: {error:#}"))?;
    }
    all.sort_by(|a, b| a.namespace().cmp(b.namespace()));
    Ok(all)
}

fn describe(interface: &ComponentInterface) -> String {
    let mut blocks: Vec<Vec<String>> = Vec::new();
    for function in interface.function_definitions() {
        blocks.push(vec![callable("function", function.name(), function)]);
    }
    for object in interface.object_definitions() {
        blocks.push(describe_object(object));
    }
    for callback in interface.callback_interface_definitions() {
        let name = callback.name();
        let methods = callback.methods().into_iter();
        let methods = methods.map(|method| callable("method", &format!("{name}.{}", method.name()), method));
        blocks.push(block(callback_interface(name, &callback.methods()), methods));
    }
    for record in interface.record_definitions() {
        let name = record.name();
        let head = format!("record {name} {{ {} }}", fields(record.fields()));
        let printed = prints(name, record.docstring()).into_iter();
        blocks.push(block(head, printed.chain(traits(name, &record.uniffi_trait_methods()))));
    }
    for value in interface.enum_definitions() {
        let name = value.name();
        let word = if interface.is_name_used_as_error(name) { "error" } else { "enum" };
        let head = format!("{word} {name} {{ {} }}", variants(value));
        let printed = prints(name, value.docstring()).into_iter();
        blocks.push(block(head, printed.chain(traits(name, &value.uniffi_trait_methods()))));
    }
    blocks.sort();
    blocks.concat().into_iter().map(|line| line + "\n").collect()
}

fn describe_object(object: &Object) -> Vec<String> {
    let name = object.name();
    let head = if object.has_callback_interface() {
        callback_interface(name, &object.methods())
    } else {
        format!("object {name}")
    };
    let constructors = object.constructors().into_iter();
    let constructors = constructors.map(|made| callable("constructor", &format!("{name}.{}", made.name()), made));
    let methods = object.methods().into_iter();
    let methods = methods.map(|method| callable("method", &format!("{name}.{}", method.name()), method));
    let lines = constructors.chain(methods).chain(traits(name, &object.uniffi_trait_methods()));
    block(head, lines)
}

/// The library finds the shell's methods by their order.
fn callback_interface(name: &str, methods: &[&Method]) -> String {
    let names: Vec<&str> = methods.iter().map(|method| method.name()).collect();
    format!("callback interface {name} {{ {} }}", names.join(", "))
}

/// The order of what is called by its name means nothing to a shell.
fn block(head: String, members: impl Iterator<Item = String>) -> Vec<String> {
    let mut members: Vec<String> = members.map(|line| format!("  {line}")).collect();
    members.sort();
    std::iter::once(head).chain(members).collect()
}

fn traits(name: &str, methods: &UniffiTraitMethods) -> std::vec::IntoIter<String> {
    let exported = symbols(methods).into_iter().map(|(method, _)| format!("method {name}.{method}()"));
    exported.collect::<Vec<_>>().into_iter()
}

/// What each exported trait is called here, and its symbol.
fn symbols(methods: &UniffiTraitMethods) -> Vec<(&'static str, String)> {
    let UniffiTraitMethods { debug_fmt, display_fmt, eq_eq, eq_ne, hash_hash, ord_cmp } = methods;
    [
        ("debug", debug_fmt),
        ("display", display_fmt),
        ("equals", eq_eq),
        ("differs", eq_ne),
        ("hash", hash_hash),
        ("compare", ord_cmp),
    ]
    .into_iter()
    .filter_map(|(name, method)| Some((name, method.as_ref()?.ffi_func().name().to_owned())))
    .collect()
}

fn callable(word: &str, name: &str, callable: &dyn Callable) -> String {
    let arguments: Vec<String> = callable.arguments().into_iter().map(argument).collect();
    let mut line = format!("{word} {name}({})", arguments.join(", "));
    if let (Some(given), false) = (callable.return_type(), word == "constructor") {
        line += &format!(" -> {}", type_name(given));
    }
    if let Some(error) = callable.throws_type() {
        line += &format!(" throws {}", type_name(error));
    }
    if callable.is_async() {
        line += " async";
    }
    line
}

fn argument(argument: &Argument) -> String {
    format!("{}: {}{}", argument.name(), type_name(&argument.as_type()), default(argument.default_value()))
}

/// Taking a default away breaks a shell; so does another value, silently.
fn default(value: Option<&DefaultValue>) -> String {
    match value {
        None => String::new(),
        Some(DefaultValue::Default) => " = default".to_owned(),
        Some(DefaultValue::Literal(Literal::None)) => " = null".to_owned(),
        Some(DefaultValue::Literal(Literal::Boolean(value))) => format!(" = {value}"),
        Some(DefaultValue::Literal(value)) => format!(" = {value:?}"),
    }
}

fn fields(fields: &[Field]) -> String {
    let one =
        |field: &Field| format!("{}: {}{}", field.name(), type_name(&field.as_type()), default(field.default_value()));
    fields.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn variants(value: &Enum) -> String {
    let one = |variant: &Variant| match fields(variant.fields()) {
        none if none.is_empty() => variant.name().to_owned(),
        some => format!("{}({some})", variant.name()),
    };
    value.variants().iter().map(one).collect::<Vec<_>>().join(", ")
}

fn type_name(ty: &Type) -> String {
    match ty {
        Type::Boolean => "bool".to_owned(),
        Type::String => "string".to_owned(),
        Type::Bytes => "bytes".to_owned(),
        Type::Optional { inner_type } => format!("{}?", type_name(inner_type)),
        Type::Sequence { inner_type } => format!("[{}]", type_name(inner_type)),
        Type::Map { key_type, value_type } => format!("{{{}: {}}}", type_name(key_type), type_name(value_type)),
        Type::Box { inner_type } => type_name(inner_type),
        Type::Object { name, .. }
        | Type::Record { name, .. }
        | Type::Enum { name, .. }
        | Type::CallbackInterface { name, .. }
        | Type::Custom { name, .. } => name.clone(),
        Type::Set { inner_type } => format!("set of {}", type_name(inner_type)),
        Type::UInt8 => "u8".to_owned(),
        Type::Int8 => "i8".to_owned(),
        Type::UInt16 => "u16".to_owned(),
        Type::Int16 => "i16".to_owned(),
        Type::UInt32 => "u32".to_owned(),
        Type::Int32 => "i32".to_owned(),
        Type::UInt64 => "u64".to_owned(),
        Type::Int64 => "i64".to_owned(),
        Type::Float32 => "f32".to_owned(),
        Type::Float64 => "f64".to_owned(),
        Type::Timestamp => "timestamp".to_owned(),
        Type::Duration => "duration".to_owned(),
    }
}

fn list(interface: &ComponentInterface) -> Vec<Item> {
    let call = |name: String, symbol: &str| Item { name, kind: Kind::Call { symbol: symbol.to_owned() } };
    let value = |name: &str| Item { name: name.to_owned(), kind: Kind::Value };
    let callback = |interface: &str, method: &str| Item {
        name: format!("{interface}.{method}"),
        kind: Kind::Callback { interface: interface.to_owned(), method: method.to_owned() },
    };
    let mut items = Vec::new();
    let of_traits = |name: &str, methods: &UniffiTraitMethods| {
        let methods = symbols(methods).into_iter();
        methods.map(|(method, symbol)| call(format!("{name}.{method}"), &symbol)).collect::<Vec<_>>()
    };
    for function in interface.function_definitions() {
        items.push(call(function.name().to_owned(), function.ffi_func().name()));
    }
    for object in interface.object_definitions() {
        let name = object.name();
        if object.has_callback_interface() {
            items.extend(object.methods().into_iter().map(|method| callback(name, method.name())));
            continue;
        }
        for made in object.constructors() {
            items.push(call(format!("{name}.{}", made.name()), made.ffi_func().name()));
        }
        for method in object.methods() {
            items.push(call(format!("{name}.{}", method.name()), method.ffi_func().name()));
        }
        items.extend(of_traits(name, &object.uniffi_trait_methods()));
    }
    for trait_ in interface.callback_interface_definitions() {
        items.extend(trait_.methods().into_iter().map(|method| callback(trait_.name(), method.name())));
    }
    for record in interface.record_definitions() {
        items.push(value(record.name()));
        items.extend(of_traits(record.name(), &record.uniffi_trait_methods()));
    }
    for variants in interface.enum_definitions() {
        items.push(value(variants.name()));
        items.extend(of_traits(variants.name(), &variants.uniffi_trait_methods()));
    }
    items
}
