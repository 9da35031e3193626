//! What agents write in the CRM goes to the response, and nowhere else.

use cxloop_domain::events::Outgoing;
use cxloop_lambda_kit::logging::outcomes;
use serde_json::json;

use super::detector::holds;
use super::{Scene, case_of, echoing, inputs, outcomes_of, statuses};
use crate::case_write_back::changing::{Agent, changed};

fn rules() -> String {
    format!(
        "{}write_back:\n  note: {{ owner_name: true, text: \"qvzrule {{{{ status }}}} {{{{ comments }}}} {{{{ resolution }}}}\" }}\n  comments: {{ subject_starts_with: \"[public]\" }}\n  fields:\n    - {{ question: CASE_CAUSE, column: title }}\n    - {{ question: CASE_CLOSED, column: description }}\n",
        inputs::RULES
    )
}

#[tokio::test]
async fn no_planted_value_of_a_case_is_found_anywhere_but_on_its_response() {
    let rules = rules();
    let mut scene = Scene::new(&rules).await;
    let key = scene.world.answer(&inputs::visit());
    scene.notify(&key).await;
    let case = case_of(&key);
    let agent = Agent::new(&scene.world).await;
    agent
        .note(case, "[public] qvzsubject", "<p>qvzwords</p>")
        .await;
    let delivered = scene
        .world
        .deliver(&Outgoing::of(&changed(case, "1")))
        .await;
    scene.detector.look_at_delivered(&delivered);
    let answer = scene.world.surveys.answer(key.response.as_str()).unwrap();
    let notes = answer.notes.unwrap();
    assert!(notes.last().unwrap().note.contains("qvzwords"), "{notes:?}");
    assert!(holds(&notes.last().unwrap().note));

    let (dynamics, surveys) = (
        scene.world.dynamics_url.clone(),
        scene.world.surveys_url.clone(),
    );
    for form in ["dynamics", "wxm", "page"] {
        for status in statuses(form) {
            let server = echoing(*status, form).await;
            // A title that differs has to be written, whatever was refused before.
            let title = json!({ "title": format!("qvztitle {form} {status}") });
            scene
                .world
                .patch(&format!("incidents({case})"), title)
                .await;
            if form == "dynamics" {
                scene.world.dynamics_url = server.uri();
            } else {
                scene.world.surveys_url = server.uri();
            }
            scene.world.apply(&rules).await;
            scene.world.clock.advance(3_600);
            let change = changed(case, &format!("{form} {status}"));
            let change = Outgoing::of(&change);
            let delivered = scene.world.deliver(&change).await;
            scene.detector.look_at_delivered(&delivered);
            scene.world.dynamics_url.clone_from(&dynamics);
            scene.world.surveys_url.clone_from(&surveys);
        }
    }
    let lines = scene.end();
    let told = outcomes_of(&lines);
    for outcome in [
        outcomes::WRITTEN_BACK,
        outcomes::NOT_WRITTEN_BACK,
        outcomes::PARKED,
        outcomes::SENT_AGAIN,
    ] {
        assert!(told.contains(outcome), "{outcome}: {told:?}");
    }
}
