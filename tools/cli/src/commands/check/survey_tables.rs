//! Whether tables, columns and choices of what sends surveys, and of where a reopened case says so, are what Dynamics has.

use std::collections::BTreeMap;

use cxloop_domain::configuration::Applied;
use cxloop_domain::survey_trigger::PersonAsked;
use cxloop_dynamics::case_desk::{DynamicsCaseDesk, DynamicsCaseDesks, TableDefinition};
use cxloop_ports::Failure;

use super::Findings;
use super::places::{Names, RuleNames, Written};
use super::tables::{CASE, CONTACT, LISTED, find, read_column};
use crate::report::count;

/// What kinds of columns take a text. Source: Microsoft Learn, "AttributeTypeCode EnumType".
const TEXTS: &[&str] = &["String", "Memo"];

/// Adds to the findings what the tables say of the names.
pub(super) async fn verify(
    desks: &DynamicsCaseDesks,
    applied: &Applied,
    names: &Names,
    findings: &mut Findings,
) {
    let of_rules = names.surveys.iter().map(|rule| {
        1 + rule.read.len() + usize::from(rule.person.is_some()) + usize::from(rule.link.is_some())
    });
    let reopening = [&names.reopening.reopened_on, &names.reopening.response];
    let others = reopening.iter().filter(|name| name.is_some()).count()
        + usize::from(names.time_zone.is_some());
    let number = of_rules.sum::<usize>() + others;
    if number == 0 {
        return;
    }
    let connection = applied.configuration.dynamics();
    let connection = connection
        .map(|(name, _)| name.to_string())
        .unwrap_or_default();
    let before = findings.mistakes.len();
    let looked = match desks.dynamics_desk(applied) {
        Ok((_, desk)) => look(&Known::of(&desk), names, findings).await,
        Err(failure) => Err(failure),
    };
    let what = format!("{} of surveys and reopenings", count(number, "column"));
    findings.looked(&connection, &what, before, looked);
}

/// An organisation whose tables are read once each.
struct Known<'d> {
    desk: &'d DynamicsCaseDesk,
    tables: tokio::sync::Mutex<BTreeMap<String, Option<TableDefinition>>>,
}

impl<'d> Known<'d> {
    fn of(desk: &'d DynamicsCaseDesk) -> Self {
        Self {
            desk,
            tables: tokio::sync::Mutex::default(),
        }
    }

    async fn table(&self, name: &str) -> Result<Option<TableDefinition>, Failure> {
        let mut tables = self.tables.lock().await;
        if let Some(known) = tables.get(name) {
            return Ok(known.clone());
        }
        let read = self.desk.table(name).await?;
        tables.insert(name.to_owned(), read.clone());
        Ok(read)
    }
}

async fn look(known: &Known<'_>, names: &Names, findings: &mut Findings) -> Result<(), Failure> {
    for rule in &names.surveys {
        let Some(table) = known.table(&rule.table.name).await? else {
            findings
                .mistakes
                .push(rule.table.mistake(no_table(&rule.table.name)));
            continue;
        };
        one_rule(known, &table, rule, findings).await?;
    }
    let reopening = &names.reopening;
    let of_case = [
        (&reopening.reopened_on, &["DateTime"][..]),
        (&reopening.response, TEXTS),
    ];
    for (written, kinds) in of_case {
        let Some(written) = written else { continue };
        match known.table(CASE).await? {
            Some(table) => wrong_kind(&table, written, kinds, findings),
            None => findings.mistakes.push(written.mistake(no_table(CASE))),
        }
    }
    if let Some(written) = &names.time_zone {
        match known.table(CONTACT).await? {
            Some(table) => wrong_kind(&table, written, TEXTS, findings),
            None => findings.mistakes.push(written.mistake(no_table(CONTACT))),
        }
    }
    Ok(())
}

fn no_table(name: &str) -> String {
    let lower = name.to_lowercase();
    if lower != name {
        return format!(
            "tables go by their logical names in lower case: write {lower:?} instead of {name:?}"
        );
    }
    format!("there is no table {name} in this organisation")
}

async fn one_rule(
    known: &Known<'_>,
    table: &TableDefinition,
    rule: &RuleNames,
    findings: &mut Findings,
) -> Result<(), Failure> {
    let mut unknown =
        |written: &Written, as_label: &str| match read_column(table, &written.name, as_label) {
            Some(problem) => {
                findings.mistakes.push(written.mistake(problem));
                true
            }
            None => false,
        };
    for written in &rule.read {
        unknown(written, "label.");
    }
    let watched = !unknown(&rule.column, "");
    let person = rule.person.as_ref().filter(|written| !unknown(written, ""));
    if watched {
        values(known.desk, table, rule, findings).await?;
    }
    if let Some(written) = person {
        findings
            .mistakes
            .extend(nobody(table, written).map(|problem| written.mistake(problem)));
    }
    if let Some(written) = &rule.link {
        wrong_kind(table, written, TEXTS, findings);
    }
    Ok(())
}

/// Choices are held against the values that a rule names; of columns of other kinds any value may come.
async fn values(
    desk: &DynamicsCaseDesk,
    table: &TableDefinition,
    rule: &RuleNames,
    findings: &mut Findings,
) -> Result<(), Failure> {
    let Some(column) = find(table, &rule.column.name) else {
        return Ok(());
    };
    let Some(choices) = desk.choices_of(&table.name, column).await? else {
        return Ok(());
    };
    let there: Vec<String> = choices
        .iter()
        .take(LISTED)
        .map(|choice| format!("{} ({})", choice.label, choice.value))
        .collect();
    for written in &rule.values {
        let wanted = written.name.trim();
        let is_known = choices.iter().any(|choice| {
            choice.value.to_string() == wanted
                || choice.label.trim().to_lowercase() == wanted.to_lowercase()
        });
        if !is_known {
            let column = &column.name;
            let there = there.join(", ");
            let problem = format!("{column} has no choice {wanted:?}; there are {there}");
            findings.mistakes.push(written.mistake(problem));
        }
    }
    Ok(())
}

/// What is wrong with a lookup that should lead to a person.
fn nobody(table: &TableDefinition, written: &Written) -> Option<String> {
    let column = written.name.strip_prefix('_')?.strip_suffix("_value")?;
    let ways = table.lookups.iter().filter(|way| way.column == column);
    let tables: Vec<&str> = ways.map(|way| way.table.as_str()).collect();
    // Whoever owns a row is told by another table than the one they are in.
    let leads_to_people = tables.iter().any(|table| {
        *table == "owner"
            || table
                .parse()
                .is_ok_and(|table| PersonAsked::is_person(&table))
    });
    (!tables.is_empty() && !leads_to_people).then(|| {
        format!(
            "{column} leads to {}, and people are looked for in contact, account, lead and systemuser",
            tables.join(", ")
        )
    })
}

fn wrong_kind(table: &TableDefinition, written: &Written, kinds: &[&str], findings: &mut Findings) {
    let problem = read_column(table, &written.name, "").or_else(|| {
        let column = find(table, &written.name)?;
        let fits = kinds.contains(&column.kind.as_str());
        (!fits).then(|| {
            format!(
                "{} of {} is of type {}: expected {}",
                column.name,
                table.name,
                column.kind,
                kinds.join(" or ")
            )
        })
    });
    findings
        .mistakes
        .extend(problem.map(|problem| written.mistake(problem)));
}
