//! `cxloop.yaml`.

use cxloop_domain::configuration;

/// Reads a configuration. What is accepted is accepted again when it is read from its own text.
pub(crate) fn read(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match configuration::read(&text) {
        Ok(first) => {
            let again = configuration::read(&text);
            assert_eq!(again.as_ref(), Ok(&first), "a text means one thing");
        }
        Err(mistakes) => {
            assert!(!mistakes.is_empty(), "a refusal names its reasons");
            for mistake in mistakes {
                assert!(!mistake.to_string().is_empty(), "a mistake says what it is");
            }
        }
    }
}
