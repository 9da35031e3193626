//! How a webhook is to know that a request is legitimate: a key, headers or query parameters from the endpoint's `authvalue`.
//! Source: Microsoft Learn, "Register a webhook" (authentication options). Nothing is checked when an endpoint is registered;
//! what cannot be read fails the call.

use super::delivery::Failure;

/// A key in the query, as Azure Functions want it.
pub(super) const WEBHOOK_KEY: i64 = 4;
pub(super) const HTTP_HEADER: i64 = 5;
pub(super) const HTTP_QUERY_STRING: i64 = 6;

/// What a request carries for its receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) headers: Vec<(String, String)>,
    pub(super) query: Vec<(String, String)>,
}

/// Reads an `authvalue`.
pub(super) fn read(kind: i64, value: &str) -> Result<Credentials, Failure> {
    let mut credentials = Credentials::default();
    match kind {
        WEBHOOK_KEY if value.is_empty() => {}
        WEBHOOK_KEY => credentials
            .query
            .push(("code".to_owned(), value.to_owned())),
        HTTP_HEADER => {
            credentials.headers = settings(value).ok_or(Failure::InvalidHeaders)?;
            let well_formed = |(name, value): &(String, String)| {
                http::HeaderName::try_from(name.as_str()).is_ok()
                    && http::HeaderValue::try_from(value.as_str()).is_ok()
            };
            if !credentials.headers.iter().all(well_formed) {
                return Err(Failure::InvalidHeaders);
            }
        }
        HTTP_QUERY_STRING => {
            credentials.query = settings(value).ok_or(Failure::InvalidQuery)?;
        }
        _ => {}
    }
    Ok(credentials)
}

/// The names and values in `<settings><setting name="…" value="…"/></settings>`; `None` for anything else.
fn settings(text: &str) -> Option<Vec<(String, String)>> {
    let mut rest = text.trim();
    if rest == "<settings/>" || rest == "<settings />" {
        return Some(Vec::new());
    }
    rest = rest
        .strip_prefix("<settings>")?
        .strip_suffix("</settings>")?;
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Some(found);
        }
        let after = rest.strip_prefix("<setting")?;
        let end = after.find('>')?;
        let (inside, closed) = match after[..end].strip_suffix('/') {
            Some(inside) => (inside, true),
            None => (&after[..end], false),
        };
        found.push((attribute(inside, "name")?, attribute(inside, "value")?));
        rest = &after[end + 1..];
        if !closed {
            rest = rest.trim_start().strip_prefix("</setting>")?;
        }
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let mut rest = tag;
    loop {
        rest = rest.trim_start();
        let (found, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let quote = after
            .chars()
            .next()
            .filter(|quote| matches!(quote, '"' | '\''))?;
        let (value, behind) = after[1..].split_once(quote)?;
        if found.trim() == name {
            return unescaped(value);
        }
        rest = behind;
    }
}

fn unescaped(text: &str) -> Option<String> {
    const ENTITIES: &[(&str, char)] = &[
        ("amp;", '&'),
        ("lt;", '<'),
        ("gt;", '>'),
        ("quot;", '"'),
        ("apos;", '\''),
    ];
    if text.contains('<') {
        return None;
    }
    let mut parts = text.split('&');
    let mut plain = parts.next()?.to_owned();
    for part in parts {
        let (entity, letter) = ENTITIES
            .iter()
            .find(|(entity, _)| part.starts_with(entity))?;
        plain.push(*letter);
        plain.push_str(&part[entity.len()..]);
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_xml_and_nothing_else() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let text = r#"<settings><setting name="x-key" value="a&amp;b" /><setting value='"' name='other'></setting></settings>"#;
        assert_eq!(
            settings(text),
            Some(vec![pair("x-key", "a&b"), pair("other", "\"")])
        );
        assert_eq!(settings("<settings></settings>"), Some(Vec::new()));
        for wrong in [
            "",
            "x-key: a",
            "<settings><setting name=\"a\"/></settings>",
            "<settings><set/></settings>",
            "<settings>",
        ] {
            assert_eq!(settings(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_key_is_sent_as_code() {
        let read = read(WEBHOOK_KEY, "segredo").unwrap();
        assert_eq!(read.query, [("code".to_owned(), "segredo".to_owned())]);
    }

    #[test]
    fn a_header_that_http_cannot_carry_fails_the_call() {
        let wrong = "<settings><setting name=\"a b\" value=\"c\"/></settings>";
        assert_eq!(read(HTTP_HEADER, wrong), Err(Failure::InvalidHeaders));
    }
}
