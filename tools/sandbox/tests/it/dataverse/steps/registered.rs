//! Registering over the Web API, as a set-up does.

use serde_json::{Value, json};

use super::super::organisation::{Answer, Organisation};
use super::receiver::Receiver;

/// An organisation with one webhook, and the receiver behind it.
pub(super) struct Registered {
    pub(super) organisation: Organisation,
    pub(super) receiver: Receiver,
    pub(super) endpoint: String,
}

impl Registered {
    /// A webhook without steps.
    pub(super) async fn start() -> Self {
        let organisation = Organisation::start().await;
        organisation.dataverse.allow_loopback_webhooks();
        let receiver = Receiver::start().await;
        let body = json!({"name": "Escoita", "url": receiver.url, "contract": 8, "authtype": 4, "authvalue": "segredo", "messageformat": 2});
        let endpoint = made(&organisation, "serviceendpoints", body).await;
        Self {
            organisation,
            receiver,
            endpoint,
        }
    }

    /// An asynchronous step with what else is given.
    pub(super) async fn step(&self, message: &str, table: &str, more: Value) -> String {
        let answer = self.try_step(message, table, more).await;
        assert_eq!(answer.status, 204, "{}", answer.text);
        answer.key()
    }

    pub(super) async fn try_step(&self, message: &str, table: &str, more: Value) -> Answer {
        let ids = self.ids(message, table).await;
        let mut body = json!({
            "name": format!("{message} of {table}"), "stage": 40, "mode": 1, "rank": 1, "supporteddeployment": 0,
            "eventhandler_serviceendpoint@odata.bind": format!("/serviceendpoints({})", self.endpoint),
            "sdkmessageid@odata.bind": format!("/sdkmessages({})", ids.0),
            "sdkmessagefilterid@odata.bind": format!("/sdkmessagefilters({})", ids.1),
        });
        merge(&mut body, more);
        self.organisation
            .post("sdkmessageprocessingsteps", body)
            .await
    }

    /// The message and its filter for a table.
    pub(super) async fn ids(&self, message: &str, table: &str) -> (String, String) {
        let query = format!(
            "sdkmessagefilters?$select=sdkmessagefilterid,_sdkmessageid_value&$filter=primaryobjecttypecode eq '{table}' and sdkmessageid/name eq '{message}'"
        );
        let found = self.organisation.get(&query).await.json();
        let text = |name: &str| found["value"][0][name].as_str().unwrap().to_owned();
        (text("_sdkmessageid_value"), text("sdkmessagefilterid"))
    }

    pub(super) async fn image(&self, step: &str, more: Value) -> Answer {
        let mut body = json!({
            "sdkmessageprocessingstepid@odata.bind": format!("/sdkmessageprocessingsteps({step})"),
            "imagetype": 1, "name": "Despois", "entityalias": "Despois", "messagepropertyname": "Target",
        });
        merge(&mut body, more);
        self.organisation
            .post("sdkmessageprocessingstepimages", body)
            .await
    }

    /// Waits until every job has ended, and returns the bodies that arrived.
    pub(super) async fn told(&self) -> Vec<Value> {
        self.organisation.dataverse.jobs_ended().await;
        self.receiver.bodies()
    }

    /// The system jobs of a step, newest first.
    pub(super) async fn jobs(&self, step: &str) -> Vec<Value> {
        self.organisation.dataverse.jobs_ended().await;
        let query = format!(
            "asyncoperations?$filter=_owningextensionid_value eq {step}&$orderby=createdon desc"
        );
        let found = self.organisation.get(&query).await.json();
        found["value"].as_array().unwrap().clone()
    }
}

pub(super) async fn made(organisation: &Organisation, set: &str, body: Value) -> String {
    let answer = organisation.post(set, body).await;
    assert_eq!(answer.status, 204, "{}", answer.text);
    answer.key()
}

fn merge(body: &mut Value, more: Value) {
    let (Value::Object(body), Value::Object(more)) = (body, more) else {
        return;
    };
    body.extend(more);
}
