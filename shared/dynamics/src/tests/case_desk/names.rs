//! Queues and owners by name.

use cxloop_domain::cases::OwnerRef;
use cxloop_ports::{CaseDesk, Remedy};
use serde_json::json;

use super::{
    CONTACT, Organisation, QUEUE, QUEUE_ITEM, answer_batch, answer_reads, desk, row, rows,
};

#[tokio::test]
async fn a_queue_is_found_by_its_name_and_believed_for_ten_minutes() {
    let organisation = Organisation::start().await;
    let found = json!({"value": [
        {"queueid": QUEUE_ITEM, "name": "Recuperacion"},
        {"queueid": QUEUE, "name": "recuperación"},
    ]});
    answer_reads(&organisation, "queues", row(found)).await;
    let desk = desk(&organisation);

    assert_eq!(desk.queue("Recuperación").await, Ok(QUEUE));
    organisation.pass(599);
    assert_eq!(desk.queue("Recuperación").await, Ok(QUEUE));
    assert_eq!(organisation.requests().await.len(), 1);
    organisation.pass(1);
    assert_eq!(desk.queue("Recuperación").await, Ok(QUEUE));
    assert_eq!(organisation.requests().await.len(), 2);
    let filter = "(name eq 'Recuperación' and statecode eq 0)";
    assert!(
        organisation.requests().await[0]
            .url
            .query_pairs()
            .any(|(_, value)| value == filter)
    );
}

#[tokio::test]
async fn a_queue_that_is_missing_or_not_unique_is_for_a_person_to_settle() {
    let organisation = Organisation::start().await;
    answer_reads(&organisation, "queues", row(json!({"value": []}))).await;
    let failure = desk(&organisation).queue("Recuperación").await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::Park);
    assert_eq!(
        failure.message,
        "There is no active queue called “Recuperación”."
    );

    let organisation = Organisation::start().await;
    let twice =
        json!({"value": [{"queueid": QUEUE, "name": "A"}, {"queueid": CONTACT, "name": "A"}]});
    answer_reads(&organisation, "queues", row(twice)).await;
    let failure = desk(&organisation).queue("A").await.unwrap_err();
    assert!(
        failure
            .message
            .starts_with("There is more than one active queue"),
        "{failure}"
    );
}

#[tokio::test]
async fn an_owner_is_a_user_or_else_a_team() {
    let user = json!([{"systemuserid": CONTACT, "fullname": "Antía Souto"}]);
    let team = json!([{"teamid": QUEUE, "name": "Antía Souto"}]);
    for (users, teams, owner) in [
        (user, team.clone(), OwnerRef::User(CONTACT)),
        (json!([]), team, OwnerRef::Team(QUEUE)),
    ] {
        let organisation = Organisation::start().await;
        answer_batch(&organisation, 200, &[rows(users), rows(teams)]).await;
        let desk = desk(&organisation);
        assert_eq!(desk.owner("Antía Souto").await, Ok(owner.clone()));
        assert_eq!(desk.owner("Antía Souto").await, Ok(owner));
        assert_eq!(organisation.requests().await.len(), 1);
    }

    let organisation = Organisation::start().await;
    answer_batch(&organisation, 200, &[rows(json!([])), rows(json!([]))]).await;
    assert_eq!(
        desk(&organisation)
            .owner("Ninguén")
            .await
            .unwrap_err()
            .remedy,
        Remedy::Park
    );
}
