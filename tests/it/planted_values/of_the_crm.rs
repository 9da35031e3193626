//! Planted values in webhooks of the CRM.

use cxloop_domain::webhooks::inbox_id;
use cxloop_lambda_kit::logging::outcomes;
use cxloop_ports::Inbox;

use super::{Scene, inputs, outcomes_of};

#[tokio::test]
async fn no_planted_value_of_a_webhook_of_the_crm_is_found() {
    let mut scene = Scene::new(inputs::RULES).await;
    for body in inputs::of_the_crm() {
        let request = inputs::to_dynamics(body.clone());
        let answer = webhooks::handle(&scene.world.webhooks(), request).await;
        assert_eq!(answer.status(), 200, "{body}");
        scene.detector.look_at_answer(&answer);
        let kept = inbox_id(&"dynamics".parse().unwrap(), None, body.as_bytes());
        let kept = Inbox::load(scene.world.store.as_ref(), &kept).await;
        assert!(kept.unwrap().is_some(), "{body}");
    }
    let mut others = inputs::to_dynamics(inputs::of_the_crm().remove(0));
    let wrong = "qvzsecret".parse().unwrap();
    others.headers_mut().insert("x-cxloop-secret", wrong);
    let answer = webhooks::handle(&scene.world.webhooks(), others).await;
    assert_eq!(answer.status(), 401);
    let published = scene.world.bus.published();
    assert!(published.len() >= 4, "{published:?}");
    for event in &published {
        scene.detector.look_at_event(event);
    }
    let lines = scene.end();
    let told = outcomes_of(&lines);
    for outcome in [
        outcomes::ACCEPTED,
        outcomes::PASSED_OVER,
        outcomes::PARKED,
        outcomes::REFUSED,
    ] {
        assert!(told.contains(outcome), "{outcome}: {told:?}");
    }
}
