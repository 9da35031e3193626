//! Joining rows that are there and parting them: `$ref`, and the parties of an activity.
//! Source: Microsoft Learn, "Associate and disassociate table rows using the Web API".

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use serde_json::Value as Json;
use uuid::Uuid;

use super::super::address::{self, Address};
use super::super::alternate;
use super::super::caller::Caller;
use super::super::change;
use super::super::message::{Answer, Request};
use super::super::model::{Collection, Model, TableId};
use super::super::operations::lists;
use super::super::party;
use super::super::payload::{Changes, References};
use super::super::query::Options;
use super::super::refusal::Refusal;
use super::super::rows::{Organisation, Row};
use super::super::value::Value;

/// Carries out a request on `…/$ref` or on the parties of an activity; `None` for every other request.
pub(super) fn write(
    organisation: &mut Organisation,
    caller: &Caller,
    request: &Request,
    references: &References,
    path: &str,
) -> Result<Option<Answer>, Refusal> {
    let decoded = percent_decode_str(path)
        .decode_utf8()
        .map_err(|_| Refusal::unknown_segment(path))?;
    let trimmed = decoded.trim_end_matches('/');
    let reference = trimmed.strip_suffix("/$ref");
    let of_parties = request.method == "PUT" && trimmed.ends_with("_activity_parties");
    let Some((parent, navigation)) = reference
        .or(of_parties.then_some(trimmed))
        .and_then(|path| path.rsplit_once('/'))
    else {
        return Ok(None);
    };
    let model = Arc::clone(organisation.model());
    let Address::Row(table, id) = address::read(&model, parent)? else {
        return Err(Refusal::unknown_segment(navigation));
    };
    if organisation.row(table, id).is_none() {
        return Err(Refusal::missing_row(&model.table(table).name, id));
    }
    let (name, key) = match navigation.split_once('(') {
        Some((name, key)) => (name, key.strip_suffix(')')),
        None => (navigation, None),
    };
    let link = Link {
        model: &model,
        caller,
        references,
        table,
        id,
    };
    if reference.is_none() {
        party::replace(organisation, caller, request, references, table, id, name)?;
    } else if let Some(collection) = model.table(table).collection(name) {
        link.collection(organisation, request, collection, key)?;
    } else {
        link.single(organisation, request, name)?;
    }
    Ok(Some(Answer::empty(204)))
}

/// Refuses to empty a lookup by a navigation that does not lead to the row it holds: `parentcustomerid_account` while it holds a
/// contact. An empty one stays empty.
pub(super) fn leads_to(
    organisation: &Organisation,
    (table, id): (TableId, Uuid),
    column: usize,
    tables: &[TableId],
) -> Result<(), Refusal> {
    let held = organisation
        .row(table, id)
        .and_then(|row| row.at(column).as_row());
    match (held, tables) {
        (Some((target, id)), [first, ..]) if !tables.contains(&target) => Err(
            Refusal::missing_row(&organisation.model().table(*first).name, id),
        ),
        _ => Ok(()),
    }
}

/// The row that links are made from.
struct Link<'a> {
    model: &'a Model,
    caller: &'a Caller,
    references: &'a References,
    table: TableId,
    id: Uuid,
}

impl Link<'_> {
    /// The row that an address names.
    fn other(
        &self,
        organisation: &Organisation,
        address: &str,
    ) -> Result<(TableId, Uuid), Refusal> {
        let path = self.references.resolve(address)?;
        let path = alternate::plain(organisation, path, self.caller.now)?;
        let (table, id) = address::read_reference(self.model, &path)?;
        match organisation.row(table, id) {
            Some(_) => Ok((table, id)),
            None => Err(Refusal::missing_row(&self.model.table(table).name, id)),
        }
    }

    /// The row in the body: `{"@odata.id": …}`.
    fn in_body(
        &self,
        organisation: &Organisation,
        request: &Request,
    ) -> Result<(TableId, Uuid), Refusal> {
        let set = &self.model.table(self.table).set;
        let body = request.object(set)?;
        let address = body
            .get("@odata.id")
            .and_then(Json::as_str)
            .ok_or_else(|| Refusal::payload(set, "The body needs '@odata.id'."))?;
        self.other(organisation, address)
    }

    fn single(
        &self,
        organisation: &mut Organisation,
        request: &Request,
        name: &str,
    ) -> Result<(), Refusal> {
        let described = self.model.table(self.table);
        let navigation = described
            .navigation(name)
            .ok_or_else(|| Refusal::unknown_segment(name))?;
        let value = match request.method.as_str() {
            "PUT" => {
                let (target, id) = self.in_body(organisation, request)?;
                if !navigation.tables.contains(&target) {
                    return Err(self.wrong_table(name, target));
                }
                Value::Row(target, id)
            }
            "DELETE" => {
                let column = navigation.column;
                leads_to(
                    organisation,
                    (self.table, self.id),
                    column,
                    &navigation.tables,
                )?;
                Value::Null
            }
            method => return Err(Refusal::method_not_allowed(method)),
        };
        self.set(organisation, self.table, self.id, navigation.column, value)
    }

    fn collection(
        &self,
        organisation: &mut Organisation,
        request: &Request,
        collection: &Collection,
        key: Option<&str>,
    ) -> Result<(), Refusal> {
        let joining = request.method == "POST";
        let (far, other) = match request.method.as_str() {
            "POST" => self.in_body(organisation, request)?,
            "DELETE" => {
                let options = Options::read(&request.query)?;
                match (key, options.get("$id")) {
                    (Some(key), _) => {
                        let id = address::key(key)
                            .ok_or_else(|| Refusal::invalid_key(&collection.navigation))?;
                        (collection.table, id)
                    }
                    (None, Some(address)) => self.other(organisation, address)?,
                    (None, None) => return Err(Refusal::method_not_allowed("DELETE")),
                }
            }
            method => return Err(Refusal::method_not_allowed(method)),
        };
        if far != collection.table {
            return Err(self.wrong_table(&collection.navigation, far));
        }
        if collection.through.is_some() {
            self.pair(organisation, collection, other, joining)
        } else {
            let value = if joining {
                Value::Row(self.table, self.id)
            } else {
                let here = organisation.row(far, other).is_some_and(|row| {
                    row.at(collection.column).as_row() == Some((self.table, self.id))
                });
                if !here {
                    return Err(Refusal::missing_row(&self.model.table(far).name, other));
                }
                Value::Null
            };
            self.set(organisation, far, other, collection.column, value)
        }
    }

    fn set(
        &self,
        organisation: &mut Organisation,
        table: TableId,
        id: Uuid,
        column: usize,
        value: Value,
    ) -> Result<(), Refusal> {
        let changes = Changes {
            columns: vec![(column, value)],
            ..Changes::default()
        };
        change::update(organisation, self.caller, table, id, &changes)
    }

    /// Adds or removes a pair of a many-to-many relationship. A pair that is there is refused.
    fn pair(
        &self,
        organisation: &mut Organisation,
        collection: &Collection,
        other: Uuid,
        joining: bool,
    ) -> Result<(), Refusal> {
        let Some(through) = collection.through else {
            return Ok(());
        };
        let intersect = self.model.table(through.table);
        // Marketing lists have messages of their own for their members, which hold them against the lock and count them.
        if intersect.name == lists::MEMBERSHIP || (joining && !intersect.intersect) {
            let message = if joining { "Associate" } else { "Disassociate" };
            return Err(Refusal::no_such_message(message, &intersect.name));
        }
        let is_other = |row: &Row| matches!(row.at(through.there), Value::Guid(id) | Value::Row(_, id) if *id == other);
        let found = organisation
            .having(through.table, through.here, &Value::Guid(self.id))
            .into_iter()
            .find(|pair| organisation.row(through.table, *pair).is_some_and(is_other));
        match (found, joining) {
            (Some(_), true) => Err(Refusal::duplicate_key()),
            (Some(pair), false) => {
                self.caller.remove(organisation, through.table, pair);
                Ok(())
            }
            (None, false) => Err(Refusal::missing_row(
                &self.model.table(collection.table).name,
                other,
            )),
            (None, true) => {
                let far = (collection.table, other);
                change::join(
                    organisation,
                    self.caller,
                    through,
                    (self.table, self.id),
                    far,
                );
                Ok(())
            }
        }
    }

    fn wrong_table(&self, navigation: &str, target: TableId) -> Refusal {
        Refusal::payload(
            &self.model.table(self.table).set,
            &format!(
                "The navigation property '{navigation}' does not lead to '{}'.",
                self.model.table(target).set
            ),
        )
    }
}
