//! Survey platforms: bodies of webhooks and answers of their API.

use std::sync::OnceLock;

use cxloop_domain::names::ResponseId;
use cxloop_ports::SurveyPlatforms;
use cxloop_surveys::Platforms;

use crate::connections::{applied, name, ports};
use crate::loopback::{Loopback, Said};

/// Reads the body of a webhook as every platform would. Reading is pure: twice the same.
pub(crate) fn webhook(bytes: &[u8]) {
    static HTTP: OnceLock<reqwest::Client> = OnceLock::new();
    let (secrets, clock) = ports();
    let platforms = Platforms::new(
        HTTP.get_or_init(reqwest::Client::new).clone(),
        secrets,
        clock,
    );
    let applied = applied("http://127.0.0.1:1");
    for connection in ["wxm", "generic"] {
        let platform = platforms.platform(&applied, &name(connection));
        let platform = platform.unwrap_or_else(|failure| panic!("{connection}: {failure:?}"));
        let first = platform.parse(bytes);
        assert_eq!(first, platform.parse(bytes), "a body says one thing");
        if let Ok(hint) = first {
            assert!(
                !hint.response.as_str().is_empty(),
                "a hint names a response"
            );
        }
    }
}

/// Fetches a response whose answer and questions are the input, parted by a line of three dashes, into normal form.
pub(crate) fn normalisation(bytes: &[u8]) {
    const PARTING: &[u8] = b"\n---\n";
    let at = bytes
        .windows(PARTING.len())
        .position(|window| window == PARTING);
    let (answer, questions) = match at {
        Some(at) => (&bytes[..at], &bytes[at + PARTING.len()..]),
        None => (bytes, &b"[]"[..]),
    };
    let (answer, questions) = (answer.to_vec(), questions.to_vec());
    let script = move |path: &str| {
        let path = path.to_ascii_lowercase();
        if path.contains("token") {
            Said::json("{\"access_token\":\"t\",\"token_type\":\"bearer\",\"expires_in\":3600}")
        } else if path.contains("question") {
            Said::json(questions.clone())
        } else {
            Said::json(answer.clone())
        }
    };
    Loopback::with(|loopback| {
        let (secrets, clock) = ports();
        let platforms = Platforms::new(loopback.http.clone(), secrets, clock);
        let platform = platforms.platform(&applied(&loopback.root), &name("wxm"));
        let platform = platform.unwrap_or_else(|failure| panic!("{failure:?}"));
        let id = ResponseId::parse("65f0a1b2c3d4e5f6a7b8c9d0").expect("the id is one");
        // Whatever comes back is a response, no response or a failure with a remedy.
        let _ = loopback.answering(script, platform.fetch(&id));
    });
}
