//! The steps that are registered, read from their rows.
//! Source: Microsoft Learn, "Register a plug-in" and "Register a webhook".

use std::sync::Arc;

use uuid::Uuid;

use super::super::model::{Table, TableId};
use super::super::rows::{Organisation, Row};
use super::super::value::Value;

/// The contract of service endpoints that are webhooks.
pub(crate) const WEBHOOK: i64 = 8;
/// The stage after the main operation, the only one for asynchronous steps.
pub(crate) const POST_OPERATION: i64 = 40;

/// One enabled step of a webhook.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) id: Uuid,
    pub(crate) message: String,
    /// All tables when there is none.
    pub(crate) table: Option<TableId>,
    pub(crate) stage: i64,
    pub(crate) asynchronous: bool,
    rank: i64,
    /// Columns of which one must be in the request; all will do when there is none.
    filter: Vec<String>,
    /// Jobs that succeed leave no row.
    pub(crate) deletes_successes: bool,
    pub(crate) images: Vec<Image>,
    pub(crate) endpoint: Uuid,
    pub(crate) endpoint_name: String,
}

/// A snapshot of the row that a step wants along.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(crate) alias: String,
    pub(crate) before: bool,
    pub(crate) after: bool,
    /// All columns when there is none.
    pub(crate) columns: Option<Vec<String>>,
    /// The parameter whose row is shown.
    pub(crate) property: String,
}

impl Step {
    /// True when a request with these columns concerns the step.
    pub(crate) fn watches(&self, columns: &[&str]) -> bool {
        self.message != "Update"
            || self.filter.is_empty()
            || self
                .filter
                .iter()
                .any(|wanted| columns.contains(&wanted.as_str()))
    }
}

/// Names between commas.
fn names(text: Option<&str>) -> Vec<String> {
    let names = text.unwrap_or_default().split(',').map(str::trim);
    names
        .filter(|name| !name.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Every enabled step of a webhook, in the order in which they are called.
pub(super) fn read(organisation: &Organisation) -> Vec<Arc<Step>> {
    let model = organisation.model();
    let Some(steps) = model.by_name("sdkmessageprocessingstep") else {
        return Vec::new();
    };
    let table = model.table(steps);
    let mut found: Vec<Step> = organisation
        .rows(steps)
        .filter_map(|(id, row)| step(organisation, table, id, row))
        .collect();
    found.sort_by_key(|step| (step.stage, step.rank, step.id));
    found.into_iter().map(Arc::new).collect()
}

fn step(organisation: &Organisation, table: &Table, id: Uuid, row: &Row) -> Option<Step> {
    let model = organisation.model();
    if row.get(table, "statecode").as_whole() != Some(0) {
        return None;
    }
    let (endpoints, endpoint) = row.get(table, "eventhandler").as_row()?;
    let handler = organisation.row(endpoints, endpoint)?;
    let handlers = model.table(endpoints);
    if handler.get(handlers, "contract").as_whole() != Some(WEBHOOK) {
        return None;
    }
    let message = follow(organisation, row.get(table, "sdkmessageid"), "name")?;
    let watched = match row.get(table, "sdkmessagefilterid") {
        Value::Null => None,
        filter => {
            let name = follow(organisation, filter, "primaryobjecttypecode")?;
            Some(model.by_name(&name)?)
        }
    };
    Some(Step {
        id,
        message,
        table: watched,
        stage: row.get(table, "stage").as_whole()?,
        asynchronous: row.get(table, "mode").as_whole() == Some(1),
        rank: row.get(table, "rank").as_whole().unwrap_or_default(),
        filter: names(row.get(table, "filteringattributes").as_text()),
        deletes_successes: *row.get(table, "asyncautodelete") == Value::Flag(true),
        images: images(organisation, id),
        endpoint,
        endpoint_name: handler
            .get(handlers, "name")
            .as_text()
            .unwrap_or_default()
            .to_owned(),
    })
}

/// The text in a column of the row that a lookup leads to.
pub(super) fn follow(organisation: &Organisation, lookup: &Value, column: &str) -> Option<String> {
    let (table, id) = lookup.as_row()?;
    let row = organisation.row(table, id)?;
    let text = row.get(organisation.model().table(table), column).as_text();
    text.map(str::to_owned)
}

fn images(organisation: &Organisation, step: Uuid) -> Vec<Image> {
    let model = organisation.model();
    let Some(images) = model.by_name("sdkmessageprocessingstepimage") else {
        return Vec::new();
    };
    let table = model.table(images);
    let Some(column) = table.column("sdkmessageprocessingstepid") else {
        return Vec::new();
    };
    let read = |id: Uuid| {
        let row = organisation.row(images, id)?;
        let text = |column: &str| row.get(table, column).as_text();
        let kind = row.get(table, "imagetype").as_whole()?;
        let columns = names(text("attributes"));
        Some(Image {
            alias: text("entityalias")?.to_owned(),
            before: kind != 1,
            after: kind != 0,
            columns: (!columns.is_empty()).then_some(columns),
            property: text("messagepropertyname")?.to_owned(),
        })
    };
    let found = organisation.having(images, column, &Value::Guid(step));
    found.into_iter().filter_map(read).collect()
}
