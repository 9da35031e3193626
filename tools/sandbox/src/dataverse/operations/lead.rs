//! Qualifying a lead: what becomes of it as account, contact and opportunity.
//! Source: Microsoft Learn, "QualifyLead action".

use std::sync::Arc;

use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::super::change;
use super::super::message::Answer;
use super::super::model::{Table, TableId};
use super::super::payload::Changes;
use super::super::refusal::Refusal;
use super::super::rows::{Organisation, Row};
use super::super::state;
use super::super::steps;
use super::super::value::Value;
use super::{Invocation, Parameters};

/// The state of a lead that was qualified.
const QUALIFIED: i64 = 1;

/// Columns that keep their names, and those that change them.
const ADDRESS: &[(&str, &str)] = &[
    ("address1_line1", "address1_line1"),
    ("address1_line2", "address1_line2"),
    ("address1_line3", "address1_line3"),
    ("address1_city", "address1_city"),
    ("address1_stateorprovince", "address1_stateorprovince"),
    ("address1_postalcode", "address1_postalcode"),
    ("address1_country", "address1_country"),
    ("description", "description"),
    ("emailaddress1", "emailaddress1"),
    ("ownerid", "ownerid"),
];
const ACCOUNT: &[(&str, &str)] = &[
    ("companyname", "name"),
    ("telephone1", "telephone1"),
    ("fax", "fax"),
    ("websiteurl", "websiteurl"),
    ("industrycode", "industrycode"),
    ("sic", "sic"),
    ("numberofemployees", "numberofemployees"),
];
const CONTACT: &[(&str, &str)] = &[
    ("salutation", "salutation"),
    ("firstname", "firstname"),
    ("middlename", "middlename"),
    ("lastname", "lastname"),
    ("jobtitle", "jobtitle"),
    ("telephone1", "telephone1"),
    ("mobilephone", "mobilephone"),
    ("websiteurl", "websiteurl"),
    ("donotemail", "donotemail"),
    ("donotphone", "donotphone"),
    ("donotbulkemail", "donotbulkemail"),
];
const OPPORTUNITY: &[(&str, &str)] = &[
    ("subject", "name"),
    ("estimatedamount", "estimatedvalue"),
    ("estimatedclosedate", "estimatedclosedate"),
    ("budgetamount", "budgetamount"),
    ("budgetstatus", "budgetstatus"),
    ("need", "need"),
    ("purchaseprocess", "purchaseprocess"),
    ("purchasetimeframe", "purchasetimeframe"),
    ("decisionmaker", "decisionmaker"),
    ("description", "description"),
    ("emailaddress1", "emailaddress"),
    ("campaignid", "campaignid"),
    ("transactioncurrencyid", "transactioncurrencyid"),
    ("ownerid", "ownerid"),
];

/// `QualifyLead`: answers the rows that were made.
pub(super) fn qualify(
    organisation: &mut Organisation,
    call: &Invocation<'_>,
    (leads, id): (TableId, Uuid),
) -> Result<Answer, Refusal> {
    let model = Arc::clone(organisation.model());
    let table = model.table(leads);
    let parameters = Parameters::read(
        call,
        &[
            "CreateAccount",
            "CreateContact",
            "CreateOpportunity",
            "OpportunityCurrencyId",
            "OpportunityCustomerId",
            "SourceCampaignId",
            "ProcessInstanceId",
            "Status",
            "SuppressDuplicateDetection",
        ],
    )?;
    let status = parameters.whole("Status")?;
    let currency = parameters.row_if_given(
        organisation,
        "OpportunityCurrencyId",
        Some("transactioncurrency"),
    )?;
    let customer = parameters.row_if_given(organisation, "OpportunityCustomerId", None)?;
    let campaign = parameters.row_if_given(organisation, "SourceCampaignId", Some("campaign"))?;
    let before = organisation
        .row(leads, id)
        .ok_or_else(|| Refusal::missing_row(&table.name, id))?
        .clone();
    if !change::is_active(table, &before) {
        return Err(state::closed(table));
    }
    let status = state::reason(table, id, QUALIFIED, status)?;
    let lead = Lead {
        table,
        row: &before,
        reference: Value::Row(leads, id),
    };
    let made = organisation.deeper(|organisation| {
        let mut made = Vec::new();
        let mut account = before.get(table, "parentaccountid").clone();
        let mut contact = before.get(table, "parentcontactid").clone();
        let mut opportunity = Value::Null;
        if parameters.flag("CreateAccount")? {
            account = lead.becomes(
                organisation,
                call,
                "account",
                &[ACCOUNT, ADDRESS],
                &[],
                &mut made,
            )?;
        }
        if parameters.flag("CreateContact")? {
            let of = [("parentcustomerid", account.clone())];
            contact = lead.becomes(
                organisation,
                call,
                "contact",
                &[CONTACT, ADDRESS],
                &of,
                &mut made,
            )?;
        }
        if parameters.flag("CreateOpportunity")? {
            let given = |row: Option<(TableId, Uuid)>| {
                row.map_or(Value::Null, |(table, id)| Value::Row(table, id))
            };
            let customer = [given(customer), account.clone(), contact.clone()]
                .into_iter()
                .find(|customer| !customer.is_null())
                .unwrap_or(Value::Null);
            let of = [
                ("customerid", customer),
                ("parentaccountid", account.clone()),
                ("parentcontactid", contact.clone()),
                ("transactioncurrencyid", given(currency)),
                ("campaignid", given(campaign)),
            ];
            opportunity = lead.becomes(
                organisation,
                call,
                "opportunity",
                &[OPPORTUNITY],
                &of,
                &mut made,
            )?;
        }
        change::as_system(organisation, call.caller, leads, id, |table, row| {
            row.set(table, "statecode", Value::Whole(QUALIFIED));
            row.set(table, "statuscode", Value::Whole(status));
            row.set(table, "parentaccountid", account);
            row.set(table, "parentcontactid", contact);
            row.set(table, "qualifyingopportunityid", opportunity);
        });
        state::after_write(organisation, call.caller, leads, id, Some(&before))?;
        Ok::<_, Refusal>(made)
    })?;
    let wanted = ["CreateAccount", "CreateContact", "CreateOpportunity"]
        .map(|name| (name, parameters.flag_or_no(name).unwrap_or(false)));
    steps::qualified(organisation, call.caller, (leads, id), status, &wanted);
    let body = json!({
        "@odata.context": format!("{}/$metadata#Collection(Microsoft.Dynamics.CRM.crmbaseentity)", call.service),
        "value": made,
    });
    Ok(Answer::json(200, &body))
}

struct Lead<'a> {
    table: &'a Table,
    row: &'a Row,
    reference: Value,
}

impl Lead<'_> {
    /// Makes a row of another table out of the lead, notes it among those that were made, and returns the reference to it.
    fn becomes(
        &self,
        organisation: &mut Organisation,
        call: &Invocation<'_>,
        name: &str,
        columns: &[&[(&str, &str)]],
        given: &[(&str, Value)],
        made: &mut Vec<Json>,
    ) -> Result<Value, Refusal> {
        let model = Arc::clone(organisation.model());
        let into = model.by_name(name).ok_or_else(|| call.unknown())?;
        let table = model.table(into);
        let mut changes = Changes::default();
        let mut set = |column: &str, value: Value| {
            if let Some(at) = table.column(column).filter(|_| !value.is_null()) {
                changes.columns.push((at, value));
            }
        };
        for (from, to) in columns.iter().copied().flatten() {
            set(to, self.row.get(self.table, from).clone());
        }
        for (column, value) in given {
            set(column, value.clone());
        }
        set("originatingleadid", self.reference.clone());
        let id = change::create(organisation, call.caller, into, None, &changes)?;
        let kind = format!("#Microsoft.Dynamics.CRM.{name}");
        let mut entity = json!({ "@odata.type": kind });
        entity[&table.id] = Json::String(id.to_string());
        made.push(entity);
        Ok(Value::Row(into, id))
    }
}
