//! The Standard Webhooks signature, over the raw bytes and by our own clock.
//!
//! Source: the Standard Webhooks specification, sections "Signature scheme" and "Verifying signatures".

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use cxloop_domain::signals::RefusalKind;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

use super::SignatureHeaders;

/// How far a timestamp may lie from now, before or after, in seconds.
const TOLERANCE_SECONDS: u64 = 300;

/// The specification asks for 24 to 64 bytes; a short key could be guessed.
const SHORTEST_KEY: usize = 24;

/// At most this many signatures are looked at; a sender that changes its key sends two.
const MOST_SIGNATURES: usize = 10;

/// Base64 with or without its padding: senders differ.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A key that signatures are checked with.
pub(super) struct Key(Vec<u8>);

impl Key {
    /// Reads `whsec_` and base64. The error continues a sentence about the field.
    pub(super) fn read(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let encoded = text.strip_prefix("whsec_").unwrap_or(text);
        let bytes = BASE64
            .decode(encoded)
            .map_err(|_| "is not whsec_ and base64")?;
        if bytes.len() < SHORTEST_KEY {
            Err("holds fewer than 24 bytes")
        } else {
            Ok(Self(bytes))
        }
    }

    fn of(&self, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(id.as_bytes());
        mac.update(b".");
        mac.update(timestamp.as_bytes());
        mac.update(b".");
        mac.update(body);
        mac
    }
}

type Refused = (RefusalKind, &'static str);

/// The delivery's id, when one of the signatures is the key's.
pub(super) fn verify(
    key: &Key,
    headers: &SignatureHeaders,
    body: &[u8],
    now: Timestamp,
) -> Result<String, Refused> {
    let signature = |reason| (RefusalKind::Signature, reason);
    let time = |reason| (RefusalKind::Timestamp, reason);
    let present = |value: &Option<String>| {
        value
            .as_deref()
            .map(str::trim)
            .filter(|v| !v.is_empty())
            .map(str::to_owned)
    };
    let id = present(&headers.id).ok_or(signature("no webhook-id"))?;
    let timestamp = present(&headers.timestamp).ok_or(time("no webhook-timestamp"))?;
    let signatures = present(&headers.signature).ok_or(signature("no webhook-signature"))?;
    if !timestamp.bytes().all(|b| b.is_ascii_digit()) {
        return Err(time("webhook-timestamp is no number of seconds"));
    }
    let seconds: i64 = timestamp
        .parse()
        .map_err(|_| time("webhook-timestamp is no number of seconds"))?;
    if now.as_second().abs_diff(seconds) > TOLERANCE_SECONDS {
        return Err(time("webhook-timestamp is more than five minutes off"));
    }
    let expected = key.of(&id, &timestamp, body);
    let given = signatures
        .split(' ')
        .filter_map(|entry| entry.strip_prefix("v1,"))
        .take(MOST_SIGNATURES);
    let mut matches = given
        .filter_map(|text| BASE64.decode(text).ok())
        .filter(|bytes| expected.clone().verify_slice(bytes).is_ok());
    if matches.next().is_some() {
        Ok(id)
    } else {
        Err(signature("no webhook-signature is ours"))
    }
}
