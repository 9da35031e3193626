//! Writing rows as the Web API does: entity tags, lookup properties and the annotations that a request asks for.
//! Source: Microsoft Learn, "Retrieve a table row using the Web API" and "Select columns using OData".

use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::decimal::Decimal;
use super::model::{Column, ColumnId, Kind, Table, TableId};
use super::preferences::Preferences;
use super::query::expand::{Expand, To};
use super::query::order::name_of;
use super::query::path::value_of;
use super::query::{Query, page};
use super::rows::{Organisation, Row};
use super::value::Value;

const FORMATTED: &str = "OData.Community.Display.V1.FormattedValue";
const LOGICAL_NAME: &str = "Microsoft.Dynamics.CRM.lookuplogicalname";
const NAVIGATION: &str = "Microsoft.Dynamics.CRM.associatednavigationproperty";

/// What rows are written from and for.
pub(crate) struct Renderer<'a> {
    pub(crate) organisation: &'a Organisation,
    pub(crate) preferences: &'a Preferences,
    /// Address of the service root, `http://host/api/data/v9.2`.
    pub(crate) service: &'a str,
    /// Queries over a set add the address of each expanded collection; single rows do not.
    pub(crate) of_set: bool,
}

impl Renderer<'_> {
    /// One row with its selected columns, annotations and expanded rows.
    pub(crate) fn row(
        &self,
        table: TableId,
        id: Uuid,
        row: &Row,
        query: &Query,
    ) -> Map<String, Json> {
        let model = self.organisation.model();
        let described = model.table(table);
        let mut answer = Map::new();
        answer.insert("@odata.etag".to_owned(), Json::String(row.etag()));
        for column in query.select.columns(described) {
            self.column(&mut answer, table, described, id, row, column);
        }
        for expand in &query.expand {
            self.expand(&mut answer, table, id, row, expand);
        }
        answer
    }

    fn column(
        &self,
        answer: &mut Map<String, Json>,
        table: TableId,
        described: &Table,
        id: Uuid,
        row: &Row,
        at: ColumnId,
    ) {
        let column = &described.columns[at];
        let value = value_of(self.organisation, table, id, row, at);
        if !value.is_null() && self.preferences.any_annotation() {
            self.annotate(answer, described, at, column, &value);
        }
        answer.insert(column.wire.clone(), value.to_json());
    }

    fn annotate(
        &self,
        answer: &mut Map<String, Json>,
        table: &Table,
        at: ColumnId,
        column: &Column,
        value: &Value,
    ) {
        let mut add = |annotation: &str, text: String| {
            if self.preferences.wants(annotation) {
                answer.insert(format!("{}@{annotation}", column.wire), Json::String(text));
            }
        };
        if let Some(text) = self.formatted(table, at, column, value) {
            add(FORMATTED, text);
        }
        if let (Some((target, _)), Kind::Lookup(targets)) = (value.as_row(), &column.kind) {
            add(
                LOGICAL_NAME,
                self.organisation.model().table(target).name.clone(),
            );
            if let Some(found) = targets.iter().find(|found| found.table == target) {
                add(NAVIGATION, found.navigation.clone());
            }
        }
    }

    /// What people see in place of the value; texts and GUIDs have nothing of the kind.
    fn formatted(
        &self,
        table: &Table,
        at: ColumnId,
        column: &Column,
        value: &Value,
    ) -> Option<String> {
        match (value, &column.kind) {
            (Value::Whole(number), Kind::Choice { .. }) => {
                table.choice_label(at, *number).map(str::to_owned)
            }
            (Value::Whole(number), _) => Some(grouped(*number)),
            (Value::Many(values), _) => {
                let labels: Vec<&str> = values
                    .iter()
                    .filter_map(|value| table.choice_label(at, *value))
                    .collect();
                Some(labels.join("; "))
            }
            (Value::Decimal(number), _) => Some(two_digits(*number)),
            (Value::Float(number), _) => Some(format!("{number:.2}")),
            (Value::Flag(flag), Kind::Flag { labels, .. }) => {
                Some(labels[usize::from(*flag)].clone())
            }
            (Value::Time(at), _) => Some(
                at.to_zoned(TimeZone::UTC)
                    .strftime("%-m/%-d/%Y %-I:%M %p")
                    .to_string(),
            ),
            (Value::Day(day), _) => Some(day.strftime("%-m/%-d/%Y").to_string()),
            (Value::Row(target, id), _) => name_of(self.organisation, *target, *id),
            _ => None,
        }
    }

    fn expand(
        &self,
        answer: &mut Map<String, Json>,
        table: TableId,
        id: Uuid,
        row: &Row,
        expand: &Expand,
    ) {
        let expanded = match &expand.to {
            To::Row(navigation) => {
                let found = row.at(navigation.column).as_row().filter(|(target, _)| navigation.tables.contains(target));
                let there = found.and_then(|(target, id)| self.organisation.row(target, id).map(|row| (target, id, row)));
                there.map_or(Json::Null, |(target, id, row)| Json::Object(self.row(target, id, row, &expand.query)))
            }
            To::Owner(navigation) => row.at(navigation.column).as_row().map_or(Json::Null, |(target, owner)| {
                let target = &self.organisation.model().table(target).name;
                json!({"@odata.type": format!("#Microsoft.Dynamics.CRM.{target}"), "ownerid": owner.to_string()})
            }),
            To::Rows { table: target, column } => {
                let among = self.organisation.model().table(table).collection(&expand.name).map(|collection| self.organisation.related(collection, id)).unwrap_or_default();
                let mut rows = page::all(self.organisation, *target, &expand.query, Some(among));
                rows.truncate(expand.query.top.unwrap_or(page::LARGEST));
                let back = &self.organisation.model().table(*target).columns[*column].wire;
                let written = rows.into_iter().map(|(child, row)| {
                    let mut written = self.row(*target, child, row, &expand.query);
                    if self.of_set {
                        written.entry(back.clone()).or_insert_with(|| Json::String(id.to_string()));
                    }
                    Json::Object(written)
                });
                let written = Json::Array(written.collect());
                if self.of_set {
                    let set = &self.organisation.model().table(table).set;
                    let options = if expand.options.is_empty() { String::new() } else { format!("?{}", expand.options.replace(';', "&")) };
                    answer.insert(format!("{}@odata.nextLink", expand.name), Json::String(format!("{}/{set}({id})/{}{options}", self.service, expand.name)));
                }
                written
            }
        };
        answer.insert(expand.name.clone(), expanded);
    }
}

/// A decimal number with two digits after the point.
fn two_digits(number: Decimal) -> String {
    let rounded = number.rounded(2);
    let cents = rounded.units_at(2).unsigned_abs() % 100;
    let whole = i64::try_from(rounded.units_at(0)).unwrap_or_default();
    let sign = if whole == 0 && rounded < Decimal::ZERO {
        "-"
    } else {
        ""
    };
    format!("{sign}{}.{cents:02}", grouped(whole))
}

/// A whole number with a comma between thousands.
fn grouped(number: i64) -> String {
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
