//! What the world has come to, seen from outside: raw HTTP to the stand-ins, not our own client.

use cxloop_domain::loops::{LoopHistory, StepKind};
use cxloop_domain::names::ResponseKey;
use cxloop_ports::Loops;
use serde_json::{Value, json};
use uuid::Uuid;

use super::World;

impl World {
    /// Rows of a table, by an OData query.
    pub(crate) async fn rows(&self, set: &str, query: &str) -> Vec<Value> {
        let url = format!("{}/api/data/v9.2/{set}?{query}", self.dynamics_url);
        let answer = self
            .http
            .get(&url)
            .bearer_auth("sandbox")
            .send()
            .await
            .unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert!(status.is_success(), "{url}: {body}");
        let mut rows = body["value"].as_array().unwrap().clone();
        for row in &mut rows {
            row.as_object_mut()
                .unwrap()
                .retain(|key, _| !key.starts_with("@odata"));
        }
        rows
    }

    /// All cases, oldest first.
    pub(crate) async fn cases(&self) -> Vec<Value> {
        let columns = "title,description,statecode,statuscode,prioritycode,caseorigincode,casetypecode,ticketnumber,_customerid_value,_ownerid_value";
        self.rows(
            "incidents",
            &format!("$select={columns}&$orderby=ticketnumber asc"),
        )
        .await
    }

    pub(crate) async fn notes(&self, case: Uuid) -> Vec<Value> {
        self.rows(
            "annotations",
            &format!(
                "$select=subject,notetext&$filter=_objectid_value eq {case}&$orderby=subject asc"
            ),
        )
        .await
    }

    pub(crate) async fn queue_items(&self, case: Uuid) -> Vec<Value> {
        self.rows(
            "queueitems",
            &format!(
                "$select=statecode&$expand=queueid($select=name)&$filter=_objectid_value eq {case}"
            ),
        )
        .await
    }

    /// Acts as the agent does.
    pub(crate) async fn resolve(&self, case: Uuid) {
        let body = json!({
            "IncidentResolution": { "subject": "Chamamos ao cliente", "incidentid@odata.bind": format!("/incidents({case})") },
            "Status": 5
        });
        let url = format!("{}/api/data/v9.2/CloseIncident", self.dynamics_url);
        let answer = self
            .http
            .post(url)
            .bearer_auth("sandbox")
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 204, "{}", answer.text().await.unwrap());
    }

    /// Writes a row as somebody else.
    pub(crate) async fn patch(&self, row: &str, body: Value) {
        let url = format!("{}/api/data/v9.2/{row}", self.dynamics_url);
        let answer = self
            .http
            .patch(url)
            .bearer_auth("sandbox")
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 204, "{}", answer.text().await.unwrap());
    }

    /// Creates a row, or calls an action, as somebody else.
    pub(crate) async fn post(&self, path: &str, body: Value) {
        let url = format!("{}/api/data/v9.2/{path}", self.dynamics_url);
        let answer = self
            .http
            .post(url)
            .bearer_auth("sandbox")
            .json(&body)
            .send()
            .await
            .unwrap();
        assert!(
            answer.status().is_success(),
            "{}",
            answer.text().await.unwrap()
        );
    }

    pub(crate) async fn delete(&self, row: &str) {
        let url = format!("{}/api/data/v9.2/{row}", self.dynamics_url);
        let answer = self
            .http
            .delete(url)
            .bearer_auth("sandbox")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 204, "{}", answer.text().await.unwrap());
    }

    /// The notes on a response.
    pub(crate) fn response_notes(&self, key: &ResponseKey) -> Vec<String> {
        let answer = self.surveys.answer(key.response.as_str()).unwrap();
        answer
            .notes
            .unwrap_or_default()
            .into_iter()
            .map(|note| note.note)
            .collect()
    }

    pub(crate) async fn history(&self, key: &ResponseKey) -> LoopHistory {
        let id = self
            .store
            .of_response(key)
            .await
            .unwrap()
            .expect("the response has a loop");
        Loops::load(self.store.as_ref(), &id)
            .await
            .unwrap()
            .expect("the loop is there")
    }

    pub(crate) async fn steps(&self, key: &ResponseKey) -> Vec<StepKind> {
        self.history(key)
            .await
            .steps
            .iter()
            .map(|step| step.what)
            .collect()
    }

    /// Everything that a use case can have changed, without ids of the platform's choosing and times.
    pub(crate) async fn everything(&self) -> Value {
        let contacts = self
            .rows(
                "contacts",
                "$select=fullname,emailaddress1,mobilephone,telephone1&$orderby=fullname asc",
            )
            .await;
        let mut cases = Vec::new();
        for mut case in self.cases().await {
            let id: Uuid = case["incidentid"].as_str().unwrap().parse().unwrap();
            let row = case.as_object_mut().unwrap();
            row.remove("incidentid");
            row.remove("_customerid_value");
            let notes: Vec<Value> = self
                .notes(id)
                .await
                .iter()
                .map(|note| note["subject"].clone())
                .collect();
            let queues: Vec<Value> = self
                .queue_items(id)
                .await
                .iter()
                .map(|i| json!([i["queueid"]["name"], i["statecode"]]))
                .collect();
            cases.push(json!({ "case": row, "notes": notes, "queues": queues }));
        }
        let answers: Vec<usize> = self
            .surveys
            .answers()
            .iter()
            .map(|a| a.notes.as_ref().map_or(0, Vec::len))
            .collect();
        let mut loops = Vec::new();
        for head in self
            .store
            .newest(cxloop_ports::Clock::now(self.clock.as_ref()), 50)
            .await
            .unwrap()
        {
            let history = Loops::load(self.store.as_ref(), &head.id)
                .await
                .unwrap()
                .unwrap();
            // That somebody waited is told, and is no difference in what came of it.
            let told = history
                .steps
                .iter()
                .filter(|step| step.what != StepKind::Waiting);
            let mut steps: Vec<Value> = told.map(|step| json!(step.what)).collect();
            steps.sort_by_key(Value::to_string);
            loops.push(json!({ "state": head.state, "ticket": head.ticket, "steps": steps }));
        }
        loops.sort_by_key(Value::to_string);
        json!({ "contacts": contacts, "cases": cases, "notes on answers": answers, "loops": loops })
    }
}
