//! The body of a batch request.

use std::fmt::Write as _;

use super::{Batch, Group, MOST_REQUESTS};
use crate::{error::Error, request::Request};

/// Boundaries need not be random: a boundary counts only at the start of a line, and the lines
/// of a body are our own headers and JSON, which starts with `{` and has no line breaks.
pub(crate) const CONTENT_TYPE: &str = "multipart/mixed; boundary=batch_requests";

const BATCH: &str = "batch_requests";
const CHANGE_SET: &str = "changeset_requests";

/// Writes the body. Lines end in CRLF throughout, as the documentation asks. Every request of a
/// change set gets a `Content-ID`, counted from 1 over the whole batch, so that the answer tells
/// which one failed.
pub(crate) fn write(batch: &Batch, api_path: &str, tag: &str) -> Result<String, Error> {
    let requests = batch
        .groups()
        .iter()
        .map(|group| group.requests().len())
        .sum::<usize>();
    if requests == 0 {
        return Err(Error::not_sendable("the batch is empty"));
    }
    if requests > MOST_REQUESTS {
        return Err(Error::not_sendable(format!(
            "the batch holds {requests} requests of at most {MOST_REQUESTS}"
        )));
    }
    let mut body = String::new();
    let mut content_id = 0;
    for (place, group) in batch.groups().iter().enumerate() {
        line(&mut body, format_args!("--{BATCH}"));
        match group {
            Group::Alone(request) => {
                content_id += 1;
                part(&mut body, request, api_path, tag, None)?;
            }
            Group::ChangeSet(change_set) => {
                if change_set.is_empty() {
                    return Err(Error::not_sendable("a change set is empty"));
                }
                line(
                    &mut body,
                    format_args!("Content-Type: multipart/mixed; boundary={CHANGE_SET}_{place}"),
                );
                line(&mut body, format_args!(""));
                for request in group.requests() {
                    if !request.is_write() {
                        return Err(Error::not_sendable("a change set holds a read"));
                    }
                    content_id += 1;
                    line(&mut body, format_args!("--{CHANGE_SET}_{place}"));
                    part(&mut body, request, api_path, tag, Some(content_id))?;
                }
                line(&mut body, format_args!("--{CHANGE_SET}_{place}--"));
                line(&mut body, format_args!(""));
            }
        }
    }
    line(&mut body, format_args!("--{BATCH}--"));
    Ok(body)
}

fn part(
    body: &mut String,
    request: &Request,
    api_path: &str,
    tag: &str,
    content_id: Option<usize>,
) -> Result<(), Error> {
    line(body, format_args!("Content-Type: application/http"));
    line(body, format_args!("Content-Transfer-Encoding: binary"));
    if let Some(content_id) = content_id {
        line(body, format_args!("Content-ID: {content_id}"));
    }
    line(body, format_args!(""));
    let resource = request.resource(tag);
    if resource.bytes().any(|byte| !(0x21..0x7f).contains(&byte)) {
        return Err(Error::not_sendable("a URL is not encoded"));
    }
    line(
        body,
        format_args!("{} {api_path}{resource} HTTP/1.1", request.method),
    );
    line(body, format_args!("Accept: application/json"));
    for (name, value) in request.headers() {
        if value.bytes().any(|byte| !(0x20..0x7f).contains(&byte)) {
            return Err(Error::not_sendable("a header value is malformed"));
        }
        line(body, format_args!("{name}: {value}"));
    }
    if let Some(json) = &request.body {
        line(
            body,
            format_args!("Content-Type: application/json; charset=utf-8"),
        );
        line(body, format_args!(""));
        line(body, format_args!("{json}"));
    } else {
        line(body, format_args!(""));
    }
    Ok(())
}

fn line(body: &mut String, text: std::fmt::Arguments<'_>) {
    write!(body, "{text}\r\n").expect("writing to a string cannot fail");
}
