//! Actions and functions by name.
//! Source: Microsoft Learn, "Use Web API actions" and "Use Web API functions".

mod about;
mod arguments;
mod bulk;
mod email;
mod initialize;
mod lead;
pub(crate) mod lists;
mod merge;
mod opportunity;
mod parameters;
mod queue_items;
mod sharing;
mod transitions;

use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::access::Right;
use super::caller::Caller;
use super::incident;
use super::message::{Answer, Request};
use super::model::TableId;
use super::payload::References;
use super::queue;
use super::refusal::Refusal;
use super::rows::Organisation;
use super::service::Service;
pub(crate) use arguments::Arguments;
pub(crate) use parameters::{Parameters, refuse_unknown as refuse_unknown_parameters};

/// One call of an action or a function.
#[derive(Clone, Copy)]
pub(crate) struct Invocation<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) service: Service<'a>,
    pub(crate) request: &'a Request,
    pub(crate) references: &'a References,
    /// Without the namespace.
    pub(crate) name: &'a str,
    /// What stands in the parentheses of a function.
    pub(crate) arguments: &'a str,
}

impl<'a> Invocation<'a> {
    /// The same circumstances for the action or function of this name.
    pub(crate) fn of(self, name: &'a str, arguments: &'a str) -> Self {
        Self {
            name,
            arguments,
            ..self
        }
    }

    /// The answer of an action or function with a result.
    fn result(&self, body: Json) -> Answer {
        let mut answer = serde_json::Map::new();
        answer.insert(
            "@odata.context".to_owned(),
            Json::String(format!(
                "{}/$metadata#Microsoft.Dynamics.CRM.{}Response",
                self.service, self.name
            )),
        );
        if let Json::Object(body) = body {
            answer.extend(body);
        }
        Answer::json(200, &Json::Object(answer))
    }

    /// There is no such action, or it is asked for with the wrong method.
    fn unknown(&self) -> Refusal {
        Refusal::no_resource(&format!("{}/{}", self.service, self.request.path))
    }
}

/// The unbound functions that exist here.
const FUNCTIONS: &[&str] = &[
    "WhoAmI",
    "RetrieveTotalRecordCount",
    "RetrieveVersion",
    "RetrieveCurrentOrganization",
    "RetrieveTotalRecordCount",
    "IsValidStateTransition",
    "InitializeFrom",
];

/// The unbound actions that exist here.
const ACTIONS: &[&str] = &[
    "CloseIncident",
    "Merge",
    "AddListMembersList",
    "WinOpportunity",
    "LoseOpportunity",
    "GrantAccess",
    "ModifyAccess",
    "RevokeAccess",
    "ApplyRoutingRule",
];

/// True for the unbound actions and functions that exist here.
pub(crate) fn is_unbound(name: &str) -> bool {
    FUNCTIONS.contains(&name) || ACTIONS.contains(&name)
}

/// Answers an unbound function.
pub(crate) fn function(
    organisation: &Organisation,
    call: &Invocation<'_>,
) -> Result<Answer, Refusal> {
    match call.name {
        "WhoAmI" => Ok(about::who_am_i(call)),
        "RetrieveVersion" => Ok(about::version(call)),
        "RetrieveCurrentOrganization" => Ok(about::current_organisation(call)),
        "IsValidStateTransition" => transitions::is_valid(organisation, call),
        "InitializeFrom" => initialize::from(organisation, call),
        _ => Err(call.unknown()),
    }
}

/// Answers a function that is bound to a row.
pub(crate) fn bound_function(
    organisation: &Organisation,
    call: &Invocation<'_>,
    (table, id): (TableId, Uuid),
) -> Result<Answer, Refusal> {
    let described = organisation.model().table(table);
    if organisation.row(table, id).is_none() {
        return Err(Refusal::missing_row(&described.name, id));
    }
    match (described.name.as_str(), call.name) {
        ("systemuser", "RetrieveUserPrivileges") => Ok(about::privileges(organisation, call)),
        ("systemuser", "RetrieveUserQueues") => queue_items::of_user(organisation, call, id),
        ("systemuser" | "team", "RetrievePrincipalAccess") => {
            sharing::access(organisation, call, (table, id))
        }
        ("incident", "CalculateTotalTimeIncident") => {
            Ok(call.result(json!({"TotalTime": incident::total_minutes(organisation, table, id)})))
        }
        _ => Err(call.unknown()),
    }
}

/// Carries out an unbound action.
pub(crate) fn unbound(
    organisation: &mut Organisation,
    call: &Invocation<'_>,
) -> Result<Answer, Refusal> {
    match call.name {
        "CloseIncident" => {
            let body = call.request.object(call.name)?;
            incident::close(organisation, call.caller, &body, call.references)?;
        }
        "Merge" => merge::merge(organisation, call)?,
        "AddListMembersList" => lists::add_several(organisation, call)?,
        "WinOpportunity" => opportunity::close(organisation, call, opportunity::WON)?,
        "LoseOpportunity" => opportunity::close(organisation, call, opportunity::LOST)?,
        "GrantAccess" | "ModifyAccess" => sharing::grant(organisation, call)?,
        "RevokeAccess" => sharing::revoke(organisation, call)?,
        "ApplyRoutingRule" => return Err(incident::apply_routing_rule(organisation, call)),
        _ => return Err(call.unknown()),
    }
    Ok(Answer::empty(204))
}

/// Carries out an action that is bound to a row.
pub(crate) fn bound(
    organisation: &mut Organisation,
    call: &Invocation<'_>,
    (table, id): (TableId, Uuid),
) -> Result<Answer, Refusal> {
    let described = organisation.model().table(table);
    if organisation.row(table, id).is_none() {
        return Err(Refusal::missing_row(&described.name, id));
    }
    let name = described.name.clone();
    if matches!(
        (name.as_str(), call.name),
        ("lead", "QualifyLead")
            | ("email", "SendEmail")
            | ("list", "AddMemberList" | "RemoveMemberList")
    ) {
        call.caller.may(Right::Write, described)?;
    }
    match (name.as_str(), call.name) {
        ("queue", "AddToQueue") => {
            let body = call.request.object(&described.set)?;
            let item = queue::add(organisation, call.caller, table, id, &body, call.references)?;
            Ok(call.result(json!({"QueueItemId": item.to_string()})))
        }
        ("queue", "AddPrincipalToQueue") => queue_items::add_principal(organisation, call, id),
        ("queueitem", "PickFromQueue") => queue_items::pick(organisation, call, (table, id)),
        ("queueitem", "ReleaseToQueue") => queue_items::release(organisation, call, (table, id)),
        ("queueitem", "RemoveFromQueue") => queue_items::remove(organisation, call, (table, id)),
        ("list", "AddMemberList") => lists::add(organisation, call, (table, id)),
        ("list", "RemoveMemberList") => lists::remove(organisation, call, (table, id)),
        ("list", "CopyMembersList") => lists::copy(organisation, call, (table, id)),
        ("lead", "QualifyLead") => lead::qualify(organisation, call, (table, id)),
        ("email", "SendEmail") => email::send(organisation, call, (table, id)),
        _ => Err(Refusal::unknown_segment(&format!(
            "Microsoft.Dynamics.CRM.{}",
            call.name
        ))),
    }
}

/// Carries out an action that is bound to the rows of a set.
pub(crate) fn bound_to_set(
    organisation: &mut Organisation,
    call: &Invocation<'_>,
    table: TableId,
) -> Result<Answer, Refusal> {
    match call.name {
        "CreateMultiple" => bulk::create(organisation, call, table),
        "UpdateMultiple" => bulk::update(organisation, call, table),
        "UpsertMultiple" => bulk::upsert(organisation, call, table),
        _ => Err(Refusal::unknown_segment(&format!(
            "Microsoft.Dynamics.CRM.{}",
            call.name
        ))),
    }
}

/// Carries out an action without a request of its own, for somebody who works on the pages of the organisation.
pub(crate) fn perform(
    organisation: &mut Organisation,
    caller: &Caller,
    on: Option<(TableId, Uuid)>,
    name: &str,
    body: &Json,
) -> Result<Answer, Refusal> {
    let request = Request {
        method: "POST".to_owned(),
        body: body.to_string().into(),
        ..Request::default()
    };
    let call = Invocation {
        caller,
        service: "",
        request: &request,
        references: &References::default(),
        name,
        arguments: "",
    };
    match on {
        Some(row) => bound(organisation, &call, row),
        None => unbound(organisation, &call),
    }
}
