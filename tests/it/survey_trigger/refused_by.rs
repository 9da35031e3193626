//! Under whose name it is counted that an invitation was refused for good.

use cxloop_domain::survey_trigger::InvitationState;
use cxloop_ports::Failure;

use super::scene::{AFTER_CASE, Scene, configuration};

const BY_COLUMN: &str = r#"
    - name: by-column
      table: incident
      column: statecode
      to: [1]
      delay: 1h
      survey: { connection: wxm, questionnaire: after-case }
      send: { column: cxl_surveylink }
"#;

/// The connection under which the one refusal is counted.
async fn refused_by(scene: &Scene) -> Option<String> {
    assert_eq!(scene.invitation().await.state, InvitationState::Failed);
    let counted = scene.signals.counted();
    let mut parked = counted.into_iter().filter(|(name, _)| *name == "Parked");
    let (_, connection) = parked.next().expect("it is counted");
    assert!(parked.next().is_none(), "it is counted once");
    connection.map(|connection| connection.to_string())
}

#[tokio::test]
async fn a_refusal_is_counted_under_the_connection_that_refused_and_under_none_for_a_service() {
    let scene = Scene::new(&configuration("", AFTER_CASE)).await;
    let refusal = Failure::park("The address is refused.", "");
    scene.mail.faults().next(refusal);
    scene.sets(1).await.unwrap();
    assert_eq!(refused_by(&scene).await, None);

    let scene = Scene::new(&configuration("", AFTER_CASE)).await;
    scene.platform.lacks("after-case");
    scene.sets(1).await.unwrap();
    assert_eq!(refused_by(&scene).await.as_deref(), Some("wxm"));

    let scene = Scene::new(&configuration("", BY_COLUMN)).await;
    scene.sets(1).await.unwrap();
    // It is taken away while the invitation waits.
    let (table, column) = ("incident", "cxl_surveylink");
    let (table, column) = (table.parse().unwrap(), column.parse().unwrap());
    scene.rows.lacks(&table, &column);
    scene.passes(3_601).await;
    assert_eq!(refused_by(&scene).await.as_deref(), Some("dynamics"));
}
