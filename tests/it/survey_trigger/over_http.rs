//! From a resolved case to the rating that reopens it: over the real connectors, the real store, and both stand-ins.

use cxloop_domain::loops::StepKind;
use cxloop_domain::names::ResponseKey;
use cxloop_domain::record_changed::{Change, Record, RecordChanged};
use cxloop_domain::response::Kind;
use cxloop_domain::survey_trigger::{Arrival, Invitation, InvitationState, NotSent};
use cxloop_ports::{Clock, Invitations};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::world::asking::Services;
use crate::world::{Answered, RULES, World};

const SURVEYS: &str = r#"
surveys:
  purposes: { care: { enforcement: restrictive } }
  rules:
    - name: after-case
      table: incident
      column: statecode
      from: [Active]
      to: [Resolved]
      when: label.prioritycode == "High"
      survey: { connection: wxm, questionnaire: after-case }
      send: { email: { from: "coidado@example.com", subject: "{{ row.ticketnumber }}", text: "Ola {{ person.name }}: {{ link }}" } }
    - name: won
      table: opportunity
      column: statecode
      to: [Won]
      person: { lookup: _parentcontactid_value }
      survey: { connection: wxm, questionnaire: store-visit }
      send: { sms: { text: "Grazas: {{ link }}" } }
      purpose: care
"#;

async fn world() -> (World, Services) {
    let world = World::with_rules(&format!("{RULES}{SURVEYS}")).await;
    (world, Services::default())
}

fn change(world: &World, table: &str, id: Uuid, change: Change, operation: &str) -> Arrival {
    let columns = match change {
        Change::Updated => ["statecode".parse().unwrap()].into(),
        _ => [].into(),
    };
    Arrival::Changed(RecordChanged {
        version: 1,
        connection: "dynamics".parse().unwrap(),
        record: Record {
            table: table.parse().unwrap(),
            id,
        },
        change,
        about: None,
        columns,
        happened_at: world.clock.now(),
        operation: operation.to_owned(),
        inbox_id: None,
        row_version: None,
    })
}

async fn invitations(world: &World) -> Vec<Invitation> {
    Invitations::newest(world.store.as_ref(), 100, Timestamp::MAX)
        .await
        .unwrap()
}

/// Answers a survey at its address, as a browser would.
async fn rated(world: &World, link: &str, csat: &str) -> ResponseKey {
    let form = [("csat", csat), ("comments", "Segue sen funcionar")];
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let answer = client.post(link).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 303, "{}", answer.text().await.unwrap());
    let to = answer.headers()["location"].to_str().unwrap().to_owned();
    let id = to.split('?').next().unwrap().rsplit('/').next().unwrap();
    assert!(link.starts_with(&world.surveys_url), "{link}");
    ResponseKey::new("wxm".parse().unwrap(), id.parse().unwrap())
}

#[tokio::test]
async fn a_resolved_case_asks_its_customer_and_the_answer_comes_back_about_the_case() {
    let (world, services) = world().await;
    let key = world.answer(&Answered::visit(3));
    let received = world.taken_in(&key, "").await;
    response_to_case::handle(&world.response_to_case(), received)
        .await
        .unwrap();
    let case = cxloop_domain::identity::case(&key, &"detractor".parse().unwrap());
    world.resolve(case).await;
    world.calls.clear(None);
    for operation in ["closed", "closed", "updated"] {
        let told = change(&world, "incident", case, Change::Closed, operation);
        survey_trigger::handle(&world.survey_trigger(&services), told)
            .await
            .unwrap();
    }
    let sent = services.mail.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].to, "uxia.boveda@example.com");
    let (hello, link) = sent[0].words.text.split_once(": ").unwrap();
    assert_eq!(hello, "Ola Uxía Bóveda");
    let asked = world.calls.of("dynamics");
    let reads = asked.iter().filter(|call| call.method == "GET").count();
    // The row when it changed, before sending and at each repeat; the person once.
    assert!(reads <= 5, "{asked:#?}");

    let rating = rated(&world, link, "1").await;
    let received = world.taken_in(&rating, "").await;
    assert_eq!(received.kind, Kind::AboutCase);
    let all = invitations(&world).await;
    let answered = InvitationState::Answered { response: rating };
    assert_eq!((all.len(), &all[0].state), (1, &answered));
    case_reopen::handle(&world.case_reopen(), received)
        .await
        .unwrap();
    let rows = world
        .rows(
            "incidents",
            &format!("$select=statecode&$filter=incidentid eq {case}"),
        )
        .await;
    assert_eq!(rows[0]["statecode"], 0, "active again");
    let steps = world.steps(&key).await;
    assert!(steps.contains(&StepKind::InvitationSent), "{steps:?}");
}

#[tokio::test]
async fn a_condition_over_labels_leaves_out_whom_it_should() {
    let (world, services) = world().await;
    let case = world.case_of(&Answered::visit(3)).await;
    world
        .patch(&format!("incidents({case})"), json!({"prioritycode": 3}))
        .await;
    world.resolve(case).await;
    let told = change(&world, "incident", case, Change::Closed, "closed");
    survey_trigger::handle(&world.survey_trigger(&services), told)
        .await
        .unwrap();
    assert_eq!(services.mail.sent().len(), 0);
    let all = invitations(&world).await;
    let state = &all[0].state;
    assert!(
        matches!(
            state,
            InvitationState::NotSent {
                reason: NotSent::Condition { .. }
            }
        ),
        "{state:?}"
    );
}

#[tokio::test]
async fn who_never_agreed_gets_no_text_message() {
    let (world, services) = world().await;
    let contact = "5a4db0c5-0005-4000-8000-000000000001";
    let opportunity = Uuid::from_u128(0x0bb0_0000_0000_4000_8000_0000_0000_0001);
    let row = json!({
        "opportunityid": opportunity, "name": "Caldeira nova",
        "parentcontactid@odata.bind": format!("/contacts({contact})"),
    });
    world.post("opportunities", row).await;
    let created = change(
        &world,
        "opportunity",
        opportunity,
        Change::Created,
        "created",
    );
    survey_trigger::handle(&world.survey_trigger(&services), created)
        .await
        .unwrap();
    let close = json!({
        "OpportunityClose": { "subject": "Gañada", "opportunityid@odata.bind": format!("/opportunities({opportunity})") },
        "Status": 3
    });
    world.post("WinOpportunity", close).await;
    let won = change(&world, "opportunity", opportunity, Change::Updated, "won");
    survey_trigger::handle(&world.survey_trigger(&services), won)
        .await
        .unwrap();
    assert_eq!(services.texts.sent().len(), 0);
    let all = invitations(&world).await;
    assert_eq!(all.len(), 1);
    let expected = NotSent::NotOptedIn {
        purpose: "care".into(),
    };
    assert_eq!(all[0].state, InvitationState::NotSent { reason: expected });
}
