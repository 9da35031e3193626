//! Whatever happens to an organisation, setup mends it, and removal takes all of it away.

use proptest::prelude::*;
use uuid::Uuid;

use super::super::super::Mark;
use super::*;

/// One thing that somebody spoils.
#[derive(Debug, Clone)]
enum Spoilt {
    Step(usize),
    Disabled(usize),
    Filtering(usize),
    Image(usize),
    Column(usize),
    Endpoint,
    Secret,
    Solution,
    Twice(usize),
}

fn spoilt() -> impl Strategy<Value = Spoilt> {
    prop_oneof![
        (0..30usize).prop_map(Spoilt::Step),
        (0..30usize).prop_map(Spoilt::Disabled),
        (0..30usize).prop_map(Spoilt::Filtering),
        (0..30usize).prop_map(Spoilt::Image),
        (0..30usize).prop_map(Spoilt::Column),
        Just(Spoilt::Endpoint),
        Just(Spoilt::Secret),
        Just(Spoilt::Solution),
        (0..30usize).prop_map(Spoilt::Twice),
    ]
}

fn spoil(found: &mut Found, spoilt: &Spoilt) {
    let number = found.steps.len().max(1);
    match *spoilt {
        Spoilt::Endpoint => {
            // Dataverse deletes no endpoint that has steps.
            found.steps.clear();
            found.endpoint = None;
        }
        Spoilt::Secret => {
            if let Some(endpoint) = &mut found.endpoint {
                endpoint.auth_is_set = false;
            }
        }
        Spoilt::Solution => found.solution = None,
        Spoilt::Column(at) => {
            let column = &columns()[at % columns().len()];
            if let Some(table) = found.tables.get_mut(column.table) {
                table
                    .keys
                    .retain(|_, key| !key.columns.contains(column.name));
                table.columns.remove(column.name);
            }
        }
        Spoilt::Step(at) if !found.steps.is_empty() => drop(found.steps.remove(at % number)),
        Spoilt::Twice(at) if !found.steps.is_empty() => {
            let copy = StepFound {
                id: Uuid::from_u128(500 + at as u128),
                ..found.steps[at % number].clone()
            };
            found.steps.push(copy);
        }
        Spoilt::Disabled(at) if !found.steps.is_empty() => found.steps[at % number].enabled = false,
        Spoilt::Filtering(at) if !found.steps.is_empty() => {
            found.steps[at % number]
                .filtering
                .insert("description".into());
        }
        Spoilt::Image(at) if !found.steps.is_empty() => found.steps[at % number].images.clear(),
        _ => {}
    }
}

/// The steps that somebody else made.
fn strangers(found: &Found) -> Vec<StepFound> {
    let of_others = |step: &&StepFound| !wanted().endpoint.has_made(step);
    found.steps.iter().filter(of_others).cloned().collect()
}

proptest! {
    #[test]
    fn whatever_is_spoilt_one_more_set_up_mends_it(spoilt in prop::collection::vec(spoilt(), 0..12)) {
        let mut found = set_up();
        spoilt.iter().for_each(|one| spoil(&mut found, one));
        let strange = strangers(&found);
        let first = plan(&wanted(), &found);
        prop_assert_eq!(first.conflicts().count(), 0);
        all(&mut found, &first);
        let second = plan(&wanted(), &found);
        prop_assert!(second.is_done(), "{:?}", second.open().collect::<Vec<_>>());
        let ours = found.steps.iter().filter(|step| wanted().endpoint.has_made(step));
        prop_assert_eq!(ours.count(), wanted().steps.len());
        prop_assert_eq!(strangers(&found), strange);
    }

    #[test]
    fn a_set_up_that_dies_anywhere_is_finished_by_the_next(cut in 0..60usize) {
        let mut found = empty();
        let first = plan(&wanted(), &found);
        first.actions().take(cut).for_each(|action| carry_out(&mut found, action));
        let second = plan(&wanted(), &found);
        all(&mut found, &second);
        prop_assert!(plan(&wanted(), &found).is_done());
        let away = removal(&wanted().endpoint, &found, true);
        all(&mut found, &away);
        prop_assert_eq!(found, empty());
    }

    #[test]
    fn a_line_that_says_that_all_is_well_does_nothing(cut in 0..60usize) {
        let mut found = empty();
        let first = plan(&wanted(), &found);
        first.actions().take(cut).for_each(|action| carry_out(&mut found, action));
        for line in plan(&wanted(), &found).lines {
            let idle = matches!(line.mark, Mark::There | Mark::Left | Mark::Conflict);
            prop_assert_eq!(idle, line.actions.is_empty(), "{:?}", line);
        }
    }
}
