//! What outside systems take: all functions together keep to it, and whoever waits loses nothing.

mod simulated_function;
mod simulated_queue;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use cxloop_domain::configuration::Connection;
use cxloop_domain::names::ResponseKey;
use cxloop_domain::response::Email;
use cxloop_ports::{Gates, Lane, Loops, NewLoop, Responses};
use cxloop_testkit::fakes::FakeStore;
use cxloop_testkit::samples;
use jiff::{SignedDuration, Timestamp};

use crate::world::{Answered, World};
use simulated_function::{SimulatedFunction, cases, history, now};

/// One rule, no queue: a known customer costs one read and one write.
const RULES: &str = r#"
case_rules:
  - { name: detractor, when: nps <= 6, case: { title: "{{ customer.name }} scored {{ nps }}" } }
"#;
/// What Dynamics takes here, in requests of one user a minute.
const PER_MINUTE: usize = 100;
/// How many requests of one user Dynamics takes at once.
/// Source: Microsoft Learn, "Service protection API limits".
const DYNAMICS_AT_ONCE: u32 = 52;
/// How many processes work on cases at once: the template's `standard`.
const CASE_WORKERS: usize = 10;
const HISTORY_WORKERS: usize = 2;

/// The contacts that the stand-in begins with.
const CUSTOMERS: [&str; 6] = [
    "iria.fernandez@example.com",
    "xoan.pineiro@example.com",
    "antia.souto@example.com",
    "ines.conceicao@example.com",
    "joao.simoes@example.com",
    "begona.yanez@example.com",
];

/// A world whose Dynamics takes little.
async fn narrow_world() -> World {
    let world = World::with_rules(RULES).await;
    world.dataverse.limit_requests(PER_MINUTE);
    world.dataverse.limit_window(SignedDuration::from_secs(60));
    world
}

/// Lets history wait when fewer requests than these are left.
async fn reserve_for_cases(world: &World, requests: u32) {
    world
        .limit("dynamics", |connection| {
            let Connection::Dynamics(dynamics) = connection else {
                panic!("it is an organisation of Dynamics")
            };
            dynamics.history_reserve = requests;
        })
        .await;
}

/// Takes in so many bad responses of known customers.
async fn responses(ledger: &FakeStore, count: usize, began_at: Timestamp) -> Vec<ResponseKey> {
    let mut keys = Vec::new();
    for number in 0..count {
        let mut response = samples::response(&format!("generic/r-{number:04}"), 3);
        response.customer.email = Email::read(CUSTOMERS[number % CUSTOMERS.len()]);
        response.customer.phone = None;
        let key = response.key.clone();
        Responses::keep(ledger, &response, "").await.unwrap();
        let new = NewLoop {
            response: key.clone(),
            survey: response.survey,
            began_at,
            score: None,
        };
        ledger.begin(&new, &[]).await.unwrap();
        keys.push(key);
    }
    keys
}

/// A request to Dynamics: when, and how it was answered.
type Asked = (Timestamp, u16);

/// The requests to Dynamics since they were taken last, tokens left out.
fn taken(world: &World) -> Vec<Asked> {
    let calls = world.calls.of("dynamics");
    world.calls.clear(Some("dynamics"));
    let asked = calls.iter().filter(|call| call.path.contains("/api/data/"));
    asked.map(|call| (call.at, call.status)).collect()
}

/// Lets the functions work, second by second, until their queues are empty, and returns what was asked of Dynamics.
/// Fails when a request is sent in a second in which the connection was closed from the start.
async fn run(world: &World, functions: &mut [SimulatedFunction]) -> Vec<Asked> {
    let dynamics = "dynamics".parse().unwrap();
    let looking = world.another_store();
    let mut asked = Vec::new();
    loop {
        let next = functions.iter().filter_map(|f| f.queue.next_visible_at());
        let Some(next) = next.min() else {
            return asked;
        };
        world.clock.set(next.max(now(world)));
        let moment = now(world);
        let closed = looking
            .closed_until(&dynamics, Lane::Cases, moment)
            .await
            .unwrap();
        for function in functions.iter_mut() {
            function.run_once(moment).await;
        }
        let sent = taken(world);
        if let Some(until) = closed {
            let sent = sent.len();
            assert_eq!(sent, 0, "{sent} requests at {moment}, closed until {until}");
        }
        asked.extend(sent);
        world.clock.advance(1);
    }
}

/// The least simulated time in which Dynamics takes so many requests, in seconds: a budget at once, then one a minute.
fn least_seconds(requests: usize) -> i64 {
    let budgets = requests.div_ceil(PER_MINUTE);
    i64::try_from(budgets - 1).unwrap() * 60
}

/// Each closing was noticed by the requests that were on their way then, and by none that was sent later.
fn assert_refused_only_in_flight(asked: &[(Timestamp, u16)], workers: usize) {
    let mut refused = BTreeMap::<Timestamp, usize>::new();
    for (at, status) in asked {
        match status {
            // History asks for cases, some of which are not made yet.
            200 | 404 => {}
            429 => *refused.entry(*at).or_default() += 1,
            other => panic!("{other} at {at}"),
        }
    }
    for (at, refused) in &refused {
        assert!(*refused <= workers, "{refused} refused at {at}");
    }
}

#[tokio::test]
async fn a_thousand_responses_meet_a_dynamics_that_takes_a_hundred_requests_a_minute() {
    let world = narrow_world().await;
    let (ledger, began) = (Arc::default(), now(&world));
    let keys = responses(&ledger, 1_000, began).await;
    let function =
        SimulatedFunction::new(&world, "response-to-case", CASE_WORKERS, &ledger, cases).await;
    for key in &keys {
        function.tell(key, began);
    }
    let mut functions = [function];
    let asked = run(&world, &mut functions).await;
    let [function] = functions;

    world.dataverse.limit_requests(100_000);
    let cases = world.rows("incidents", "$select=title&$top=5000").await;
    assert_eq!(
        cases.len(),
        1_000,
        "nothing is lost, and nothing is doubled"
    );
    assert_eq!(function.queue.dead_letters(), 0);
    assert_eq!(
        function.queue.most_receives_seen(),
        1,
        "who only waits comes no nearer to the dead letters"
    );
    let accepted = asked.iter().filter(|(_, status)| *status == 200).count();
    assert_eq!(accepted, 2_000, "one read and one write each");
    assert_refused_only_in_flight(&asked, CASE_WORKERS);

    let took = function
        .last_done_at
        .unwrap()
        .duration_since(began)
        .as_secs();
    let least = least_seconds(2_000);
    assert!(
        took * 10 <= least * 11,
        "{took} s, at least {least} s were needed"
    );
}

/// Second, status, and how many requests were answered so, for the message of a test that fails.
fn by_second(asked: &[(Timestamp, u16)], began: Timestamp) -> BTreeMap<(i64, u16), usize> {
    let mut counts = BTreeMap::new();
    for (at, status) in asked {
        let second = at.duration_since(began).as_secs();
        *counts.entry((second, *status)).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn cases_are_done_before_history() {
    let world = narrow_world().await;
    reserve_for_cases(&world, 20).await;
    let (ledger, began) = (Arc::default(), now(&world));
    let keys = responses(&ledger, 200, began).await;
    let cases =
        SimulatedFunction::new(&world, "response-to-case", CASE_WORKERS, &ledger, cases).await;
    let late = SimulatedFunction::new(&world, "history", HISTORY_WORKERS, &ledger, history).await;
    for key in &keys {
        late.tell(key, began);
        cases.tell(key, began);
    }
    let mut functions = [late, cases];
    let asked = run(&world, &mut functions).await;
    let [late, cases] = functions;

    assert_eq!((cases.done, late.done), (200, 200));
    assert_eq!(cases.queue.dead_letters() + late.queue.dead_letters(), 0);
    assert_eq!(late.queue.most_receives_seen(), 1);
    let done_at = |function: &SimulatedFunction| function.last_done_at.unwrap();
    let (cases_done, late_done) = (done_at(&cases), done_at(&late));
    let before = asked
        .iter()
        .filter(|(at, status)| *at <= cases_done && *status != 429)
        .count();
    assert!(
        before - 400 <= HISTORY_WORKERS * 5,
        "{} requests of history went before cases: more than until the first refusal",
        before - 400
    );
    let (took, least) = (
        cases_done.duration_since(began).as_secs(),
        least_seconds(before),
    );
    assert!(
        took * 10 <= least * 11,
        "cases took {took} s beside history, at least {least} s were needed: {:?}",
        by_second(&asked, began)
    );
    assert!(late_done > cases_done);
    assert_refused_only_in_flight(&asked, CASE_WORKERS + HISTORY_WORKERS);
}

#[tokio::test]
async fn history_leaves_a_reserve_of_the_budget_to_cases() {
    let world = narrow_world().await;
    reserve_for_cases(&world, 40).await;
    let (ledger, began) = (Arc::default(), now(&world));
    let keys = responses(&ledger, 120, began).await;
    let late = SimulatedFunction::new(&world, "history", HISTORY_WORKERS, &ledger, history).await;
    for key in &keys {
        late.tell(key, began);
    }
    let mut functions = [late];
    let asked = run(&world, &mut functions).await;
    let [late] = functions;
    assert_eq!(late.done, 120);

    assert!(
        asked.iter().all(|(_, status)| *status != 429),
        "never refused"
    );
    for (at, _) in &asked {
        let minute = *at - jiff::SignedDuration::from_secs(60);
        let within = asked.iter().filter(|(t, _)| minute < *t && t <= at).count();
        // Each process learns of a small rest from the answer that tells it.
        let most = PER_MINUTE - 40 + 2 * HISTORY_WORKERS;
        assert!(within <= most, "{within} in the minute before {at}");
    }
}

#[tokio::test]
async fn a_survey_platform_gets_no_more_requests_a_second_than_it_takes() {
    let world = World::with_rules(RULES).await;
    world
        .limit("wxm", |connection| {
            let Connection::Wxm(wxm) = connection else {
                panic!("it is an account of the platform")
            };
            wxm.requests_per_second = NonZeroU32::new(15);
        })
        .await;
    let mut hinted = Vec::new();
    for number in 0..40 {
        let email = CUSTOMERS[number % CUSTOMERS.len()];
        let key = world.answer(&Answered::visit(3).with("EMAIL", email));
        hinted.push(world.hinted(&key, "").await);
    }
    world.calls.clear(None);
    let deps = world.response_intake();
    let mut waiting = hinted;
    for _ in 0..60 {
        let mut again = Vec::new();
        for event in waiting {
            match response_intake::handle(&deps, event.clone()).await {
                Ok(()) => {}
                Err(failure) => {
                    let remedy = failure.remedy;
                    assert!(matches!(remedy, cxloop_ports::Remedy::ComeBack { .. }));
                    again.push(event);
                }
            }
        }
        waiting = again;
        world.clock.advance(1);
    }
    assert!(waiting.is_empty());
    let mut seconds = BTreeMap::<i64, usize>::new();
    let calls = world.calls.of("wxm");
    let answers = calls
        .iter()
        .filter(|call| !call.path.ends_with("/LoginToken"));
    for call in answers {
        *seconds.entry(call.at.as_second()).or_default() += 1;
    }
    assert!(seconds.len() >= 5, "40 responses of two requests each");
    assert!(
        seconds.values().all(|requests| *requests <= 15),
        "{seconds:?}"
    );
}

/// Each worker has one request on its way at most, because it handles its messages one after another.
#[test]
fn all_functions_together_stay_below_what_dynamics_takes_at_once() {
    let text = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../infra/template.yaml"
    ))
    .unwrap();
    let sizes = text.split("\nMappings:\n").nth(1).unwrap();
    let sizes = sizes.split("MaximumConcurrency:\n").nth(1).unwrap();
    let mut seen = 0;
    for line in sizes.lines().take_while(|line| !line.trim().is_empty()) {
        let Some((size, functions)) = line.trim().split_once(": {") else {
            break;
        };
        let functions = functions.trim_end_matches('}');
        let of = |wanted: &dyn Fn(&str) -> bool| -> u32 {
            let pairs = functions
                .split(", ")
                .filter_map(|pair| pair.split_once(": "));
            let chosen = pairs.filter(|(function, _)| wanted(function));
            chosen.map(|(_, most)| most.parse::<u32>().unwrap()).sum()
        };
        // `intake` speaks to the survey platform; every other function may speak to Dynamics.
        let at_once = of(&|function| function != "intake");
        assert!(at_once > 0, "{line}");
        assert!(
            at_once < DYNAMICS_AT_ONCE,
            "{size}: {at_once} requests at once"
        );
        seen += 1;
    }
    assert!(seen >= 3, "the template's sizes were not found");
}
