//! What is to be done so that an organisation has what is wanted.

use super::super::{Line, Mark, Plan};
use super::found::{Found, KeyState, StepFound};
use super::steps::{ImageKind, ImageWanted, StepWanted};
use super::{
    Action, CASE, ColumnWanted, KeyWanted, PREFIX, PUBLISHER, SOLUTION, Wanted, columns, keys,
    tables,
};

/// Why a step of somebody else is not touched.
pub(super) const NOT_MADE_BY_SETUP: &str = "setup did not make it, so it is not touched";
/// After the change. Source: Microsoft Learn, "SdkMessageProcessingStep" (`stage`).
const POST_OPERATION: i64 = 40;
/// Asynchronous. Source: Microsoft Learn, "SdkMessageProcessingStep" (`mode`).
const ASYNCHRONOUS: i64 = 1;

/// The difference between what is wanted and what was found, in the order in which it is carried out. Of an organisation
/// that has everything, no line asks for an action.
pub fn plan(wanted: &Wanted, found: &Found) -> Plan<Action> {
    let mut lines = vec![publisher(found), solution(found)];
    let structure = lines.len();
    if !found.tables.contains_key(CASE) {
        let missing = Line::idle(Mark::Conflict, format!("table {CASE}"));
        lines.push(missing.because("it is missing: is Dynamics 365 Customer Service installed?"));
    }
    for table in tables() {
        let what = format!("table {}", table.name);
        lines.push(match found.tables.contains_key(table.name) {
            true => Line::idle(Mark::There, what),
            false => Line::new(Mark::Create, what, vec![Action::MakeTable(table)]),
        });
    }
    lines.extend(columns().iter().map(|wanted| column(wanted, found)));
    lines.extend(keys().iter().map(|wanted| key(wanted, found)));
    publish(&mut lines[structure..]);
    lines.push(endpoint(wanted, found));
    lines.extend(steps(wanted, found));
    Plan { lines }
}

fn publisher(found: &Found) -> Line<Action> {
    let what = format!("publisher {PUBLISHER}");
    match &found.publisher {
        None => Line::new(Mark::Create, what, vec![Action::MakePublisher]),
        Some((_, prefix)) if prefix.eq_ignore_ascii_case(PREFIX) => Line::idle(Mark::There, what),
        Some((_, prefix)) => Line::idle(Mark::Conflict, what).because(format!(
            "its prefix is {prefix} and not {PREFIX}; rename or delete it"
        )),
    }
}

fn solution(found: &Found) -> Line<Action> {
    let what = format!("solution {SOLUTION}");
    match found.solution {
        None => Line::new(Mark::Create, what, vec![Action::MakeSolution]),
        Some(_) => Line::idle(Mark::There, what),
    }
}

fn column(wanted: &'static ColumnWanted, found: &Found) -> Line<Action> {
    let what = format!("column {} of {}", wanted.name, wanted.table);
    let there = found
        .tables
        .get(wanted.table)
        .and_then(|table| table.columns.get(wanted.name));
    let kind = wanted.kind.type_name();
    match there {
        None => Line::new(Mark::Create, what, vec![Action::MakeColumn(wanted)]),
        Some(there) if there == kind => Line::idle(Mark::There, what),
        Some(there) => Line::idle(Mark::Conflict, what).because(format!(
            "it is of type {there} and not {kind}, and a type cannot be changed; delete it or keep its values elsewhere first"
        )),
    }
}

fn key(wanted: &'static KeyWanted, found: &Found) -> Line<Action> {
    let what = format!("key {} of {}", wanted.name, wanted.table);
    // A table has one key at most over the same columns, whatever its name.
    let there = found.tables.get(wanted.table).and_then(|table| {
        table
            .keys
            .iter()
            .find(|(_, key)| key.columns.len() == 1 && key.columns.contains(wanted.column))
    });
    let Some((name, key)) = there else {
        return Line::new(Mark::Create, what, vec![Action::MakeKey(wanted)]);
    };
    let line = Line::idle(Mark::There, what);
    match key.state {
        KeyState::Active if name == wanted.name => line,
        KeyState::Active => line.because(format!("as {name}")),
        KeyState::Building => line.because("its index is being built"),
        KeyState::Failed => Line {
            mark: Mark::Change,
            actions: vec![
                Action::RemoveKey {
                    table: wanted.table,
                    key: name.clone(),
                },
                Action::MakeKey(wanted),
            ],
            ..line
        }
        .because("its index could not be built, so it is made anew"),
    }
}

/// What was changed of tables is seen by people once it is published, all of it at once.
fn publish(structure: &mut [Line<Action>]) {
    let mut changed: Vec<&'static str> = structure
        .iter()
        .flat_map(|line| &line.actions)
        .filter_map(|action| match action {
            Action::MakeTable(table) => Some(table.name),
            Action::MakeColumn(column) => Some(column.table),
            _ => None,
        })
        .collect();
    changed.sort_unstable();
    changed.dedup();
    let last = structure.iter_mut().rfind(|line| !line.actions.is_empty());
    if let Some(last) = last.filter(|_| !changed.is_empty()) {
        last.actions.push(Action::Publish(changed));
    }
}

fn endpoint(wanted: &Wanted, found: &Found) -> Line<Action> {
    let endpoint = &wanted.endpoint;
    let what = format!("webhook {}", endpoint.url);
    let Some(there) = &found.endpoint else {
        return Line::new(
            Mark::Create,
            what,
            vec![Action::MakeEndpoint(endpoint.clone())],
        );
    };
    let differs = there.differences(endpoint);
    if differs.is_empty() {
        return Line::idle(Mark::There, what);
    }
    let change = Action::ChangeEndpoint(there.id, endpoint.clone());
    Line::new(Mark::Change, what, vec![change]).differing(differs)
}

fn steps(wanted: &Wanted, found: &Found) -> Vec<Line<Action>> {
    let mut lines = Vec::new();
    let mut taken = Vec::new();
    let endpoint = found
        .endpoint
        .as_ref()
        .map_or(wanted.endpoint.id, |there| there.id);
    for step in &wanted.steps {
        let of = (step.table.clone(), step.message.to_owned());
        // An organisation without this message cannot tell of it.
        let Some(filter) = found.filters.get(&of) else {
            continue;
        };
        let is_it = |there: &&StepFound| {
            there.table == step.table
                && there.message == step.message
                && wanted.endpoint.has_made(there)
        };
        let there = found.steps.iter().find(is_it);
        let what = format!("step {}", step.name());
        let Some(there) = there else {
            let make = Action::MakeStep {
                id: wanted.endpoint.step_id(step),
                endpoint,
                filter: *filter,
                step: step.clone(),
            };
            lines.push(Line::new(Mark::Create, what, vec![make]));
            continue;
        };
        taken.push(there.id);
        lines.push(changed_step(what, step, there));
    }
    for extra in found.steps.iter().filter(|step| !taken.contains(&step.id)) {
        let what = format!("step {}", extra.name);
        lines.push(if wanted.endpoint.has_made(extra) {
            Line::new(Mark::Remove, what, vec![Action::RemoveStep(extra.id)])
                .because("nothing needs it any more")
        } else {
            Line::idle(Mark::Left, what).because(NOT_MADE_BY_SETUP)
        });
    }
    lines
}

fn changed_step(what: String, wanted: &StepWanted, there: &StepFound) -> Line<Action> {
    let mut differs = Vec::new();
    if !there.enabled {
        differs.push("it is disabled".to_owned());
    }
    let usual = there.stage == POST_OPERATION && there.mode == ASYNCHRONOUS;
    if !usual || !there.deletes_successes || there.name != wanted.name() {
        differs.push("it is set otherwise than cxloop sets it".to_owned());
    }
    if there.filtering != wanted.filtering {
        let missing = wanted
            .filtering
            .difference(&there.filtering)
            .map(|name| format!("+{name}"));
        let extra = there
            .filtering
            .difference(&wanted.filtering)
            .map(|name| format!("-{name}"));
        let names: Vec<String> = missing.chain(extra).collect();
        differs.push(format!("filtering columns: {}", names.join(" ")));
    }
    let mut actions = Vec::new();
    if !differs.is_empty() {
        actions.push(Action::ChangeStep(there.id, wanted.clone()));
    }
    let images = images(wanted.image.as_ref(), there);
    if !images.is_empty() {
        differs.push("its image differs".to_owned());
        actions.extend(images);
    }
    if differs.is_empty() {
        return Line::idle(Mark::There, what);
    }
    Line::new(Mark::Change, what, actions).differing(differs)
}

/// An image is replaced and never edited, so that one that a run left half done is mended too.
fn images(wanted: Option<&ImageWanted>, there: &StepFound) -> Vec<Action> {
    let fits = |image: &super::ImageFound| {
        wanted.is_some_and(|wanted| {
            image.kind == wanted.kind.number()
                && image.alias == ImageKind::alias(wanted.kind)
                && image.property == wanted.property
                && image.columns == wanted.columns
        })
    };
    let kept = there
        .images
        .iter()
        .find(|image| fits(image))
        .map(|image| image.id);
    let mut actions: Vec<Action> = there
        .images
        .iter()
        .filter(|image| Some(image.id) != kept)
        .map(|image| Action::RemoveImage(image.id))
        .collect();
    if let (None, Some(wanted)) = (kept, wanted) {
        actions.push(Action::MakeImage(there.id, wanted.clone()));
    }
    actions
}
