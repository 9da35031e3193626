//! Filling in the columns of a case that a company names itself.
//!
//! What a template gives may hold the customer's words, so no refusal repeats it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::columns::{ColumnValue, LookupTarget, NOT_IN_A_KEY, RowKey};
use crate::configuration::{ColumnTemplate, LookupTemplate, TypedColumn};
use crate::names::ColumnName;
use crate::texts;

/// The columns with their templates filled in; what a template leaves empty is left out.
pub(super) fn filled(
    columns: &BTreeMap<ColumnName, ColumnTemplate>,
    values: &Value,
) -> Result<BTreeMap<ColumnName, ColumnValue>, String> {
    let mut filled = BTreeMap::new();
    for (name, column) in columns {
        let value = value(name, &column.typed(), values)
            .map_err(|problem| format!("columns.{name}: {problem}"))?;
        filled.extend(value.map(|value| (name.clone(), value)));
    }
    Ok(filled)
}

fn value(
    name: &ColumnName,
    column: &TypedColumn,
    values: &Value,
) -> Result<Option<ColumnValue>, String> {
    let fill = |template: &str| -> Result<Option<String>, String> {
        let text = texts::fill(template, values).map_err(|problem| problem.to_string())?;
        let text = text.trim();
        Ok((!text.is_empty()).then(|| text.to_owned()))
    };
    let (template, read): (&str, fn(&str) -> Option<ColumnValue>) = match column {
        TypedColumn::Text(template) => (template, |text| Some(ColumnValue::Text(text.to_owned()))),
        TypedColumn::Whole(template) => {
            (template, |text| text.parse().ok().map(ColumnValue::Whole))
        }
        TypedColumn::Decimal(template) => (template, decimal),
        TypedColumn::YesNo(template) => (template, yes_no),
        TypedColumn::Moment(template) => {
            (template, |text| text.parse().ok().map(ColumnValue::Moment))
        }
        TypedColumn::Day(template) => (template, day),
        TypedColumn::Choice(template) => (template, |text| {
            Some(match text.parse() {
                Ok(value) => ColumnValue::Choice(value),
                Err(_) => ColumnValue::ChoiceLabel(text.to_owned()),
            })
        }),
        TypedColumn::Lookup(lookup) => return target(name, lookup, fill),
    };
    match fill(template)? {
        None => Ok(None),
        Some(text) => read(&text)
            .map(Some)
            .ok_or_else(|| expected(column).to_owned()),
    }
}

fn expected(column: &TypedColumn) -> &'static str {
    match column {
        TypedColumn::Whole(_) => "what the template gives for this response is no whole number",
        TypedColumn::Decimal(_) => "what the template gives for this response is no number",
        TypedColumn::YesNo(_) => "what the template gives for this response is neither yes nor no",
        TypedColumn::Moment(_) => {
            "what the template gives for this response is no moment such as 2026-11-22T10:00:00Z"
        }
        TypedColumn::Day(_) => {
            "what the template gives for this response is no day such as 2026-11-22"
        }
        TypedColumn::Text(_) | TypedColumn::Choice(_) | TypedColumn::Lookup(_) => {
            "what the template gives for this response cannot be used"
        }
    }
}

fn decimal(text: &str) -> Option<ColumnValue> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let fine = match unsigned.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(unsigned),
    };
    fine.then(|| ColumnValue::Decimal(text.to_owned()))
}

fn yes_no(text: &str) -> Option<ColumnValue> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "1" => Some(ColumnValue::YesNo(true)),
        "false" | "no" | "0" => Some(ColumnValue::YesNo(false)),
        _ => None,
    }
}

fn day(text: &str) -> Option<ColumnValue> {
    let moment = || {
        let moment: Timestamp = text.parse().ok()?;
        Some(moment.to_zoned(TimeZone::UTC).date())
    };
    let day: Date = moment().or_else(|| text.parse().ok())?;
    Some(ColumnValue::Day(day.to_string()))
}

fn target(
    name: &ColumnName,
    lookup: &LookupTemplate,
    fill: impl Fn(&str) -> Result<Option<String>, String>,
) -> Result<Option<ColumnValue>, String> {
    let row = match (&lookup.id, &lookup.key, &lookup.value) {
        (Some(id), _, _) => {
            let Some(id) = fill(id)? else { return Ok(None) };
            let id = id
                .parse()
                .map_err(|_| "what the template gives for this response is no id")?;
            RowKey::Id(id)
        }
        (None, Some(column), Some(value)) => {
            let Some(value) = fill(value)? else {
                return Ok(None);
            };
            if value.contains(NOT_IN_A_KEY) {
                return Err(
                    "what the template gives for this response has a character that keys of Dynamics cannot carry"
                        .to_owned(),
                );
            }
            RowKey::Alternate {
                column: column.clone(),
                value,
            }
        }
        _ => return Err("the lookup names no row".to_owned()),
    };
    Ok(Some(ColumnValue::Lookup(LookupTarget {
        navigation: lookup.navigation.clone().unwrap_or_else(|| name.clone()),
        set: lookup.to.clone(),
        row,
    })))
}
