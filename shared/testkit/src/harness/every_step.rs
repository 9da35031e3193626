//! The runs: twice, interrupted at every step, and many at once.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use cxloop_ports::Remedy;
use futures::future::join_all;
use serde_json::Value;

use super::{Interruption, Interruptions, Scenario, Way};

/// How often a queue delivers a message before it gives up.
const DELIVERIES: usize = 5;

/// How many interruptions one run has at most, when recovering from one makes calls that a clean run does not make.
const DEEPEST: usize = 3;

struct Outcome {
    calls: Vec<&'static str>,
    happened: usize,
    end: Value,
}

/// How often a message may say that it comes back later, which does not count against the limit.
const COME_BACKS: usize = 1_000;

/// Delivers until done, as a queue does. A message that is put aside is done too: it is not delivered again.
async fn deliver_until_done<S: Scenario>(
    scenario: &S,
    world: &S::World,
    time_passes: bool,
    how: &str,
) {
    let mut failed = 0;
    let mut postponed = 0;
    loop {
        let Err(failure) = scenario.deliver(world).await else {
            return;
        };
        match failure.remedy {
            Remedy::Park => return,
            Remedy::Retry | Remedy::Mend => failed += 1,
            Remedy::ComeBack { .. } | Remedy::WaitUntil { .. } => postponed += 1,
        }
        assert!(
            failed < DELIVERIES && postponed < COME_BACKS,
            "{how}: not done after {failed} failures and {postponed} returns, the last time for {failure:?}"
        );
        if time_passes {
            scenario.before_redelivery(world).await;
        }
        tokio::task::yield_now().await;
    }
}

async fn run<S: Scenario>(
    scenario: &S,
    planned: &[Interruption],
    deliveries: usize,
    how: &str,
) -> Outcome {
    let interruptions = Arc::new(Interruptions::planned(planned.to_vec()));
    let world = scenario.world(&interruptions).await;
    interruptions.watch(true);
    for _ in 0..deliveries {
        deliver_until_done(scenario, &world, true, how).await;
    }
    interruptions.watch(false);
    let end = scenario.end_state(&world).await;
    Outcome {
        calls: interruptions.calls(),
        happened: interruptions.happened(),
        end,
    }
}

async fn clean_run<S: Scenario>(scenario: &S) -> Outcome {
    let interruptions = Arc::new(Interruptions::none());
    let world = scenario.world(&interruptions).await;
    interruptions.watch(true);
    let done = scenario.deliver(&world).await;
    interruptions.watch(false);
    assert!(done.is_ok(), "the clean run fails by itself: {done:?}");
    let calls = interruptions.calls();
    assert!(
        !calls.is_empty(),
        "the clean run makes no outgoing call: are its roles wrapped in Interrupted?"
    );
    Outcome {
        calls,
        happened: 0,
        end: scenario.end_state(&world).await,
    }
}

fn assert_same_end(clean: &Outcome, other: &Value, how: &str) {
    assert!(
        clean.end == *other,
        "{how}: the end differs from a clean run's\nclean run: {:#}\nthis run: {other:#}",
        clean.end,
    );
}

fn describe(planned: &[Interruption], names: &[&'static str]) -> String {
    let parts: Vec<String> = planned
        .iter()
        .map(|one| {
            format!(
                "{:?} call {} ({})",
                one.way,
                one.call,
                names.get(one.call).unwrap_or(&"?")
            )
        })
        .collect();
    parts.join(", then ")
}

/// Delivers the message twice, and in further worlds carries out each single call twice; panics where the end
/// is another than after a clean run. Returns the calls of a clean run.
pub async fn run_twice<S: Scenario>(scenario: &S) -> Vec<&'static str> {
    let clean = clean_run(scenario).await;
    let repeated = run(scenario, &[], 2, "delivered twice").await;
    assert_same_end(&clean, &repeated.end, "delivered twice");
    for call in 0..clean.calls.len() {
        let planned = [Interruption {
            call,
            way: Way::Twice,
        }];
        let how = describe(&planned, &clean.calls);
        let outcome = run(scenario, &planned, 1, &how).await;
        assert_eq!(outcome.happened, 1, "{how}: this call was never repeated");
        assert_same_end(&clean, &outcome.end, &how);
    }
    clean.calls
}

/// Interrupts each call of a clean run before and after its effect, and each further call that recovering from
/// that makes; panics where a call was never interrupted or where the end is another than after a clean run.
/// Returns the calls: those of a clean run in order, then the names that only recovering makes.
pub async fn fail_at_every_step<S: Scenario>(scenario: &S) -> Vec<&'static str> {
    let clean = clean_run(scenario).await;
    let mut known: BTreeSet<&'static str> = clean.calls.iter().copied().collect();
    let mut all = clean.calls.clone();
    let mut waiting: VecDeque<(Vec<Interruption>, String)> = VecDeque::new();
    for call in 0..clean.calls.len() {
        for way in [Way::Before, Way::After] {
            let planned = vec![Interruption { call, way }];
            let how = describe(&planned, &clean.calls);
            waiting.push_back((planned, how));
        }
    }
    while let Some((planned, how)) = waiting.pop_front() {
        let outcome = run(scenario, &planned, 1, &how).await;
        assert_eq!(
            outcome.happened,
            planned.len(),
            "{how}: a call was never interrupted"
        );
        assert_same_end(&clean, &outcome.end, &how);
        for (call, name) in outcome.calls.iter().copied().enumerate() {
            if !known.insert(name) {
                continue;
            }
            assert!(
                planned.len() < DEEPEST,
                "{how}: {name} was never interrupted"
            );
            all.push(name);
            for way in [Way::Before, Way::After] {
                let mut deeper = planned.clone();
                deeper.push(Interruption { call, way });
                let how = describe(&deeper, &outcome.calls);
                waiting.push_back((deeper, how));
            }
        }
    }
    all
}

/// Delivers so many copies of the message at once, each again until it is done, while time stands still; panics
/// where the end is another than after a clean run.
///
/// Copies give way to each other between any two calls. That is done in fresh worlds with every lead that one copy
/// can have over the next, from side by side to one after the other.
pub async fn run_at_once<S: Scenario>(scenario: &S, copies: usize) {
    let clean = clean_run(scenario).await;
    for lead in 0..=clean.calls.len() {
        let interruptions = Arc::new(Interruptions::none());
        let world = scenario.world(&interruptions).await;
        let how = format!("{copies} at once, each {lead} calls behind the one before");
        let late = |copy: usize| {
            let (world, how) = (&world, &how);
            async move {
                for _ in 0..copy * lead {
                    tokio::task::yield_now().await;
                }
                deliver_until_done(scenario, world, false, how).await;
            }
        };
        join_all((0..copies).map(late)).await;
        assert_same_end(&clean, &scenario.end_state(&world).await, &how);
    }
}
