//! The parsers of the Dataverse stand-in, reached as its clients reach them but without a connection.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use cxloop_sandbox::dataverse::{Dataverse, Model};
use http::{Request, Uri};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use tower::ServiceExt;

/// What cannot stand in an address as it is. Percent signs stay, so that inputs reach the decoding.
const NOT_IN_ADDRESSES: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Requests to a batch write; after so many the organisation starts anew, so that memory stays as it is.
const BATCHES_PER_ORGANISATION: u32 = 500;

fn organisation() -> Router {
    let model = Model::customer_service().expect("the model files are sound");
    let dataverse = Dataverse::new(model, Arc::new(crate::now)).with_company();
    // The clock stands still, so that no window ever ends: a limit would keep every later input from the parsers.
    dataverse.limit_requests(usize::MAX);
    dataverse.router()
}

/// An organisation that is only read.
fn reading() -> Router {
    static ROUTER: OnceLock<Router> = OnceLock::new();
    ROUTER.get_or_init(organisation).clone()
}

fn status(router: Router, request: Request<Body>) -> u16 {
    let answered = futures::executor::block_on(router.oneshot(request));
    answered.expect("a router does not fail").status().as_u16()
}

fn get(path_and_query: &str) -> Option<u16> {
    let address = utf8_percent_encode(path_and_query, NOT_IN_ADDRESSES).to_string();
    // An address that is none never reaches a server, nor does one beyond the longest that HTTP libraries take.
    let uri: Uri = format!("/api/data/v9.2/{address}").parse().ok()?;
    let request = Request::get(uri)
        .header("Authorization", "Bearer sandbox")
        .header(
            "Prefer",
            "odata.include-annotations=\"*\",odata.maxpagesize=3",
        )
        .body(Body::empty())
        .ok()?;
    Some(status(reading(), request))
}

/// Asks for cases, contacts and accounts with the input as query options.
pub(crate) fn query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for set in ["incidents", "contacts", "accounts"] {
        let status = get(&format!("{set}?{text}"));
        assert!(status.is_none_or(|status| matches!(status, 200 | 400)));
    }
}

/// Asks for the input as a path.
pub(crate) fn address(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let status = get(&text);
    assert!(status.is_none_or(|status| status < 500 || status == 501));
}

/// Sends the input as a batch: the content type in the first line, then the body.
pub(crate) fn batch(bytes: &[u8]) {
    thread_local! {
        static WRITING: RefCell<Option<(Router, u32)>> = const { RefCell::new(None) };
    }
    let (content_type, body) = crate::head_and_body(bytes);
    let request = Request::post("/api/data/v9.2/$batch")
        .header("Authorization", "Bearer sandbox")
        .header("Content-Type", content_type)
        .body(Body::from(body.to_vec()));
    let Ok(request) = request else {
        return;
    };
    let router = WRITING.with_borrow_mut(|writing| {
        let (router, batches) = writing.get_or_insert_with(|| (organisation(), 0));
        *batches += 1;
        let (router, spent) = (router.clone(), *batches >= BATCHES_PER_ORGANISATION);
        if spent {
            *writing = None;
        }
        router
    });
    let status = status(router, request);
    assert!(
        status < 500 || status == 501,
        "a batch was answered {status}"
    );
}
