//! Where an organisation is and how to sign in to it.

use std::{net::IpAddr, sync::Arc, time::Duration};

use jiff::Timestamp;
use reqwest::Url;
use secrecy::SecretString;

use crate::error::Error;

/// The current time, given by whoever builds the client.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How long a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To reach the host; 3 s by default.
    pub connect: Duration,
    /// For the whole request, from sending to the last byte of the answer; 20 s by default.
    pub request: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            request: Duration::from_secs(20),
        }
    }
}

/// One Dataverse organisation and the application user that we are there.
///
/// Source: Microsoft Learn, "Use single-tenant server-to-server authentication".
#[derive(Clone, Debug)]
pub struct Connection {
    pub(crate) root: Url,
    pub(crate) scope: String,
    pub(crate) token_url: Url,
    pub(crate) client_id: String,
    pub(crate) client_secret: SecretString,
    pub(crate) tag: String,
    pub(crate) timeouts: Timeouts,
}

impl Connection {
    /// A connection to the organisation at `url` (its root, such as
    /// `https://contoso.crm4.dynamics.com`), signed in to by client credentials of an app
    /// registration in `tenant`. `tag` marks our own writes, see [`crate::Request`].
    ///
    /// # Errors
    /// [`Error::NotSendable`] when the URL is not one, or would carry the secret in clear text
    /// over a network: plain HTTP is accepted for loopback only.
    pub fn new(
        url: &str,
        tenant: &str,
        client_id: impl Into<String>,
        client_secret: SecretString,
        tag: impl Into<String>,
    ) -> Result<Self, Error> {
        let url = url.trim_end_matches('/');
        let root = checked(url)?;
        let mut token_url = checked("https://login.microsoftonline.com")?;
        token_url
            .path_segments_mut()
            .expect("an https URL has a path")
            .extend([tenant, "oauth2", "v2.0", "token"]);
        Ok(Self {
            scope: format!("{url}/.default"),
            root,
            token_url,
            client_id: client_id.into(),
            client_secret,
            tag: tag.into(),
            timeouts: Timeouts::default(),
        })
    }

    /// Asks another address for tokens, such as a national cloud or a stand-in.
    ///
    /// # Errors
    /// As for [`Connection::new`].
    pub fn with_token_url(mut self, token_url: &str) -> Result<Self, Error> {
        self.token_url = checked(token_url)?;
        Ok(self)
    }

    /// Replaces the time limits.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// The path under which the Web API lies, for instance `/api/data/v9.2/`.
    pub(crate) fn api_path(&self) -> String {
        format!("{}/api/data/v9.2/", self.root.path().trim_end_matches('/'))
    }

    /// The same, as the full address of `resource` (a relative reference, already encoded).
    pub(crate) fn address(&self, resource: &str) -> Result<Url, Error> {
        self.root
            .join(&format!("{}{resource}", self.api_path()))
            .map_err(|_| Error::not_sendable("the address is not a URL"))
    }

    /// An HTTP client with the settings that this connector relies on: these time limits, and no
    /// redirects, because a redirect would carry a body and perhaps a token elsewhere.
    ///
    /// # Errors
    /// [`Error::NotSendable`] when the TLS back end cannot start.
    pub fn http_client(timeouts: Timeouts) -> Result<reqwest::Client, Error> {
        reqwest::Client::builder()
            .connect_timeout(timeouts.connect)
            .timeout(timeouts.request)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Error::not_sendable(format!("no HTTP client: {error}")))
    }
}

fn checked(url: &str) -> Result<Url, Error> {
    let url = Url::parse(url).map_err(|_| Error::not_sendable("the address is not a URL"))?;
    match url.scheme() {
        "https" if url.has_host() => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        _ => Err(Error::not_sendable(
            "the address must be https (http for loopback only)",
        )),
    }
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        host == "localhost"
            || host.ends_with(".localhost")
            || host
                .trim_matches(['[', ']'])
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    })
}
