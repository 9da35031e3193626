//! The address a webhook came to.

use cxloop_domain::names::ConnectionName;

/// `/webhooks/{connection}` or `/webhooks/{connection}/{token}`.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// The connection.
    pub connection: ConnectionName,
    /// The secret part of the path, for senders that cannot sign.
    pub token: Option<String>,
}

impl Address {
    /// Reads a request path. The stage of the API, where it stands in front, is passed over.
    pub fn of(path: &str) -> Option<Self> {
        let at = path.find("/webhooks/")?;
        let mut parts = path[at + "/webhooks/".len()..].split('/');
        let connection = parts.next()?.parse().ok()?;
        let token = parts
            .next()
            .filter(|token| !token.is_empty())
            .map(str::to_owned);
        parts.next().is_none().then_some(Self { connection, token })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connection_and_the_secret_part_are_read_from_the_path() {
        let read = |path| Address::of(path).map(|a| (a.connection.to_string(), a.token));
        assert_eq!(read("/webhooks/wxm"), Some(("wxm".into(), None)));
        assert_eq!(read("/webhooks/wxm/"), Some(("wxm".into(), None)));
        assert_eq!(
            read("/webhooks/wxm/s3cret"),
            Some(("wxm".into(), Some("s3cret".into())))
        );
        assert_eq!(
            read("/prod/webhooks/wxm/s3cret"),
            Some(("wxm".into(), Some("s3cret".into())))
        );
        for none in [
            "/webhooks",
            "/webhooks/",
            "/webhooks/A",
            "/webhooks/wxm/a/b",
            "/other/wxm",
        ] {
            assert!(read(none).is_none(), "{none}");
        }
    }
}
