//! Hours in which nobody is asked.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::configuration::QuietHours;

/// Until when it is quiet for a person at a moment; `None` when it is not. A time zone that nobody knows counts as the
/// company's own.
pub fn quiet_until(
    hours: &QuietHours,
    time_zone: Option<&str>,
    now: Timestamp,
) -> Option<Timestamp> {
    let named = time_zone.and_then(|name| TimeZone::get(name.trim()).ok());
    let zone = named.or_else(|| TimeZone::get(&hours.time_zone).ok())?;
    let local = now.to_zoned(zone);
    let minute = u16::try_from(local.hour()).ok()? * 60 + u16::try_from(local.minute()).ok()?;
    let (from, to) = (hours.from.minutes(), hours.to.minutes());
    let is_overnight = from >= to;
    let is_quiet = if is_overnight {
        minute >= from || minute < to
    } else {
        (from..to).contains(&minute)
    };
    if !is_quiet {
        return None;
    }
    let ends_tomorrow = is_overnight && minute >= from;
    let day = if ends_tomorrow {
        local.date().checked_add(1.day()).ok()?
    } else {
        local.date()
    };
    let end = day.at(
        i8::try_from(to / 60).ok()?,
        i8::try_from(to % 60).ok()?,
        0,
        0,
    );
    let end = end.to_zoned(local.time_zone().clone()).ok()?.timestamp();
    // A clock that is put back may show the end a second time; nobody waits for a moment that is over.
    (end > now).then_some(end)
}
