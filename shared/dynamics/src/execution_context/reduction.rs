//! What is kept of a body that is too large to be kept whole.

use serde_json::{Map, Value, json};

use super::encoding;

/// Texts longer than this name no row.
const LONGEST_TEXT: usize = 100;

/// Entries of a list beyond this are left out.
const LONGEST_LIST: usize = 1_000;

/// The largest reduced body, in bytes before compression: far below what is refused.
const LARGEST_BYTES: usize = 200 * 1024;

/// What may be large and names no row that is not named elsewhere.
const LEFT_OUT: [&str; 4] = [
    "ParentContext",
    "FormattedValues",
    "RelatedEntities",
    "KeyAttributes",
];

/// The key that says how many bytes the whole body had.
const REDUCED_FROM: &str = "cxloop_reduced_from_bytes";

/// The body with its ids, names and choices and without its longer texts, so that it still says which row changed. Of one
/// that is still too large, or is no JSON object, its plain values stay, or its size alone.
///
/// Dataverse takes the parameters out of what is over 256 KB by itself, so this is for bodies that no page tells of.
pub fn reduced(body: &[u8]) -> Vec<u8> {
    let whole = serde_json::from_str(&encoding::text(body));
    let Ok(Value::Object(whole)) = whole else {
        return json!({ REDUCED_FROM: body.len() }).to_string().into_bytes();
    };
    let mut pruned = object(&whole);
    pruned.insert(REDUCED_FROM.to_owned(), body.len().into());
    let text = Value::Object(pruned).to_string();
    if text.len() <= LARGEST_BYTES {
        return text.into_bytes();
    }
    let is_plain = |(name, value): &(&String, &Value)| {
        let is_short = name.len() <= LONGEST_TEXT && !value.is_array() && !value.is_object();
        is_short && value.as_str().is_none_or(|text| text.len() <= LONGEST_TEXT)
    };
    let plain = whole.iter().filter(is_plain).take(LONGEST_LIST / 10);
    let mut plain: Map<String, Value> = plain
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    plain.insert(REDUCED_FROM.to_owned(), body.len().into());
    Value::Object(plain).to_string().into_bytes()
}

fn object(fields: &Map<String, Value>) -> Map<String, Value> {
    let stays = |(name, _): &(&String, &Value)| !LEFT_OUT.contains(&name.as_str());
    let stays = fields.iter().filter(stays).take(LONGEST_LIST);
    stays
        .map(|(name, value)| (name.clone(), pruned(value)))
        .collect()
}

fn pruned(value: &Value) -> Value {
    match value {
        Value::String(text) if text.len() > LONGEST_TEXT => Value::Null,
        Value::Array(items) => items.iter().take(LONGEST_LIST).map(pruned).collect(),
        Value::Object(fields) => Value::Object(object(fields)),
        other => other.clone(),
    }
}
