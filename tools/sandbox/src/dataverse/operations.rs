//! Actions and functions by name.
//! Source: Microsoft Learn, "Use Web API actions" and "Use Web API functions".

use serde_json::json;
use uuid::Uuid;

use super::caller::Caller;
use super::message::{Answer, Request};
use super::model::TableId;
use super::payload::References;
use super::refusal::Refusal;
use super::rows::Organisation;
use super::service::Service;
use super::{company, incident, queue};

/// `WhoAmI`.
pub(crate) fn who_am_i(service: Service<'_>, caller: &Caller) -> Answer {
    let body = json!({
        "@odata.context": format!("{service}/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse"),
        "BusinessUnitId": company::BUSINESS_UNIT.to_string(),
        "UserId": caller.user.to_string(),
        "OrganizationId": company::ORGANISATION.to_string(),
    });
    Answer::json(200, &body)
}

/// Carries out an unbound action.
pub(crate) fn unbound(
    organisation: &mut Organisation,
    caller: &Caller,
    service: Service<'_>,
    name: &str,
    request: &Request,
    references: &References,
) -> Result<Answer, Refusal> {
    match name {
        "CloseIncident" => {
            incident::close(organisation, caller, &request.object(name)?, references)?
        }
        "Merge" => incident::merge(organisation, caller, &request.object(name)?)?,
        // A function asked for with the wrong method.
        _ => return Err(Refusal::no_resource(&format!("{service}/{name}"))),
    }
    Ok(Answer::empty(204))
}

/// Carries out an action that is bound to a row.
pub(crate) fn bound(
    organisation: &mut Organisation,
    caller: &Caller,
    service: Service<'_>,
    (table, id): (TableId, Uuid),
    name: &str,
    request: &Request,
    references: &References,
) -> Result<Answer, Refusal> {
    let described = organisation.model().table(table);
    match (described.name.as_str(), name) {
        ("queue", "AddToQueue") => {
            let body = request.object(&described.set)?;
            let item = queue::add(organisation, caller, table, id, &body, references)?;
            let context = format!("{service}/$metadata#Microsoft.Dynamics.CRM.AddToQueueResponse");
            Ok(Answer::json(
                200,
                &json!({"@odata.context": context, "QueueItemId": item.to_string()}),
            ))
        }
        _ => Err(Refusal::unknown_segment(&format!(
            "Microsoft.Dynamics.CRM.{name}"
        ))),
    }
}
