//! The two ways in which moments are written.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// Reads `/Date(1722582039000)/`, with or without an offset, or ISO 8601. Without a zone it is UTC, as everything in
/// Dataverse is.
///
/// The number is of milliseconds since 1970 in UTC; the offset says how to display it and changes nothing.
/// Source: Microsoft Learn, "Stand-Alone JSON Serialization", section "DateTime Wire Format".
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    of_ticks(text).or_else(|| of_iso(text))
}

/// Only the first of the two forms, which no text is written in by chance.
pub(super) fn of_ticks(text: &str) -> Option<Timestamp> {
    let inner = text
        .trim()
        .strip_prefix("/Date(")
        .and_then(|rest| rest.strip_suffix(")/"))?;
    // The first character may be the sign of a moment before 1970.
    let offset = inner
        .char_indices()
        .skip(1)
        .find(|(_, c)| matches!(c, '+' | '-'));
    let (milliseconds, offset) = inner.split_at(offset.map_or(inner.len(), |(at, _)| at));
    if !offset
        .chars()
        .skip(1)
        .all(|c| c.is_ascii_digit() || c == ':')
    {
        return None;
    }
    Timestamp::from_millisecond(milliseconds.parse().ok()?).ok()
}

fn of_iso(text: &str) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let civil = text.parse::<DateTime>().ok().or_else(|| {
        Some(
            text.parse::<Date>()
                .ok()?
                .to_datetime(jiff::civil::Time::midnight()),
        )
    })?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}
