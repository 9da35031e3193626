//! Whether the columns, choices, lookups and keys that the file names are what the tables of Dynamics have.

use cxloop_domain::configuration::{Applied, ColumnTemplate, LookupTemplate, TypedColumn};
use cxloop_dynamics::case_desk::{
    ColumnDefinition, DynamicsCaseDesk, DynamicsCaseDesks, TableDefinition,
};
use cxloop_ports::Failure;

use super::Findings;
use super::places::{Names, Written};
use crate::report::count;

pub(super) const CASE: &str = "incident";
pub(super) const CONTACT: &str = "contact";

/// At most this many known names are listed beside an unknown one.
pub(super) const LISTED: usize = 30;

/// Adds to the findings what the tables say of the names in the file.
pub(super) async fn verify(
    desks: &DynamicsCaseDesks,
    applied: &Applied,
    names: &Names,
    findings: &mut Findings,
) {
    let contact_columns = names.contact_columns.len() + usize::from(names.hash_column.is_some());
    let case_columns = names.case_columns.len() + names.back_columns.len();
    let number = case_columns + contact_columns;
    if number == 0 {
        return;
    }
    let connection = applied.configuration.dynamics();
    let connection = connection
        .map(|(name, _)| name.to_string())
        .unwrap_or_default();
    let before = findings.mistakes.len();
    let looked = match desks.dynamics_desk(applied) {
        Ok((_, desk)) => look(&desk, names, findings).await,
        Err(failure) => Err(failure),
    };
    let what = count(number, "column");
    findings.looked(&connection, &what, before, looked);
}

async fn look(
    desk: &DynamicsCaseDesk,
    names: &Names,
    findings: &mut Findings,
) -> Result<(), Failure> {
    let filled = names.case_columns.iter().map(|(name, _)| name);
    if filled.clone().chain(&names.back_columns).next().is_some() {
        let Some(table) = desk.table(CASE).await? else {
            return no_table(filled.chain(&names.back_columns), CASE, findings);
        };
        for written in &names.back_columns {
            if let Some(problem) = read_column(&table, &written.name, "") {
                findings.mistakes.push(written.mistake(problem));
            }
        }
        for (written, column) in &names.case_columns {
            if let Some(problem) = case_column(desk, &table, &written.name, column).await? {
                findings.mistakes.push(written.mistake(problem));
            }
        }
    }
    let read = names.contact_columns.iter().chain(&names.hash_column);
    if read.clone().next().is_some() {
        let Some(table) = desk.table(CONTACT).await? else {
            return no_table(read, CONTACT, findings);
        };
        for written in read {
            if let Some(problem) = read_column(&table, &written.name, "crm_label.") {
                findings.mistakes.push(written.mistake(problem));
            }
        }
    }
    Ok(())
}

fn no_table<'n>(
    names: impl Iterator<Item = &'n Written>,
    table: &str,
    findings: &mut Findings,
) -> Result<(), Failure> {
    let problem = format!("there is no table {table} in this organisation");
    findings
        .mistakes
        .extend(names.map(|written| written.mistake(problem.as_str())));
    Ok(())
}

/// What is wrong with a column that a rule fills in.
async fn case_column(
    desk: &DynamicsCaseDesk,
    table: &TableDefinition,
    name: &str,
    template: &ColumnTemplate,
) -> Result<Option<String>, Failure> {
    let Some(column) = find(table, name) else {
        return Ok(Some(unknown(table, name)));
    };
    if let Some(shown) = &column.part_of {
        return Ok(Some(format!(
            "{name} of {} only shows {shown}: fill in {shown}",
            table.name
        )));
    }
    if !column.valid_for_create {
        return Ok(Some(format!(
            "{name} of {} is not set when a row is created",
            table.name
        )));
    }
    let typed = template.typed();
    if !fits(&typed, &column.kind) {
        return Ok(Some(format!(
            "{name} of {} is of type {}: {}",
            table.name,
            column.kind,
            hint(&column.kind)
        )));
    }
    match &typed {
        TypedColumn::Choice(choice) if is_fixed(choice) => {
            unknown_choice(desk, table, name, choice).await
        }
        TypedColumn::Lookup(lookup) => wrong_lookup(desk, table, name, lookup).await,
        TypedColumn::Moment(_) | TypedColumn::Day(_) => {
            let days = desk.day_columns(&table.name).await?;
            let is_day = days.iter().any(|day| day == name);
            let wanted = match &typed {
                TypedColumn::Day(_) if !is_day => "a day and a time: write { moment: … }",
                TypedColumn::Moment(_) if is_day => "a day alone: write { day: … }",
                _ => return Ok(None),
            };
            Ok(Some(format!("{name} of {} is {wanted}", table.name)))
        }
        _ => Ok(None),
    }
}

pub(super) fn find<'t>(table: &'t TableDefinition, name: &str) -> Option<&'t ColumnDefinition> {
    table.columns.iter().find(|column| column.name == name)
}

fn unknown(table: &TableDefinition, name: &str) -> String {
    let lower = name.to_lowercase();
    if find(table, &lower).is_some() {
        return format!(
            "columns go by their logical names in lower case: write {lower:?} instead of {name:?}"
        );
    }
    // Those of a company's own are the ones that are misspelt, and there are hundreds of others.
    let own = table.columns.iter().map(|column| column.name.as_str());
    let mut own: Vec<&str> = own.filter(|name| name.contains('_')).collect();
    own.sort_unstable();
    own.truncate(LISTED);
    let table = &table.name;
    match own.as_slice() {
        [] => format!("{table} has no column {name:?}"),
        own => format!(
            "{table} has no column {name:?}; there are {}",
            own.join(", ")
        ),
    }
}

/// Source: Microsoft Learn, "AttributeTypeCode EnumType".
fn fits(typed: &TypedColumn, kind: &str) -> bool {
    let kinds: &[&str] = match typed {
        TypedColumn::Text(_) => &["String", "Memo"],
        TypedColumn::Whole(_) => &["Integer", "BigInt", "Decimal", "Double", "Money"],
        TypedColumn::Decimal(_) => &["Decimal", "Double", "Money"],
        TypedColumn::YesNo(_) => &["Boolean"],
        TypedColumn::Moment(_) | TypedColumn::Day(_) => &["DateTime"],
        TypedColumn::Choice(_) => &["Picklist"],
        TypedColumn::Lookup(_) => &["Lookup", "Customer", "Owner"],
    };
    kinds.contains(&kind)
}

fn hint(kind: &str) -> &'static str {
    match kind {
        "String" | "Memo" => "write the template alone",
        "Integer" | "BigInt" => "write { whole: … }",
        "Decimal" | "Double" | "Money" => "write { decimal: … }",
        "Boolean" => "write { yes_no: … }",
        "DateTime" => "write { moment: … } or { day: … }",
        "Picklist" => "write { choice: … }",
        "Lookup" | "Customer" | "Owner" => "write { lookup: … }",
        _ => "rules cannot fill it in",
    }
}

fn is_fixed(template: &str) -> bool {
    !["{{", "{%", "{#"]
        .iter()
        .any(|mark| template.contains(mark))
}

async fn unknown_choice(
    desk: &DynamicsCaseDesk,
    table: &TableDefinition,
    name: &str,
    choice: &str,
) -> Result<Option<String>, Failure> {
    let choices = desk.choices(&table.name, name).await?.unwrap_or_default();
    let wanted = choice.trim();
    let known = choices.iter().any(|choice| {
        choice.value.to_string() == wanted
            || choice.label.trim().to_lowercase() == wanted.to_lowercase()
    });
    if known {
        return Ok(None);
    }
    let there: Vec<String> = choices
        .iter()
        .take(LISTED)
        .map(|choice| format!("{} ({})", choice.label, choice.value))
        .collect();
    Ok(Some(format!(
        "{name} has no choice {wanted:?}; there are {}",
        there.join(", ")
    )))
}

async fn wrong_lookup(
    desk: &DynamicsCaseDesk,
    table: &TableDefinition,
    name: &str,
    lookup: &LookupTemplate,
) -> Result<Option<String>, Failure> {
    let Some(target) = desk.table_of_set(lookup.to.as_str()).await? else {
        return Ok(Some(format!("there is no entity set {}", lookup.to)));
    };
    let ways: Vec<_> = table
        .lookups
        .iter()
        .filter(|way| way.column == name)
        .collect();
    let Some(way) = ways.iter().find(|way| way.table == target.name) else {
        let tables: Vec<&str> = ways.iter().map(|way| way.table.as_str()).collect();
        return Ok(Some(format!(
            "{name} does not lead to {} but to {}",
            target.name,
            tables.join(", ")
        )));
    };
    let navigation = lookup
        .navigation
        .as_ref()
        .map_or(name, |navigation| navigation.as_str());
    if way.navigation != navigation {
        return Ok(Some(format!(
            "the navigation property of {name} is spelled {0}: write navigation: {0}",
            way.navigation
        )));
    }
    let Some(key) = &lookup.key else {
        return Ok(None);
    };
    let is_key = target
        .keys
        .iter()
        .any(|key_columns| key_columns.as_slice() == [key.as_str()]);
    Ok((!is_key).then(|| {
        let keys: Vec<String> = target
            .keys
            .iter()
            .map(|columns| columns.join("+"))
            .collect();
        let there = if keys.is_empty() {
            "none".to_owned()
        } else {
            keys.join(", ")
        };
        format!(
            "{key} alone is no alternate key of {}; there are: {there}",
            target.name
        )
    }))
}

/// What is wrong with a column that is read. A lookup is read as `_name_value`; `as_label` comes before the name of a column
/// where its label is meant.
pub(super) fn read_column(table: &TableDefinition, name: &str, as_label: &str) -> Option<String> {
    let lookup = name
        .strip_prefix('_')
        .and_then(|name| name.strip_suffix("_value"));
    let is_lookup = |kind: &str| ["Lookup", "Customer", "Owner"].contains(&kind);
    match (lookup, find(table, lookup.unwrap_or(name))) {
        (_, None) => Some(unknown(table, name)),
        // Columns such as parentcustomeridname are in the definitions and not in the rows.
        (
            None,
            Some(ColumnDefinition {
                part_of: Some(shown),
                ..
            }),
        ) if name.ends_with("name") => {
            let lookup = find(table, shown).is_some_and(|column| is_lookup(&column.kind));
            let read = if lookup {
                format!("_{shown}_value")
            } else {
                shown.clone()
            };
            Some(format!(
                "{name} only shows {shown} and is not read: write {as_label}{read}"
            ))
        }
        (None, Some(column)) if is_lookup(&column.kind) => {
            Some(format!("{name} is a lookup: it is read as _{name}_value"))
        }
        (Some(_), Some(column)) if !is_lookup(&column.kind) => Some(format!(
            "{} is no lookup: it is read by its name",
            column.name
        )),
        _ => None,
    }
}
