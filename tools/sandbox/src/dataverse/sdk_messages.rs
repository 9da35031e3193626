//! The messages that processing steps can be registered on, and for which tables.
//! Source: Microsoft Learn, "Bulk operation messages" (availability) and "Register a plug-in".

use std::sync::Arc;

use jiff::Timestamp;
use uuid::{Uuid, uuid};

use super::model::{Model, Table, TableId};
use super::rows::{Operation, Organisation, Row, Write};
use super::value::Value;

/// Messages of every table that rows are made in.
const OF_ALL: &[&str] = &[
    "Create",
    "Update",
    "Delete",
    "Retrieve",
    "RetrieveMultiple",
    "CreateMultiple",
    "UpdateMultiple",
    "UpsertMultiple",
    "Upsert",
    "Associate",
    "Disassociate",
];
/// Messages of tables whose rows have owners.
const OF_OWNED: &[&str] = &["Assign", "GrantAccess", "ModifyAccess", "RevokeAccess"];
/// Messages of tables whose rows have states.
const OF_STATES: &[&str] = &["SetState", "SetStateDynamicEntity"];
/// Messages of single tables.
const OF_SOME: &[(&str, &[&str])] = &[
    ("Close", &["incident"]),
    ("CloseIncident", &["incident"]),
    ("Merge", &["account", "contact", "lead", "incident"]),
    ("AddToQueue", &["queue"]),
    ("PickFromQueue", &["queueitem"]),
    ("ReleaseToQueue", &["queueitem"]),
    ("RemoveFromQueue", &["queueitem"]),
    ("AddMember", &["list"]),
    ("AddListMembers", &["list"]),
    ("RemoveMember", &["list"]),
    ("QualifyLead", &["lead"]),
    ("Win", &["opportunity"]),
    ("Lose", &["opportunity"]),
    ("Send", &["email"]),
];
/// Identifiers that are the same in every environment.
const ACCOUNT_CREATE: Uuid = uuid!("c2c5bb1b-ea3e-db11-86a7-000a3a5473e8");

/// The key of a message, or of its filter for the table with a type code.
fn key(message: usize, type_code: i64) -> Uuid {
    let code = u128::from(type_code.unsigned_abs());
    Uuid::from_u128(0x5a4d_b0c5_0030_4000_8000_0000_0000_0000 | (message as u128 + 1) << 32 | code)
}

fn messages() -> impl Iterator<Item = &'static str> {
    let some = OF_SOME.iter().map(|(name, _)| *name);
    let general = OF_ALL.iter().chain(OF_OWNED).chain(OF_STATES);
    general.copied().chain(some)
}

fn has(table: &Table, message: &str) -> bool {
    if table.intersect {
        return false;
    }
    OF_ALL.contains(&message)
        || OF_OWNED.contains(&message) && table.column("ownerid").is_some()
        || OF_STATES.contains(&message) && table.column("statecode").is_some()
        || OF_SOME
            .iter()
            .any(|(name, tables)| *name == message && tables.contains(&table.name.as_str()))
}

/// Adds the messages and the filters of all tables.
pub(crate) fn add(organisation: &mut Organisation) {
    let model = Arc::clone(organisation.model());
    let Some(table) = model.by_name("sdkmessage") else {
        return;
    };
    for (at, name) in messages().enumerate() {
        let mut row = Row::with_defaults(model.table(table));
        row.set(model.table(table), "name", Value::text(name));
        put(organisation, &model, table, key(at, 0), row);
    }
    for (id, _) in model.tables() {
        add_table(organisation, id);
    }
}

/// Adds the filters of one table.
pub(crate) fn add_table(organisation: &mut Organisation, table: TableId) {
    let model = Arc::clone(organisation.model());
    let (Some(filters), Some(sent)) = (
        model.by_name("sdkmessagefilter"),
        model.by_name("sdkmessage"),
    ) else {
        return;
    };
    let (described, own) = (model.table(table), model.table(filters));
    for (at, message) in messages().enumerate() {
        if !has(described, message) {
            continue;
        }
        let mut row = Row::with_defaults(own);
        row.set(own, "sdkmessageid", Value::Row(sent, key(at, 0)));
        row.set(own, "primaryobjecttypecode", Value::text(&described.name));
        row.set(own, "secondaryobjecttypecode", Value::text("none"));
        row.set(own, "iscustomprocessingstepallowed", Value::Flag(true));
        let id = if described.name == "account" && message == "Create" {
            ACCOUNT_CREATE
        } else {
            key(at, described.type_code)
        };
        put(organisation, &model, filters, id, row);
    }
}

fn put(organisation: &mut Organisation, model: &Model, table: TableId, id: Uuid, row: Row) {
    let name = model.table(table).name.clone();
    organisation.put(table, id, row, |operation: Operation| Write {
        table: name,
        id,
        operation,
        tag: None,
        at: Timestamp::UNIX_EPOCH,
    });
}
