//! Reading the body of a batch: parts between boundary lines, requests inside parts, change sets inside the batch.
//!
//! Real callers differ in their framing, and the service takes them all: CRLF or LF, a line break before the first boundary, a
//! missing blank line after a nested end, an extra one before the JSON, header names in any case.

use bytes::Bytes;

use super::super::message::Request;
use super::super::refusal::Refusal;

/// The longest address inside a batch, in bytes. Source: Microsoft Learn, "Execute batch operations using the Web API".
const LONGEST_URL: usize = 65_536;

/// One request inside a batch.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) content_id: Option<String>,
    pub(super) request: Request,
    /// Why the body could not be read, which fails this request only.
    pub(super) unreadable: Option<Refusal>,
}

/// One item of a batch.
#[derive(Debug)]
pub(super) enum Item {
    Request(Box<Inner>),
    ChangeSet(Vec<Inner>),
}

/// The boundary that a content type names, quoted or not.
pub(super) fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/mixed") {
        return None;
    }
    let found = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("boundary")
            .then(|| value.trim().trim_matches('"').to_owned())
    })?;
    (!found.is_empty()).then_some(found)
}

pub(super) fn read(body: &Bytes, boundary: &str) -> Result<Vec<Item>, Refusal> {
    let text =
        std::str::from_utf8(body).map_err(|_| Refusal::bad_batch("The batch is not UTF-8."))?;
    // With LF line ends the last body can only be read when two of them end the batch.
    // Source: Microsoft Learn, "Execute batch operations using the Web API".
    let closed = text.ends_with("\n\n") || text.contains("\r\n");
    let mut items = Vec::new();
    for part in parts(text, boundary)? {
        let (head, rest) = head(part);
        match header(&head, "content-type") {
            Some(kind) if kind.to_ascii_lowercase().starts_with("multipart/mixed") => {
                let inner_boundary = self::boundary(kind)
                    .ok_or_else(|| Refusal::bad_batch("A change set has no boundary."))?;
                let inner = parts(rest, &inner_boundary)?.into_iter().map(|part| {
                    let (head, rest) = self::head(part);
                    request(&head, rest, closed)
                });
                items.push(Item::ChangeSet(inner.collect::<Result<_, _>>()?));
            }
            Some(kind) if kind.to_ascii_lowercase().starts_with("application/http") => {
                items.push(Item::Request(Box::new(request(&head, rest, closed)?)))
            }
            _ => {
                return Err(Refusal::bad_batch(
                    "A part of the batch is neither 'application/http' nor 'multipart/mixed'.",
                ));
            }
        }
    }
    Ok(items)
}

/// The texts between the boundary lines; what stands before the first and after the last line is ignored.
fn parts<'t>(text: &'t str, boundary: &str) -> Result<Vec<&'t str>, Refusal> {
    let opening = format!("--{boundary}");
    let mut found = Vec::new();
    let mut start: Option<usize> = None;
    let mut ended = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        if let Some(after) = bare.strip_prefix(opening.as_str())
            && (after.is_empty() || after == "--")
        {
            if let Some(start) = start {
                found.push(&text[start..at]);
            }
            start = Some(at + line.len());
            if after == "--" {
                ended = true;
                break;
            }
        }
        at += line.len();
    }
    if ended {
        Ok(found)
    } else {
        Err(Refusal::bad_batch(
            "The batch ends before its closing boundary.",
        ))
    }
}

/// Header lines up to the first blank line, and what follows it. Blank lines before the headers are skipped.
fn head(text: &str) -> (Vec<(&str, &str)>, &str) {
    let mut headers = Vec::new();
    let mut rest = text.trim_start_matches(['\r', '\n']);
    while let Some((line, after)) = rest.split_once('\n') {
        rest = after;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim(), value.trim()));
        }
    }
    (headers, rest)
}

fn header<'t>(head: &[(&'t str, &'t str)], name: &str) -> Option<&'t str> {
    head.iter()
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| *value)
}

/// Method and address. Some callers write addresses with spaces in them, so everything up to the version of HTTP is one.
fn request_line(line: &str) -> Option<(&str, &str)> {
    let (method, rest) = line.trim().split_once(char::is_whitespace)?;
    let rest = rest.trim();
    let url = match rest.rsplit_once(char::is_whitespace) {
        Some((url, version)) if version.starts_with("HTTP/") => url.trim_end(),
        _ => rest,
    };
    (!url.is_empty()).then_some((method, url))
}

fn request(part: &[(&str, &str)], text: &str, closed: bool) -> Result<Inner, Refusal> {
    let text = text.trim_start_matches(['\r', '\n']);
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    let Some((method, url)) = request_line(line) else {
        return Err(Refusal::bad_batch(
            "A part of the batch has no request line.",
        ));
    };
    if url.len() > LONGEST_URL {
        return Err(Refusal::bad_batch(
            "An address in the batch is longer than 64 KB.",
        ));
    }
    // A request without headers is followed by its blank line at once, which `head` would skip.
    let (headers, body) = if rest.starts_with("\r\n") || rest.starts_with('\n') {
        (Vec::new(), rest)
    } else {
        head(rest)
    };
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let mut request = Request {
        method: method.to_ascii_uppercase(),
        path: path.to_owned(),
        query: query.to_owned(),
        ..Request::default()
    };
    for (name, value) in &headers {
        request.header(name, value);
    }
    let json = body.trim();
    request.body = Bytes::copy_from_slice(json.as_bytes());
    let unreadable = (!json.is_empty() && !closed && !body.ends_with("\n\n"))
        .then(|| Refusal::payload("", "System.ArgumentException: Stream was not readable."));
    let content_id = header(part, "content-id")
        .or_else(|| header(&headers, "content-id"))
        .map(str::to_owned);
    Ok(Inner {
        content_id,
        request,
        unreadable,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(item: &Item) -> Vec<&Inner> {
        match item {
            Item::Request(inner) => vec![inner],
            Item::ChangeSet(inner) => inner.iter().collect(),
        }
    }

    const BATCH: &str = "\r\n--batch_1\r\nContent-Type: multipart/mixed; boundary=\"set_1\"\r\n\r\n--set_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-Id: 1\r\n\r\nPOST /api/data/v9.2/contacts?tag=x HTTP/1.1\r\nContent-Type: application/json\r\nIf-None-Match: *\r\n\r\n{\"lastname\":\"Sánchez\"}\r\n--set_1--\r\n--batch_1\r\nContent-Type: application/http\r\n\r\nGET contacts?$top=1 HTTP/1.1\r\n\r\n\r\n--batch_1--\r\n";

    #[test]
    fn change_sets_and_single_requests_are_read_from_crlf_and_lf() {
        for text in [
            BATCH.to_owned(),
            format!("{}\n\n", BATCH.replace("\r\n", "\n")),
        ] {
            let items = read(&Bytes::from(text), "batch_1").unwrap();
            assert_eq!(items.len(), 2);
            let set = requests(&items[0]);
            assert_eq!(
                (set[0].content_id.as_deref(), set[0].request.method.as_str()),
                (Some("1"), "POST")
            );
            assert_eq!(
                (set[0].request.path.as_str(), set[0].request.query.as_str()),
                ("/api/data/v9.2/contacts", "tag=x")
            );
            assert_eq!(set[0].request.body, "{\"lastname\":\"Sánchez\"}".as_bytes());
            assert!(set[0].request.if_none_match.is_some() && set[0].unreadable.is_none());
            assert_eq!(requests(&items[1])[0].request.method, "GET");
        }
    }

    #[test]
    fn an_address_may_have_spaces_and_the_version_may_be_missing() {
        let url = "accounts?$filter=name eq 'A Camelia'";
        for line in [format!("GET {url} HTTP/1.1"), format!("GET  {url}")] {
            assert_eq!(request_line(&line), Some(("GET", url)));
        }
        assert_eq!(request_line("GET"), None);
    }

    #[test]
    fn lf_without_two_of_them_at_the_end_leaves_the_body_unreadable() {
        let text = BATCH.replace("\r\n", "\n");
        let items = read(&Bytes::from(text), "batch_1").unwrap();
        assert!(requests(&items[0])[0].unreadable.is_some());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "(--b|--|\\r\\n|\\n|Content-Type: |application/http|multipart/mixed; boundary=c|GET|:|é| ){0,40}") {
            let _ = read(&Bytes::from(text), "b");
        }
    }

    #[test]
    fn boundaries_are_read_with_and_without_quotes() {
        assert_eq!(
            boundary("multipart/mixed;boundary=batch_1"),
            Some("batch_1".to_owned())
        );
        assert_eq!(
            boundary("multipart/mixed; boundary=\"batch_1\""),
            Some("batch_1".to_owned())
        );
        assert_eq!(boundary("application/json"), None);
    }

    #[test]
    fn a_batch_without_its_end_is_refused() {
        assert_eq!(
            read(
                &Bytes::from_static(b"--b\r\nContent-Type: application/http\r\n"),
                "b"
            )
            .unwrap_err()
            .status,
            400
        );
    }
}
