//! An agent at work, the events that tell of it, and what the response holds.

use std::collections::BTreeMap;

use cxloop_domain::names::ResponseKey;
use cxloop_domain::record_changed::{Change, Record, RecordChanged};
use cxloop_ports::{Clock, Failure, Remedy};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::World;

/// A program that acts for people, with a user of its own.
pub(crate) struct Agent<'w> {
    world: &'w World,
    token: String,
}

impl<'w> Agent<'w> {
    pub(crate) async fn new(world: &'w World) -> Self {
        world.dataverse.add_application("agent", "agent");
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "agent"),
            ("client_secret", "agent"),
            ("scope", &format!("{}/.default", world.dynamics_url)),
        ];
        let url = format!("{}/sandbox/oauth2/v2.0/token", world.dynamics_url);
        let answer = world.http.post(url).form(&form).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        let token = answer["access_token"].as_str();
        let token = token.unwrap_or_else(|| panic!("{answer}")).to_owned();
        Self { world, token }
    }

    /// Writes columns of a case.
    pub(crate) async fn set(&self, case: Uuid, columns: Value) {
        let url = format!(
            "{}/api/data/v9.2/incidents({case})",
            self.world.dynamics_url
        );
        let request = self.world.http.patch(url).bearer_auth(&self.token);
        let answer = request.json(&columns).send().await.unwrap();
        assert_eq!(answer.status(), 204, "{}", answer.text().await.unwrap());
    }

    /// Leaves a note on a case.
    pub(crate) async fn note(&self, case: Uuid, subject: &str, text: &str) -> Uuid {
        let row = json!({
            "subject": subject, "notetext": text, "objectid_incident@odata.bind": format!("/incidents({case})")
        });
        self.create("annotations", row).await
    }

    /// Creates a row.
    pub(crate) async fn create(&self, set: &str, row: Value) -> Uuid {
        let url = format!("{}/api/data/v9.2/{set}", self.world.dynamics_url);
        let request = self.world.http.post(url).bearer_auth(&self.token);
        let answer = request.json(&row).send().await.unwrap();
        assert_eq!(answer.status(), 204, "{}", answer.text().await.unwrap());
        let place = answer.headers()["odata-entityid"].to_str().unwrap();
        let id = place.rsplit('(').next().unwrap().trim_end_matches(')');
        id.parse().unwrap()
    }

    /// Merges a case into another.
    pub(crate) async fn merge(&self, subordinate: Uuid, master: Uuid) {
        let case =
            |id: Uuid| json!({"@odata.type": "Microsoft.Dynamics.CRM.incident", "incidentid": id});
        let body = json!({
            "Target": case(master), "Subordinate": case(subordinate), "PerformParentingChecks": false
        });
        let url = format!("{}/api/data/v9.2/Merge", self.world.dynamics_url);
        let request = self.world.http.post(url).bearer_auth(&self.token);
        let answer = request.json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 204, "{}", answer.text().await.unwrap());
    }
}

/// The event of a changed case.
pub(crate) fn changed(case: Uuid, operation: &str) -> RecordChanged {
    changed_row("incident", case, None, operation)
}

/// The event of a changed row of any table.
pub(crate) fn changed_row(
    table: &str,
    id: Uuid,
    about: Option<(&str, Uuid)>,
    operation: &str,
) -> RecordChanged {
    let record = |table: &str, id| Record {
        table: table.parse().unwrap(),
        id,
    };
    RecordChanged {
        version: 1,
        connection: "dynamics".parse().unwrap(),
        record: record(table, id),
        change: Change::Updated,
        about: about.map(|(table, id)| record(table, id)),
        columns: std::collections::BTreeSet::new(),
        happened_at: "2026-11-22T10:00:00Z".parse().unwrap(),
        operation: operation.to_owned(),
        inbox_id: None,
        row_version: None,
    }
}

/// Delivers an event once, to a worker of its own.
pub(crate) async fn back(world: &World, change: &RecordChanged) -> Result<(), Failure> {
    case_write_back::handle(&world.case_write_back(), change.clone()).await
}

/// Delivers an event as its queue does, until it is done.
pub(crate) async fn back_until_done(world: &World, change: &RecordChanged) {
    let begin = world.clock.now();
    while let Err(failure) = back(world, change).await {
        let seconds = match failure.remedy {
            Remedy::ComeBack { after_seconds } => i64::from(after_seconds),
            _ => 10,
        };
        world.clock.advance(seconds);
        let waited = world.clock.now().as_second() - begin.as_second();
        assert!(waited < 600, "not done after {waited} seconds: {failure:?}");
    }
}

/// The texts and numbers in the hidden questions, by tag.
pub(crate) fn fields(world: &World, key: &ResponseKey) -> BTreeMap<String, Value> {
    let answer = world.surveys.answer(key.response.as_str()).unwrap();
    let tags = [
        "CASE_STATUS",
        "CASE_CAUSE",
        "CASE_FIRST_RESPONSE",
        "CASE_CLOSED",
        "CASE_REOPENED",
    ];
    let held = tags.into_iter().filter_map(|tag| {
        let question = world.surveys.question_id("store-visit", tag).unwrap();
        let given = answer.response_to(&question)?;
        let value = match given.text_input.as_deref() {
            Some("") => return None,
            Some(text) => json!(text),
            None => json!(given.number_input),
        };
        Some((tag.to_owned(), value))
    });
    held.collect()
}

/// The same as JSON.
pub(crate) fn held(world: &World, key: &ResponseKey) -> Value {
    json!(fields(world, key))
}
