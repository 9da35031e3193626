//! Writing rows as the Web API does: entity tags, lookup properties and the annotations that a request asks for.
//! Source: Microsoft Learn, "Retrieve a table row using the Web API" and "Select columns using OData".

use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::formatted::{self, grouped};
use super::model::{ColumnId, Kind, Table, TableId};
use super::preferences::Preferences;
use super::query::expand::{Expand, To};
use super::query::path::value_of;
use super::query::{Query, page};
use super::rows::{Organisation, Row};
use super::value::Value;

const FORMATTED: &str = "OData.Community.Display.V1.FormattedValue";
const LOGICAL_NAME: &str = "Microsoft.Dynamics.CRM.lookuplogicalname";
const NAVIGATION: &str = "Microsoft.Dynamics.CRM.associatednavigationproperty";

/// What rows are written from and for.
#[derive(Clone, Copy)]
pub(crate) struct Renderer<'a> {
    pub(crate) organisation: &'a Organisation,
    pub(crate) preferences: &'a Preferences,
    /// Address of the service root, `http://host/api/data/v9.2`.
    pub(crate) service: &'a str,
    /// Queries over a set add the address of each expanded collection; single rows do not.
    pub(crate) of_set: bool,
    /// A navigation property is expanded inside another one: collections come in pages.
    pub(crate) nests: bool,
}

/// Where a row that is written stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// In the answer itself.
    Outer,
    /// Expanded in another row.
    Inner { tagged: bool },
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
        self.standing(table, id, row, query, Standing::Outer)
    }

    fn standing(
        &self,
        table: TableId,
        id: Uuid,
        row: &Row,
        query: &Query,
        standing: Standing,
    ) -> Map<String, Json> {
        let described = self.organisation.model().table(table);
        let mut answer = Map::new();
        if standing != (Standing::Inner { tagged: false }) {
            answer.insert("@odata.etag".to_owned(), Json::String(row.etag()));
        }
        for at in query.select.columns(described) {
            let value = value_of(self.organisation, table, id, row, at);
            if !value.is_null() && self.preferences.any_annotation() {
                let name = &described.columns[at].wire;
                self.annotate(&mut answer, name, described, at, &value, Some(row));
            }
            answer.insert(described.columns[at].wire.clone(), value.to_json());
        }
        // Users and teams share the key of the type that both derive from.
        // Source: Microsoft Learn, "Join tables using OData" (entity type inheritance).
        if standing != Standing::Outer && matches!(described.name.as_str(), "systemuser" | "team") {
            answer.insert("ownerid".to_owned(), Json::String(id.to_string()));
        }
        for expand in &query.expand {
            self.expand(&mut answer, (table, id, row), expand);
        }
        answer
    }

    /// A value under a name of its own, with its annotations; nothing when it is empty.
    pub(crate) fn named(
        &self,
        answer: &mut Map<String, Json>,
        name: &str,
        table: TableId,
        column: ColumnId,
        value: &Value,
    ) {
        if value.is_null() {
            return;
        }
        let described = self.organisation.model().table(table);
        self.annotate(answer, name, described, column, value, None);
        answer.insert(name.to_owned(), value.to_json());
    }

    /// A count under a name of its own.
    pub(crate) fn number(&self, answer: &mut Map<String, Json>, name: &str, value: &Value) {
        if let (Some(number), true) = (value.as_whole(), self.preferences.wants(FORMATTED)) {
            let text = Json::String(grouped(number));
            answer.insert(format!("{name}@{FORMATTED}"), text);
        }
        answer.insert(name.to_owned(), value.to_json());
    }

    fn annotate(
        &self,
        answer: &mut Map<String, Json>,
        name: &str,
        table: &Table,
        at: ColumnId,
        value: &Value,
        row: Option<&Row>,
    ) {
        let mut add = |annotation: &str, text: String| {
            answer.insert(format!("{name}@{annotation}"), Json::String(text));
        };
        if self.preferences.wants(FORMATTED)
            && let Some(text) = formatted::text(self.organisation, table, at, value, row)
        {
            add(FORMATTED, text);
        }
        let (Some((target, _)), Kind::Lookup(targets)) = (value.as_row(), &table.columns[at].kind)
        else {
            return;
        };
        if self.preferences.wants(LOGICAL_NAME) {
            let name = &self.organisation.model().table(target).name;
            add(LOGICAL_NAME, name.clone());
        }
        let found = targets.iter().find(|found| found.table == target);
        if let (Some(found), true) = (found, self.preferences.wants(NAVIGATION)) {
            add(NAVIGATION, found.navigation.clone());
        }
    }

    fn address(&self, table: TableId, id: Uuid) -> String {
        let set = &self.organisation.model().table(table).set;
        format!("{}/{set}({id})", self.service)
    }

    fn expand(
        &self,
        answer: &mut Map<String, Json>,
        (table, id, row): (TableId, Uuid, &Row),
        expand: &Expand,
    ) {
        let expanded = match &expand.to {
            To::Row(navigation) | To::Owner(navigation) if expand.reference => {
                let found = row
                    .at(navigation.column)
                    .as_row()
                    .filter(|(target, _)| navigation.tables.contains(target));
                let column = &self.organisation.model().table(table).columns[navigation.column];
                let value = row.at(navigation.column);
                answer.insert(column.wire.clone(), value.to_json());
                found.map_or(
                    Json::Null,
                    |(target, id)| json!({"@odata.id": self.address(target, id)}),
                )
            }
            To::Row(navigation) => {
                let found = row
                    .at(navigation.column)
                    .as_row()
                    .filter(|(target, _)| navigation.tables.contains(target));
                let there = found.and_then(|(target, id)| {
                    let row = self.organisation.row(target, id)?;
                    let filter = expand.query.filter.as_ref();
                    filter
                        .is_none_or(|filter| filter.holds(self.organisation, id, row))
                        .then_some((target, id, row))
                });
                let tagged = !self.of_set;
                there.map_or(Json::Null, |(target, id, row)| {
                    let standing = Standing::Inner { tagged };
                    Json::Object(self.standing(target, id, row, &expand.query, standing))
                })
            }
            To::Owner(navigation) => {
                row.at(navigation.column)
                    .as_row()
                    .map_or(Json::Null, |(target, owner)| {
                        let target = &self.organisation.model().table(target).name;
                        json!({"@odata.type": format!("#Microsoft.Dynamics.CRM.{target}"), "ownerid": owner.to_string()})
                    })
            }
            To::Rows(_) => self.collection(answer, (table, id), expand),
        };
        answer.insert(expand.name.clone(), expanded);
    }

    /// The rows of an expanded collection. Alone on its level it comes whole, up to the largest page, and with an address that
    /// knows nothing of pages; with nested expands it comes in pages of the size that the request prefers.
    /// Source: Microsoft Learn, "Join tables using OData" (expand collection-valued navigation properties).
    fn collection(
        &self,
        answer: &mut Map<String, Json>,
        (table, id): (TableId, Uuid),
        expand: &Expand,
    ) -> Json {
        let To::Rows(collection) = &expand.to else {
            return Json::Null;
        };
        let members = self.organisation.related(collection, id);
        let cut = page::Cut {
            page_size: self.preferences.page_size.filter(|_| self.nests),
            count: false,
        };
        // Without a token of its own a query over a collection has nothing that could be refused.
        let page = page::page(
            self.organisation,
            collection.table,
            &expand.query,
            Some(members),
            cut,
        );
        let Ok(page) = page else {
            return Json::Array(Vec::new());
        };
        let full = page.rows.len() >= cut.page_size.unwrap_or(page::LARGEST).min(page::LARGEST);
        let back = match collection.through {
            Some(_) => None,
            None => self
                .organisation
                .model()
                .table(collection.table)
                .columns
                .get(collection.column),
        };
        let standing = Standing::Inner {
            tagged: !self.nests,
        };
        let written = page.rows.into_iter().map(|(child, row)| {
            let mut written = self.standing(collection.table, child, row, &expand.query, standing);
            if let (Some(back), true) = (back, self.of_set && !self.nests) {
                let owner = Json::String(id.to_string());
                written.entry(back.wire.clone()).or_insert(owner);
            }
            Json::Object(written)
        });
        let written = Json::Array(written.collect());
        let token = page.after.filter(|_| self.nests && full);
        if token.is_some() || (self.of_set && !self.nests) {
            let link = self.link(table, id, expand, token.as_deref());
            answer.insert(
                format!("{}@odata.nextLink", expand.name),
                Json::String(link),
            );
        }
        written
    }

    fn link(&self, table: TableId, id: Uuid, expand: &Expand, token: Option<&str>) -> String {
        let mut options: Vec<String> = expand
            .options
            .iter()
            .map(|option| formatted::in_query(option))
            .collect();
        options.extend(token.map(|token| format!("$skiptoken={token}")));
        let separator = if options.is_empty() { "" } else { "?" };
        format!(
            "{}/{}{separator}{}",
            self.address(table, id),
            expand.name,
            options.join("&")
        )
    }
}
