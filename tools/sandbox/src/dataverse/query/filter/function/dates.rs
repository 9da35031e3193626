//! Spans of the calendar, in UTC, which is the time zone of application users; weeks begin on Sunday.
//! Source: Microsoft Learn, "Web API Query Function Reference" and "Condition operator values".

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::super::super::super::refusal::Refusal;
use super::super::literal::start_of;
use super::{Arguments, unmatched};

/// From the first moment on and before the second; open where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) from: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
}

impl Stretch {
    /// From the start of one day to the start of another.
    pub(super) fn days(from: Date, until: Date) -> Option<Self> {
        Some(Self {
            from: Some(start_of(from)?),
            until: Some(start_of(until)?),
        })
    }
}

/// The span that a function of dates means; `None` when it is no such function.
pub(super) fn span(arguments: &Arguments<'_>) -> Result<Option<Stretch>, Refusal> {
    let name = arguments.function;
    let too_far = || {
        Refusal::bad_query(format!(
            "The value of 'Microsoft.Dynamics.CRM.{name}' leads out of the calendar."
        ))
    };
    let found = match name {
        "On" | "OnOrAfter" | "OnOrBefore" => {
            let day = day_of(arguments.value()?).ok_or_else(|| unmatched(name))?;
            let whole = day
                .tomorrow()
                .ok()
                .and_then(|next| Stretch::days(day, next));
            whole.map(|whole| match name {
                "On" => whole,
                "OnOrAfter" => Stretch {
                    until: None,
                    ..whole
                },
                _ => Stretch {
                    from: None,
                    ..whole
                },
            })
        }
        _ => match Unit::split(name) {
            Some((side, unit)) => moving(arguments.reading.now, side, unit, arguments.amount()?),
            None => match fixed(name, arguments.reading.now) {
                Some(found) => found,
                None => return Ok(None),
            },
        },
    };
    found.map(Some).ok_or_else(too_far)
}

/// The day of a date or of a moment.
fn day_of(text: &str) -> Option<Date> {
    let text = text.trim();
    text.parse::<Timestamp>()
        .map(|at| at.to_zoned(TimeZone::UTC).date())
        .or_else(|_| text.parse::<Date>())
        .ok()
}

/// Spans without a parameter; the outer `None` when there is none of this name.
fn fixed(name: &str, now: Timestamp) -> Option<Option<Stretch>> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let days = |from: i64, until: i64| {
        Stretch::days(
            today.checked_add(Span::new().days(from)).ok()?,
            today.checked_add(Span::new().days(until)).ok()?,
        )
    };
    let sunday = -i64::from(today.weekday().since(Weekday::Sunday));
    let months = |offset: i64| {
        let first = today.first_of_month();
        let from = first.checked_add(Span::new().months(offset)).ok()?;
        Stretch::days(from, from.checked_add(Span::new().months(1)).ok()?)
    };
    let years = |offset: i64| {
        let first = today.first_of_year();
        let from = first.checked_add(Span::new().years(offset)).ok()?;
        Stretch::days(from, from.checked_add(Span::new().years(1)).ok()?)
    };
    Some(match name {
        "Yesterday" => days(-1, 0),
        "Today" => days(0, 1),
        "Tomorrow" => days(1, 2),
        "Last7Days" => days(-7, 1),
        "Next7Days" => days(0, 8),
        "LastWeek" => days(sunday - 7, sunday),
        "ThisWeek" => days(sunday, sunday + 7),
        "NextWeek" => days(sunday + 7, sunday + 14),
        "LastMonth" => months(-1),
        "ThisMonth" => months(0),
        "NextMonth" => months(1),
        "LastYear" => years(-1),
        "ThisYear" => years(0),
        "NextYear" => years(1),
        _ => return None,
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Last,
    Next,
    Older,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Minutes,
    Hours,
    Days,
    Weeks,
    Months,
    Years,
}

impl Unit {
    /// `LastXDays` as `Last` and `Days`.
    fn split(name: &str) -> Option<(Side, Self)> {
        let (side, unit) = [
            ("LastX", Side::Last),
            ("NextX", Side::Next),
            ("OlderThanX", Side::Older),
        ]
        .iter()
        .find_map(|(prefix, side)| Some((*side, name.strip_prefix(prefix)?)))?;
        let unit = match unit {
            "Minutes" if side == Side::Older => Self::Minutes,
            "Hours" => Self::Hours,
            "Days" => Self::Days,
            "Weeks" => Self::Weeks,
            "Months" => Self::Months,
            "Years" => Self::Years,
            _ => return None,
        };
        Some((side, unit))
    }

    fn times(self, amount: i64) -> Option<Span> {
        let span = Span::new();
        match self {
            Self::Minutes => span.try_minutes(amount),
            Self::Hours => span.try_hours(amount),
            Self::Days => span.try_days(amount),
            Self::Weeks => span.try_weeks(amount),
            Self::Months => span.try_months(amount),
            Self::Years => span.try_years(amount),
        }
        .ok()
    }

    /// The start of the minute, hour or day that holds the moment: spans are counted from there.
    fn floor(self, now: Timestamp) -> Option<Timestamp> {
        let seconds = match self {
            Self::Minutes => 60,
            Self::Hours => 3600,
            _ => 86_400,
        };
        Timestamp::from_second(now.as_second().div_euclid(seconds) * seconds).ok()
    }
}

/// "The last X" reach from the start of a unit up to now, "the next X" from now to the end of one, "older than X" have no start.
fn moving(now: Timestamp, side: Side, unit: Unit, amount: i64) -> Option<Stretch> {
    let floor = unit.floor(now)?;
    let shifted = |from: Timestamp, amount: i64| {
        let zoned = from.to_zoned(TimeZone::UTC);
        Some(zoned.checked_add(unit.times(amount)?).ok()?.timestamp())
    };
    let just_after = |at: Timestamp| at.checked_add(Span::new().seconds(1)).ok();
    Some(match side {
        Side::Last => Stretch {
            from: Some(shifted(floor, -amount)?),
            until: Some(just_after(now)?),
        },
        Side::Next => {
            let step = match unit {
                Unit::Hours => Span::new().hours(1),
                _ => Span::new().hours(24),
            };
            Stretch {
                from: Some(now),
                until: Some(shifted(floor.checked_add(step).ok()?, amount)?),
            }
        }
        Side::Older => Stretch {
            from: None,
            until: Some(shifted(floor, -amount)?),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-05-28T20:26:40Z";

    fn span_of(name: &str, amount: i64) -> String {
        let now = NOW.parse().unwrap();
        let found = match Unit::split(name) {
            Some((side, unit)) => moving(now, side, unit, amount),
            None => fixed(name, now).unwrap(),
        }
        .unwrap();
        let write = |at: Option<Timestamp>| at.map_or_else(String::new, |at| at.to_string());
        format!("{}/{}", write(found.from), write(found.until))
    }

    #[test]
    fn spans_begin_and_end_where_the_calendar_says() {
        for (name, amount, expected) in [
            ("Yesterday", 0, "2026-05-27T00:00:00Z/2026-05-28T00:00:00Z"),
            ("ThisWeek", 0, "2026-05-24T00:00:00Z/2026-05-31T00:00:00Z"),
            ("LastMonth", 0, "2026-04-01T00:00:00Z/2026-05-01T00:00:00Z"),
            ("NextYear", 0, "2027-01-01T00:00:00Z/2028-01-01T00:00:00Z"),
            ("Last7Days", 0, "2026-05-21T00:00:00Z/2026-05-29T00:00:00Z"),
            ("LastXHours", 2, "2026-05-28T18:00:00Z/2026-05-28T20:26:41Z"),
            ("LastXDays", 2, "2026-05-26T00:00:00Z/2026-05-28T20:26:41Z"),
            (
                "LastXMonths",
                3,
                "2026-02-28T00:00:00Z/2026-05-28T20:26:41Z",
            ),
            ("NextXHours", 1, "2026-05-28T20:26:40Z/2026-05-28T22:00:00Z"),
            ("NextXWeeks", 1, "2026-05-28T20:26:40Z/2026-06-05T00:00:00Z"),
            ("OlderThanXMinutes", 5, "/2026-05-28T20:21:00Z"),
            ("OlderThanXYears", 1, "/2025-05-28T00:00:00Z"),
        ] {
            assert_eq!(span_of(name, amount), expected, "{name}");
        }
        let now = NOW.parse().unwrap();
        assert_eq!(moving(now, Side::Last, Unit::Years, 900_000), None);
        assert_eq!(Unit::split("LastXMinutes"), None);
    }
}
