//! One call of a webhook: its address, its headers, its body, and what its answer means.
//! Source: Microsoft Learn, "Use webhooks to create external handlers for server events".

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

use super::super::model::TableId;
use super::super::rows::Organisation;
use super::authentication;
use super::contract::Context;
use super::garbled::garbled;

/// The largest payload that is sent whole, in bytes.
const LARGEST: usize = 256 * 1024;

/// Why a call failed. Source: Microsoft Learn, "Web service error codes" (Webhooks…).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// A status outside 200 to 299.
    Status(u16),
    TimedOut,
    /// No connection, or none that lasted.
    Post,
    InvalidHeaders,
    InvalidQuery,
    /// The endpoint was deleted.
    NoEndpoint,
}

impl Failure {
    /// The code in the form of the Web API.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Status(_) => "0x80050201",
            Self::TimedOut => "0x80050202",
            Self::InvalidHeaders => "0x80050203",
            Self::InvalidQuery => "0x80050204",
            Self::Post => "0x80050205",
            Self::NoEndpoint => "0x80040217",
        }
    }

    /// The same code as a system job has it.
    pub(super) fn number(self) -> i64 {
        let digits = self.code().trim_start_matches("0x");
        u32::from_str_radix(digits, 16).map_or(0, |code| i64::from(code.cast_signed()))
    }

    pub(super) fn message(self) -> &'static str {
        match self {
            Self::Status(_) => {
                "The webhook call failed because the http request received non-success httpStatus code. Please check your webhook request handler."
            }
            Self::TimedOut => {
                "The webhook call failed because the Http request timed out at client side. Please check your webhook request handler."
            }
            Self::InvalidHeaders => {
                "The webhook call failed because of invalid http headers in authValue. Check if the authValue format, header names and values are valid for your Service Endpoint entity."
            }
            Self::InvalidQuery => {
                "The webhook call failed because of invalid http query params in authValue. Check if the authValue format, query parameter names and values are valid for your Service Endpoint entity."
            }
            Self::Post => {
                "The webhook call failed during http post. Please check the exception for more details."
            }
            Self::NoEndpoint => "The service endpoint of the step does not exist.",
        }
    }

    /// True when one more attempt is made.
    pub(super) fn is_passing(self) -> bool {
        matches!(self, Self::Status(502..=504))
    }
}

/// A request that is ready to be sent.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) url: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Call {
    /// The call that tells an endpoint of a message; `domain` names the environment.
    pub(super) fn of(
        organisation: &Organisation,
        endpoint: Uuid,
        context: &Context,
        domain: &str,
    ) -> Result<Self, Failure> {
        let found = endpoint_of(organisation, endpoint).ok_or(Failure::NoEndpoint)?;
        let credentials = authentication::read(found.auth_kind, found.auth_value)?;
        let mut url = found.url.to_owned();
        for (name, value) in &credentials.query {
            let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&format!("{}={}", encoded(name), encoded(value)));
        }
        let mut headers: Vec<(String, String)> = [
            ("content-type", "application/json"),
            ("x-ms-dynamics-organization", domain),
            ("x-ms-dynamics-entity-name", context.primary_table.as_str()),
            ("x-ms-dynamics-request-name", context.message.as_str()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let correlation = context.correlation.to_string();
        headers.push(("x-ms-correlation-request-id".to_owned(), correlation));
        let mut body = context.whole();
        if body.len() > LARGEST {
            body = context.reduced();
            headers.push((
                "x-ms-dynamics-msg-size-exceeded".to_owned(),
                "true".to_owned(),
            ));
        }
        headers.extend(credentials.headers);
        Ok(Self { url, headers, body })
    }

    /// Spoils the letters of the body.
    pub(super) fn garble(&mut self) {
        self.body = garbled(&self.body);
    }

    /// Sends the call; only the status of the answer counts.
    pub(super) async fn send(
        &self,
        client: &reqwest::Client,
        time_out: Duration,
    ) -> Result<(), Failure> {
        let mut request = client.post(&self.url).timeout(time_out);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        match request.body(self.body.clone()).send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(Failure::Status(answer.status().as_u16())),
            Err(error) if error.is_timeout() => Err(Failure::TimedOut),
            Err(_) => Err(Failure::Post),
        }
    }
}

struct Endpoint<'o> {
    url: &'o str,
    auth_kind: i64,
    auth_value: &'o str,
}

fn endpoint_of(organisation: &Organisation, id: Uuid) -> Option<Endpoint<'_>> {
    let model = organisation.model();
    let table: TableId = model.by_name("serviceendpoint")?;
    let row = organisation.row(table, id)?;
    let described = model.table(table);
    Some(Endpoint {
        url: row.get(described, "url").as_text()?,
        auth_kind: row
            .get(described, "authtype")
            .as_whole()
            .unwrap_or_default(),
        auth_value: row
            .get(described, "authvalue")
            .as_text()
            .unwrap_or_default(),
    })
}

/// A client for receivers that are on this machine or reached over plain HTTP: no proxy, no redirects.
pub(super) fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client without certificates of its own has nothing to load")
}
