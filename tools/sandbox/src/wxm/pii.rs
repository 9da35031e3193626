//! Hashing of what identifies a person.

use std::fmt::Write;

use serde_json::Value;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// How an account or questionnaire stores what identifies a person.
///
/// Source: the vendor's public invitation sender (`HashAlgos`): the value is lower-cased, hashed, and stored as
/// `<algorithm>:<hex>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashAlgorithm {
    /// `sha256:`
    Sha256,
    /// `sha384:`
    Sha384,
    /// `sha512:`
    Sha512,
}

impl HashAlgorithm {
    /// The name in settings and in front of the digits.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// Reads the `HashPIIBy` of a settings object; anything but a known name means no hashing.
    pub(super) fn from_setting(value: Option<&Value>) -> Option<Self> {
        let name = value?.as_str()?;
        [Self::Sha256, Self::Sha384, Self::Sha512]
            .into_iter()
            .find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }

    /// The stored form of a value; one that is stored already stays as it is.
    pub(super) fn store(self, value: &str) -> String {
        let prefix = format!("{}:", self.name());
        if value.is_empty() || value.starts_with(&prefix) {
            return value.to_owned();
        }
        let lowered = value.to_lowercase();
        let digest = match self {
            Self::Sha256 => Sha256::digest(lowered.as_bytes()).to_vec(),
            Self::Sha384 => Sha384::digest(lowered.as_bytes()).to_vec(),
            Self::Sha512 => Sha512::digest(lowered.as_bytes()).to_vec(),
        };
        prefix + &hex(&digest)
    }
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(
        String::with_capacity(bytes.len() * 2),
        |mut digits, byte| {
            write!(digits, "{byte:02x}").expect("writing to a string cannot fail");
            digits
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_lowered_before_it_is_hashed_and_never_hashed_twice() {
        let stored = HashAlgorithm::Sha256.store("Uxia@Example.com");
        assert_eq!(stored, HashAlgorithm::Sha256.store("uxia@example.com"));
        assert_eq!(stored.len(), "sha256:".len() + 64);
        assert_eq!(HashAlgorithm::Sha256.store(&stored), stored);
        assert_eq!(
            HashAlgorithm::Sha512.store("a").len(),
            "sha512:".len() + 128
        );
    }
}
