//! From JSON to values, whichever serialiser wrote it.
//!
//! Collections are lists of `{"key", "value"}`, at times `{"Key", "Value"}`, or plain objects. An object says what it is by
//! `__type`, which may stand anywhere in it; rows inside images say nothing, so that shapes are looked at too.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::values::{Reference, Row, Value, id};
use super::{Values, dates, encoding};

/// An object of the body.
#[derive(Clone, Copy)]
pub(super) struct Object<'a>(&'a Map<String, Json>);

impl<'a> Object<'a> {
    pub(super) fn of(json: &'a Json) -> Option<Self> {
        json.as_object().map(Self)
    }

    /// The value of a key, in whatever case it is written. Null counts as missing.
    pub(super) fn get(self, key: &str) -> Option<&'a Json> {
        let exact = self.0.get(key);
        let found = exact.or_else(|| {
            let mut all = self.0.iter();
            all.find(|(known, _)| known.eq_ignore_ascii_case(key))
                .map(|(_, value)| value)
        });
        found.filter(|value| !value.is_null())
    }

    fn has(self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// A name, trimmed; missing when it is blank.
    pub(super) fn name(self, key: &str) -> Option<String> {
        let text = bare(self.get(key)?).as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    pub(super) fn id(self, key: &str) -> Option<Uuid> {
        id(bare(self.get(key)?).as_str()?)
    }

    pub(super) fn whole(self, key: &str) -> Option<i64> {
        bare(self.get(key)?).as_i64()
    }

    pub(super) fn moment(self, key: &str) -> Option<Timestamp> {
        dates::read(bare(self.get(key)?).as_str()?)
    }

    /// The name of the type, without its namespace.
    fn kind(self) -> Option<&'a str> {
        let full = self.get("__type")?.as_str()?;
        full.split([':', '#']).next()
    }
}

/// What a typed scalar such as `{"__type":"Guid:#System","__value":"…"}` holds; anything else as it is.
fn bare(json: &Json) -> &Json {
    json.as_object()
        .and_then(|object| object.get("__value"))
        .unwrap_or(json)
}

/// The pairs of a collection, in any of its spellings. Of two with one name the first counts.
fn pairs(json: &Json) -> Vec<(&str, &Json)> {
    match json {
        Json::Array(items) => items.iter().filter_map(pair).collect(),
        Json::Object(fields) => fields
            .iter()
            .filter(|(name, _)| name.as_str() != "__type")
            .map(|(name, value)| (name.as_str(), value))
            .collect(),
        _ => Vec::new(),
    }
}

fn pair(json: &Json) -> Option<(&str, &Json)> {
    let fields = json.as_object()?;
    let either = |lower: &str, upper: &str| fields.get(lower).or_else(|| fields.get(upper));
    let name = either("key", "Key")?.as_str()?;
    Some((name, either("value", "Value").unwrap_or(&Json::Null)))
}

pub(super) fn values(json: &Json) -> Values {
    let mut found = Values::new();
    for (name, json) in pairs(json) {
        found.entry(name.to_owned()).or_insert_with(|| value(json));
    }
    found
}

pub(super) fn images(json: &Json) -> BTreeMap<String, Row> {
    let image = |(name, json)| Some((String::from(name), row(Object::of(json)?)));
    pairs(json).into_iter().filter_map(image).collect()
}

fn value(json: &Json) -> Value {
    let json = bare(json);
    match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Flag(*flag),
        Json::Number(number) => Value::Number(number.clone()),
        Json::String(text) => text_or_moment(text),
        Json::Array(items) => list(items),
        Json::Object(fields) => object(Object(fields), json),
    }
}

fn text_or_moment(text: &str) -> Value {
    match dates::of_ticks(text) {
        Some(at) => Value::Moment(at),
        None => Value::Text(encoding::repaired(text).unwrap_or_else(|| text.to_owned())),
    }
}

fn object(object: Object<'_>, json: &Json) -> Value {
    let is_row = object.has("Attributes");
    let is_reference = object.has("LogicalName") && object.has("Id");
    match object.kind() {
        Some("Entity") => Value::Row(row(object)),
        Some("EntityReference") => Value::Reference(reference(object)),
        Some("EntityCollection") => Value::Rows(rows(object)),
        Some("AliasedValue") => object.get("Value").map_or(Value::Null, value),
        Some("Money") => match object.get("Value").map(bare) {
            Some(Json::Number(amount)) => Value::Money(amount.clone()),
            _ => Value::Null,
        },
        _ if is_row => Value::Row(row(object)),
        _ if object.has("Entities") => Value::Rows(rows(object)),
        _ if is_reference => Value::Reference(reference(object)),
        _ => match (pair(json), object.get("Value").map(bare)) {
            (Some((name, inner)), _) => {
                Value::Pairs(BTreeMap::from([(name.to_owned(), value(inner))]))
            }
            (None, Some(Json::Number(number))) => match number.as_i64() {
                Some(choice) => Value::Choice(choice),
                None => Value::Money(number.clone()),
            },
            (None, Some(inner @ (Json::Bool(_) | Json::String(_)))) => value(inner),
            _ => Value::Other(json.clone()),
        },
    }
}

fn row(object: Object<'_>) -> Row {
    let labels = object.get("FormattedValues").map(pairs).unwrap_or_default();
    let label = |(name, json): (&str, &Json)| {
        let label = json.as_str()?;
        let label = encoding::repaired(label).unwrap_or_else(|| label.to_owned());
        Some((name.to_owned(), label))
    };
    Row {
        table: object.name("LogicalName"),
        id: object.id("Id"),
        columns: object.get("Attributes").map(values).unwrap_or_default(),
        labels: labels.into_iter().filter_map(label).collect(),
        version: object.name("RowVersion"),
    }
}

fn reference(object: Object<'_>) -> Reference {
    let name = object.name("Name");
    Reference {
        table: object.name("LogicalName"),
        id: object.id("Id"),
        name: name.map(|name| encoding::repaired(&name).unwrap_or(name)),
    }
}

fn rows(object: Object<'_>) -> Vec<Row> {
    let entities = object.get("Entities").and_then(Json::as_array);
    let entities = entities.map(Vec::as_slice).unwrap_or_default();
    entities.iter().filter_map(Object::of).map(row).collect()
}

fn list(items: &[Json]) -> Value {
    let named: Option<Vec<_>> = items.iter().map(pair).collect();
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        let named = named
            .into_iter()
            .map(|(name, json)| (name.to_owned(), value(json)));
        return Value::Pairs(named.collect());
    }
    let values: Vec<Value> = items.iter().map(value).collect();
    let choices = all(&values, |value| match value {
        Value::Choice(choice) => Some(*choice),
        _ => None,
    });
    let references = all(&values, |value| match value {
        Value::Reference(reference) => Some(reference.clone()),
        _ => None,
    });
    let rows = all(&values, |value| match value {
        Value::Row(row) => Some(row.clone()),
        _ => None,
    });
    match (choices, references, rows) {
        (Some(choices), _, _) => Value::Choices(choices),
        (_, Some(references), _) => Value::References(references),
        (_, _, Some(rows)) => Value::Rows(rows),
        _ => Value::List(values),
    }
}

/// All values as one kind, when there are any and all are of it.
fn all<T>(values: &[Value], of_kind: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    (!values.is_empty()).then(|| values.iter().map(of_kind).collect())?
}
