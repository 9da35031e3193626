//! Columns that a company names itself, as the Web API takes them; and the values of choices by their labels.
//!
//! Source: Microsoft Learn, "Create a table row using the Web API", "Use an alternate key to reference a record" and
//! "Query table definitions using the Web API".

use std::collections::BTreeMap;

use cxloop_domain::columns::{ColumnValue, CrmColumn, LookupTarget, RowKey, TEXT_CHARS};
use cxloop_ports::Failure;
use serde_json::{Number, Value};

use super::{DynamicsCaseDesk, map, metadata};
use crate::{Literal, Record, Row};

/// A column as it was read, with what people see for it; `None` when it is empty.
pub(super) fn read(row: &Record, name: &str) -> Option<CrmColumn> {
    let value = row.value(name).filter(|value| !value.is_null())?.clone();
    let label = row.label(name).map(str::to_owned);
    Some(CrmColumn { value, label })
}

/// The row with a column more.
pub(super) fn set(row: Row, name: &str, value: &ColumnValue) -> Row {
    match value {
        ColumnValue::Text(text) => row.set(name, map::fitting(text, TEXT_CHARS)),
        ColumnValue::Whole(number) | ColumnValue::Choice(number) => row.set(name, *number),
        ColumnValue::Decimal(digits) => match digits.parse::<Number>() {
            Ok(number) => row.set(name, Value::Number(number)),
            Err(_) => row.set(name, digits.as_str()),
        },
        ColumnValue::YesNo(value) => row.set(name, *value),
        ColumnValue::Moment(moment) => row.set(name, moment.to_string()),
        ColumnValue::Day(day) => row.set(name, day.as_str()),
        // Nobody looked it up: the service refuses a text for a choice and says so.
        ColumnValue::ChoiceLabel(label) => row.set(name, label.as_str()),
        ColumnValue::Lookup(target) => row.set(
            &format!("{}@odata.bind", target.navigation),
            address(target),
        ),
    }
}

fn address(target: &LookupTarget) -> String {
    let set = &target.set;
    match &target.row {
        RowKey::Id(id) => format!("/{set}({})", id.hyphenated()),
        RowKey::Alternate { column, value } => {
            format!("/{set}({column}={})", Literal::from(value.as_str()))
        }
    }
}

/// The value of a choice of the case by its label.
pub(super) async fn choice(
    desk: &DynamicsCaseDesk,
    column: &str,
    label: &str,
) -> Result<i64, Failure> {
    let now = (desk.now)();
    let wanted = label.trim().to_lowercase();
    let known = desk.names.choices(column, now);
    if let Some(value) = known.and_then(|choices| choices.get(&wanted).copied()) {
        return Ok(value);
    }
    // Never read, or somebody added the choice since: only what was read just now says that there is none.
    let read: BTreeMap<String, i64> = metadata::choices(desk, "incident", column)
        .await?
        .ok_or_else(|| {
            let problem = format!("The case has no choice column called {column}.");
            Failure::park(problem, "find a choice")
        })?
        .into_iter()
        .map(|choice| (choice.label.trim().to_lowercase(), choice.value))
        .collect();
    let choices = desk.names.remember_choices(column, read, now);
    choices.get(&wanted).copied().ok_or_else(|| {
        let known: Vec<&str> = choices.keys().map(String::as_str).collect();
        // The label may hold the customer's words, so it is not repeated.
        let problem = format!(
            "The column {column} of the case has no such choice; it has {}.",
            known.join(", ")
        );
        Failure::park(problem, "find a choice")
    })
}
