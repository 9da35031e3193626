//! Addresses in one column, put together from their parts.
//! Source: Microsoft Learn, "Retrieve a table row using the Web API" (composite attributes of addresses).

use super::model::Table;
use super::rows::Row;
use super::value::Value;

/// Fills the composite columns of a row from the parts that it holds.
pub(crate) fn fill(table: &Table, row: &mut Row) {
    for address in ["address1", "address2", "address3"] {
        let Some(composite) = table.column(&format!("{address}_composite")) else {
            continue;
        };
        let part = |name: &str| {
            let value = row.get(table, &format!("{address}_{name}"));
            value.as_text().map(str::to_owned).unwrap_or_default()
        };
        let region = joined(" ", [part("stateorprovince"), part("postalcode")]);
        let town = joined(", ", [part("city"), region]);
        let lines = [part("line1"), part("line2"), part("line3")];
        let lines = joined("\r\n", lines.into_iter().chain([town, part("country")]));
        let value = match lines.is_empty() {
            true => Value::Null,
            false => Value::text(&lines),
        };
        if *row.at(composite) != value {
            row.set_at(composite, value);
        }
    }
}

/// The parts that are not empty, with the separator between them.
fn joined(separator: &str, parts: impl IntoIterator<Item = String>) -> String {
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(separator)
}
