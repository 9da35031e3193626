//! Functions about the caller and about hierarchies: users, teams, business units, rows above and below others.
//! Source: Microsoft Learn, "Web API Query Function Reference" and "Query hierarchical data".

use std::collections::HashSet;

use uuid::Uuid;

use super::super::super::super::address;
use super::super::super::super::company;
use super::super::super::super::model::{Kind, TableId};
use super::super::super::super::refusal::Refusal;
use super::super::super::super::rows::Organisation;
use super::super::super::super::value::Value;
use super::super::super::related;
use super::super::{Filter, Probe};
use super::{Arguments, unmatched};

/// A hierarchy is followed over at most this many rows. Source: Microsoft Learn, "Query hierarchical data" (recursion limits).
const DEEPEST: usize = 100;

/// The language of users, as a locale identifier.
const LANGUAGE: i64 = 1033;

/// The condition of a function about people or hierarchies; `None` when it is no such function.
pub(super) fn filter(arguments: &Arguments<'_>) -> Result<Option<Filter>, Refusal> {
    let organisation = arguments.reading.organisation;
    let user = arguments.reading.user;
    let among = |ids: HashSet<Uuid>, negated: bool| Filter::Among {
        path: arguments.path.clone(),
        values: ids.into_iter().map(Probe::Id).collect(),
        negated,
        empty: false,
    };
    let name = arguments.function;
    let ids: HashSet<Uuid> = match name {
        "EqualUserId" | "NotEqualUserId" => [user].into(),
        "EqualBusinessId" | "NotEqualBusinessId" | "EqualRoleBusinessId" => {
            [business_unit(organisation, user)].into()
        }
        "EqualUserTeams" => teams(organisation, &[user].into()),
        "EqualUserOrUserTeams" => with(teams(organisation, &[user].into()), [user].into()),
        "EqualUserOrUserHierarchy" => reports(organisation, user),
        "EqualUserOrUserHierarchyAndTeams" => {
            let people = reports(organisation, user);
            with(teams(organisation, &people), people)
        }
        "EqualUserLanguage" => {
            return Ok(Some(Filter::Among {
                path: arguments.path.clone(),
                values: [Probe::Whole(LANGUAGE)].into(),
                negated: false,
                empty: false,
            }));
        }
        "Above" | "AboveOrEqual" | "Under" | "UnderOrEqual" | "NotUnder" => {
            let table = hierarchy(arguments)?;
            let id = address::key(arguments.value()?.trim()).ok_or_else(|| unmatched(name))?;
            let mut ids = match name {
                "Above" | "AboveOrEqual" => above(organisation, table, id),
                _ => under(organisation, table, id),
            };
            if name.ends_with("OrEqual") {
                ids.insert(id);
            }
            ids
        }
        _ => return Ok(None),
    };
    Ok(Some(among(ids, name.starts_with("Not"))))
}

/// The table whose hierarchy is meant: that of the key, or the one that the lookup leads to.
fn hierarchy(arguments: &Arguments<'_>) -> Result<TableId, Refusal> {
    let model = arguments.reading.model();
    let column = arguments.path.describe(model);
    let table = match &column.kind {
        Kind::Id => Some(arguments.path.end()),
        Kind::Lookup(targets) => targets
            .iter()
            .map(|target| target.table)
            .find(|table| related::parent_column(model, *table).is_some()),
        _ => None,
    };
    table
        .filter(|table| related::parent_column(model, *table).is_some())
        .ok_or_else(|| {
            Refusal::bad_query(format!(
                "The property '{}' belongs to no hierarchical relationship.",
                column.name
            ))
        })
}

fn parent(organisation: &Organisation, table: TableId, id: Uuid) -> Option<Uuid> {
    let column = related::parent_column(organisation.model(), table)?;
    let (found, parent) = organisation.row(table, id)?.at(column).as_row()?;
    (found == table).then_some(parent)
}

fn above(organisation: &Organisation, table: TableId, id: Uuid) -> HashSet<Uuid> {
    let mut found = HashSet::new();
    let mut at = id;
    while let Some(next) = parent(organisation, table, at) {
        if found.len() == DEEPEST || !found.insert(next) {
            break;
        }
        at = next;
    }
    found
}

fn under(organisation: &Organisation, table: TableId, id: Uuid) -> HashSet<Uuid> {
    let mut found = HashSet::new();
    let Some(column) = related::parent_column(organisation.model(), table) else {
        return found;
    };
    let mut level = vec![id];
    for _ in 0..DEEPEST {
        level = level
            .into_iter()
            .flat_map(|id| organisation.having(table, column, &Value::Guid(id)))
            .filter(|child| *child != id && found.insert(*child))
            .collect();
        if level.is_empty() {
            break;
        }
    }
    found
}

/// A user and those who report to that user, at any distance.
fn reports(organisation: &Organisation, user: Uuid) -> HashSet<Uuid> {
    let users = organisation.model().by_name("systemuser");
    let below = users.map(|users| under(organisation, users, user));
    with(below.unwrap_or_default(), [user].into())
}

/// The teams that any of these users is a member of.
fn teams(organisation: &Organisation, users: &HashSet<Uuid>) -> HashSet<Uuid> {
    let model = organisation.model();
    let collection = model
        .by_name("systemuser")
        .and_then(|table| related::collection(model.table(table), "teammembership_association"));
    let Some(collection) = collection else {
        return HashSet::new();
    };
    users
        .iter()
        .flat_map(|user| organisation.related(collection, *user))
        .collect()
}

fn business_unit(organisation: &Organisation, user: Uuid) -> Uuid {
    let model = organisation.model();
    let found = model.by_name("systemuser").and_then(|users| {
        let row = organisation.row(users, user)?;
        row.get(model.table(users), "businessunitid").as_row()
    });
    found.map_or(company::BUSINESS_UNIT, |(_, id)| id)
}

fn with(mut some: HashSet<Uuid>, others: HashSet<Uuid>) -> HashSet<Uuid> {
    some.extend(others);
    some
}
