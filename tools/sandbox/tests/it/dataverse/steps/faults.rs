//! What can go wrong on the way, as a test orders it.
//! Source for what happens in life: Microsoft Learn, "Asynchronous service in Dataverse" (order), and captures of real bodies
//! (letters).

use cxloop_sandbox::stand_in::{FaultRule, Faults};
use serde_json::json;

use super::receiver::target;
use super::registered::Registered;

fn order(registered: &Registered, fault: &str) {
    let faults = Faults::new();
    let rule: FaultRule =
        serde_json::from_value(json!({"target": "dynamics", "webhook": fault})).unwrap();
    faults.add(rule).unwrap();
    let _same = registered
        .organisation
        .dataverse
        .clone()
        .with_faults(faults);
}

async fn told_of_three(fault: &str) -> Vec<String> {
    let registered = Registered::start().await;
    let step = registered.step("Create", "incident", json!({})).await;
    order(&registered, fault);
    for title in ["Unha avaría", "Dúas", "Três"] {
        registered.organisation.open_case(title).await;
    }
    let bodies = registered.told().await;
    let jobs = registered.jobs(&step).await;
    assert!(
        jobs.iter().all(|job| job["statuscode"] == json!(30)),
        "{jobs:#?}"
    );
    bodies
        .iter()
        .map(|body| target(body, "title").as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_dropped_webhook_never_comes_and_its_job_believes_it_did() {
    assert_eq!(told_of_three("drop").await, ["Dúas", "Três"]);
}

#[tokio::test]
async fn a_doubled_webhook_comes_twice() {
    let titles = told_of_three("double").await;
    assert_eq!(titles, ["Unha avaría", "Unha avaría", "Dúas", "Três"]);
}

#[tokio::test]
async fn a_reordered_webhook_is_overtaken_by_the_next() {
    assert_eq!(
        told_of_three("reorder").await,
        ["Dúas", "Unha avaría", "Três"]
    );
}

#[tokio::test]
async fn a_garbled_webhook_has_its_letters_read_in_the_wrong_way() {
    let titles = told_of_three("garble").await;
    assert_eq!(titles, ["Unha avarÃ\u{ad}a", "Dúas", "Três"]);
}
