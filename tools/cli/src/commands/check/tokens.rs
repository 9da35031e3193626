//! Whether the secrets of senders that cannot sign are hard enough to guess.

use std::net::IpAddr;

use cxloop_domain::configuration::{Configuration, Connection};
use cxloop_lambda_kit::verification::token_problem;
use cxloop_ports::Secrets;
use secrecy::ExposeSecret;

/// Shorter tokens could be guessed: 20 characters of this alphabet are 120 bits when chosen by chance.
const SHORTEST_CHARS: usize = 20;

/// Adds a warning for each token that can be read and is unfit or short. A platform on loopback is a stand-in, which
/// nobody from outside reaches.
pub(super) async fn judge(
    configuration: &Configuration,
    secrets: &dyn Secrets,
    warnings: &mut Vec<String>,
) {
    for (name, connection) in &configuration.connections {
        let (url, secret, field) = match connection {
            Connection::Wxm(wxm) => (&wxm.url, &wxm.secret, "webhook_token"),
            Connection::Dynamics(dynamics) => (&dynamics.url, &dynamics.secret, "webhook_secret"),
            Connection::Standard(_) => continue,
        };
        if is_loopback(url) {
            continue;
        }
        // A CRM that sends no webhooks has no such field.
        let Ok(value) = secrets.field(secret, field).await else {
            continue;
        };
        let value = value.expose_secret();
        // While it is changed, the secret of a CRM holds the new and the old one.
        let tokens: Vec<&str> = match connection {
            Connection::Dynamics(_) => value.split_whitespace().collect(),
            Connection::Wxm(_) | Connection::Standard(_) => vec![value],
        };
        let problem = match tokens.as_slice() {
            [] => Some("is empty: its webhooks are refused".to_owned()),
            tokens => tokens.iter().find_map(|token| problem(token)),
        };
        if let Some(problem) = problem {
            warnings.push(format!(
                "{name}: secret {secret}: the field {field} {problem}"
            ));
        }
    }
}

fn problem(token: &str) -> Option<String> {
    match token_problem(token) {
        Some(problem) => Some(format!("{problem}: its webhooks are refused")),
        None if token.len() < SHORTEST_CHARS => Some(format!(
            "has fewer than {SHORTEST_CHARS} characters and could be guessed"
        )),
        None => None,
    }
}

pub(crate) fn is_loopback(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else {
        return false;
    };
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for url in [
            "http://127.0.0.1:8688",
            "http://localhost:8688/",
            "http://[::1]:8688",
            "http://127.1.2.3",
        ] {
            assert!(is_loopback(url), "{url}");
        }
        for url in [
            "https://api.getcloudcherry.com",
            "http://10.0.0.1",
            "http://localhost.example",
            "wxm",
        ] {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
