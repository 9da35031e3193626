//! `$metadata`: the tables as an OData schema, as far as generators of clients read it.
//! Source: Microsoft Learn, "Web API Service Documents" (CSDL $metadata document).

use std::fmt::Write as _;

use super::super::message::Answer;
use super::super::model::{Kind, Model, Table};

/// The document.
pub(super) fn document(model: &Model) -> Answer {
    let mut xml = String::with_capacity(1 << 20);
    xml.push_str(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><edmx:Edmx Version=\"4.0\" xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\">\
         <edmx:DataServices><Schema Namespace=\"Microsoft.Dynamics.CRM\" Alias=\"mscrm\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">\
         <EntityType Name=\"crmbaseentity\" Abstract=\"true\" />\
         <EntityType Name=\"principal\" BaseType=\"mscrm.crmbaseentity\"><Key><PropertyRef Name=\"ownerid\" /></Key>\
         <Property Name=\"ownerid\" Type=\"Edm.Guid\" Nullable=\"false\" /></EntityType>",
    );
    for (_, table) in model.tables() {
        entity(model, table, &mut xml);
    }
    xml.push_str(ACTIONS);
    xml.push_str("<EntityContainer Name=\"System\">");
    for (_, table) in model.tables() {
        let _ = write!(
            xml,
            "<EntitySet Name=\"{}\" EntityType=\"Microsoft.Dynamics.CRM.{}\" />",
            table.set, table.name
        );
    }
    xml.push_str(
        "<ActionImport Name=\"CloseIncident\" Action=\"Microsoft.Dynamics.CRM.CloseIncident\" />\
         <ActionImport Name=\"Merge\" Action=\"Microsoft.Dynamics.CRM.Merge\" />\
         <FunctionImport Name=\"WhoAmI\" Function=\"Microsoft.Dynamics.CRM.WhoAmI\" />\
         </EntityContainer></Schema></edmx:DataServices></edmx:Edmx>",
    );
    Answer {
        status: 200,
        body: xml.into_bytes(),
        content_type: Some("application/xml".to_owned()),
        ..Answer::default()
    }
}

const ACTIONS: &str = "<ComplexType Name=\"WhoAmIResponse\"><Property Name=\"BusinessUnitId\" Type=\"Edm.Guid\" Nullable=\"false\" />\
    <Property Name=\"UserId\" Type=\"Edm.Guid\" Nullable=\"false\" /><Property Name=\"OrganizationId\" Type=\"Edm.Guid\" Nullable=\"false\" /></ComplexType>\
    <Function Name=\"WhoAmI\"><ReturnType Type=\"mscrm.WhoAmIResponse\" Nullable=\"false\" /></Function>\
    <Action Name=\"CloseIncident\"><Parameter Name=\"IncidentResolution\" Type=\"mscrm.crmbaseentity\" Nullable=\"false\" />\
    <Parameter Name=\"Status\" Type=\"Edm.Int32\" Nullable=\"false\" /></Action>\
    <Action Name=\"Merge\"><Parameter Name=\"Target\" Type=\"mscrm.crmbaseentity\" Nullable=\"false\" />\
    <Parameter Name=\"Subordinate\" Type=\"mscrm.crmbaseentity\" Nullable=\"false\" /><Parameter Name=\"UpdateContent\" Type=\"mscrm.crmbaseentity\" />\
    <Parameter Name=\"PerformParentingChecks\" Type=\"Edm.Boolean\" Nullable=\"false\" /></Action>\
    <Action Name=\"AddToQueue\" IsBound=\"true\"><Parameter Name=\"entity\" Type=\"mscrm.queue\" Nullable=\"false\" />\
    <Parameter Name=\"Target\" Type=\"mscrm.crmbaseentity\" Nullable=\"false\" /></Action>";

fn entity(model: &Model, table: &Table, xml: &mut String) {
    let _ = write!(
        xml,
        "<EntityType Name=\"{}\" BaseType=\"mscrm.crmbaseentity\"><Key><PropertyRef Name=\"{}\" /></Key>",
        table.name, table.id
    );
    for column in &table.columns {
        let _ = write!(
            xml,
            "<Property Name=\"{}\" Type=\"{}\"{} />",
            column.wire,
            column.edm_type(),
            if matches!(column.kind, Kind::Id) {
                " Nullable=\"false\""
            } else {
                ""
            }
        );
    }
    let mut written: Vec<&str> = Vec::new();
    for column in &table.columns {
        let Kind::Lookup(targets) = &column.kind else {
            continue;
        };
        for target in targets {
            if written.contains(&target.navigation.as_str()) {
                continue;
            }
            written.push(&target.navigation);
            let shared = targets
                .iter()
                .filter(|other| other.navigation == target.navigation)
                .count()
                > 1;
            let far = if shared {
                "principal"
            } else {
                &model.table(target.table).name
            };
            let _ = write!(
                xml,
                "<NavigationProperty Name=\"{}\" Type=\"mscrm.{far}\" Nullable=\"true\" />",
                target.navigation
            );
        }
    }
    for collection in &table.collections {
        let _ = write!(
            xml,
            "<NavigationProperty Name=\"{}\" Type=\"Collection(mscrm.{})\" />",
            collection.navigation,
            model.table(collection.table).name
        );
    }
    for key in &table.keys {
        let _ = write!(
            xml,
            "<Annotation Term=\"OData.Community.Keys.V1.AlternateKeys\" String=\"{}\" />",
            key.schema
        );
    }
    xml.push_str("</EntityType>");
}
