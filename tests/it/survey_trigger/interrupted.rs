//! Every step may happen twice, and every step may fail before or after its effect.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use cxloop_domain::survey_trigger::{Arrival, InvitationState};
use cxloop_ports::Failure;
use cxloop_testkit::{Interruptions, Scenario, fail_at_every_step, run_at_once, run_twice};
use serde_json::{Value, json};

use super::scene::{AFTER_CASE, Scene, configuration};

const ALL: &str = "  at_most: { invitations: 3, within: 30d }\n  purposes: { care: {} }";

/// A case that is resolved, and the change told.
struct Resolved {
    rules: String,
}

impl Resolved {
    /// The link goes into the row, which is harmless twice: every run ends in the very same state.
    fn by_column() -> Self {
        let rules = r#"
    - name: by-column
      table: incident
      column: statecode
      to: [1]
      survey: { connection: wxm, questionnaire: after-case }
      send: { column: cxl_surveylink }
"#;
        Self {
            rules: rules.to_owned(),
        }
    }

    /// The message cannot be taken back: a run ends with one message, or, where its answer was lost, with none or one and the
    /// invitation says so.
    fn by_email() -> Self {
        Self {
            rules: format!("{AFTER_CASE}      purpose: care\n"),
        }
    }
}

#[async_trait]
impl Scenario for Resolved {
    type World = Scene;

    async fn world(&self, interruptions: &Arc<Interruptions>) -> Scene {
        let scene = Scene::interrupted(&configuration(ALL, &self.rules), interruptions).await;
        scene.set(1);
        scene
    }

    async fn deliver(&self, scene: &Scene) -> Result<(), Failure> {
        scene.told(Arrival::Changed(scene.change("1"))).await
    }

    /// A worker that died holds its lease for two minutes.
    async fn before_redelivery(&self, scene: &Scene) {
        scene.clock.advance(121);
    }

    async fn end_state(&self, scene: &Scene) -> Value {
        let invitation = scene.invitation().await;
        let sent = scene.mail.sent().len();
        assert!(sent <= 1, "{sent} messages");
        let is_known = invitation.state == InvitationState::Sent;
        assert!(
            is_known || invitation.state == InvitationState::Unknown,
            "{invitation:?}"
        );
        if is_known && self.rules.contains("email") {
            assert_eq!(sent, 1, "it says that it was sent");
        }
        let links: BTreeSet<String> = scene.rows.writes().into_iter().map(|w| w.text).collect();
        let steps = scene.steps().await;
        let told = steps
            .iter()
            .filter(|step| step.key.starts_with("invitation/"));
        json!({
            "told": told.count(),
            "links": links.len(),
            "by_column": self.rules.contains("column: cxl").then_some(invitation.state.word()),
        })
    }
}

#[tokio::test]
async fn every_step_may_happen_twice() {
    let calls = run_twice(&Resolved::by_column()).await;
    assert!(calls.contains(&"crm_rows.write_text"), "{calls:#?}");
}

#[tokio::test]
async fn every_step_may_fail_before_or_after_its_effect() {
    let calls = fail_at_every_step(&Resolved::by_column()).await;
    insta::assert_json_snapshot!(calls);
}

#[tokio::test]
async fn a_message_goes_out_once_at_most_whatever_fails() {
    let calls = fail_at_every_step(&Resolved::by_email()).await;
    insta::assert_json_snapshot!(calls);
}

#[tokio::test]
async fn many_copies_at_once_send_one_message() {
    run_at_once(&Resolved::by_email(), 3).await;
}
