//! System jobs as rows: what can be asked about them, and what can be done to them.
//! Source: Microsoft Learn, "Asynchronous service in Dataverse" and "AsyncOperation (System Job) table".

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::super::caller::Caller;
use super::super::model::{Kind, Table, TableId};
use super::super::rows::{Organisation, Row};
use super::super::value::Value;
use super::delivery::Failure;
use super::events::Execution;

/// State and status reason of jobs.
const WAITING: (i64, i64) = (0, 0);
const IN_PROGRESS: (i64, i64) = (2, 20);
const SUCCEEDED: (i64, i64) = (3, 30);
const FAILED: (i64, i64) = (3, 31);
/// The type of jobs that run steps.
const SYSTEM_EVENT: i64 = 1;

/// What became of a job while it waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Ready,
    /// Somebody suspended or postponed it.
    Later(Option<Timestamp>),
    /// Somebody cancelled or deleted it.
    Gone,
}

fn table(organisation: &Organisation) -> Option<TableId> {
    organisation.model().by_name("asyncoperation")
}

/// Writes down a job that waits, whose key is the operation of its context.
pub(super) fn waits(organisation: &mut Organisation, execution: &Execution) {
    let model = Arc::clone(organisation.model());
    let Some(jobs) = table(organisation) else {
        return;
    };
    let (context, described) = (&execution.context, model.table(jobs));
    let caller = Caller::new(context.user, context.created_on);
    let mut row = Row::with_defaults(described);
    let mut set = |column: &str, value: Value| row.set(described, column, value);
    set("name", Value::text(&context.step_name));
    set("messagename", Value::text(&context.message));
    set("primaryentitytype", Value::text(&context.primary_table));
    set("operationtype", Value::Whole(SYSTEM_EVENT));
    set("statecode", Value::Whole(WAITING.0));
    set("statuscode", Value::Whole(WAITING.1));
    set("depth", Value::Whole(i64::from(context.depth)));
    set("correlationid", Value::Guid(context.correlation));
    set("requestid", Value::Guid(context.request));
    set("retrycount", Value::Whole(0));
    for column in ["createdon", "modifiedon"] {
        set(column, Value::time(context.created_on));
    }
    if let Some(users) = model.by_name("systemuser") {
        for column in ["createdby", "modifiedby", "ownerid", "owninguser"] {
            set(column, Value::Row(users, context.user));
        }
    }
    if let Some(steps) = model.by_name("sdkmessageprocessingstep") {
        set("owningextensionid", Value::Row(steps, context.step));
    }
    if let Some(about) = model.by_name(&context.primary_table)
        && !context.primary_id.is_nil()
        && may_regard(described, about)
    {
        set("regardingobjectid", Value::Row(about, context.primary_id));
    }
    caller.put(organisation, jobs, context.operation, row);
}

fn may_regard(described: &Table, about: TableId) -> bool {
    let column = described.column("regardingobjectid");
    column.is_some_and(|column| {
        matches!(&described.columns[column].kind, Kind::Lookup(targets) if targets.iter().any(|target| target.table == about))
    })
}

/// What a job's row says about it now.
pub(super) fn standing(organisation: &Organisation, id: Uuid, now: Timestamp) -> Standing {
    let found = table(organisation).and_then(|jobs| {
        let row = organisation.row(jobs, id)?;
        Some((organisation.model().table(jobs), row))
    });
    let Some((described, row)) = found else {
        return Standing::Gone;
    };
    let until = row.get(described, "postponeuntil").as_time();
    match row.get(described, "statecode").as_whole() {
        Some(3) => Standing::Gone,
        Some(1) => Standing::Later(None),
        _ if until.is_some_and(|until| until > now) => Standing::Later(until),
        _ => Standing::Ready,
    }
}

fn change(
    organisation: &mut Organisation,
    execution: &Execution,
    now: Timestamp,
    change: impl FnOnce(&Table, &mut Row),
) {
    let model = Arc::clone(organisation.model());
    let Some(jobs) = table(organisation) else {
        return;
    };
    let id = execution.context.operation;
    let Some(mut row) = organisation.row(jobs, id).cloned() else {
        return;
    };
    let described = model.table(jobs);
    change(described, &mut row);
    row.set(described, "modifiedon", Value::time(now));
    let caller = Caller::new(execution.context.user, now);
    caller.put(organisation, jobs, id, row);
}

/// The job's call is on its way; `attempt` counts from 1.
pub(super) fn begins(
    organisation: &mut Organisation,
    execution: &Execution,
    now: Timestamp,
    attempt: u8,
) {
    change(organisation, execution, now, |described, row| {
        row.set(described, "statecode", Value::Whole(IN_PROGRESS.0));
        row.set(described, "statuscode", Value::Whole(IN_PROGRESS.1));
        row.set(described, "startedon", Value::time(now));
        let retries = i64::from(attempt.saturating_sub(1));
        row.set(described, "retrycount", Value::Whole(retries));
    });
}

/// The job waits for its second attempt.
pub(super) fn waits_again(organisation: &mut Organisation, execution: &Execution, now: Timestamp) {
    change(organisation, execution, now, |described, row| {
        row.set(described, "statecode", Value::Whole(WAITING.0));
        row.set(described, "statuscode", Value::Whole(WAITING.1));
    });
}

/// The job has ended. One that succeeded leaves no row when its step wants it so; one that failed always stays.
pub(super) fn ended(
    organisation: &mut Organisation,
    execution: &Execution,
    now: Timestamp,
    outcome: Result<(), Failure>,
) {
    let Some(jobs) = table(organisation) else {
        return;
    };
    let id = execution.context.operation;
    if outcome.is_ok() && execution.step.deletes_successes {
        if organisation.row(jobs, id).is_some() {
            let caller = Caller::new(execution.context.user, now);
            caller.remove(organisation, jobs, id);
        }
        return;
    }
    change(organisation, execution, now, |described, row| {
        let (state, status) = if outcome.is_ok() { SUCCEEDED } else { FAILED };
        row.set(described, "statecode", Value::Whole(state));
        row.set(described, "statuscode", Value::Whole(status));
        row.set(described, "completedon", Value::time(now));
        if let Err(failure) = outcome {
            let told = match failure {
                Failure::Status(status) => {
                    format!("{} HttpStatusCode: {status}", failure.message())
                }
                _ => failure.message().to_owned(),
            };
            row.set(described, "message", Value::text(&told));
            row.set(described, "friendlymessage", Value::text(failure.message()));
            row.set(described, "errorcode", Value::Whole(failure.number()));
        }
    });
}
