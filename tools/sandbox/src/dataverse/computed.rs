//! Columns that the service fills: names put together from parts, owners, audit columns, ticket numbers.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::caller::Caller;
use super::company;
use super::composite;
use super::decimal::Decimal;
use super::model::{Autonumber, Kind, Model, Table, TableId};
use super::query::order::name_of;
use super::rows::{Organisation, Row};
use super::value::Value;

/// Fills a new row.
pub(crate) fn at_creation(
    organisation: &Organisation,
    model: &Model,
    table: TableId,
    row: &mut Row,
    caller: &Caller,
) {
    let described = model.table(table);
    let now = Value::time(caller.now);
    let overridden = row.get(described, "overriddencreatedon").clone();
    row.set(
        described,
        "createdon",
        if overridden.is_null() {
            now.clone()
        } else {
            overridden
        },
    );
    if let Some(users) = model.by_name("systemuser") {
        let user = Value::Row(users, caller.user);
        row.set(described, "createdby", user.clone());
        row.set(described, "createdonbehalfby", really(users, caller));
        if row.get(described, "ownerid").is_null() {
            row.set(described, "ownerid", user);
        }
    }
    row.set(described, "enteredon", now);
    always(organisation, model, table, row, caller);
}

/// Fills a changed row.
pub(crate) fn at_update(
    organisation: &Organisation,
    model: &Model,
    table: TableId,
    before: &Row,
    row: &mut Row,
    caller: &Caller,
) {
    let described = model.table(table);
    if before.get(described, "workerid") != row.get(described, "workerid") {
        row.set(described, "workeridmodifiedon", Value::time(caller.now));
    }
    if described.name == "queueitem"
        && before.get(described, "queueid") != row.get(described, "queueid")
    {
        row.set(described, "enteredon", Value::time(caller.now));
    }
    always(organisation, model, table, row, caller);
}

fn always(
    organisation: &Organisation,
    model: &Model,
    table: TableId,
    row: &mut Row,
    caller: &Caller,
) {
    let described = model.table(table);
    row.set(described, "modifiedon", Value::time(caller.now));
    if let Some(users) = model.by_name("systemuser") {
        row.set(described, "modifiedby", Value::Row(users, caller.user));
        row.set(described, "modifiedonbehalfby", really(users, caller));
    }
    owner(model, described, row);
    composite::fill(described, row);
    money(model, described, row);
    match described.name.as_str() {
        "contact" | "systemuser" | "lead" => {
            let parts: Vec<&str> = ["firstname", "middlename", "lastname"]
                .iter()
                .filter_map(|part| row.get(described, part).as_text())
                .collect();
            let name = if parts.is_empty() {
                Value::Null
            } else {
                Value::text(&parts.join(" "))
            };
            row.set(described, "fullname", name);
        }
        "incident" => {
            let customer = row.get(described, "customerid").clone();
            let is = |name: &str| {
                customer
                    .as_row()
                    .is_some_and(|(table, _)| model.table(table).name == name)
            };
            let (contact, account) = (is("contact"), is("account"));
            row.set(
                described,
                "contactid",
                if contact {
                    customer.clone()
                } else {
                    Value::Null
                },
            );
            row.set(
                described,
                "accountid",
                if account { customer } else { Value::Null },
            );
        }
        "annotation" => {
            let size = row.get(described, "documentbody").as_text().map(str::len);
            row.set(described, "isdocument", Value::Flag(size.is_some()));
            // Base64 needs four letters for three bytes.
            row.set(
                described,
                "filesize",
                size.map_or(Value::Null, |size| Value::Whole((size / 4 * 3) as i64)),
            );
            let about = row
                .get(described, "objectid")
                .as_row()
                .map(|(table, _)| model.table(table).name.as_str());
            let about = about.map_or(Value::Null, Value::text);
            row.set(described, "objecttypecode", about);
        }
        "queueitem" => {
            if let Some((object, id)) = row.get(described, "objectid").as_row() {
                row.set(
                    described,
                    "title",
                    name_of(organisation, object, id)
                        .map_or(Value::Null, |title| Value::text(&title)),
                );
                row.set(
                    described,
                    "objecttypecode",
                    Value::Whole(model.table(object).type_code),
                );
            }
        }
        _ if described.activity => {
            row.set(described, "activitytypecode", Value::text(&described.name));
        }
        _ => {}
    }
}

/// The user who acted for the one in whose name a row is written; empty when nobody did.
/// Source: Microsoft Learn, "Impersonate another user using the Web API".
fn really(users: TableId, caller: &Caller) -> Value {
    caller
        .really
        .map_or(Value::Null, |user| Value::Row(users, user))
}

fn owner(model: &Model, table: &Table, row: &mut Row) {
    let Some((owners, id)) = row.get(table, "ownerid").as_row() else {
        return;
    };
    if let (Some(units), Some(unit)) = (
        model.by_name("businessunit"),
        table.column("owningbusinessunit"),
    ) && matches!(table.columns[unit].kind, Kind::Lookup(_))
    {
        row.set_at(unit, Value::Row(units, company::BUSINESS_UNIT));
    }
    let user = model.table(owners).name == "systemuser";
    row.set(
        table,
        "owninguser",
        if user {
            Value::Row(owners, id)
        } else {
            Value::Null
        },
    );
    row.set(
        table,
        "owningteam",
        if user {
            Value::Null
        } else {
            Value::Row(owners, id)
        },
    );
}

/// Amounts without a currency are in the organisation's own, and `x_base` is `x` in it.
/// Source: Microsoft Learn, "Transaction currency (currency) table".
fn money(model: &Model, table: &Table, row: &mut Row) {
    let amounts: Vec<(String, Decimal)> = row
        .values()
        .filter(|(column, _)| {
            matches!(
                table.columns[*column].kind,
                Kind::Decimal { money: true, .. }
            )
        })
        .filter_map(|(column, value)| {
            Some((table.columns[column].name.clone(), value.as_decimal()?))
        })
        .filter(|(name, _)| !name.ends_with("_base"))
        .collect();
    if amounts.is_empty() {
        return;
    }
    if row.get(table, "transactioncurrencyid").is_null()
        && let Some(currencies) = model.by_name("transactioncurrency")
    {
        row.set(
            table,
            "transactioncurrencyid",
            Value::Row(currencies, company::CURRENCY),
        );
    }
    row.set(table, "exchangerate", Value::Float(1.0));
    for (name, amount) in amounts {
        row.set(table, &format!("{name}_base"), Value::Decimal(amount));
    }
}

/// The text of an autonumber column: running number and a suffix that depends on nothing but the number, so that two runs of a
/// sandbox give the same numbers.
pub(crate) fn number(form: &Autonumber, next: u64) -> String {
    const LETTERS: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let digest = Sha256::digest(next.to_be_bytes());
    let mut text = format!("{}{next:0width$}-", form.prefix, width = form.digits);
    for (at, byte) in digest.iter().take(form.suffix).enumerate() {
        // Letters and digits take turns, as in CAS-01042-B7M9Z3.
        let letter = if at % 2 == 0 {
            LETTERS[usize::from(byte % 26)]
        } else {
            LETTERS[26 + usize::from(byte % 10)]
        };
        let _ = write!(text, "{}", char::from(letter));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticket_numbers_follow_each_other_and_are_the_same_in_every_run() {
        let form = Autonumber {
            column: 0,
            prefix: "CAS-".to_owned(),
            first: 1001,
            digits: 5,
            suffix: 6,
        };
        let (first, second) = (number(&form, 1001), number(&form, 1002));
        assert!(
            first.starts_with("CAS-01001-") && second.starts_with("CAS-01002-"),
            "{first} {second}"
        );
        assert_eq!(first.len(), "CAS-01042-B7M9Z3".len());
        assert_eq!(first, number(&form, 1001));
        assert_ne!(first[10..], second[10..]);
    }
}
