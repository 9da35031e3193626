//! Reading JSON into the value of a column, as strictly as the service does.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value as Json;

use super::address;
use super::decimal::Decimal;
use super::model::{ChoiceOption, Column, ColumnId, Kind, Table};
use super::refusal::Refusal;
use super::value::Value;

/// Reads the value of one column, for requests that write a single property.
pub(crate) fn value(table: &Table, at: ColumnId, json: &Json) -> Result<Value, Refusal> {
    let column = &table.columns[at];
    if json.is_null() {
        return Ok(Value::Null);
    }
    let wrong = || unconvertible(table, json, column.edm_type());
    match &column.kind {
        Kind::Text(max) => {
            let text = json.as_str().ok_or_else(wrong)?;
            // Lengths are counted in UTF-16 units, as the service's own strings are.
            if text.len() > *max && text.encode_utf16().count() > *max {
                return Err(Refusal::too_long(&column.name, &table.name, *max));
            }
            Ok(if text.is_empty() {
                Value::Null
            } else {
                Value::text(text)
            })
        }
        Kind::Whole(min, max) => {
            let number = json
                .as_i64()
                .filter(|number| i32::try_from(*number).is_ok())
                .ok_or_else(wrong)?;
            if (*min..=*max).contains(&number) {
                Ok(Value::Whole(number))
            } else {
                Err(Refusal::out_of_bounds(&column.name, &table.name, number))
            }
        }
        Kind::Big => json.as_i64().map(Value::Whole).ok_or_else(wrong),
        Kind::Decimal {
            min,
            max,
            precision,
            ..
        } => {
            let number = match json {
                Json::Number(number) => Decimal::parse(&number.to_string()).ok_or_else(wrong)?,
                _ => return Err(wrong()),
            };
            if (Decimal::from(*min)..=Decimal::from(*max)).contains(&number) {
                Ok(Value::Decimal(number.rounded(*precision)))
            } else {
                Err(Refusal::out_of_bounds(&column.name, &table.name, number))
            }
        }
        Kind::Float { min, max } => {
            let number = json.as_f64().ok_or_else(wrong)?;
            if (*min as f64..=*max as f64).contains(&number) {
                Ok(Value::Float(number))
            } else {
                Err(Refusal::out_of_bounds(&column.name, &table.name, number))
            }
        }
        Kind::Choices { options } => {
            let text = json.as_str().ok_or_else(wrong)?;
            let mut values = Vec::new();
            for item in text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
            {
                let number = item.parse::<i64>().map_err(|_| wrong())?;
                if !options.iter().any(|option| option.value == number) {
                    return Err(out_of_choice(table, column, options, number));
                }
                values.push(number);
            }
            values.sort_unstable();
            values.dedup();
            Ok(if values.is_empty() {
                Value::Null
            } else {
                Value::Many(values.into())
            })
        }
        Kind::Choice { options, .. } => {
            let number = json.as_i64().ok_or_else(wrong)?;
            if options.iter().any(|option| option.value == number) {
                return Ok(Value::Whole(number));
            }
            Err(out_of_choice(table, column, options, number))
        }
        Kind::Flag { .. } => json.as_bool().map(Value::Flag).ok_or_else(wrong),
        Kind::Time => json
            .as_str()
            .and_then(|text| text.parse::<Timestamp>().ok())
            .map(Value::time)
            .ok_or_else(wrong),
        Kind::Day => json
            .as_str()
            .and_then(|text| text.parse::<Date>().ok())
            .map(Value::Day)
            .ok_or_else(wrong),
        Kind::Guid => json
            .as_str()
            .and_then(address::key)
            .map(Value::Guid)
            .ok_or_else(wrong),
        Kind::Version => json.as_i64().map(Value::Whole).ok_or_else(wrong),
        Kind::Id | Kind::Lookup(_) => Err(Refusal::lookup_written_as_value(&column.wire)),
    }
}

fn out_of_choice(table: &Table, column: &Column, options: &[ChoiceOption], number: i64) -> Refusal {
    let accepted: Vec<String> = options
        .iter()
        .map(|option| option.value.to_string())
        .collect();
    Refusal::choice_out_of_range(&column.name, &table.name, number, &accepted.join(","))
}

pub(crate) fn unconvertible(table: &Table, json: &Json, expected: &str) -> Refusal {
    // The literal itself may be somebody's words and stays out of the message.
    let found = match json {
        Json::String(_) => "a text",
        Json::Number(_) => "a number",
        Json::Bool(_) => "a boolean",
        Json::Array(_) => "an array",
        _ => "an object",
    };
    Refusal::payload(
        &table.set,
        &format!("Cannot convert {found} to the expected type '{expected}'."),
    )
}
