//! Fiscal years and periods. An organisation that was not set up otherwise begins its fiscal year on the first of January and
//! cuts it into quarters. Source: Microsoft Learn, "Work with fiscal year settings".

use jiff::Span;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::super::super::super::refusal::Refusal;
use super::dates::Stretch;
use super::{Arguments, unmatched, whole};

/// Periods in a fiscal year, and months in a period.
const PERIODS: i64 = 4;
const MONTHS: i32 = 3;

/// The span that a function of fiscal years and periods means; `None` when it is no such function.
pub(super) fn span(arguments: &Arguments<'_>) -> Result<Option<Stretch>, Refusal> {
    let name = arguments.function;
    let today = arguments.reading.now.to_zoned(TimeZone::UTC).date();
    // Periods are counted through all years, so that moving over the turn of a year needs no care.
    let this_year = i64::from(today.year());
    let this_period = this_year * PERIODS + period_of(today);
    let parameter = |text: Option<&String>| {
        text.and_then(|text| whole(text))
            .ok_or_else(|| unmatched(name))
    };
    let both = || {
        let period = numbered(parameter(arguments.both[0].as_ref())?)?;
        let year = parameter(arguments.both[1].as_ref())?;
        year.checked_mul(PERIODS)
            .and_then(|periods| periods.checked_add(period))
            .ok_or_else(|| unmatched(name))
    };
    let of_years = |from: i64, until: i64| {
        periods(from.saturating_mul(PERIODS), until.saturating_mul(PERIODS))
    };
    let found = match name {
        "ThisFiscalPeriod" => periods(this_period, this_period + 1),
        "LastFiscalPeriod" => periods(this_period - 1, this_period),
        "NextFiscalPeriod" => periods(this_period + 1, this_period + 2),
        "LastXFiscalPeriods" => {
            periods(this_period.saturating_sub(arguments.amount()?), this_period)
        }
        "NextXFiscalPeriods" => periods(
            this_period + 1,
            (this_period + 1).saturating_add(arguments.amount()?),
        ),
        "ThisFiscalYear" => of_years(this_year, this_year + 1),
        "LastFiscalYear" => of_years(this_year - 1, this_year),
        "NextFiscalYear" => of_years(this_year + 1, this_year + 2),
        "LastXFiscalYears" => of_years(this_year.saturating_sub(arguments.amount()?), this_year),
        "NextXFiscalYears" => of_years(
            this_year + 1,
            (this_year + 1).saturating_add(arguments.amount()?),
        ),
        "InFiscalYear" => {
            let year = parameter(arguments.value.as_ref())?;
            of_years(year, year.saturating_add(1))
        }
        "InFiscalPeriodAndYear" => both().map(|at| periods(at, at.saturating_add(1)))?,
        "InOrBeforeFiscalPeriodAndYear" => {
            let at = both()?;
            periods(at, at.saturating_add(1)).map(|span| Stretch { from: None, ..span })
        }
        "InOrAfterFiscalPeriodAndYear" => {
            let at = both()?;
            periods(at, at.saturating_add(1)).map(|span| Stretch {
                until: None,
                ..span
            })
        }
        _ => return Ok(None),
    };
    found.map(Some).ok_or_else(|| {
        Refusal::bad_query(format!(
            "The value of 'Microsoft.Dynamics.CRM.{name}' leads out of the calendar."
        ))
    })
}

/// `InFiscalPeriod`: the period of that number, counted from 0, in whatever year.
pub(super) fn of_any_year(arguments: &Arguments<'_>) -> Result<Option<i64>, Refusal> {
    if arguments.function != "InFiscalPeriod" {
        return Ok(None);
    }
    let period = whole(arguments.value()?).ok_or_else(|| unmatched(arguments.function))?;
    numbered(period).map(Some)
}

/// Counted from 0, the fiscal period that a day lies in.
pub(in super::super) fn period_of(day: Date) -> i64 {
    i64::from((i32::from(day.month()) - 1) / MONTHS)
}

fn numbered(period: i64) -> Result<i64, Refusal> {
    if (1..=PERIODS).contains(&period) {
        return Ok(period - 1);
    }
    Err(Refusal::bad_query(format!(
        "A fiscal period is a number from 1 to {PERIODS}."
    )))
}

/// From the start of one period to the start of another.
fn periods(from: i64, until: i64) -> Option<Stretch> {
    Stretch::days(start(from)?, start(until)?)
}

fn start(period: i64) -> Option<Date> {
    let year = i16::try_from(period.div_euclid(PERIODS)).ok()?;
    let months = i32::try_from(period.rem_euclid(PERIODS)).ok()? * MONTHS;
    Date::new(year, 1, 1)
        .ok()?
        .checked_add(Span::new().months(months))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_follow_each_other_over_the_turn_of_the_year() {
        let quarter = periods(2026 * PERIODS - 1, 2026 * PERIODS).unwrap();
        assert_eq!(quarter.from.unwrap().to_string(), "2025-10-01T00:00:00Z");
        assert_eq!(quarter.until.unwrap().to_string(), "2026-01-01T00:00:00Z");
        assert_eq!(periods(0, i64::MAX), None);
    }
}
