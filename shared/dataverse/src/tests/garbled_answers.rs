//! Whatever comes back, from the Web API or from the identity provider, has a verdict under which
//! the message stays: nothing panics, nothing is taken for a success, nothing floods the memory.

use std::{io::Write as _, sync::Arc, time::Duration};

use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use jiff::Timestamp;
use proptest::prelude::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::{CASE, CONTACT, NOTE, Organisation, connection};
use crate::{
    Action, Client, Connection, Error, Query, Request, Row, Timeouts,
    answer::judge,
    batch::{Batch, ChangeSet, read},
    classify,
};

/// What a broken server says to every request: bytes, and then what.
#[derive(Clone)]
struct Garbage {
    what: &'static str,
    bytes: Vec<u8>,
    then: Then,
}

#[derive(Clone, Copy)]
enum Then {
    Close,
    Hang,
    GoOn,
}

fn says(what: &'static str, bytes: impl Into<Vec<u8>>) -> Garbage {
    Garbage {
        what,
        bytes: bytes.into(),
        then: Then::Close,
    }
}

fn answer(status: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// A megabyte of zeros for every kilobyte sent.
fn bomb() -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(b"{\"value\":[\"").unwrap();
    packed.write_all(&vec![b'0'; 16 * 1024 * 1024]).unwrap();
    packed.write_all(b"\"]}").unwrap();
    packed.finish().unwrap()
}

fn garbage() -> Vec<Garbage> {
    const JSON: &str = "application/json";
    const HTML: &str = "text/html";
    let page = b"<html>Estamos en obras</html>";
    let packed = bomb();
    let packed_head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        packed.len()
    );
    let deep = [b"{\"value\":".to_vec(), vec![b'['; 200_000]].concat();
    let endless = |what, head: &str| Garbage {
        then: Then::GoOn,
        ..says(what, head)
    };
    vec![
        says("a page with 200", answer("200 OK", HTML, page)),
        says("a page with 403", answer("403 Forbidden", HTML, page)),
        says("a page with 404", answer("404 Not Found", HTML, page)),
        says("a page with 502", answer("502 Bad Gateway", HTML, page)),
        says("a page said to be JSON", answer("200 OK", JSON, page)),
        says("JSON said to be a page", answer("200 OK", HTML, b"{\"value\":[]}")),
        says("no content type", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".as_slice()),
        says("half a body", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{\"value\":[".as_slice()),
        says("half a head", b"HTTP/1.1 200 OK\r\nContent-Ty".as_slice()),
        says("an empty body", answer("200 OK", JSON, b"")),
        says("an error inside 200", answer("200 OK", JSON, b"{\"error\":{\"code\":\"\",\"message\":\"nada\"}}")),
        says("a redirect", b"HTTP/1.1 302 Found\r\nLocation: https://example.com/\r\nContent-Length: 0\r\n\r\n".as_slice()),
        says("nothing at all", b"".as_slice()),
        says("another protocol", b"SSH-2.0-OpenSSH_9.2\r\n".as_slice()),
        says("text that is no UTF-8", answer("200 OK", JSON, b"{\"value\":[\"\xff\xfe\"]}")),
        says("very deep JSON", answer("200 OK", JSON, &deep)),
        says("a bomb", [packed_head.into_bytes(), packed].concat()),
        says("another success", answer("202 Accepted", JSON, b"{\"value\":[]}")),
        endless("an endless page", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"),
        endless("an endless failure", "HTTP/1.1 500 Oops\r\nContent-Type: text/html\r\n\r\n"),
        Garbage { then: Then::Hang, ..says("a head and then silence", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n") },
    ]
}

/// A server that says the same to everybody.
async fn broken_server(garbage: Garbage) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(say(stream, garbage.clone()));
        }
    });
    (url, serving)
}

/// Errors of the socket are the client hanging up, which is what it should do.
async fn say(mut stream: TcpStream, garbage: Garbage) {
    let mut request = [0; 16 * 1024];
    if !matches!(stream.read(&mut request).await, Ok(1..)) {
        return;
    }
    let _ = stream.write_all(&garbage.bytes).await;
    match garbage.then {
        Then::Close => {
            let _ = stream.shutdown().await;
        }
        Then::Hang => std::future::pending().await,
        Then::GoOn => {
            let piece = [b' '; 64 * 1024];
            while stream.write_all(&piece).await.is_ok() {}
        }
    }
}

fn client(root: &str, token_url: &str) -> Client {
    let timeouts = Timeouts {
        request: Duration::from_millis(1_500),
        ..Timeouts::default()
    };
    Client::new(
        Connection::http_client(timeouts).unwrap(),
        connection(root)
            .with_token_url(token_url)
            .unwrap()
            .with_timeouts(timeouts),
        Arc::new(|| Timestamp::UNIX_EPOCH),
    )
}

fn three_writes() -> Batch {
    ChangeSet::new()
        .request(Request::create_with_id("incidents", CASE, Row::new()))
        .request(Request::create_with_id("annotations", NOTE, Row::new()))
        .request(Request::create("contacts", Row::new()))
        .into()
}

/// The errors of a read, a list, a write and a batch.
async fn errors_of(client: &Client) -> [Error; 4] {
    let query = Query::new();
    let batch = three_writes();
    let (get, list, write, batch) = tokio::join!(
        client.get("incidents", CASE, &query),
        client.list("contacts", &query),
        client.create("contacts", Row::new()),
        client.batch(&batch),
    );
    [
        get.unwrap_err(),
        list.unwrap_err(),
        write.unwrap_err(),
        batch.unwrap_err(),
    ]
}

#[tokio::test]
async fn no_garbage_from_the_web_api_is_a_success_or_the_end_of_a_message() {
    let tokens = Organisation::start().await;
    let token_url = format!("{}/contoso/oauth2/v2.0/token", tokens.server.uri());
    for garbage in garbage() {
        let what = garbage.what;
        let (url, serving) = broken_server(garbage).await;
        // An empty object is a row without columns, and no more than that.
        if what == "no content type" {
            continue;
        }
        for error in errors_of(&client(&url, &token_url)).await {
            let action = classify(&error).action;
            assert_eq!(action, Action::RetryLater, "{what}: {error:?}");
        }
        serving.abort();
    }
}

#[tokio::test]
async fn no_garbage_from_the_identity_provider_ends_a_message() {
    for garbage in garbage() {
        let what = garbage.what;
        let (url, serving) = broken_server(garbage).await;
        for error in errors_of(&client(&url, &format!("{url}/token"))).await {
            let action = classify(&error).action;
            assert_eq!(action, Action::RetryLater, "{what}: {error:?}");
        }
        serving.abort();
    }
}

#[tokio::test]
async fn an_endless_answer_of_the_right_kind_is_cut_off_and_put_aside() {
    let tokens = Organisation::start().await;
    let token_url = format!("{}/contoso/oauth2/v2.0/token", tokens.server.uri());
    let (url, serving) = broken_server(Garbage {
        then: Then::GoOn,
        ..says(
            "",
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n",
        )
    })
    .await;
    let read = client(&url, &token_url);
    let error = read.list("contacts", &Query::new()).await.unwrap_err();
    assert!(matches!(error, Error::Oversized { .. }), "{error:?}");
    serving.abort();
}

#[tokio::test]
async fn an_empty_401_is_a_matter_of_the_token() {
    let tokens = Organisation::start().await;
    let token_url = format!("{}/contoso/oauth2/v2.0/token", tokens.server.uri());
    let (url, serving) = broken_server(says(
        "",
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
    ))
    .await;
    for error in errors_of(&client(&url, &token_url)).await {
        assert!(matches!(error, Error::TokenRejected(_)), "{error:?}");
    }
    serving.abort();
}

fn headers(content_type: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers
}

const ROWS: &str = "{\"@odata.context\":\"x\",\"value\":[{\"contactid\":\"9b9d1c0e-77f1-5d0e-9a52-3a4f1c2b7d22\",\"fullname\":\"Uxía Bóveda\"}]}";

fn batch_answer() -> String {
    let part = |id: u32, message: &str| {
        format!(
            "--changesetresponse_1\r\nContent-Type: application/http\r\nContent-ID: {id}\r\n\r\n{message}\r\n"
        )
    };
    let done = format!(
        "HTTP/1.1 204 No Content\r\nOData-EntityId: https://contoso/contacts({CONTACT})\r\n\r\n"
    );
    let row = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n\r\n{\"ticketnumber\":\"CAS-01042\"}";
    format!(
        "--batchresponse_1\r\nContent-Type: multipart/mixed; boundary=changesetresponse_1\r\n\r\n{}{}{}--changesetresponse_1--\r\n--batchresponse_1--\r\n",
        part(1, row),
        part(2, &done),
        part(3, &done)
    )
}

fn read_batch(body: &[u8]) -> Result<Vec<crate::batch::Outcome>, Error> {
    let headers = headers("multipart/mixed; boundary=batchresponse_1");
    read(&three_writes(), 200, &headers, body, Timestamp::UNIX_EPOCH)
}

#[test]
fn a_batch_answer_is_whole_only_at_its_very_end() {
    let whole = batch_answer();
    assert!(
        read_batch(whole.as_bytes()).unwrap()[0]
            .clone()
            .into_result()
            .is_ok()
    );
    let last = whole.rfind("--batchresponse_1--").unwrap() + "--batchresponse_1--".len();
    for end in 0..last {
        let cut = read_batch(&whole.as_bytes()[..end]);
        assert!(cut.is_err(), "cut at {end}: {cut:?}");
    }
}

#[test]
fn wrong_content_ids_never_make_a_success_of_a_part_that_is_missing() {
    let whole = batch_answer();
    for ids in [
        ["1", "1", "1"],
        ["2", "2", "3"],
        ["9", "9", "9"],
        ["x", "", "-1"],
    ] {
        let mut body = whole.clone();
        for (place, id) in ids.iter().enumerate() {
            body = body.replace(
                &format!("Content-ID: {}\r\n", place + 1),
                &format!("Content-Id:{id} \r\n"),
            );
        }
        // Ids that name no request leave the order to tell; ids that name one twice tell nothing.
        let by_order = ids == ["9", "9", "9"] || ids == ["x", "", "-1"];
        assert_eq!(read_batch(body.as_bytes()).is_ok(), by_order, "{ids:?}");
    }
}

#[test]
fn a_list_is_whole_only_at_its_very_end() {
    let json = headers("application/json; odata.metadata=minimal");
    for end in 0..ROWS.len() {
        let cut = judge(200, &json, &ROWS.as_bytes()[..end], Timestamp::UNIX_EPOCH);
        let action = classify(&cut.unwrap_err()).action;
        assert_eq!(action, Action::RetryLater, "cut at {end}");
    }
    assert!(judge(200, &json, ROWS.as_bytes(), Timestamp::UNIX_EPOCH).is_ok());
}

/// One small damage to bytes.
fn damaged(whole: String) -> impl Strategy<Value = Vec<u8>> {
    let length = whole.len();
    (0..length, any::<u8>(), 0..3_u8, 0..40_usize).prop_map(move |(at, byte, kind, span)| {
        let mut bytes = whole.clone().into_bytes();
        match kind {
            0 => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            _ => drop(bytes.drain(at..(at + span).min(length))),
        }
        bytes
    })
}

proptest! {
    #[test]
    fn a_damaged_batch_answer_has_one_outcome_or_an_error(body in damaged(batch_answer())) {
        match read_batch(&body) {
            Ok(outcomes) => prop_assert_eq!(outcomes.len(), 1),
            Err(error) => {
                let sendable = !matches!(error, Error::NotSendable { .. });
                prop_assert!(sendable);
            }
        }
    }

    #[test]
    fn a_damaged_list_is_judged(body in damaged(ROWS.to_owned()), status in 100_u16..600) {
        let json = headers("application/json");
        if let Err(error) = judge(status, &json, &body, Timestamp::UNIX_EPOCH) {
            let sendable = !matches!(error, Error::NotSendable { .. });
            prop_assert!(sendable);
        }
    }

    #[test]
    fn any_bytes_under_any_status_are_judged(body: Vec<u8>, status in 100_u16..1000, multipart: bool) {
        let headers = headers(if multipart { "multipart/mixed; boundary=batchresponse_1" } else { "application/json" });
        let _ = judge(status, &headers, &body, Timestamp::UNIX_EPOCH);
        let _ = read(&three_writes(), status, &headers, &body, Timestamp::UNIX_EPOCH);
    }
}
