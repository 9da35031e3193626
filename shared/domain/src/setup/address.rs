//! The addresses at which the connected systems reach us.

use crate::names::ConnectionName;

/// Why an address cannot be given to a system outside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRoot {
    /// It is none, or has more than a host.
    #[error(
        "{0:?} is not the root of an API, such as https://abc123.execute-api.eu-west-1.amazonaws.com"
    )]
    NoRoot(String),
    /// Secrets would travel in clear text.
    #[error("{0:?} is not https: only addresses of this machine may do without")]
    NotSecure(String),
    /// Dynamics calls the usual ports only.
    #[error("{0:?} names a port, and Dynamics calls https on port 443 only")]
    OtherPort(String),
}

/// The root of our API, checked and without a slash at its end.
///
/// Source for the ports: Microsoft Learn, "Register a webhook".
///
/// # Errors
/// [`BadRoot`] when it is no `https://host`; plain HTTP and other ports are taken on this machine only.
pub fn root(text: &str) -> Result<String, BadRoot> {
    let text = text.trim().trim_end_matches('/');
    let none = || BadRoot::NoRoot(text.chars().take(200).collect());
    let (scheme, authority) = text.split_once("://").ok_or_else(none)?;
    if authority.is_empty() || authority.contains(['/', '?', '#', '@', ' ']) {
        return Err(none());
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    match (scheme, port) {
        ("http" | "https", _) if here => Ok(text.to_owned()),
        ("https", None | Some("443")) => Ok(text.to_owned()),
        ("https", Some(_)) => Err(BadRoot::OtherPort(text.to_owned())),
        ("http", _) => Err(BadRoot::NotSecure(text.to_owned())),
        _ => Err(none()),
    }
}

/// Where a connection's webhooks go.
pub fn webhook(root: &str, connection: &ConnectionName) -> String {
    format!("{root}/webhooks/{connection}")
}

/// Where the webhooks of a sender go that cannot sign: the path ends in the token of its secret.
pub fn webhook_with_token(root: &str, connection: &ConnectionName, token: &str) -> String {
    format!("{}/{token}", webhook(root, connection))
}

/// The host of an address, with its port where it has one: the part by which two deployments are told apart.
pub fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    &rest[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_deployments_are_told_apart_by_their_hosts() {
        for (address, its) in [
            ("https://abc.example/webhooks/wxm/t-1", "abc.example"),
            ("http://127.0.0.1:8686", "127.0.0.1:8686"),
            ("https://abc.example?a=/b", "abc.example"),
            ("ines@example.com", "ines@example.com"),
            ("", ""),
        ] {
            assert_eq!(host(address), its);
        }
    }

    #[test]
    fn only_secure_roots_are_given_away() {
        for fine in [
            "https://abc.example.com/",
            "https://abc.example.com:443",
            "http://127.0.0.1:8686",
            "http://localhost:1",
            "http://[::1]:8686",
        ] {
            assert_eq!(root(fine).unwrap(), fine.trim_end_matches('/'));
        }
        for (bad, said) in [
            ("http://abc.example.com", "https"),
            ("https://abc.example.com:8443", "port"),
            ("https://abc.example.com/webhooks", "root"),
            ("https://a@b", "root"),
            ("ftp://abc.example.com", "root"),
            ("abc.example.com", "root"),
            ("https://", "root"),
        ] {
            assert!(root(bad).unwrap_err().to_string().contains(said), "{bad}");
        }
    }

    #[test]
    fn an_address_names_its_connection_and_token() {
        let name = "wxm".parse().unwrap();
        assert_eq!(
            webhook_with_token("https://a.example", &name, "t-1"),
            "https://a.example/webhooks/wxm/t-1"
        );
    }
}
