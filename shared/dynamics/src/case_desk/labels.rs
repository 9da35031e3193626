//! The labels of choices in a language of the company's choosing, in place of that of the application user.
//!
//! Source: Microsoft Learn, "Query table definitions using the Web API" (labels have a text for each language).

use std::collections::BTreeMap;

use cxloop_domain::case_write_back::CaseRecord;
use cxloop_ports::Failure;

use super::DynamicsCaseDesk;
use super::metadata::options_query;
use super::names::Labels;
use crate::Record;

/// Gives the status and each choice of a case its label in a language. A label that there is not in that language stays.
pub(super) async fn translate(
    desk: &DynamicsCaseDesk,
    record: &mut CaseRecord,
    status: Option<i64>,
    language: u16,
) -> Result<(), Failure> {
    if let Some(status) = status
        && let Some(label) = labels(desk, "statuscode", language).await?.get(&status)
    {
        record.status.clone_from(label);
    }
    for (name, column) in &mut record.columns {
        let Some(value) = column.value.as_i64() else {
            continue;
        };
        if let Some(label) = labels(desk, name, language).await?.get(&value) {
            column.label = Some(label.clone());
        }
    }
    Ok(())
}

/// The labels of a column by value; none for a column that is no choice. One request, and then none for ten minutes.
async fn labels(desk: &DynamicsCaseDesk, column: &str, language: u16) -> Result<Labels, Failure> {
    let (key, now) = (format!("{column}/{language}"), (desk.now)());
    if let Some(known) = desk.names.labels(&key, now) {
        return Ok(known);
    }
    let kind = match column {
        "statecode" => "State",
        "statuscode" => "Status",
        _ => "Picklist",
    };
    let path = format!(
        "EntityDefinitions(LogicalName='incident')/Attributes/Microsoft.Dynamics.CRM.{kind}AttributeMetadata"
    );
    let client = desk.client().await?;
    let found = match client.list(&path, &options_query(column)).await {
        Ok(page) => {
            let mut rows = page.rows.iter();
            let row = rows.find(|row| row.text("LogicalName") == Some(column));
            row.map(|row| in_language(row, language))
                .unwrap_or_default()
        }
        Err(error) => return Err(desk.fail("read the labels of a column", &error).await),
    };
    Ok(desk.names.remember_labels(&key, found, now))
}

fn in_language(column: &Record, language: u16) -> BTreeMap<i64, String> {
    let sets = ["OptionSet", "GlobalOptionSet"];
    let options = sets
        .iter()
        .filter_map(|set| column.related(set))
        .flat_map(|set| set.related_rows("Options"));
    let labelled = options.filter_map(|option| {
        let labels = option.related("Label")?.related_rows("LocalizedLabels");
        let label = labels
            .iter()
            .find(|label| label.whole("LanguageCode") == Some(i64::from(language)))?;
        Some((option.whole("Value")?, label.text("Label")?.to_owned()))
    });
    labelled.collect()
}
