//! Reads keys without regard to case, as the platform's own .NET server does.

use serde_json::{Map, Value};

/// The names that the stand-in reads, as it spells them.
const NAMES: &[&str] = &[
    "additionalRecipients",
    "afterdate",
    "aftertime",
    "answerCheck",
    "apiFill",
    "archived",
    "attachments",
    "attributes",
    "authorName",
    "beforedate",
    "beforetime",
    "conditionalFilter",
    "days",
    "deviceId",
    "displayLocation",
    "displayType",
    "email",
    "filterName",
    "filterquestions",
    "groupBy",
    "id",
    "isRequired",
    "isRetired",
    "location",
    "locationId",
    "logNotification",
    "messageContent",
    "messageSubject",
    "mode",
    "multiSelect",
    "name",
    "note",
    "notes",
    "noteSurveyID",
    "noteTime",
    "number",
    "numberInput",
    "onlyQuestions",
    "openTicket",
    "preFill",
    "preferredLanguage",
    "questionId",
    "questionTags",
    "questionText",
    "responseDateTime",
    "responseDuration",
    "responses",
    "sequence",
    "sortByOldest",
    "staffFill",
    "surveyClient",
    "text",
    "textInput",
    "user",
    "validTill",
    "validUses",
    "value",
    "withNotes",
    "withTickets",
];

/// Spells every known key in a value, at any depth, as the stand-in does.
pub(super) fn fold_keys(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(key, inner)| (fold(key), fold_keys(inner)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(fold_keys).collect()),
        other => other,
    }
}

/// Writes every key of a value, at any depth, with a capital first letter.
pub(super) fn pascal_keys(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(key, inner)| (pascal(&key), pascal_keys(inner)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(pascal_keys).collect()),
        other => other,
    }
}

/// The value under a key, whatever its case.
pub(super) fn get<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

fn fold(key: String) -> String {
    match NAMES.iter().find(|name| name.eq_ignore_ascii_case(&key)) {
        Some(name) => (*name).to_owned(),
        None => key,
    }
}

fn pascal(key: &str) -> String {
    let mut letters = key.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_in_any_case_are_read_and_unknown_ones_are_left_alone() {
        let folded =
            fold_keys(json!({"Responses": [{"QUESTIONID": "a", "Outra": 1}], "afterDate": null}));
        assert_eq!(
            folded,
            json!({"responses": [{"questionId": "a", "Outra": 1}], "afterdate": null})
        );
    }
}
