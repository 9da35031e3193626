//! A small use case done well, and the same with one mistake each: the harness tells them apart.

use std::sync::Arc;

use async_trait::async_trait;
use cxloop_domain::events::{Outgoing, ResponseHinted};
use cxloop_ports::{Bus, CaseDesk, Claims, Failure, Noted, Plans, SurveyPlatform};
use cxloop_testkit::fakes::{ContactRow, FakeBus, FakeCaseDesk, FakeStore, FakeSurveys};
use cxloop_testkit::{
    Interrupted, Interruptions, ManualClock, Scenario, fail_at_every_step, run_at_once, run_twice,
    samples,
};
use serde_json::{Value, json};
use uuid::Uuid;

/// How the use case is written.
#[derive(Clone, Copy, PartialEq)]
enum Written {
    Well,
    /// Draws its note's id from how many notes there are, so that a repeat makes a second one.
    WithAnIdPerAttempt,
    /// Takes a failed note for good and goes on.
    SwallowingFailures,
    /// Looks at the case again only when something went wrong, and believes the empty answer.
    TrippingWhileRecovering,
}

struct World {
    store: Arc<FakeStore>,
    desk: Arc<FakeCaseDesk>,
    surveys: Arc<FakeSurveys>,
    bus: Arc<FakeBus>,
    clock: Arc<ManualClock>,
    contact: Uuid,
    interrupted_store: Arc<Interrupted<FakeStore>>,
    interrupted_desk: Interrupted<FakeCaseDesk>,
    interrupted_surveys: Interrupted<FakeSurveys>,
    interrupted_bus: Interrupted<FakeBus>,
}

struct OpenACase(Written);

#[async_trait]
impl Scenario for OpenACase {
    type World = World;

    async fn world(&self, interruptions: &Arc<Interruptions>) -> World {
        let clock = Arc::new(ManualClock::default());
        let store = Arc::new(FakeStore::default());
        let desk = Arc::new(FakeCaseDesk::new(clock.clone()));
        let surveys = Arc::new(FakeSurveys::new("wxm"));
        let bus = Arc::new(FakeBus::default());
        surveys.submit(samples::response("wxm/r-1", 3));
        World {
            contact: desk.add_contact(ContactRow::named("Antía Núñez")),
            interrupted_store: Arc::new(Interrupted::new(store.clone(), interruptions)),
            interrupted_desk: Interrupted::new(desk.clone(), interruptions),
            interrupted_surveys: Interrupted::new(surveys.clone(), interruptions),
            interrupted_bus: Interrupted::new(bus.clone(), interruptions),
            store,
            desk,
            surveys,
            bus,
            clock,
        }
    }

    async fn deliver(&self, world: &World) -> Result<(), Failure> {
        let plans: &dyn Plans = &*world.interrupted_store;
        let claims: &dyn Claims = &*world.interrupted_store;
        let plan = plans
            .keep_first("case/r-1", &json!({ "case": "r-1" }))
            .await?
            .kept
            .plan;
        let case = samples::case(plan["case"].as_str().unwrap_or_default(), world.contact);
        claims
            .claim("antia/detractor", &case.id.to_string())
            .await?;
        let opened = match world.interrupted_desk.open_case(&case).await {
            Ok(opened) => opened,
            Err(failure) if self.0 == Written::TrippingWhileRecovering => {
                // The read may fail too, and then this takes the case for opened.
                match world.interrupted_desk.read_case(case.id).await {
                    Ok(_) => return Err(failure),
                    Err(_) => return Ok(()),
                }
            }
            Err(failure) => return Err(failure),
        };
        let name = match self.0 {
            Written::WithAnIdPerAttempt => format!("note {}", world.desk.notes_of(case.id).len()),
            _ => "note".to_owned(),
        };
        world
            .interrupted_desk
            .add_note(case.id, &samples::note(&name))
            .await?;
        let text = format!("{} [a1b2c3]", opened.ticket);
        let response = "r-1".parse().expect("a response id");
        let noted = world
            .interrupted_surveys
            .note(&response, "a1b2c3", &text)
            .await;
        if self.0 != Written::SwallowingFailures {
            assert_ne!(noted?, Noted::NotSupported);
        }
        let done = ResponseHinted {
            connection: "wxm".parse().expect("a connection name"),
            inbox_id: "i-1".parse().expect("an inbox id"),
        };
        world.interrupted_bus.publish(&Outgoing::of(&done)).await
    }

    async fn before_redelivery(&self, world: &World) {
        world.clock.advance(30);
    }

    async fn end_state(&self, world: &World) -> Value {
        json!({
            "store": world.store.snapshot(),
            "desk": world.desk.snapshot(),
            "surveys": world.surveys.snapshot(),
            "bus": world.bus.snapshot(),
        })
    }
}

const CALLS: [&str; 6] = [
    "plans.keep_first",
    "claims.claim",
    "case_desk.open_case",
    "case_desk.add_note",
    "survey_platform.note",
    "bus.publish",
];

#[tokio::test]
async fn a_use_case_written_well_passes_every_run_and_its_calls_are_listed() {
    let scenario = OpenACase(Written::Well);
    assert_eq!(run_twice(&scenario).await, CALLS);
    assert_eq!(fail_at_every_step(&scenario).await, CALLS);
    run_at_once(&scenario, 10).await;
}

#[tokio::test]
#[should_panic(expected = "delivered twice: the end differs")]
async fn an_id_per_attempt_is_found_by_delivering_twice() {
    run_twice(&OpenACase(Written::WithAnIdPerAttempt)).await;
}

#[tokio::test]
#[should_panic(expected = "After call 3 (case_desk.add_note): the end differs")]
async fn an_id_per_attempt_is_found_by_losing_an_answer() {
    fail_at_every_step(&OpenACase(Written::WithAnIdPerAttempt)).await;
}

#[tokio::test]
#[should_panic(expected = "10 at once, each 1 calls behind the one before: the end differs")]
async fn an_id_per_attempt_is_found_by_running_at_once() {
    run_at_once(&OpenACase(Written::WithAnIdPerAttempt), 10).await;
}

#[tokio::test]
#[should_panic(expected = "Before call 4 (survey_platform.note): the end differs")]
async fn a_swallowed_failure_is_found_by_failing_there() {
    fail_at_every_step(&OpenACase(Written::SwallowingFailures)).await;
}

#[tokio::test]
#[should_panic(
    expected = "Before call 2 (case_desk.open_case), then Before call 3 (case_desk.read_case)"
)]
async fn a_call_that_only_recovering_makes_is_interrupted_too() {
    fail_at_every_step(&OpenACase(Written::TrippingWhileRecovering)).await;
}
