//! Rows as contexts show them.

use jiff::tz::TimeZone;
use uuid::Uuid;

use super::super::activity;
use super::super::formatted;
use super::super::model::{ColumnId, Kind, Table, TableId};
use super::super::query::order::name_of;
use super::super::rows::{Organisation, Row};
use super::super::value::Value;
use super::contract::{Datum, Entity, Reference};

/// The columns that hold the parties of an activity, by the role of the party.
/// Source: Microsoft Learn, "ActivityParty table" (participation type).
const ROLES: &[(i64, &str)] = &[
    (1, "from"),
    (2, "to"),
    (3, "cc"),
    (4, "bcc"),
    (5, "requiredattendees"),
    (6, "optionalattendees"),
    (7, "organizer"),
    (10, "resources"),
    (11, "customers"),
];

/// Whether rows are shown as a request gives them or as an image does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Showing {
    /// Lookups are not named, and only what people need a text for has one.
    Request,
    /// Lookups carry the names of their rows.
    Image,
}

/// The key of a row in another one.
pub(super) fn reference(organisation: &Organisation, table: TableId, id: Uuid) -> Datum {
    Datum::Reference(Reference {
        id,
        table: organisation.model().table(table).name.clone(),
        name: None,
    })
}

/// One value of a row.
pub(super) fn datum(
    organisation: &Organisation,
    table: &Table,
    column: ColumnId,
    value: &Value,
    showing: Showing,
) -> Datum {
    let money = matches!(
        table.columns[column].kind,
        Kind::Decimal { money: true, .. }
    );
    match value {
        Value::Null => Datum::Null,
        Value::Text(text) => Datum::Text(text.to_string()),
        Value::Whole(number) => match table.columns[column].kind {
            Kind::Choice { .. } => Datum::Choice(*number),
            _ if money => Datum::Money(number.to_string()),
            _ => Datum::Number(number.to_string()),
        },
        Value::Decimal(number) if money => Datum::Money(number.to_string()),
        Value::Decimal(number) => Datum::Number(number.to_string()),
        Value::Float(_) => Datum::Number(value.to_json().to_string()),
        Value::Many(values) => Datum::Choices(values.to_vec()),
        Value::Flag(flag) => Datum::Flag(*flag),
        Value::Time(at) => Datum::Time(*at),
        Value::Day(day) => day
            .to_zoned(TimeZone::UTC)
            .map_or(Datum::Null, |midnight| Datum::Time(midnight.timestamp())),
        Value::Guid(id) => Datum::Guid(*id),
        Value::Row(target, id) => Datum::Reference(Reference {
            id: *id,
            table: organisation.model().table(*target).name.clone(),
            name: match showing {
                Showing::Request => None,
                Showing::Image => name_of(organisation, *target, *id),
            },
        }),
    }
}

/// A row with the named columns, or with all that are not empty, and its key.
pub(super) fn image(
    organisation: &Organisation,
    table: TableId,
    id: Uuid,
    row: &Row,
    columns: Option<&[String]>,
) -> Entity {
    let described = organisation.model().table(table);
    let wanted = |name: &str| columns.is_none_or(|names| names.iter().any(|found| found == name));
    let mut shown: Vec<ColumnId> = row.values().map(|(column, _)| column).collect();
    shown.retain(|column| wanted(&described.columns[*column].name));
    let mut entity = of(organisation, table, id, row, &shown, Showing::Image);
    let lists = parties(organisation, described, id);
    entity
        .attributes
        .extend(lists.into_iter().filter(|(name, _)| wanted(name)));
    entity
}

/// A row with these columns and its key.
pub(super) fn of(
    organisation: &Organisation,
    table: TableId,
    id: Uuid,
    row: &Row,
    columns: &[ColumnId],
    showing: Showing,
) -> Entity {
    let described = organisation.model().table(table);
    let mut attributes = Vec::with_capacity(columns.len() + 1);
    let mut texts = Vec::new();
    for column in columns {
        let (value, known) = (row.at(*column), &described.columns[*column]);
        // What may never be read back is not told to webhooks either.
        if matches!(known.kind, Kind::Id | Kind::Version) || known.write_only {
            continue;
        }
        let shown = datum(organisation, described, *column, value, showing);
        attributes.push((known.name.clone(), shown));
        if let Some(text) = text(organisation, described, *column, row, showing) {
            texts.push((known.name.clone(), text));
        }
    }
    attributes.push((described.id.clone(), Datum::Guid(id)));
    Entity {
        id,
        table: described.name.clone(),
        attributes,
        formatted: texts,
    }
}

fn text(
    organisation: &Organisation,
    table: &Table,
    column: ColumnId,
    row: &Row,
    showing: Showing,
) -> Option<String> {
    match row.at(column) {
        Value::Time(at) => Some(
            at.to_zoned(TimeZone::UTC)
                .strftime("%Y-%m-%dT%H:%M:%S-00:00")
                .to_string(),
        ),
        Value::Row(..) if showing == Showing::Request => None,
        value => formatted::text(organisation, table, column, value, Some(row)),
    }
}

/// The primary name of a row and its key, which the asynchronous service adds for the names of its jobs.
pub(super) fn primary_name(
    organisation: &Organisation,
    table: TableId,
    id: Uuid,
    row: &Row,
) -> Entity {
    let described = organisation.model().table(table);
    let mut entity = of(
        organisation,
        table,
        id,
        row,
        &[described.primary_name],
        Showing::Image,
    );
    entity.formatted.clear();
    entity
}

/// The parties of an activity, by the columns that hold them.
pub(super) fn parties(
    organisation: &Organisation,
    table: &Table,
    id: Uuid,
) -> Vec<(String, Datum)> {
    let model = organisation.model();
    let Some(parties) = model.by_name("activityparty").filter(|_| table.activity) else {
        return Vec::new();
    };
    let described = model.table(parties);
    let Some(column) = described.column("activityid") else {
        return Vec::new();
    };
    let activity = model.by_name(activity::VIEW);
    let members: Vec<(i64, Entity)> = organisation
        .having(parties, column, &Value::Guid(id))
        .into_iter()
        .filter_map(|party| {
            let row = organisation.row(parties, party)?;
            let role = row.get(described, "participationtypemask").as_whole()?;
            let columns: Vec<ColumnId> = row.values().map(|(column, _)| column).collect();
            let mut shown = of(organisation, parties, party, row, &columns, Showing::Image);
            if let Some(view) = activity {
                let pointer = reference(organisation, view, id);
                for (name, value) in &mut shown.attributes {
                    if name == "activityid" {
                        *value = pointer.clone();
                    }
                }
            }
            Some((role, shown))
        })
        .collect();
    ROLES
        .iter()
        .filter_map(|(role, name)| {
            let found: Vec<Entity> = members
                .iter()
                .filter(|(found, _)| found == role)
                .map(|(_, party)| party.clone())
                .collect();
            (!found.is_empty()).then(|| ((*name).to_owned(), Datum::Parties(found)))
        })
        .collect()
}
