//! Telling steps of a message: what each of them is given, and which of them are left out.

use std::sync::Arc;

use uuid::Uuid;

use super::super::caller::Caller;
use super::super::model::TableId;
use super::super::payload::Changes;
use super::super::rows::{Organisation, Row};
use super::super::value::Value;
use super::circumstances;
use super::contract::{Datum, Entity, Images, Parameters};
use super::events::Execution;
use super::registry::{POST_OPERATION, Step};
use super::snapshot::{self, Showing};

/// One message that was carried out.
#[derive(Default)]
pub(crate) struct Message<'a> {
    pub(crate) name: &'static str,
    /// The row that the context names; the empty key for messages without a target.
    pub(crate) primary: Option<Uuid>,
    /// The row that images show.
    pub(crate) row: Option<Uuid>,
    /// The parameter that holds that row, as images name it.
    pub(crate) property: &'static str,
    pub(crate) before: Option<&'a Row>,
    pub(crate) after: Option<&'a Row>,
    /// Columns in the request.
    pub(crate) columns: Vec<&'a str>,
    pub(crate) input: Parameters,
    pub(crate) output: Parameters,
    /// The parameters of the main operation, for messages whose steps are told of it.
    pub(crate) main: Option<Parameters>,
}

/// A pair for a list of parameters.
pub(crate) fn named(name: &str, value: Datum) -> (String, Datum) {
    (name.to_owned(), value)
}

/// Adds what every one of the steps is to be told to the transaction, but for those that the caller wants skipped or that
/// watch other columns.
pub(crate) fn tell(
    organisation: &mut Organisation,
    caller: &Caller,
    table: TableId,
    steps: &[Arc<Step>],
    message: Message<'_>,
) {
    for step in steps {
        if !step.watches(&message.columns) || caller.skips(step.asynchronous, step.id) {
            continue;
        }
        let keys = organisation.events.keys();
        let mut context = circumstances::of(organisation, caller, table, step, &message, keys);
        let after = step.stage >= POST_OPERATION;
        let (pre, post) = images(organisation, table, step, &message);
        context.pre_images = pre;
        if after {
            context.post_images = post;
            context.output.clone_from(&message.output);
        }
        let execution = Execution {
            step: Arc::clone(step),
            context,
        };
        organisation.events.raise(execution);
    }
}

fn images(
    organisation: &Organisation,
    table: TableId,
    step: &Step,
    message: &Message<'_>,
) -> (Images, Images) {
    let (mut pre, mut post) = (Images::new(), Images::new());
    let Some(id) = message.row else {
        return (pre, post);
    };
    for image in &step.images {
        if !image.property.eq_ignore_ascii_case(message.property) {
            continue;
        }
        let columns = image.columns.as_deref();
        if let Some(row) = message.before.filter(|_| image.before) {
            let shown = snapshot::image(organisation, table, id, row, columns);
            pre.push((image.alias.clone(), shown));
        }
        if let Some(row) = message.after.filter(|_| image.after) {
            let shown = snapshot::image(organisation, table, id, row, columns);
            post.push((image.alias.clone(), shown));
        }
    }
    if let Some(row) = message.after.filter(|_| step.asynchronous) {
        let shown = snapshot::primary_name(organisation, table, id, row);
        post.push(("AsynchronousStepPrimaryName".to_owned(), shown));
    }
    (pre, post)
}

/// The values that a request gives the columns of a row that is not stored as such, such as the resolution of a case.
pub(crate) fn given(organisation: &Organisation, table: TableId, changes: &Changes) -> Entity {
    let described = organisation.model().table(table);
    let mut row = Row::empty();
    let mut columns = Vec::new();
    for (column, value) in &changes.columns {
        row.set_at(*column, value.clone());
        if !columns.contains(column) && *value != Value::Null {
            columns.push(*column);
        }
    }
    let mut shown = snapshot::of(
        organisation,
        table,
        Uuid::nil(),
        &row,
        &columns,
        Showing::Request,
    );
    shown.formatted.clear();
    shown.attributes.retain(|(name, _)| *name != described.id);
    shown
}
