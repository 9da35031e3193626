//! Cases: exactly one for each response and rule.

mod attaching;
mod columns;
mod customers;
mod every_order;
mod refusing;

use cxloop_domain::loops::{LoopState, StepKind};
use cxloop_testkit::{fail_at_every_step, run_at_once, run_twice};
use serde_json::json;

use crate::world::{Answered, OneEvent, RULES, To, World};

/// A new customer with a bad visit: contact, case, queue item, note, and a note on the response.
const NEW_CUSTOMER: OneEvent = OneEvent {
    rules: RULES,
    prepare: |world| {
        Box::pin(async move {
            let key = world.answer(&Answered::visit(3));
            world.taken_in(&key, "Detractors").await
        })
    },
    to: To::ResponseToCase,
};

#[tokio::test]
async fn a_bad_response_becomes_one_case_with_the_customers_words_in_its_queue() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    let received = world.taken_in(&key, "Detractors").await;
    response_to_case::handle(&world.response_to_case(), received)
        .await
        .unwrap();

    let everything = world.everything().await;
    let case = &everything["cases"][0]["case"];
    assert_eq!(case["title"], "Uxía Bóveda scored 3");
    assert_eq!(case["description"], "Non volverei: a atención foi pésima");
    assert_eq!(
        (
            &case["prioritycode"],
            &case["caseorigincode"],
            &case["casetypecode"]
        ),
        (&json!(1), &json!(3), &json!(2))
    );
    assert_eq!(everything["cases"][0]["queues"], json!([["Recovery", 0]]));
    let ticket = case["ticketnumber"].as_str().unwrap();

    let row = &world.cases().await[0];
    let contact = row["_customerid_value"].as_str().unwrap();
    let contacts = world
        .rows(
            "contacts",
            &format!("$select=fullname&$filter=contactid eq {contact}"),
        )
        .await;
    assert_eq!(contacts[0]["fullname"], "Uxía Bóveda");

    let notes = world.response_notes(&key);
    assert_eq!(notes.len(), 1);
    assert!(
        notes[0].starts_with(&format!("Case {ticket} is open. [cxloop ")),
        "{notes:?}"
    );

    let history = world.history(&key).await;
    assert_eq!(
        (history.head.state, history.head.ticket.as_deref()),
        (LoopState::Open, Some(ticket))
    );
    assert_eq!(
        world.steps(&key).await,
        [
            StepKind::ResponseReceived,
            StepKind::ResponseTaken,
            StepKind::RulesDecided,
            StepKind::ContactCreated,
            StepKind::CaseOpened,
            StepKind::ResponseNoted
        ]
    );
}

#[tokio::test]
async fn a_known_customer_costs_one_read_and_one_write() {
    let world = World::new().await;
    let warm_up = world.answer(&Answered::visit(1).with("EMAIL", "antia.souto@example.com"));
    let received = world.taken_in(&warm_up, "").await;
    let deps = world.response_to_case();
    response_to_case::handle(&deps, received).await.unwrap();
    world.calls.clear(None);

    let key = world.answer(&Answered::visit(3).with("EMAIL", "antia.souto@example.com"));
    let received = world.taken_in(&key, "").await;
    response_to_case::handle(&deps, received).await.unwrap();
    let asked: Vec<String> = world
        .calls
        .of("dynamics")
        .iter()
        .map(|c| format!("{} {}", c.method, c.status))
        .collect();
    assert_eq!(
        asked,
        ["POST 200", "POST 200"],
        "a batch of searches, and one change set"
    );
}

#[tokio::test]
async fn every_step_may_happen_twice() {
    let calls = run_twice(&NEW_CUSTOMER).await;
    assert!(calls.contains(&"case_desk.open_case"), "{calls:#?}");
}

#[tokio::test]
async fn every_step_may_fail_before_or_after_its_effect() {
    let calls = fail_at_every_step(&NEW_CUSTOMER).await;
    insta::assert_json_snapshot!(calls);
}

#[tokio::test]
async fn ten_copies_at_once_make_one_case_and_one_note() {
    run_at_once(&NEW_CUSTOMER, 10).await;
}

/// The same as above, one layer down: the connection to the CRM or the survey platform is cut at each request.
#[tokio::test]
async fn every_request_may_lose_its_connection_before_or_after_its_effect() {
    let clean = World::new().await;
    let event = (NEW_CUSTOMER.prepare)(&clean).await;
    clean.calls.clear(None);
    response_to_case::handle(&clean.response_to_case(), event)
        .await
        .unwrap();
    let asked = [
        ("dynamics", clean.calls.of("dynamics")),
        ("wxm", clean.calls.of("wxm")),
    ];
    let expected = clean.everything().await;

    let mut cut = Vec::new();
    for (target, calls) in asked {
        let mut seen = std::collections::BTreeMap::<String, usize>::new();
        for call in calls {
            let line = format!("{} {}", call.method, call.path.split('?').next().unwrap());
            let line = line
                .rsplit_once("/Answer")
                .map_or(line.clone(), |(before, _)| format!("{before}/Answer"));
            *seen.entry(line).or_default() += 1;
        }
        cut.extend(seen.into_keys().map(|line| (target, line)));
    }
    assert!(
        cut.len() >= 4,
        "token, batch, login and note at least: {cut:?}"
    );
    for (target, line) in cut {
        for drop in ["before", "after"] {
            let world = World::new().await;
            let event = (NEW_CUSTOMER.prepare)(&world).await;
            let rule = json!({"target": target, "match": line, "drop": drop});
            world
                .faults
                .add(serde_json::from_value(rule).unwrap())
                .unwrap();
            let first = response_to_case::handle(&world.response_to_case(), event.clone()).await;
            assert!(first.is_err(), "{drop} {line}: the cut went unnoticed");
            world.clock.advance(61);
            response_to_case::handle(&world.response_to_case(), event)
                .await
                .unwrap();
            assert_eq!(world.everything().await, expected, "{drop} {line}");
        }
    }
}

#[tokio::test]
async fn the_customer_is_found_by_external_id_then_address_then_phone() {
    let world = World::new().await;
    let iria = world
        .rows(
            "contacts",
            "$select=fullname&$filter=emailaddress1 eq 'iria.fernandez@example.com'",
        )
        .await;
    let by_address = Answered::visit(3).with("EMAIL", "IRIA.Fernandez@example.com");
    world.case_of(&by_address).await;
    assert_eq!(
        world.cases().await[0]["_customerid_value"],
        iria[0]["contactid"]
    );

    let contacts = world
        .rows(
            "contacts",
            "$select=mobilephone&$filter=mobilephone ne null&$top=1",
        )
        .await;
    let phone = contacts[0]["mobilephone"].as_str().unwrap();
    let by_phone = Answered::visit(2).without("EMAIL").with("MOBILE", phone);
    world.case_of(&by_phone).await;
    assert_eq!(
        world.cases().await[1]["_customerid_value"],
        contacts[0]["contactid"]
    );
}

#[tokio::test]
async fn two_responses_of_one_new_customer_make_one_contact_and_two_cases() {
    let world = World::new().await;
    let before = world.rows("contacts", "$select=fullname").await.len();
    let keys = [
        world.answer(&Answered::visit(3)),
        world.answer(&Answered::visit(1)),
    ];
    let mut events = Vec::new();
    for key in &keys {
        events.push(world.taken_in(key, "").await);
    }
    let deps = (world.response_to_case(), world.response_to_case());
    let (first, second) = tokio::join!(
        response_to_case::handle(&deps.0, events[0].clone()),
        response_to_case::handle(&deps.1, events[1].clone())
    );
    first.unwrap();
    second.unwrap();
    assert_eq!(
        world.rows("contacts", "$select=fullname").await.len(),
        before + 1
    );
    assert_eq!(world.cases().await.len(), 2);
}

#[tokio::test]
async fn a_response_that_meets_no_rule_says_why_and_changes_nothing() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(9));
    let received = world.taken_in(&key, "").await;
    response_to_case::handle(&world.response_to_case(), received)
        .await
        .unwrap();
    assert!(world.cases().await.is_empty());
    let history = world.history(&key).await;
    assert_eq!(history.head.state, LoopState::NoAction);
    assert!(
        history.steps[2]
            .text
            .contains("detractor did not match (nps = 9)"),
        "{}",
        history.steps[2].text
    );
}

#[tokio::test]
async fn a_second_notification_adds_cases_only_for_rules_not_yet_applied() {
    let rules = r#"
case_rules:
  - { name: vigo, when: 'notification == "Vigo"', case: { title: Vigo } }
  - { name: detractor, when: nps <= 6, case: { title: Detractor } }
"#;
    let world = World::with_rules(rules).await;
    let key = world.answer(&Answered::visit(3));
    let mut expected = 0;
    for (notification, new) in [
        ("Detractors", 1),
        ("Detractors", 0),
        ("Everything", 0),
        ("Vigo", 1),
        ("Vigo", 0),
    ] {
        let received = world.taken_in(&key, notification).await;
        response_to_case::handle(&world.response_to_case(), received)
            .await
            .unwrap();
        expected += new;
        assert_eq!(world.cases().await.len(), expected, "after {notification}");
    }
}

#[tokio::test]
async fn a_rule_edit_between_two_deliveries_does_not_make_a_second_case() {
    let world = World::new().await;
    let key = world.answer(&Answered::visit(3));
    let received = world.taken_in(&key, "").await;
    let rule = json!({"target": "wxm", "match": "/api/Answers/Note/", "drop": "before"});
    world
        .faults
        .add(serde_json::from_value(rule).unwrap())
        .unwrap();
    response_to_case::handle(&world.response_to_case(), received.clone())
        .await
        .unwrap_err();

    world
        .apply(
            &RULES
                .replace("name: detractor", "name: other")
                .replace("scored", "gave"),
        )
        .await;
    world.clock.advance(61);
    response_to_case::handle(&world.response_to_case(), received)
        .await
        .unwrap();
    let cases = world.cases().await;
    assert_eq!(cases.len(), 1);
    assert_eq!(
        cases[0]["title"], "Uxía Bóveda scored 3",
        "the stored plan is the one that is run"
    );
    assert_eq!(world.response_notes(&key).len(), 1);
}

#[tokio::test]
async fn own_writes_carry_the_tag() {
    let world = World::new().await;
    let before = world.dataverse.writes().len();
    world.case_of(&Answered::visit(3)).await;
    let writes = world.dataverse.writes().split_off(before);
    let tables: std::collections::BTreeSet<_> =
        writes.iter().map(|write| write.table.as_str()).collect();
    assert!(
        tables.is_superset(&["annotation", "contact", "incident", "queueitem"].into()),
        "{tables:?}"
    );
    assert!(
        writes
            .iter()
            .all(|write| write.tag.as_deref() == Some("cxloop")),
        "{writes:?}"
    );
}

#[tokio::test]
async fn a_second_notification_that_meets_no_rule_leaves_the_loop_open() {
    let world =
        World::with_rules(&RULES.replace("when: nps <= 6", "when: notification == \"Detractors\""))
            .await;
    let key = world.answer(&Answered::visit(3));
    for notification in ["Detractors", "Everything"] {
        let received = world.taken_in(&key, notification).await;
        response_to_case::handle(&world.response_to_case(), received)
            .await
            .unwrap();
    }
    assert_eq!(world.history(&key).await.head.state, LoopState::Open);
}
