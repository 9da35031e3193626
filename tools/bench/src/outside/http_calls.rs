//! Counts the requests to Dynamics and to the survey platform on their way in.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode};

use super::meter::{Meter, Purpose, System};

const LARGEST_BODY_BYTES: usize = 16 * 1024 * 1024;

/// Where requests are counted, and of which system.
#[derive(Clone)]
pub(super) struct Counted {
    pub(super) meter: Meter,
    pub(super) system: System,
}

/// Counts a request and lets it through.
pub(super) async fn count(
    State(counted): State<Counted>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY_BYTES).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let path = parts.uri.path();
    let (purpose, operation) = if path.ends_with("/$batch") {
        of_batch(&String::from_utf8_lossy(&body))
    } else {
        of_request(&parts.method, path)
    };
    counted
        .meter
        .count(counted.system, purpose, &operation, 0, 0);
    next.run(Request::from_parts(parts, Body::from(body))).await
}

fn of_request(method: &Method, path: &str) -> (Purpose, String) {
    let signs_in = path.ends_with("/token") || path.to_lowercase().ends_with("/logintoken");
    let purpose = match method {
        _ if signs_in => Purpose::SignIn,
        &Method::GET | &Method::HEAD => Purpose::Read,
        _ => Purpose::Write,
    };
    (purpose, format!("{method} {}", place(path)))
}

/// A batch is one request of service protection; it reads when nothing in it changes anything.
/// Source: Microsoft Learn, "Execute batch operations using the Web API".
fn of_batch(body: &str) -> (Purpose, String) {
    let parts: Vec<String> = body.lines().filter_map(part).collect();
    let only_reads = parts.iter().all(|part| part.starts_with("GET "));
    let purpose = if only_reads {
        Purpose::Read
    } else {
        Purpose::Write
    };
    (purpose, format!("$batch of {}", parts.join(", ")))
}

fn part(line: &str) -> Option<String> {
    let mut words = line.split_ascii_whitespace();
    let (method, address, version) = (words.next()?, words.next()?, words.next()?);
    let known = ["GET", "POST", "PATCH", "PUT", "DELETE"].contains(&method);
    (known && version == "HTTP/1.1").then(|| format!("{method} {}", place(address)))
}

/// The last name in an address, without key and query.
fn place(address: &str) -> &str {
    let path = address.split(['?', '(']).next().unwrap_or_default();
    let mut names = path.rsplit('/').filter(|name| !name.is_empty());
    let last = names.next().unwrap_or("/");
    // An id at the end says nothing: what it is an id of does.
    let is_id = last.len() >= 16
        && last
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if is_id {
        names.next().unwrap_or(last)
    } else {
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_set_is_one_write_and_a_batch_of_searches_one_read() {
        let change_set = "--b\r\nContent-Type: application/http\r\n\r\nPATCH /api/data/v9.2/incidents(11111111-1111-4111-8111-111111111111) HTTP/1.1\r\n\
            \r\n{}\r\n--b\r\n\r\nPATCH /api/data/v9.2/annotations(2) HTTP/1.1\r\n";
        let expected = (
            Purpose::Write,
            "$batch of PATCH incidents, PATCH annotations".to_owned(),
        );
        assert_eq!(of_batch(change_set), expected);
        let searches = "--b\r\n\r\nGET http://127.0.0.1:1/api/data/v9.2/contacts?$filter=emailaddress1%20eq%20%27a%27 HTTP/1.1\r\n";
        assert_eq!(
            of_batch(searches),
            (Purpose::Read, "$batch of GET contacts".to_owned())
        );
    }

    #[test]
    fn signing_in_is_neither_a_read_nor_a_write() {
        let (purpose, name) = of_request(&Method::POST, "/sandbox/oauth2/v2.0/token");
        assert_eq!((purpose, name.as_str()), (Purpose::SignIn, "POST token"));
        assert_eq!(
            of_request(&Method::POST, "/api/LoginToken").0,
            Purpose::SignIn
        );
        let (purpose, name) = of_request(&Method::GET, "/api/answer/6721f0c4b7d2a93e5c180f64");
        assert_eq!((purpose, name.as_str()), (Purpose::Read, "GET answer"));
    }
}
