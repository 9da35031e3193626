//! The HTTP client for outside systems.

use std::time::Duration;

use crate::Error;

/// One client for all requests of a function: 3 s to connect, 20 s for a whole request, no redirects, because a
/// redirect would carry a body and a token elsewhere. Clones share its connections.
///
/// # Errors
/// [`Error::HttpClient`] when TLS cannot start.
pub fn http_client() -> Result<reqwest::Client, Error> {
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(3))
        .timeout(Duration::from_secs(20))
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("cxloop/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(Error::HttpClient)
}
