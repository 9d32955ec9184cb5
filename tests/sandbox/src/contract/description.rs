//! The OpenAPI 3.1 description of the origin: one file per part, merged at start.
//!
//! Guarantees: what every operation shares is written once (`x-common` in base.json) and stands in each when served.

use serde_json::{Map, Value, json};

const BASE: &str = include_str!("../../openapi/base.json");
const PARTS: [(&str, &str); 11] = [
    ("oauth.json", include_str!("../../openapi/oauth.json")),
    ("dan.json", include_str!("../../openapi/dan.json")),
    ("push.json", include_str!("../../openapi/push.json")),
    ("speech.json", include_str!("../../openapi/speech.json")),
    ("gateway.json", include_str!("../../openapi/gateway.json")),
    ("changes.json", include_str!("../../openapi/changes.json")),
    ("legacy.json", include_str!("../../openapi/legacy.json")),
    ("pay.json", include_str!("../../openapi/pay.json")),
    ("people.json", include_str!("../../openapi/people.json")),
    ("uploads.json", include_str!("../../openapi/uploads.json")),
    ("web.json", include_str!("../../openapi/web.json")),
];

/// The keys of a path item that are operations.
pub(super) const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

#[derive(Debug, thiserror::Error)]
pub enum DescriptionError {
    #[error("{file} is not JSON: {error}")]
    Json { file: &'static str, error: serde_json::Error },
    #[error("{file} has no object at {at}")]
    Shape { file: &'static str, at: String },
    #[error("{file} says {at} again")]
    Twice { file: &'static str, at: String },
    #[error("$ref {0} leads nowhere")]
    Dangling(String),
}

/// The whole description, with `origin` as its server.
pub fn merged(origin: &str) -> Result<Value, DescriptionError> {
    let mut whole = parse("base.json", BASE)?;
    for (file, text) in PARTS {
        let part = parse(file, text)?;
        merge_objects(&mut whole, &part, "paths", file)?;
        let Some(components) = part["components"].as_object() else { continue };
        for kind in components.keys() {
            if whole["components"].get(kind).is_none() {
                whole["components"][kind] = json!({});
            }
            merge_objects(&mut whole["components"], &part["components"], kind, file)?;
        }
    }
    whole["servers"] = json!([{ "url": origin }]);
    fold_common(&mut whole)?;
    Ok(whole)
}

fn parse(file: &'static str, text: &str) -> Result<Value, DescriptionError> {
    serde_json::from_str(text).map_err(|error| DescriptionError::Json { file, error })
}

fn merge_objects(into: &mut Value, from: &Value, key: &str, file: &'static str) -> Result<(), DescriptionError> {
    let missing = || DescriptionError::Shape { file, at: key.to_owned() };
    let source = from[key].as_object().ok_or_else(missing)?;
    let target = into[key].as_object_mut().ok_or_else(missing)?;
    for (name, value) in source {
        if target.insert(name.clone(), value.clone()).is_some() {
            return Err(DescriptionError::Twice { file, at: format!("{key}/{name}") });
        }
    }
    Ok(())
}

/// Writes `x-common` into every operation, then removes it.
fn fold_common(whole: &mut Value) -> Result<(), DescriptionError> {
    let common = whole.as_object_mut().and_then(|w| w.remove("x-common")).unwrap_or_default();
    let frozen = whole.clone();
    let Some(paths) = whole["paths"].as_object_mut() else { return Ok(()) };
    for item in paths.values_mut().filter_map(Value::as_object_mut) {
        for operation in METHODS.iter().filter_map(|m| item.get_mut(*m).is_some().then_some(*m)).collect::<Vec<_>>() {
            let Some(operation) = item.get_mut(operation).and_then(Value::as_object_mut) else { continue };
            let bound = is_bound(&frozen, operation);
            let has_body = operation.contains_key("requestBody");
            if bound {
                fold(operation, &common["bound"], &frozen)?;
            }
            if has_body {
                fold(operation, &common["with_body"], &frozen)?;
            }
            fold(operation, &common["always"], &frozen)?; // last: its headers stand in every answer
        }
    }
    Ok(())
}

/// The document's own `security` holds where an operation has none; an empty list makes it public.
fn schemes<'a>(whole: &'a Value, operation: &'a Map<String, Value>) -> impl Iterator<Item = &'a Value> {
    operation.get("security").unwrap_or(&whole["security"]).as_array().into_iter().flatten()
}

/// Whether the operation needs a token.
pub(super) fn is_secured(whole: &Value, operation: &Map<String, Value>) -> bool {
    schemes(whole, operation).next().is_some()
}

/// Whether the token is bound to a key, so that a proof goes with it.
fn is_bound(whole: &Value, operation: &Map<String, Value>) -> bool {
    schemes(whole, operation).any(|scheme| scheme.get("dpop").is_some())
}

fn fold(operation: &mut Map<String, Value>, common: &Value, whole: &Value) -> Result<(), DescriptionError> {
    if let Some(more) = common["parameters"].as_array() {
        let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
        if let Some(parameters) = parameters.as_array_mut() {
            parameters.extend(more.iter().cloned());
        }
    }
    let Some(responses) = operation.entry("responses").or_insert_with(|| json!({})).as_object_mut() else {
        return Ok(());
    };
    for (status, response) in common["responses"].as_object().into_iter().flatten() {
        responses.entry(status.clone()).or_insert_with(|| response.clone());
    }
    let Some(headers) = common["headers"].as_object() else { return Ok(()) };
    for response in responses.values_mut() {
        *response = resolve(whole, response)?.clone(); // the common headers differ by operation: each gets its own copy
        let Some(own) = response.as_object_mut() else { continue };
        let own = own.entry("headers").or_insert_with(|| json!({}));
        for (name, header) in headers {
            own[name] = header.clone();
        }
    }
    Ok(())
}

/// Follows `$ref`s within the document.
pub(super) fn resolve<'a>(whole: &'a Value, mut value: &'a Value) -> Result<&'a Value, DescriptionError> {
    while let Some(reference) = value.get("$ref").and_then(Value::as_str) {
        let dangling = || DescriptionError::Dangling(reference.to_owned());
        let pointer = reference.strip_prefix('#').ok_or_else(dangling)?;
        value = whole.pointer(pointer).ok_or_else(dangling)?;
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn whole() -> Value {
        merged("https://localhost:20000").unwrap()
    }

    fn operations(whole: &Value) -> Vec<(String, &Value)> {
        let mut all = Vec::new();
        for (path, item) in whole["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                assert!(METHODS.contains(&method.as_str()), "{path} has the unknown key {method}");
                all.push((format!("{method} {path}"), operation));
            }
        }
        all
    }

    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        if let Some(list) = value.as_array() {
            list.iter().for_each(|v| references(v, found));
        }
        for (key, value) in value.as_object().into_iter().flatten() {
            match value.as_str() {
                Some(reference) if key == "$ref" => found.push(reference),
                Some(_) | None => references(value, found),
            }
        }
    }

    #[test]
    fn every_operation_has_an_id_of_its_own_and_says_what_it_does() {
        let whole = whole();
        let tags: BTreeSet<_> =
            whole["tags"].as_array().unwrap().iter().map(|t| &t["name"]).map(Value::to_string).collect();

        let mut ids = BTreeSet::new();
        for (name, operation) in operations(&whole) {
            let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{name} has no operationId"));
            assert!(ids.insert(id), "{id} is there twice");
            assert!(operation["summary"].is_string(), "{name} has no summary");
            for tag in operation["tags"].as_array().unwrap_or_else(|| panic!("{name} has no tags")) {
                assert!(tags.contains(&tag.to_string()), "{name} has the unknown tag {tag}");
            }
        }
        assert!(ids.len() > 10);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let whole = whole();
        let mut found = Vec::new();
        references(&whole, &mut found);

        for reference in &found {
            resolve(&whole, &json!({ "$ref": reference })).unwrap();
        }

        assert!(found.len() > 20);
    }

    #[test]
    fn every_component_is_used() {
        let whole = whole();
        let mut found = Vec::new();
        references(&whole, &mut found);
        let used: BTreeSet<&str> = found.into_iter().collect();

        for kind in ["schemas", "parameters", "headers"] {
            for name in whole["components"][kind].as_object().unwrap().keys() {
                let reference = format!("#/components/{kind}/{name}");
                assert!(used.contains(reference.as_str()), "{reference} is used nowhere");
            }
        }
    }

    #[test]
    fn every_path_parameter_is_declared_and_required() {
        let whole = whole();

        for (name, operation) in operations(&whole) {
            let declared: BTreeSet<String> = operation["parameters"]
                .as_array()
                .unwrap()
                .iter()
                .map(|p| resolve(&whole, p).unwrap())
                .filter(|p| p["in"] == "path")
                .inspect(|p| assert_eq!(p["required"], true, "{name}"))
                .map(|p| p["name"].as_str().unwrap().to_owned())
                .collect();
            let in_path: BTreeSet<String> =
                name.split('/').filter_map(|s| s.strip_prefix('{')?.strip_suffix('}')).map(str::to_owned).collect();
            assert_eq!(declared, in_path, "{name}");
        }
    }

    #[test]
    fn every_response_has_a_description_and_echoes_the_request_id() {
        let whole = whole();

        for (name, operation) in operations(&whole) {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let response = resolve(&whole, response).unwrap();
                assert!(response["description"].is_string(), "{name} {status}");
                assert!(response["headers"]["X-Request-Id"].is_object(), "{name} {status}");
            }
        }
    }

    #[test]
    fn an_operation_with_a_bound_token_declares_its_proof_and_its_refusal() {
        let whole = whole();
        let mut bound = 0;

        for (name, operation) in operations(&whole) {
            if is_bound(&whole, operation.as_object().unwrap()) {
                bound += 1;
                assert!(operation["responses"]["401"].is_object(), "{name}");
                assert!(operation["parameters"].to_string().contains("parameters/DPoP"), "{name}");
            }
        }

        assert_eq!(whole["security"], json!([{ "dpop": [] }]));
        assert!(bound > 5);
    }
}
