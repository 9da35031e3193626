//! A new row that begins with what another one tells.
//! Source: Microsoft Learn, "Create a table row using the Web API" (create a new row from another row).

use serde_json::{Map, Value as Json};

use super::super::message::Answer;
use super::super::refusal::Refusal;
use super::super::rows::Organisation;
use super::super::value::Value;
use super::{Arguments, Invocation};

/// Which columns follow from which, and the lookup of the new row to the old one. A real organisation keeps such mappings in
/// its relationships and may change them.
type Mapping = (
    &'static str,
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

const ADDRESS: &[(&str, &str)] = &[
    ("address1_line1", "address1_line1"),
    ("address1_line2", "address1_line2"),
    ("address1_line3", "address1_line3"),
    ("address1_city", "address1_city"),
    ("address1_stateorprovince", "address1_stateorprovince"),
    ("address1_postalcode", "address1_postalcode"),
    ("address1_country", "address1_country"),
    ("telephone1", "telephone1"),
];

const MAPPINGS: &[Mapping] = &[
    ("account", "account", "parentaccountid", ADDRESS),
    ("account", "contact", "parentcustomerid_account", ADDRESS),
    ("account", "incident", "customerid_account", &[]),
    ("account", "opportunity", "customerid_account", &[]),
    ("contact", "incident", "customerid_contact", &[]),
    ("contact", "opportunity", "customerid_contact", &[]),
    (
        "incident",
        "incident",
        "parentcaseid",
        &[
            ("title", "title"),
            ("casetypecode", "casetypecode"),
            ("prioritycode", "prioritycode"),
        ],
    ),
    (
        "incident",
        "lead",
        "originatingcaseid",
        &[("title", "subject"), ("description", "description")],
    ),
];

/// `InitializeFrom(EntityMoniker=…,TargetEntityName='…',TargetFieldType=…)`: a row that is not stored, to be posted.
pub(super) fn from(organisation: &Organisation, call: &Invocation<'_>) -> Result<Answer, Refusal> {
    let arguments = Arguments::read(call)?;
    let (source, id) = arguments.row(organisation, call, "EntityMoniker")?;
    let target = arguments.text("TargetEntityName")?;
    arguments.text("TargetFieldType")?;
    let model = organisation.model();
    let (from, into) = (
        model.table(source),
        model.by_name(&target).map(|table| model.table(table)),
    );
    let into = into.ok_or_else(|| {
        Refusal::invalid_argument(format!("The table '{target}' does not exist."))
    })?;
    let mapping = MAPPINGS
        .iter()
        .find(|(of, to, ..)| *of == from.name && *to == target);
    let Some((_, _, navigation, columns)) = mapping else {
        return Err(Refusal::new(
            400,
            "0x80040e01",
            "The mapping between specified entities does not exist",
        ));
    };
    let mut body = Map::new();
    let context = format!("{}/$metadata#{}/$entity", call.service, into.set);
    body.insert("@odata.context".to_owned(), Json::String(context));
    body.insert(
        "@odata.type".to_owned(),
        Json::String(format!("#Microsoft.Dynamics.CRM.{target}")),
    );
    if let Some(row) = organisation.row(source, id) {
        for (old, new) in *columns {
            let value = row.get(from, old);
            if into.column(new).is_some() && *value != Value::Null {
                body.insert((*new).to_owned(), value.to_json());
            }
        }
    }
    body.insert(
        format!("{navigation}@odata.bind"),
        Json::String(format!("{}({id})", from.set)),
    );
    Ok(Answer::json(200, &Json::Object(body)))
}
