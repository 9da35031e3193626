//! A webhook as the HTTP request that its envelope describes.

use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Client, Method, Url};
use serde_json::json;
use standardwebhooks::Webhook;

use super::event::Envelope;
use crate::arguments::SendArgs;
use crate::aws::clock;
use crate::environment::Environment;
use crate::{Error, Report};

/// Where the sandbox is unless it says otherwise.
const SANDBOX: &str = "http://127.0.0.1:8686";

/// The connection's own business, made anew by the client, or added by API Gateway.
const NOT_SENT: [&str; 6] = [
    "host",
    "content-length",
    "connection",
    "transfer-encoding",
    "via",
    "forwarded",
];

/// Sends the request, or says what would be sent.
pub(super) async fn send(
    arguments: &SendArgs,
    mut envelope: Envelope,
    environment: &Environment,
) -> Result<Report, Error> {
    if let Some(connection) = &arguments.connection {
        envelope.change_connection(connection.as_str())?;
    }
    let signed_by_file = envelope.header("webhook-signature").is_some();
    let signed = signed_by_file && !arguments.as_is;
    if signed {
        sign(&mut envelope, &secret(arguments, environment)?)?;
    }
    if arguments.envelope {
        let json = serde_json::to_value(&envelope).expect("an envelope is JSON");
        let text = serde_json::to_string_pretty(&json).expect("an envelope is JSON");
        return Ok(Report::fine(text, json));
    }
    let body = envelope.bytes()?;
    let address = address(arguments, &envelope, environment)?;
    let method = Method::from_bytes(envelope.request_context.http.method.as_bytes())
        .map_err(|error| Error::unusable("The event's method is none.", error))?;
    let what = format!(
        "{method} {} ({} bytes{})",
        shown(&address),
        body.len(),
        if signed { ", signed now" } else { "" }
    );
    let mut told = json!({ "method": method.as_str(), "to": shown(&address), "bytes": body.len(), "signed": signed });
    if arguments.dry_run {
        told["dry_run"] = true.into();
        return Ok(Report::fine(format!("{what}\nnot sent (dry run)"), told));
    }
    let client = client(&address)?;
    let mut request = client.request(method, address.clone());
    for (name, value) in &envelope.headers {
        if goes_along(name) {
            request = request.header(header_name(name)?, header_value(name, value)?);
        }
    }
    if !envelope.cookies.is_empty() {
        request = request.header(
            "cookie",
            header_value("cookie", &envelope.cookies.join("; "))?,
        );
    }
    if envelope.body.is_some() {
        request = request.body(body);
    }
    let answer = request
        .send()
        .await
        .map_err(|error| not_reachable(&address, &error))?;
    let (status, fine) = (answer.status(), answer.status().is_success());
    let content = answer.text().await.unwrap_or_default();
    told["status"] = status.as_u16().into();
    told["answer"] = content.as_str().into();
    let content = if content.is_empty() {
        String::new()
    } else {
        format!("\n{content}")
    };
    Ok(Report {
        text: format!("{what}\n{status}{content}"),
        json: told,
        fine,
        unreachable: false,
    })
}

/// A signature is good for five minutes only, so that one in a file is always too old.
///
/// Source: the Standard Webhooks specification, "Signature scheme".
fn sign(envelope: &mut Envelope, secret: &str) -> Result<(), Error> {
    let id = envelope
        .header("webhook-id")
        .filter(|id| !id.is_empty())
        .map(str::to_owned);
    let id = id.ok_or_else(|| Error::Unusable {
        what: "The event has a webhook-signature and no webhook-id.".to_owned(),
        mend: None,
    })?;
    let unfit = || {
        Error::with_mend(
            "The secret is not whsec_ and base64.",
            "Give it with --secret, or --as-is to keep the file's signature.",
        )
    };
    let seconds = clock().now().as_second();
    let body = envelope.bytes()?;
    let signature = Webhook::new(secret)
        .map_err(|_| unfit())?
        .sign(&id, seconds, &body);
    let signature =
        signature.map_err(|error| Error::unusable("The event cannot be signed.", error))?;
    envelope.set_header("webhook-timestamp", seconds.to_string());
    envelope.set_header("webhook-signature", signature);
    Ok(())
}

fn secret(arguments: &SendArgs, environment: &Environment) -> Result<String, Error> {
    let given = arguments
        .secret
        .clone()
        .or_else(|| environment.get("CXLOOP_WEBHOOK_SECRET"));
    given.ok_or_else(|| {
        Error::with_mend(
            "The event is signed, and a signature is good for five minutes only: it has to be made now.",
            "Give the connection's secret with --secret (or --sandbox when the sandbox runs), or --as-is to keep the file's signature.",
        )
    })
}

fn address(
    arguments: &SendArgs,
    envelope: &Envelope,
    environment: &Environment,
) -> Result<Url, Error> {
    let noted = || environment.get("CXLOOP_SANDBOX_URL");
    let root = arguments
        .to
        .clone()
        .or_else(noted)
        .unwrap_or_else(|| SANDBOX.to_owned());
    let mut text = format!("{}{}", root.trim_end_matches('/'), envelope.raw_path);
    if !envelope.raw_query_string.is_empty() {
        text = format!("{text}?{}", envelope.raw_query_string);
    }
    let address: Url = text
        .parse()
        .map_err(|error| Error::unusable(&format!("{root:?} is no address."), error))?;
    if matches!(address.scheme(), "http" | "https") {
        Ok(address)
    } else {
        Err(Error::with_mend(
            format!("{root:?} is no address of the web."),
            "Expected http://… or https://…",
        ))
    }
}

/// The address without what is secret in it: a token that its path may end in, and a `code` in its query.
fn shown(address: &Url) -> String {
    let mut parts: Vec<&str> = address.path().split('/').collect();
    if let Some(at) = parts.iter().rposition(|part| *part == "webhooks")
        && let Some(token) = parts.get_mut(at + 2)
        && !token.is_empty()
    {
        *token = "***";
    }
    let hidden = |pair: &str| match pair.split_once('=') {
        Some(("code", _)) => "code=***".to_owned(),
        _ => pair.to_owned(),
    };
    let query = address
        .query()
        .map(|query| query.split('&').map(hidden).collect::<Vec<_>>().join("&"))
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    format!(
        "{}{}{query}",
        address.origin().ascii_serialization(),
        parts.join("/")
    )
}

fn goes_along(header: &str) -> bool {
    let name = header.to_ascii_lowercase();
    !NOT_SENT.contains(&name.as_str())
        && !name.starts_with("x-forwarded-")
        && !name.starts_with("x-amzn-")
}

fn header_name(name: &str) -> Result<HeaderName, Error> {
    name.parse()
        .map_err(|error| Error::unusable(&format!("{name:?} is no header."), error))
}

fn header_value(name: &str, value: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_bytes(value.as_bytes())
        .map_err(|error| Error::unusable(&format!("The header {name} cannot be sent."), error))
}

/// No redirects, which would carry a body elsewhere; on this machine neither a proxy nor certificates.
fn client(address: &Url) -> Result<Client, Error> {
    let mut builder = Client::builder()
        .connect_timeout(Duration::from_secs(3))
        .timeout(Duration::from_secs(35))
        .redirect(reqwest::redirect::Policy::none());
    if address.scheme() == "http" {
        builder = builder.no_proxy().tls_certs_only([]);
    }
    builder
        .build()
        .map_err(|error| Error::unusable("There is no HTTP client.", error))
}

fn not_reachable(address: &Url, error: &reqwest::Error) -> Error {
    let origin = address.origin().ascii_serialization();
    let why = if error.is_timeout() {
        "did not answer in time"
    } else {
        "does not answer"
    };
    Error::NotReachable {
        what: format!("{origin} {why}."),
        mend: Some(
            "Start the sandbox with `make run`, or name another address with --to.".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_part_of_an_address_is_not_shown() {
        let at = |text: &str| shown(&text.parse().unwrap());
        assert_eq!(
            at("http://127.0.0.1:8686/webhooks/wxm/s3cret"),
            "http://127.0.0.1:8686/webhooks/wxm/***"
        );
        // `cargo lambda watch` puts the function's name before the path.
        assert_eq!(
            at("http://127.0.0.1:9000/lambda-url/webhooks/webhooks/wxm/s3cret"),
            "http://127.0.0.1:9000/lambda-url/webhooks/webhooks/wxm/***"
        );
        assert_eq!(
            at("https://api.example/webhooks/wxm/s3cret?x=1"),
            "https://api.example/webhooks/wxm/***?x=1"
        );
        assert_eq!(
            at("https://api.example/webhooks/dynamics?x=1&code=s3cret"),
            "https://api.example/webhooks/dynamics?x=1&code=***"
        );
        assert_eq!(
            at("https://api.example/webhooks/generic"),
            "https://api.example/webhooks/generic"
        );
    }

    #[test]
    fn what_a_gateway_added_does_not_go_along() {
        for added in [
            "Host",
            "content-length",
            "X-Forwarded-For",
            "x-amzn-trace-id",
        ] {
            assert!(!goes_along(added), "{added}");
        }
        assert!(goes_along("Webhook-Id") && goes_along("content-type"));
    }
}
