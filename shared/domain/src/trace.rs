//! The trace of a webhook: one id from the sender's request over bus and queues to the CRM's own records.
//!
//! It is the root of AWS X-Ray's trace header, `1-5759e988-bd862e3fe1be46a994272793`: a version, the seconds since 1970
//! in 8 hexadecimal digits, and 24 more. Source: AWS X-Ray Developer Guide, "Trace ID" and "Tracing header".

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The header, and the form of `_X_AMZN_TRACE_ID`, in which AWS hands a trace on.
pub const HEADER: &str = "x-amzn-trace-id";

/// The id of a trace. Nothing but digits, so that whoever sent it cannot write a word into a log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceId(u128);

/// A text that is no trace id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a trace id of the form 1-{{8 hexadecimal digits}}-{{24 hexadecimal digits}}")]
pub struct NoTraceId;

impl TraceId {
    /// Reads the root of a trace header such as `Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1`.
    pub fn of_header(header: &str) -> Option<Self> {
        header
            .split(';')
            .find_map(|part| part.trim().strip_prefix("Root="))?
            .parse()
            .ok()
    }

    /// A trace for a webhook that came without one: of its moment and its content, so that nothing is left to chance.
    pub fn derived(at: Timestamp, content: &[u8]) -> Self {
        let seconds = u32::try_from(at.as_second()).unwrap_or_default();
        let mut hash = Sha256::new();
        hash.update(at.as_nanosecond().to_be_bytes());
        hash.update(content);
        let digest = hash.finalize();
        let rest = digest
            .iter()
            .take(12)
            .fold(0u128, |number, byte| number << 8 | u128::from(*byte));
        Self(u128::from(seconds) << 96 | rest)
    }

    /// The same 32 digits as a GUID, for systems that correlate by GUIDs. Nothing is lost, so that an operator turns
    /// one into the other by moving the dashes.
    pub fn guid(self) -> Uuid {
        Uuid::from_u128(self.0)
    }
}

impl FromStr for TraceId {
    type Err = NoTraceId;

    fn from_str(text: &str) -> Result<Self, NoTraceId> {
        let digits = text.strip_prefix("1-").ok_or(NoTraceId)?;
        let (seconds, rest) = digits.split_once('-').ok_or(NoTraceId)?;
        let hexadecimal = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
        if seconds.len() != 8 || rest.len() != 24 || !hexadecimal(seconds) || !hexadecimal(rest) {
            return Err(NoTraceId);
        }
        let number = |part: &str| u128::from_str_radix(part, 16).map_err(|_| NoTraceId);
        Ok(Self(number(seconds)? << 96 | number(rest)?))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = self.0 & ((1 << 96) - 1);
        write!(f, "1-{:08x}-{rest:024x}", self.0 >> 96)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for TraceId {
    type Error = NoTraceId;

    fn try_from(text: String) -> Result<Self, NoTraceId> {
        text.parse()
    }
}

impl From<TraceId> for String {
    fn from(trace: TraceId) -> Self {
        trace.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";

    #[test]
    fn the_root_of_a_trace_header_is_read_wherever_it_stands() {
        for header in [
            format!("Root={ROOT}"),
            format!("Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1"),
            format!("Self=1-67891234-12456789abcdef012345678; Root={ROOT}"),
        ] {
            let trace = TraceId::of_header(&header).unwrap();
            assert_eq!(trace.to_string(), ROOT, "{header}");
            assert_eq!(
                trace.guid().to_string(),
                "5759e988-bd86-2e3f-e1be-46a994272793"
            );
        }
    }

    #[test]
    fn a_header_with_words_in_it_is_no_trace() {
        for header in [
            "",
            ROOT,
            "Root=",
            "Root=Uxía Bóveda",
            "Root=2-5759e988-bd862e3fe1be46a994272793",
            "Root=1-5759e988-bd862e3fe1be46a99427279",
            "Root=1-+759e988-bd862e3fe1be46a994272793",
            "Root=1-5759e988-bd862e3fe1be46a994272793x",
            "Parent=53995c3f42cd8ad8",
        ] {
            assert_eq!(TraceId::of_header(header), None, "{header}");
        }
    }

    #[test]
    fn a_derived_trace_begins_with_its_second_and_differs_by_content() {
        let at: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let trace = TraceId::derived(at, b"Non volverei");
        assert_eq!(trace, TraceId::derived(at, b"Non volverei"));
        assert_ne!(trace, TraceId::derived(at, b"Volverei"));
        let seconds = format!("1-{:08x}-", at.as_second());
        assert!(trace.to_string().starts_with(&seconds), "{trace}");
    }

    proptest! {
        #[test]
        fn every_trace_is_read_back_from_its_text(number: u128) {
            let trace = TraceId(number);
            prop_assert_eq!(trace.to_string().parse(), Ok(trace));
        }
    }
}
