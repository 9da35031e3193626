//! Functions that tell who is calling and what the organisation is.

use serde_json::json;

use uuid::Uuid;

use super::super::access;
use super::super::company;
use super::super::message::Answer;
use super::super::rows::Organisation;
use super::Invocation;

/// The version of the service. The real one grows every week.
const VERSION: &str = "9.2.25104.00188";

/// `WhoAmI`. Source: Microsoft Learn, "Use Web API functions".
pub(super) fn who_am_i(call: &Invocation<'_>) -> Answer {
    call.result(json!({
        "BusinessUnitId": company::BUSINESS_UNIT.to_string(),
        "UserId": call.caller.user.to_string(),
        "OrganizationId": company::ORGANISATION.to_string(),
    }))
}

/// `RetrieveUserPrivileges`, which anybody may ask of themselves: every privilege that was not taken away.
/// Source: Microsoft Learn, "RetrieveUserPrivileges function" and "RolePrivilege complex type".
pub(super) fn privileges(organisation: &Organisation, call: &Invocation<'_>) -> Answer {
    let names = access::all(organisation.model());
    let has = |name: &&String| !call.caller.denied.contains(&name.to_ascii_lowercase());
    let rows: Vec<_> = names
        .iter()
        .filter(has)
        .map(|name| {
            json!({
                "Depth": "Global",
                "PrivilegeId": Uuid::new_v5(&company::ORGANISATION, name.as_bytes()).to_string(),
                "BusinessUnitId": company::BUSINESS_UNIT.to_string(),
                "PrivilegeName": name,
            })
        })
        .collect();
    call.result(json!({"RolePrivileges": rows}))
}

/// `RetrieveVersion`. Source: Microsoft Learn, "RetrieveVersion function".
pub(super) fn version(call: &Invocation<'_>) -> Answer {
    call.result(json!({ "Version": VERSION }))
}

/// `RetrieveCurrentOrganization`. Source: Microsoft Learn, "RetrieveCurrentOrganization function".
pub(super) fn current_organisation(call: &Invocation<'_>) -> Answer {
    let root = call
        .service
        .split_once("/api/data/")
        .map_or(call.service, |(root, _)| root);
    let endpoints = json!({
        "Count": 2, "IsReadOnly": false,
        "Keys": ["WebApplication", "OrganizationDataService"],
        "Values": [format!("{root}/"), format!("{}/", call.service)],
    });
    call.result(json!({"Detail": {
        "OrganizationId": company::ORGANISATION.to_string(),
        "FriendlyName": "cxloop sandbox",
        "OrganizationVersion": VERSION,
        "EnvironmentId": company::ORGANISATION.to_string(),
        "Geo": "EMEA",
        "UrlName": "sandbox",
        "UniqueName": "sandbox",
        "State": "Enabled",
        "Endpoints": endpoints,
    }}))
}
