//! Columns of the customer in conditions, and columns of the case from rules.

use cxloop_domain::loops::{LoopState, Replay};
use serde_json::json;
use uuid::Uuid;

use crate::world::{Answered, World};

const RULES: &str = r#"
case_rules:
  - name: valued
    when: nps <= 6 && crm.department == "Ouro"
    case:
      title: "{{ crm.jobtitle }} scored {{ nps }}"
      columns:
        productserialnumber: "NPS {{ nps }}"
        followupby: { moment: "{{ submitted_at }}" }
        primarycontactid: { lookup: { to: contacts, id: "5a4db0c5-0005-4000-8000-000000000001" } }
"#;

#[tokio::test]
async fn a_rule_reads_columns_of_the_customer_in_the_one_read_and_writes_columns_of_the_case() {
    let world = World::with_rules(RULES).await;
    let antia = world
        .rows(
            "contacts",
            "$select=fullname&$filter=emailaddress1 eq 'antia.souto@example.com'",
        )
        .await;
    let id = antia[0]["contactid"].as_str().unwrap();
    let row = json!({"department": "Ouro", "jobtitle": "Xerente"});
    world.patch(&format!("contacts({id})"), row).await;
    let visit = Answered::visit(3).with("EMAIL", "antia.souto@example.com");
    let key = world.answer(&visit);
    let received = world.taken_in(&key, "").await;
    let deps = world.response_to_case();
    world.calls.clear(None);
    response_to_case::handle(&deps, received).await.unwrap();

    let batches: Vec<_> = world
        .calls
        .of("dynamics")
        .into_iter()
        .filter(|call| call.path.contains("$batch"))
        .collect();
    assert_eq!(batches.len(), 2, "one read and one write");
    assert!(
        batches[0]
            .parts
            .iter()
            .all(|part| part.contains("department") && part.contains("jobtitle")),
        "{batches:#?}"
    );
    let cases = world
        .rows(
            "incidents",
            "$select=title,productserialnumber,followupby,_primarycontactid_value",
        )
        .await;
    assert_eq!(cases[0]["title"], "Xerente scored 3");
    assert_eq!(cases[0]["productserialnumber"], "NPS 3");
    assert!(cases[0]["followupby"].is_string(), "{cases:?}");
    let contact: Uuid = cases[0]["_primarycontactid_value"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(contact.to_string(), "5a4db0c5-0005-4000-8000-000000000001");
}

#[tokio::test]
async fn a_rule_about_a_customer_whom_the_crm_does_not_know_is_not_applicable_and_says_so() {
    let world = World::with_rules(RULES).await;
    for (visit, words) in [
        (
            Answered::visit(3),
            "valued not applicable: no contact of the CRM is the customer",
        ),
        (
            Answered::visit(3).with("EMAIL", "antia.souto@example.com"),
            "valued not applicable: the response has no department",
        ),
    ] {
        let key = world.answer(&visit);
        let received = world.taken_in(&key, "").await;
        response_to_case::handle(&world.response_to_case(), received)
            .await
            .unwrap();
        let history = world.history(&key).await;
        assert_eq!(history.head.state, LoopState::NoAction);
        let told = &history.steps[2].text;
        assert!(told.contains(words), "{told}");
    }
    assert!(world.cases().await.is_empty());
}

#[tokio::test]
async fn a_column_that_the_crm_refuses_shows_as_failed_and_a_replay_after_the_mend_makes_the_case()
{
    let misspelt = RULES.replace("crm.department", "crm.departament");
    let world = World::with_rules(&misspelt).await;
    let antia = world
        .rows(
            "contacts",
            "$select=fullname&$filter=emailaddress1 eq 'antia.souto@example.com'",
        )
        .await;
    let id = antia[0]["contactid"].as_str().unwrap();
    let row = json!({"department": "Ouro", "jobtitle": "Xerente"});
    world.patch(&format!("contacts({id})"), row).await;
    let key = world.answer(&Answered::visit(3).with("EMAIL", "antia.souto@example.com"));
    let received = world.taken_in(&key, "").await;
    for _delivery in 1..=2 {
        response_to_case::handle(&world.response_to_case(), received.clone())
            .await
            .expect("what is refused for good is put aside");
    }
    assert!(world.cases().await.is_empty());
    let history = world.history(&key).await;
    assert_eq!(history.head.state, LoopState::Failed, "{history:#?}");
    let failed: Vec<_> = history
        .steps
        .iter()
        .filter(|s| s.replay.is_some())
        .collect();
    assert_eq!(failed.len(), 1, "{history:#?}");
    assert!(failed[0].text.contains("departament"), "{history:#?}");
    assert!(
        world.metrics.text().contains("Parked"),
        "the alarm counts it"
    );

    world.apply(RULES).await;
    let Some(Replay::Received(again)) = failed[0].replay.clone() else {
        panic!("{history:#?}")
    };
    response_to_case::handle(&world.response_to_case(), again)
        .await
        .unwrap();
    assert_eq!(world.cases().await.len(), 1);
    let history = world.history(&key).await;
    assert_eq!(history.head.state, LoopState::Open, "{history:#?}");
    assert!(
        history.steps.iter().all(|s| s.replay.is_none()),
        "the failure is mended"
    );
}
