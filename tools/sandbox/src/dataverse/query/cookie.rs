//! The paging cookie: where a page ended, so that the next one goes on from there whatever was added or removed meanwhile.
//! Source: Microsoft Learn, "Page results using OData" and its part on ordering and paging.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use uuid::Uuid;

use super::super::decimal::Decimal;
use super::super::model::{Column, Kind, Model, TableId};
use super::super::value::Value;
use super::order::{Order, Place};

/// What stays readable in the cookie, as the service writes it.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'=')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'/');

/// Where a page begins.
#[derive(Debug, PartialEq)]
pub(super) struct Cookie {
    /// Number of the page to come, from 2.
    pub(super) number: usize,
    /// The last row of the page before.
    pub(super) last: Place,
}

/// The cookie of the page after one that ended with `last`, ready to stand in an address.
pub(super) fn write(
    model: &Model,
    table: TableId,
    order: &Order,
    number: usize,
    first: &Place,
    last: &Place,
) -> String {
    use std::fmt::Write as _;
    let encode = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
    let mut inner = format!("<cookie page=\"{}\">", number.saturating_sub(1));
    for (path, (first, last)) in order.paths().zip(first.0.iter().zip(&last.0)) {
        let name = &path.describe(model).name;
        let _ = write!(
            inner,
            "<{name} {} {} />",
            end("last", last),
            end("first", first)
        );
    }
    let key = &model.table(table).id;
    let braced = |id: &Uuid| format!("{{{}}}", id.to_string().to_uppercase());
    let _ = write!(
        inner,
        "<{key} last=\"{}\" first=\"{}\" /></cookie>",
        braced(&last.1),
        braced(&first.1)
    );
    encode(&format!(
        "<cookie pagenumber=\"{number}\" pagingcookie=\"{}\" istracking=\"False\" />",
        encode(&inner)
    ))
}

/// Reads a cookie that belongs to a query with this order; `None` when it does not.
pub(super) fn read(model: &Model, table: TableId, order: &Order, token: &str) -> Option<Cookie> {
    let number = between(token, "pagenumber=\"", "\"")?
        .parse::<usize>()
        .ok()
        .filter(|number| *number > 1)?;
    let inner = percent_decode_str(between(token, "pagingcookie=\"", "\"")?)
        .decode_utf8()
        .ok()?;
    let mut rest = &inner[inner.find('>')? + 1..];
    let mut element = |name: &str| {
        let body = rest.strip_prefix('<')?.strip_prefix(name)?;
        let end = body.find("/>")?;
        let (element, after) = (&body[..end], &body[end + 2..]);
        rest = after;
        Some(element)
    };
    let mut values = Vec::new();
    for path in order.paths() {
        let column = path.describe(model);
        let element = element(&column.name)?;
        values.push(match between(element, " last=\"", "\"") {
            Some(text) => parse(column, &unescaped(text))?,
            None => element.contains(" lastnull=\"1\"").then_some(Value::Null)?,
        });
    }
    let key = element(&model.table(table).id)?;
    let last = between(key, " last=\"{", "}\"")?.parse().ok()?;
    Some(Cookie {
        number,
        last: (values, last),
    })
}

/// `last="…"`, or `lastnull="1"` for an empty value.
fn end(name: &str, value: &Value) -> String {
    let text = match value {
        Value::Null => return format!("{name}null=\"1\""),
        Value::Text(text) => text.to_string(),
        Value::Decimal(number) => number.to_string(),
        other => {
            let json = other.to_json();
            json.as_str()
                .map_or_else(|| json.to_string(), str::to_owned)
        }
    };
    let escaped = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    format!("{name}=\"{escaped}\"")
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&gt;", ">")
        .replace("&lt;", "<")
        .replace("&amp;", "&")
}

/// The value of a column from the text that a cookie holds.
fn parse(column: &Column, text: &str) -> Option<Value> {
    Some(match &column.kind {
        Kind::Text(_) | Kind::Lookup(_) => Value::text(text),
        Kind::Whole(..) | Kind::Big | Kind::Choice { .. } | Kind::Version => {
            Value::Whole(text.parse().ok()?)
        }
        Kind::Decimal { .. } => Value::Decimal(Decimal::parse(text)?),
        Kind::Float { .. } => Value::Float(text.parse().ok()?),
        Kind::Flag { .. } => Value::Flag(text.parse().ok()?),
        Kind::Time => Value::Time(text.parse().ok()?),
        Kind::Day => Value::Day(text.parse().ok()?),
        Kind::Id | Kind::Guid => Value::Guid(text.parse().ok()?),
        Kind::Choices { .. } => {
            let values: Result<Vec<i64>, _> = text.split(',').map(str::parse).collect();
            Value::Many(values.ok()?.into())
        }
    })
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let rest = &text[text.find(before)? + before.len()..];
    Some(&rest[..rest.find(after)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_survives_the_address_with_all_that_it_holds() {
        let model = Model::customer_service().unwrap();
        let contacts = model.by_set("contacts").unwrap();
        let order = Order::read(
            &model,
            contacts,
            "fullname,birthdate desc,_parentcustomerid_value,statuscode",
            None,
        )
        .unwrap();
        let last = (
            vec![
                Value::text("\"iria\" <núñez> & 'não' />"),
                Value::Null,
                Value::text("ultramarinos a camelia"),
                Value::Whole(1),
            ],
            Uuid::from_u128(42),
        );
        let written = write(&model, contacts, &order, 3, &last, &last);
        let once = percent_decode_str(&written).decode_utf8().unwrap();
        assert_eq!(
            read(&model, contacts, &order, &once),
            Some(Cookie { number: 3, last })
        );
        assert!(once.starts_with("<cookie pagenumber=\"3\" pagingcookie=\"%3Ccookie%20page="));
        assert_eq!(read(&model, contacts, &Order::default(), &once), None);
        assert_eq!(read(&model, contacts, &order, "nonsense"), None);
    }
}
