//! What a system proves its webhooks with, and its rotation with overlap: the secret in a header of Dynamics, the token in the
//! address that the survey platform calls.
//!
//! Two secrets are accepted at once. A new one is accepted before it is sent, and the old one is dropped only when nothing
//! sends it any more, so that no webhook is refused in between.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

/// The fields of a connection's secret that hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fields {
    /// The current one.
    pub current: &'static str,
    /// The one before, which is accepted too.
    pub previous: &'static str,
    /// Since when the current one stands there, by RFC 3339.
    pub since: &'static str,
    /// What people call it.
    pub name: &'static str,
}

/// What Dynamics proves itself with.
pub const OF_DYNAMICS: Fields = Fields {
    current: "webhook_secret",
    previous: "previous_webhook_secret",
    since: "webhook_secret_since",
    name: "webhook secret",
};

/// What Webex Experience Management proves itself with.
pub const OF_WXM: Fields = Fields {
    current: "webhook_token",
    previous: "previous_webhook_token",
    since: "webhook_token_since",
    name: "webhook token",
};

/// How long a function may believe what it read of a secret, in seconds.
pub const BELIEVED_SECONDS: i64 = 300;

/// How many bytes of chance a new secret has.
pub const BYTES: usize = 32;

/// A secret from bytes of chance: 64 hexadecimal digits, which pass through headers, addresses and XML unchanged.
pub fn from_chance(bytes: [u8; BYTES]) -> String {
    hex(&bytes)
}

/// Sixteen hexadecimal digits by which a secret is known again without being told: Dynamics never gives back what it was
/// given.
pub fn fingerprint(secret: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(b"cxloop webhook secret\n");
    digest.update(secret.as_bytes());
    hex(&digest.finalize()[..8])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a secret must be to be put into the settings of an endpoint or into an address.
///
/// Source: Microsoft Learn, "Register a webhook" (at most 2,048 characters).
pub fn problem(secret: &str) -> Option<&'static str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if secret.is_empty() {
        Some("is empty")
    } else if secret.len() > 200 {
        Some("is longer than 200 characters")
    } else if !secret.bytes().all(plain) {
        Some("holds other characters than A-Z a-z 0-9 - _")
    } else {
        None
    }
}

/// Whether a secret is short enough to be guessed. Setup makes long ones; people may not.
pub fn is_short(secret: &str) -> bool {
    secret.len() < 20
}

/// What is known of what a system proves itself with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The fingerprint of the current one.
    pub current: Option<String>,
    /// The fingerprint of the one before.
    pub previous: Option<String>,
    /// Since when the current one stands there.
    pub since: Option<Timestamp>,
}

/// What is done with the secret itself before anything is sent with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// It stays.
    Nothing,
    /// A first one is made.
    Make,
    /// A new one is made, and the one before is accepted too.
    Rotate,
    /// The one before is dropped.
    Drop,
}

/// What a person asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wish {
    /// Whatever is due.
    #[default]
    Due,
    /// A new secret.
    Rotate,
}

/// What is done with the secret. `sent` is the fingerprint of the one that the system sends, as far as it
/// is known.
///
/// A rotation that was begun is finished first: with the old one still in use a third would end its overlap.
pub fn keeping(known: &Known, sent: Option<&str>, wish: Wish) -> Keeping {
    let Some(current) = known.current.as_deref() else {
        return Keeping::Make;
    };
    let in_use = sent == Some(current);
    match (wish, known.previous.is_some()) {
        (Wish::Rotate, false) => Keeping::Rotate,
        // The previous one is out of use, so its place can be taken.
        (Wish::Rotate, true) if in_use => Keeping::Rotate,
        (Wish::Due, true) if in_use => Keeping::Drop,
        _ => Keeping::Nothing,
    }
}

/// How long to wait before the system is told to send the current secret, in whole seconds: until no function believes any
/// more what it read before. A first secret needs no wait, because nobody keeps a missing field.
pub fn wait_seconds(known: &Known, now: Timestamp, believed_seconds: i64) -> i64 {
    let (Some(since), Some(_)) = (known.since, known.previous.as_ref()) else {
        return 0;
    };
    let ready = since
        .checked_add(SignedDuration::from_secs(believed_seconds))
        .unwrap_or(now);
    (ready.as_second() - now.as_second()).clamp(0, believed_seconds.max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(current: &str, previous: Option<&str>) -> Known {
        Known {
            current: Some(current.into()),
            previous: previous.map(str::to_owned),
            since: None,
        }
    }

    #[test]
    fn a_rotation_goes_from_making_over_overlap_to_dropping() {
        assert_eq!(keeping(&Known::default(), None, Wish::Due), Keeping::Make);
        let first = known("a", None);
        assert_eq!(keeping(&first, Some("a"), Wish::Due), Keeping::Nothing);
        assert_eq!(keeping(&first, Some("a"), Wish::Rotate), Keeping::Rotate);
        let both = known("b", Some("a"));
        // Killed before Dynamics was told: the next run tells it, and drops nothing yet.
        assert_eq!(keeping(&both, Some("a"), Wish::Due), Keeping::Nothing);
        assert_eq!(keeping(&both, Some("a"), Wish::Rotate), Keeping::Nothing);
        assert_eq!(keeping(&both, Some("b"), Wish::Due), Keeping::Drop);
        assert_eq!(keeping(&both, Some("b"), Wish::Rotate), Keeping::Rotate);
    }

    #[test]
    fn a_new_secret_is_sent_only_when_no_function_can_know_the_old_one_alone() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let mut both = known("b", Some("a"));
        both.since = Some("2026-11-22T09:58:00Z".parse().unwrap());
        assert_eq!(wait_seconds(&both, now, 300), 180);
        both.since = Some("2026-11-22T09:00:00Z".parse().unwrap());
        assert_eq!(wait_seconds(&both, now, 300), 0);
        // A clock that ran ahead keeps nobody waiting for more than once the whole time.
        both.since = Some("2027-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(wait_seconds(&both, now, 300), 300);
        assert_eq!(wait_seconds(&known("a", None), now, 300), 0);
    }

    #[test]
    fn a_secret_is_known_again_and_not_told() {
        let secret = from_chance([7; BYTES]);
        assert_eq!(secret.len(), 64);
        assert_eq!(problem(&secret), None);
        let print = fingerprint(&secret);
        assert_eq!(print.len(), 16);
        assert!(!secret.contains(&print));
        assert_ne!(print, fingerprint(&from_chance([8; BYTES])));
        assert!(problem("").is_some() && problem(&"ñ".repeat(30)).is_some());
        assert!(is_short("curta") && !is_short(&secret));
    }
}
