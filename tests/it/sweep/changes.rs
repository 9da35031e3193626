//! Changes in the CRM that no webhook told of.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use cxloop_ports::{Clock, Failure, Gates, Lane};
use cxloop_testkit::{Interruptions, Scenario, fail_at_every_step};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answered, RULES, World};

/// What is told matters where something flows back.
pub(super) fn rules() -> String {
    format!(
        "{RULES}\nwrite_back: {{ fields: [{{ question: CASE_STATUS, column: statuscode }}] }}\n"
    )
}

/// The changes of a table that the bus was told, as record ids with their versions.
fn told(world: &World, table: &str) -> Vec<(Uuid, Option<u64>)> {
    world
        .bus
        .published()
        .iter()
        .filter(|event| event.name == "RecordChanged")
        .map(|event| serde_json::from_str::<Value>(&event.detail).unwrap())
        .filter(|detail| detail["record"]["table"] == table)
        .map(|detail| {
            let id = detail["record"]["id"].as_str().unwrap().parse().unwrap();
            (id, detail["row_version"].as_u64())
        })
        .collect()
}

/// One run after the minutes in which nothing is looked for.
async fn swept(world: &World) -> usize {
    world.clock.advance(301);
    sweep::handle(&world.sweep()).await.unwrap().changes
}

/// A world with one case that is known already.
async fn with_a_known_case() -> (World, Uuid) {
    let world = World::with_rules(&rules()).await;
    let case = world.case_of(&Answered::visit(3)).await;
    swept(&world).await;
    (world, case)
}

pub(super) async fn pause(world: &World, case: Uuid, status: u32) {
    let body = json!({ "statuscode": status });
    world.patch(&format!("incidents({case})"), body).await;
}

#[tokio::test]
async fn a_change_that_no_webhook_told_of_is_told_and_not_told_again() {
    let (world, case) = with_a_known_case().await;
    let before = told(&world, "incident").len();
    assert_eq!(swept(&world).await, 0, "nothing has changed");
    pause(&world, case, 2).await;
    assert_eq!(swept(&world).await, 1);
    assert_eq!(swept(&world).await, 0);
    let told = told(&world, "incident");
    assert_eq!(told.len(), before + 1);
    assert_eq!(told[before].0, case);
    assert!(told[before].1 > told[before - 1].1, "{told:?}");
}

#[tokio::test]
async fn rows_that_send_surveys_are_told_also_where_nothing_flows_back() {
    let rule = "    - { name: ganada, table: opportunity, column: statecode, to: [Won], survey: { connection: wxm, questionnaire: store-visit }, send: { column: description } }\n";
    let world = World::with_rules(&format!("{RULES}\nsurveys:\n  rules:\n{rule}")).await;
    swept(&world).await;
    let opportunity = Uuid::from_u128(0x0991);
    let iria = "/contacts(5a4db0c5-0005-4000-8000-000000000001)";
    let sale = json!({ "name": "Forno novo", "customerid_contact@odata.bind": iria });
    world
        .patch(&format!("opportunities({opportunity})"), sale)
        .await;
    world.case_of(&Answered::visit(3)).await;
    assert_eq!(swept(&world).await, 1, "of cases nobody asked");
    let close = json!({
        "OpportunityClose": {
            "subject": "Vendido",
            "opportunityid@odata.bind": format!("/opportunities({opportunity})")
        },
        "Status": 3
    });
    world.post("WinOpportunity", close).await;
    assert_eq!(swept(&world).await, 1);
    assert_eq!(swept(&world).await, 0);
    assert!(told(&world, "incident").is_empty());
    let told = told(&world, "opportunity");
    assert_eq!((told.len(), told[0].0), (2, opportunity));
    assert!(told[1].1 > told[0].1, "{told:?}");
}

#[tokio::test]
async fn a_note_on_a_case_is_told_with_its_case() {
    let (world, case) = with_a_known_case().await;
    let note = json!({
        "subject": "Chamada", "notetext": "O técnico pasará mañá",
        "objectid_incident@odata.bind": format!("/incidents({case})"),
    });
    world.post("annotations", note).await;
    swept(&world).await;
    let last = world.bus.published().pop().unwrap();
    let detail: Value = serde_json::from_str(&last.detail).unwrap();
    assert_eq!(detail["record"]["table"], "annotation");
    assert_eq!(
        detail["about"],
        json!({ "table": "incident", "id": case.to_string() })
    );
    assert!(
        !last.detail.contains("técnico"),
        "ids only: {}",
        last.detail
    );
}

#[tokio::test]
async fn a_case_that_is_deleted_is_told_as_gone() {
    let (world, case) = with_a_known_case().await;
    world.delete(&format!("incidents({case})")).await;
    swept(&world).await;
    let gone = |(id, version): &(Uuid, Option<u64>)| *id == case && version.is_none();
    assert!(told(&world, "incident").iter().any(gone));
}

#[tokio::test]
async fn a_note_that_is_deleted_is_told_to_nobody() {
    let (world, case) = with_a_known_case().await;
    let note = world.notes(case).await.remove(0);
    let id = note["annotationid"].as_str().unwrap();
    world.delete(&format!("annotations({id})")).await;
    assert_eq!(swept(&world).await, 0, "nobody can know its case any more");
}

#[tokio::test]
async fn a_link_that_the_service_refuses_is_given_up_and_loses_no_change() {
    let (world, case) = with_a_known_case().await;
    pause(&world, case, 2).await;
    let before = told(&world, "incident").len();
    let refused = json!({"target": "dynamics", "match": "deltatoken", "status": 413, "times": 5});
    world
        .faults
        .add(serde_json::from_value(refused).unwrap())
        .unwrap();
    swept(&world).await;
    let after = told(&world, "incident");
    assert_eq!(after.len(), before + 1, "{after:?}");
    assert_eq!(after[before].0, case);
}

#[tokio::test]
async fn a_link_that_the_service_has_forgotten_loses_no_change() {
    let (world, case) = with_a_known_case().await;
    pause(&world, case, 2).await;
    world.clock.advance(8 * 24 * 3600);
    let before = told(&world, "incident").len();
    swept(&world).await;
    let after = told(&world, "incident");
    assert_eq!(after.len(), before + 1, "{after:?}");
    assert_eq!(after[before].0, case);
}

#[tokio::test]
async fn a_run_that_dies_before_all_was_told_is_followed_by_one_that_tells_all() {
    let (world, case) = with_a_known_case().await;
    let other = world.case_of(&Answered::visit(1)).await;
    swept(&world).await;
    pause(&world, case, 2).await;
    pause(&world, other, 2).await;
    world.clock.advance(301);
    world
        .bus
        .faults()
        .next(Failure::retry("the bus is away", ""));
    sweep::handle(&world.sweep()).await.unwrap_err();
    let before = told(&world, "incident").len();
    assert!(sweep::handle(&world.sweep()).await.unwrap().changes >= 2);
    let cases: Vec<Uuid> = told(&world, "incident")[before..]
        .iter()
        .map(|(id, _)| *id)
        .collect();
    assert!(cases.contains(&case) && cases.contains(&other), "{cases:?}");
}

/// A change that no webhook told of, and the run that finds it.
struct MissedChange;

#[async_trait]
impl Scenario for MissedChange {
    type World = (World, Uuid);

    async fn world(&self, interruptions: &Arc<Interruptions>) -> Self::World {
        let world = World::interrupted(&rules(), interruptions).await;
        let case = world.case_of(&Answered::visit(3)).await;
        swept(&world).await;
        pause(&world, case, 2).await;
        world.clock.advance(301);
        (world, case)
    }

    async fn deliver(&self, (world, _): &Self::World) -> Result<(), Failure> {
        sweep::handle(&world.sweep()).await.map(|_| ())
    }

    async fn before_redelivery(&self, (world, _): &Self::World) {
        world.clock.advance(60);
    }

    /// Every version that was told; told twice is told.
    async fn end_state(&self, (world, case): &Self::World) -> Value {
        let told: BTreeSet<_> = told(world, "incident").into_iter().collect();
        let versions = told.iter().filter(|(id, _)| id == case).count();
        json!({ "versions of the case": versions, "rows": told.len() })
    }
}

#[tokio::test]
async fn any_step_of_a_run_may_fail_and_a_later_run_tells_the_change() {
    let calls = fail_at_every_step(&MissedChange).await;
    for call in [
        "changed_records.page",
        "changed_records.failed_jobs",
        "bus.publish",
        "checkpoints.keep",
    ] {
        assert!(calls.contains(&call), "{calls:#?}");
    }
}

#[tokio::test]
async fn a_closed_connection_is_not_asked() {
    let (world, _) = with_a_known_case().await;
    let dynamics = "dynamics".parse().unwrap();
    let until = world.clock.now() + jiff::SignedDuration::from_hours(1);
    world.store.close(&dynamics, until).await.unwrap();
    world.calls.clear(None);
    assert_eq!(swept(&world).await, 0);
    assert_eq!(world.calls.of("dynamics"), []);
}

#[tokio::test]
async fn ten_thousand_unchanged_cases_cost_ten_requests_once_and_one_afterwards() {
    let world = World::with_rules(&rules()).await;
    let customer = world.rows("contacts", "$select=contactid&$top=1").await;
    let customer = customer[0]["contactid"].as_str().unwrap().to_owned();
    for _ in 0..10 {
        let targets: Vec<Value> = (0..1000)
            .map(|number| {
                json!({
                    "@odata.type": "Microsoft.Dynamics.CRM.incident", "title": format!("Avaría {number}"),
                    "customerid_contact@odata.bind": format!("/contacts({customer})"),
                })
            })
            .collect();
        let create = "incidents/Microsoft.Dynamics.CRM.CreateMultiple";
        world.post(create, json!({ "Targets": targets })).await;
    }
    world.clock.advance(2 * 3600);
    world.calls.clear(None);
    sweep::handle(&world.sweep()).await.unwrap();
    let asked = |world: &World| {
        world
            .calls
            .of("dynamics")
            .iter()
            .filter(|call| call.path.contains("/incidents"))
            .count()
    };
    assert_eq!(asked(&world), 10);
    assert_eq!(told(&world, "incident"), [], "they changed long ago");
    world.calls.clear(None);
    assert_eq!(swept(&world).await, 0);
    assert_eq!(asked(&world), 1);
}

#[tokio::test]
async fn a_crm_that_asks_the_sweep_to_wait_is_left_alone_by_all() {
    let (world, case) = with_a_known_case().await;
    pause(&world, case, 2).await;
    let busy =
        json!({"target": "dynamics", "match": "/api/data", "status": 429, "retry_after": 300});
    world
        .faults
        .add(serde_json::from_value(busy).unwrap())
        .unwrap();
    assert_eq!(swept(&world).await, 0, "nothing is wrong");
    let connection = "dynamics".parse().unwrap();
    let now = world.clock.now();
    let closed = world
        .store
        .closed_until(&connection, Lane::Cases, now)
        .await;
    assert!(closed.unwrap().is_some());
    // History lets case work go first for half a minute.
    world.clock.advance(31);
    assert_eq!(swept(&world).await, 1, "after the wait the change is told");
}
