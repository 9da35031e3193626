//! Reads a webhook body: which answer, under which notification name.
//!
//! Source: Webex Experience Management developer documentation, "Real-time push".

use cxloop_domain::names::ResponseId;
use cxloop_ports::{Hint, Unparsable};
use serde_json::Value;

use super::wire::lower_keys;

/// The longest notification name that is kept, in characters.
const LONGEST_NAME: usize = 200;

pub(super) fn parse(body: &[u8]) -> Result<Hint, Unparsable> {
    // .NET writes a byte-order mark at times; JSON readers refuse it.
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        refused(format!(
            "the body is no JSON (line {}, column {})",
            error.line(),
            error.column()
        ))
    })?;
    let Value::Object(fields) = lower_keys(value) else {
        return Err(refused(
            "expected a JSON object with the keys notification and answer".into(),
        ));
    };
    let notification = match fields.get("notification") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => rule_name(text),
        Some(other) => {
            return Err(refused(format!(
                "notification: expected text, found {}",
                kind(other)
            )));
        }
    };
    let answer = match fields.get("answer") {
        Some(Value::Object(answer)) => answer,
        None => return Err(refused("answer: expected an object, found nothing".into())),
        Some(other) => {
            return Err(refused(format!(
                "answer: expected an object, found {}",
                kind(other)
            )));
        }
    };
    let id = match answer.get("id") {
        Some(Value::String(id)) => id.trim(),
        None => {
            return Err(refused(
                "answer.id: expected the response's id, found nothing".into(),
            ));
        }
        Some(other) => {
            return Err(refused(format!(
                "answer.id: expected text, found {}",
                kind(other)
            )));
        }
    };
    if !is_answer_id(id) {
        return Err(refused(
            "answer.id: expected 1 to 100 letters, digits, - and _".into(),
        ));
    }
    let response = ResponseId::parse(canonical(id))
        .map_err(|_| refused("answer.id: expected a response's id".into()))?;
    Ok(Hint {
        response,
        notification,
        signed: None,
    })
}

/// Whether a text can be an answer's id. Ids are 24 hexadecimal digits where they were seen; what could
/// change the address that it is put into is refused in any case.
pub(super) fn is_answer_id(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Hexadecimal ids name the same answer in capitals; one spelling keeps one response one response.
fn canonical(id: &str) -> String {
    let hexadecimal = id.len() == 24 && id.bytes().all(|b| b.is_ascii_hexdigit());
    if hexadecimal {
        id.to_ascii_lowercase()
    } else {
        id.to_owned()
    }
}

/// The rule's name in a notification's text: what follows the last colon, without a trailing "matched".
fn rule_name(text: &str) -> String {
    let last = text.rsplit(':').next().unwrap_or(text).trim();
    let end = last.len().saturating_sub("matched".len());
    let bare = match last.get(end..) {
        Some(word)
            if word.eq_ignore_ascii_case("matched")
                && last[..end].ends_with(char::is_whitespace) =>
        {
            last[..end].trim()
        }
        _ => last,
    };
    let name = if bare.is_empty() { text.trim() } else { bare };
    name.chars()
        .filter(|c| !c.is_control())
        .take(LONGEST_NAME)
        .collect()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn refused(reason: String) -> Unparsable {
    Unparsable { reason }
}
