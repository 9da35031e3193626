//! What is answered to the sender of a webhook, and under which id its body is kept.

use sha2::{Digest, Sha256};

use crate::names::{ConnectionName, InboxId};

/// What the sender is told. A sender that gets `TryAgain` delivers once more; everything else is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Kept, or a question whether somebody is here.
    Accepted,
    /// Signature, token or time stamp is wrong; nothing is kept.
    Refused,
    /// More than 300 KB compressed.
    TooLarge,
    /// It could not be kept now.
    TryAgain,
}

impl Answer {
    /// The status code of the answer. A known path never answers 404 or 410: several platforms switch a webhook off for good on these.
    pub fn status(self) -> u16 {
        match self {
            Self::Accepted => 200,
            Self::Refused => 401,
            Self::TooLarge => 413,
            Self::TryAgain => 503,
        }
    }
}

/// The id under which a body is kept: of its content and, where there is one, the sender's delivery id (equal on its
/// retries), so that a redelivery finds the item of the first time and another body under a known id is kept too.
pub fn inbox_id(connection: &ConnectionName, delivery_id: Option<&str>, body: &[u8]) -> InboxId {
    let mut hash = Sha256::new();
    for part in [
        connection.as_str().as_bytes(),
        delivery_id.unwrap_or_default().as_bytes(),
        body,
    ] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let hex: String = hash
        .finalize()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    InboxId::parse(hex).expect("32 hexadecimal digits are an inbox id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redelivery_is_kept_under_the_id_of_the_first() {
        let wxm = "wxm".parse().unwrap();
        let other = "wxm-2".parse().unwrap();
        assert_eq!(inbox_id(&wxm, None, b"{}"), inbox_id(&wxm, None, b"{}"));
        assert_eq!(
            inbox_id(&wxm, Some("m1"), b"{}"),
            inbox_id(&wxm, Some("m1"), b"{}")
        );
        assert_ne!(
            inbox_id(&wxm, Some("m1"), b"{}"),
            inbox_id(&wxm, Some("m1"), b"[]")
        );
        assert_ne!(inbox_id(&wxm, None, b"{}"), inbox_id(&other, None, b"{}"));
        assert_ne!(
            inbox_id(&wxm, Some("{}"), b"x"),
            inbox_id(&wxm, None, b"{}")
        );
    }

    #[test]
    fn no_answer_switches_a_webhook_off() {
        for answer in [
            Answer::Accepted,
            Answer::Refused,
            Answer::TooLarge,
            Answer::TryAgain,
        ] {
            assert!(![404, 410].contains(&answer.status()));
        }
    }
}
