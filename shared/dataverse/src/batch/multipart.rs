//! Multipart bodies and the HTTP messages inside them, read from bytes that may be anything.

use http::{HeaderMap, HeaderName, HeaderValue, header::CONTENT_TYPE};

/// A part: its own headers and what follows them.
pub(super) struct Part<'a> {
    pub(super) headers: HeaderMap,
    pub(super) content: &'a [u8],
}

/// An HTTP answer inside a part.
pub(super) struct Message<'a> {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: &'a [u8],
}

/// The boundary that a `multipart/mixed` content type names; `None` for any other type.
pub(super) fn boundary(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let mut fields = value.split(';');
    if !fields
        .next()?
        .trim()
        .eq_ignore_ascii_case("multipart/mixed")
    {
        return None;
    }
    fields
        .filter_map(|field| field.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"))
        .map(|(_, boundary)| boundary.trim().trim_matches('"').to_owned())
        .filter(|boundary| !boundary.is_empty())
}

/// Whether the content type is the one of a batch answer.
pub(crate) fn is_multipart(headers: &HeaderMap) -> bool {
    boundary(headers).is_some()
}

/// Splits a multipart body. `None` when it does not end with its closing boundary: half an answer
/// must not pass for a whole one.
pub(super) fn parts<'a>(body: &'a [u8], boundary: &str) -> Option<Vec<Part<'a>>> {
    let delimiter = [b"--", boundary.as_bytes()].concat();
    let mut parts = Vec::new();
    let mut part_start = None;
    let mut rest = 0;
    while rest < body.len() {
        let line_start = rest;
        let (line, next) = split_line(body, line_start);
        rest = next;
        let Some(after) = line.strip_prefix(delimiter.as_slice()) else {
            continue;
        };
        let closes = after.trim_ascii() == b"--";
        if !closes && !after.trim_ascii().is_empty() {
            continue;
        }
        if let Some(start) = part_start {
            parts.push(part(&body[start..line_start])?);
        }
        if closes {
            return Some(parts);
        }
        part_start = Some(next);
    }
    None
}

/// Reads the HTTP answer that a part holds.
pub(super) fn message(content: &[u8]) -> Option<Message<'_>> {
    let start = content
        .iter()
        .position(|byte| !byte.is_ascii_whitespace())?;
    let (line, next) = split_line(content, start);
    let line = std::str::from_utf8(line).ok()?;
    let mut words = line.split_ascii_whitespace();
    if !words.next()?.starts_with("HTTP/") {
        return None;
    }
    let status = words
        .next()?
        .parse()
        .ok()
        .filter(|status| (100..600).contains(status))?;
    let (headers, body) = headers(&content[next..])?;
    Some(Message {
        status,
        headers,
        body,
    })
}

fn part(bytes: &[u8]) -> Option<Part<'_>> {
    let (headers, content) = headers(bytes)?;
    Some(Part { headers, content })
}

/// Header lines up to an empty line, and what follows it. Without an empty line everything is
/// headers, as in a 204 that ends at the next boundary.
fn headers(bytes: &[u8]) -> Option<(HeaderMap, &[u8])> {
    let mut headers = HeaderMap::new();
    let mut rest = 0;
    while rest < bytes.len() {
        let (line, next) = split_line(bytes, rest);
        rest = next;
        if line.trim_ascii().is_empty() {
            break;
        }
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(line[..colon].trim_ascii()).ok()?;
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
        headers.append(name, value);
    }
    Some((headers, &bytes[rest..]))
}

/// The line that starts at `start` without its CRLF or LF, and where the next one starts.
fn split_line(bytes: &[u8], start: usize) -> (&[u8], usize) {
    let line = &bytes[start..];
    match line.iter().position(|byte| *byte == b'\n') {
        Some(end) => {
            let text = &line[..end];
            (text.strip_suffix(b"\r").unwrap_or(text), start + end + 1)
        }
        None => (line, bytes.len()),
    }
}
