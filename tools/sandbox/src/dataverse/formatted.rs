//! What people see in place of a value, and what stands in an address.
//! Source: Microsoft Learn, "Select columns using OData" (formatted values).

use jiff::tz::TimeZone;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::decimal::Decimal;
use super::model::{ColumnId, Kind, Table};
use super::query::order::name_of;
use super::rows::{Organisation, Row};
use super::value::Value;

/// What would be read otherwise when an option stands in an address again.
const IN_QUERIES: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A query option as it can stand in an address.
pub(crate) fn in_query(option: &str) -> String {
    utf8_percent_encode(option, IN_QUERIES).to_string()
}

/// The text for people; texts and GUIDs have nothing of the kind. Money carries the symbol of the row's currency.
pub(crate) fn text(
    organisation: &Organisation,
    table: &Table,
    at: ColumnId,
    value: &Value,
    row: Option<&Row>,
) -> Option<String> {
    match (value, &table.columns[at].kind) {
        (Value::Whole(number), Kind::Choice { .. }) => {
            table.choice_label(at, *number).map(str::to_owned)
        }
        (Value::Many(numbers), _) => {
            let labels: Vec<&str> = numbers
                .iter()
                .filter_map(|number| table.choice_label(at, *number))
                .collect();
            Some(labels.join("; "))
        }
        (Value::Whole(number), Kind::Decimal { .. }) => {
            decimal(organisation, table, at, Decimal::from(*number), row)
        }
        (Value::Whole(number), _) => Some(grouped(*number)),
        (Value::Decimal(number), _) => decimal(organisation, table, at, *number, row),
        (Value::Float(number), _) => {
            let rounded = Decimal::parse(&number.to_string())?.rounded(2);
            Some(with_digits(rounded, 2))
        }
        (Value::Flag(flag), Kind::Flag { labels, .. }) => Some(labels[usize::from(*flag)].clone()),
        (Value::Time(at), _) => Some(
            at.to_zoned(TimeZone::UTC)
                .strftime("%-m/%-d/%Y %-I:%M %p")
                .to_string(),
        ),
        (Value::Day(day), _) => Some(day.strftime("%-m/%-d/%Y").to_string()),
        (Value::Row(target, id), _) => name_of(organisation, *target, *id),
        _ => None,
    }
}

fn decimal(
    organisation: &Organisation,
    table: &Table,
    at: ColumnId,
    number: Decimal,
    row: Option<&Row>,
) -> Option<String> {
    let money = matches!(table.columns[at].kind, Kind::Decimal { money: true, .. });
    let text = with_digits(number.rounded(2), 2);
    if !money {
        return Some(text);
    }
    let symbol = symbol(organisation, table, row).unwrap_or_default();
    Some(match text.strip_prefix('-') {
        Some(digits) => format!("-{symbol}{digits}"),
        None => format!("{symbol}{text}"),
    })
}

/// The symbol of the row's currency; without a row, that of the first currency that the organisation has.
fn symbol(organisation: &Organisation, table: &Table, row: Option<&Row>) -> Option<String> {
    let currencies = organisation.model().by_name("transactioncurrency")?;
    let column = organisation
        .model()
        .table(currencies)
        .column("currencysymbol")?;
    let own = row.and_then(|row| row.get(table, "transactioncurrencyid").as_row());
    let currency = match own {
        Some((_, id)) => organisation.row(currencies, id),
        None => organisation.rows(currencies).next().map(|(_, row)| row),
    };
    currency?.at(column).as_text().map(str::to_owned)
}

/// A number with a comma between thousands and this many digits after the point.
fn with_digits(number: Decimal, digits: u8) -> String {
    let units = number.units_at(digits);
    let power = 10_i128.pow(u32::from(digits));
    let width = usize::from(digits);
    let whole = i64::try_from(units.unsigned_abs() / power.unsigned_abs()).unwrap_or(i64::MAX);
    let fraction = units.unsigned_abs() % power.unsigned_abs();
    let sign = if units < 0 { "-" } else { "" };
    format!("{sign}{}.{fraction:0width$}", grouped(whole))
}

/// A whole number with a comma between thousands.
pub(crate) fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas_and_digits_as_people_expect() {
        let read = |text: &str| with_digits(Decimal::parse(text).unwrap(), 2);
        assert_eq!(read("440000"), "440,000.00");
        assert_eq!(read("-1234.5"), "-1,234.50");
        assert_eq!(read("0.05"), "0.05");
        assert_eq!(grouped(-1_000_000), "-1,000,000");
    }

    #[test]
    fn options_in_addresses_lose_nothing() {
        assert_eq!(
            in_query("$filter=contains(subject,'a&b + 100% não')"),
            "$filter=contains(subject,'a%26b%20%2B%20100%25%20n%C3%A3o')"
        );
    }
}
