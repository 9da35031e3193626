//! Every order of the claim protocol under `open_case: attach`, by running the real handler: each operation on claims,
//! plans and cases waits until the scheduler lets it happen. States that were seen before (store, desk, and what each
//! worker has seen so far) are not explored again, so the search is exhaustive and ends.

mod scene;
mod stepped;

use std::collections::HashSet;

use scene::{Choice, Scene};

/// Explores everything: the number of states, or a counterexample.
fn explore(responses: &[usize], crashes: u32, resolving: u32) -> Result<usize, String> {
    let mut seen = HashSet::new();
    let mut open: Vec<Vec<Choice>> = vec![Vec::new()];
    while let Some(mut schedule) = open.pop() {
        let mut scene = Scene::new(responses, crashes, resolving);
        for choice in &schedule {
            scene.choose(*choice);
        }
        loop {
            if let Some(violation) = scene.violation() {
                return Err(format!(
                    "{violation} ({} states)\n{}",
                    seen.len(),
                    scene.trace.join("\n")
                ));
            }
            if !seen.insert(scene.fingerprint()) {
                break;
            }
            let choices = scene.choices();
            let Some((first, rest)) = choices.split_first() else {
                break;
            };
            for other in rest {
                let mut sibling = schedule.clone();
                sibling.push(*other);
                open.push(sibling);
            }
            schedule.push(*first);
            scene.choose(*first);
        }
    }
    Ok(seen.len())
}

/// Workers for these responses, of which so many may die, while an agent may resolve the case so many times.
fn one_case_in_every_order(responses: &[usize], deaths: u32, resolving: u32) {
    match explore(responses, deaths, resolving) {
        Ok(states) => assert!(
            states > 20,
            "only {states} states: the workers are not under the scheduler"
        ),
        Err(trace) => panic!("{responses:?}: {trace}"),
    }
}

#[test]
fn two_responses_make_one_case_in_every_order() {
    one_case_in_every_order(&[0, 1], 0, 0);
}

#[test]
fn two_responses_make_one_case_in_every_order_though_a_worker_dies_twice() {
    one_case_in_every_order(&[0, 1], 2, 0);
}

#[test]
fn one_response_delivered_three_times_makes_one_case_in_every_order() {
    one_case_in_every_order(&[0, 0, 0], 0, 0);
}

#[test]
fn two_responses_one_of_them_delivered_twice_make_one_case_in_every_order() {
    one_case_in_every_order(&[0, 0, 1], 0, 0);
}

#[test]
fn three_responses_make_one_case_in_every_order() {
    one_case_in_every_order(&[0, 1, 2], 0, 0);
}

#[test]
fn two_responses_leave_one_open_case_though_an_agent_resolves_and_a_worker_dies() {
    one_case_in_every_order(&[0, 1], 1, 1);
}
