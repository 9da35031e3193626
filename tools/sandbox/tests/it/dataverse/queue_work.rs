//! Working from queues. Source: Microsoft Learn, "Queue tables".

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::organisation::{AGENT, NOWHERE, Organisation, RECOVERY};

const CRM: &str = "Microsoft.Dynamics.CRM";

impl Organisation {
    async fn queued(&self, queue: &str) -> String {
        let case = self.open_case("Non arranca").await;
        let body =
            json!({"Target": {"@odata.type": format!("{CRM}.incident"), "incidentid": case}});
        let added = self
            .post(&format!("queues({queue})/{CRM}.AddToQueue"), body)
            .await;
        added.json()["QueueItemId"].as_str().unwrap().to_owned()
    }
}

fn user(id: &str) -> Value {
    json!({"@odata.type": format!("{CRM}.systemuser"), "systemuserid": id})
}

#[tokio::test]
async fn an_item_is_picked_and_given_back() {
    let organisation = Organisation::start().await;
    let item = organisation.queued(RECOVERY).await;
    let worker = async || {
        let row = organisation
            .get(&format!("queueitems({item})"))
            .await
            .json();
        (
            row["_workerid_value"].clone(),
            row["workeridmodifiedon"].clone(),
        )
    };
    organisation.pass(30);
    let picked = organisation
        .post(
            &format!("queueitems({item})/{CRM}.PickFromQueue"),
            json!({"SystemUser": user(AGENT), "RemoveQueueItem": false}),
        )
        .await;
    assert_eq!(picked.status, StatusCode::NO_CONTENT, "{}", picked.text);
    assert_eq!(
        worker().await,
        (json!(AGENT), json!("2026-05-28T20:27:10Z"))
    );
    let released = organisation
        .post(
            &format!("queueitems({item})/{CRM}.ReleaseToQueue"),
            json!({}),
        )
        .await;
    assert_eq!(released.status, StatusCode::NO_CONTENT, "{}", released.text);
    assert_eq!(worker().await.0, Value::Null);
}

#[tokio::test]
async fn an_item_leaves_its_queue_when_it_is_picked_so_or_removed() {
    let organisation = Organisation::start().await;
    let (first, second) = (
        organisation.queued(RECOVERY).await,
        organisation.queued(RECOVERY).await,
    );
    organisation
        .post(
            &format!("queueitems({first})/{CRM}.PickFromQueue"),
            json!({"SystemUser": user(AGENT), "RemoveQueueItem": true}),
        )
        .await;
    organisation
        .post(
            &format!("queueitems({second})/{CRM}.RemoveFromQueue"),
            json!({}),
        )
        .await;
    for item in [first, second] {
        organisation
            .get(&format!("queueitems({item})"))
            .await
            .is_refused(404, "0x80040217");
    }
}

#[tokio::test]
async fn only_an_active_item_and_a_user_that_is_there_can_be_worked_with() {
    let organisation = Organisation::start().await;
    let item = organisation.queued(RECOVERY).await;
    let path = format!("queueitems({item})/{CRM}.PickFromQueue");
    organisation
        .post(&path, json!({"SystemUser": user(NOWHERE)}))
        .await
        .is_refused(404, "0x80040217");
    organisation
        .post(&path, json!({"Worker": user(AGENT)}))
        .await
        .is_refused(400, "0x80048d19");
    organisation
        .patch(&format!("queueitems({item})"), json!({"statecode": 1}))
        .await;
    organisation
        .post(&path, json!({"SystemUser": user(AGENT)}))
        .await
        .is_refused(400, "0x80040203");
    organisation
        .post(
            &format!("queueitems({NOWHERE})/{CRM}.ReleaseToQueue"),
            json!({}),
        )
        .await
        .is_refused(404, "0x80040217");
}

#[tokio::test]
async fn a_user_has_the_queues_that_it_is_a_member_of_and_the_public_ones_on_demand() {
    let organisation = Organisation::start().await;
    let private = organisation
        .post("queues", json!({"name": "Só nós", "queueviewtype": 1}))
        .await
        .key();
    let names = async |public: bool| {
        let path = format!("systemusers({AGENT})/{CRM}.RetrieveUserQueues(IncludePublic={public})");
        let found = organisation.get(&path).await;
        let mut names: Vec<String> = found.json()["value"]
            .as_array()
            .unwrap_or_else(|| panic!("{}", found.text))
            .iter()
            .map(|queue| queue["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    assert!(names(false).await.is_empty());
    assert_eq!(names(true).await.len(), 4, "four public queues");
    let joined = organisation
        .post(
            &format!("queues({private})/{CRM}.AddPrincipalToQueue"),
            json!({"Principal": user(AGENT)}),
        )
        .await;
    assert_eq!(joined.status, StatusCode::NO_CONTENT, "{}", joined.text);
    assert_eq!(names(false).await, ["Só nós"]);
    assert_eq!(names(true).await.len(), 5);
    let members = organisation
        .get(&format!(
            "queues({private})/queuemembership_association?$select=fullname"
        ))
        .await;
    assert_eq!(members.json()["value"][0]["systemuserid"], AGENT);
}
