//! Labels in the form of the metadata endpoints, and reading them from bodies.

use serde_json::{Map, Value as Json, json};

/// The language of the organisation: English.
const LANGUAGE: i64 = 1033;

/// A label in the base language.
pub(super) fn of(text: &str) -> Json {
    let label = json!({"Label": text, "LanguageCode": LANGUAGE, "IsManaged": false, "MetadataId": null, "HasChanged": null});
    json!({"LocalizedLabels": [label.clone()], "UserLocalizedLabel": label})
}

/// No label.
pub(super) fn none() -> Json {
    json!({"LocalizedLabels": [], "UserLocalizedLabel": null})
}

/// The text of a label in a body: its base language, else the first there is.
pub(super) fn text(body: &Map<String, Json>, property: &str) -> Option<String> {
    of_label(body.get(property)?)
}

pub(super) fn of_label(label: &Json) -> Option<String> {
    let labels = label.get("LocalizedLabels")?.as_array()?;
    let base = labels
        .iter()
        .find(|label| label["LanguageCode"].as_i64() == Some(LANGUAGE));
    let text = base.or(labels.first())?.get("Label")?.as_str()?;
    Some(text.to_owned())
}

/// A property that administrators may lock.
pub(super) fn managed(value: impl Into<Json>, name: &str) -> Json {
    json!({"Value": value.into(), "CanBeChanged": true, "ManagedPropertyLogicalName": name})
}
