//! Gathering the groups of an `$apply` and writing them.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::super::super::model::TableId;
use super::super::super::refusal::Refusal;
use super::super::super::render::Renderer;
use super::super::super::value::Value;
use super::super::filter::Probe;
use super::super::page;
use super::gather::Gathered;
use super::{Aggregate, Apply, Of};

/// More rows than this are not aggregated. Source: Microsoft Learn, "Aggregate data using OData".
const MOST_ROWS: usize = 50_000;

struct Group {
    values: Vec<Value>,
    gathered: Vec<Gathered>,
}

impl Group {
    fn of(values: Vec<Value>, aggregates: &[Aggregate]) -> Self {
        let gathered = aggregates.iter().map(|aggregate| match aggregate.of {
            Of::Count => Gathered::new(None),
            Of::Column(_, method) => Gathered::new(Some(method)),
        });
        Self {
            values,
            gathered: gathered.collect(),
        }
    }
}

/// The groups as the objects of an answer. `among` limits the rows to those of a collection.
pub(crate) fn answer(
    apply: &Apply,
    renderer: &Renderer<'_>,
    table: TableId,
    among: Option<Vec<Uuid>>,
) -> Result<Vec<Json>, Refusal> {
    let organisation = renderer.organisation;
    let mut groups: HashMap<Vec<Option<Probe>>, Group> = HashMap::new();
    if apply.groups.is_empty() {
        groups.insert(Vec::new(), Group::of(Vec::new(), &apply.aggregates));
    }
    let (mut rows, mut overflow) = (0, false);
    page::each(
        organisation,
        table,
        apply.filter.as_ref(),
        among,
        |id, row| {
            rows += 1;
            let values: Vec<Value> = apply
                .groups
                .iter()
                .map(|(path, _)| path.value(organisation, id, row).into_owned())
                .collect();
            let key = values.iter().map(Probe::of).collect();
            let group = groups
                .entry(key)
                .or_insert_with(|| Group::of(values, &apply.aggregates));
            for (aggregate, gathered) in apply.aggregates.iter().zip(&mut group.gathered) {
                let added = match &aggregate.of {
                    Of::Count => gathered.add(&Value::Null),
                    Of::Column(path, _) => gathered.add(&path.value(organisation, id, row)),
                };
                overflow |= added.is_none();
            }
            rows <= MOST_ROWS && !overflow
        },
    );
    if rows > MOST_ROWS {
        return Err(Refusal::too_many_to_aggregate());
    }
    if overflow {
        return Err(Refusal::bad_query(
            "Arithmetic overflow error converting expression.",
        ));
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.sort_by(|left, right| {
        let chosen = apply.order.iter().copied();
        // Equal groups follow all their values, so that answers do not change from one request to the next.
        chosen
            .chain((0..apply.groups.len()).map(|at| (at, false)))
            .map(|(at, descending)| {
                let order = left.values[at].order(&right.values[at]);
                let order = order.unwrap_or(std::cmp::Ordering::Equal);
                if descending { order.reverse() } else { order }
            })
            .fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    });
    groups.truncate(apply.top.unwrap_or(page::LARGEST).min(page::LARGEST));
    Ok(groups
        .into_iter()
        .map(|group| Json::Object(written(apply, renderer, group)))
        .collect())
}

/// One group. Empty values are left out.
fn written(apply: &Apply, renderer: &Renderer<'_>, group: Group) -> Map<String, Json> {
    let mut object = Map::new();
    for ((path, name), value) in apply.groups.iter().zip(&group.values) {
        renderer.named(&mut object, name, path.end(), path.column(), value);
    }
    for (aggregate, gathered) in apply.aggregates.iter().zip(group.gathered) {
        let value = gathered.value();
        match &aggregate.of {
            Of::Count => renderer.number(&mut object, &aggregate.alias, &value),
            Of::Column(path, _) => {
                renderer.named(
                    &mut object,
                    &aggregate.alias,
                    path.end(),
                    path.column(),
                    &value,
                );
            }
        }
    }
    object
}
