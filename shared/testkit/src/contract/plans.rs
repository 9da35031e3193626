//! Promises of the store of plans.

use cxloop_ports::{Kept, KeptFirst, Plans};
use futures::future::join_all;
use serde_json::{Value, json};

use super::{COPIES, well};

fn plan(title: &str) -> Value {
    json!({ "open": { "title": title, "queue": "Recuperación", "scores": [3, 4.5], "note": null } })
}

/// Checks a store with no plans in it.
pub async fn plans(plans: &dyn Plans) {
    let key = "case/wxm/r-1/detractor";
    assert_eq!(well(plans.load(key).await), None);
    let KeptFirst { kept: first, new } = well(plans.keep_first(key, &plan("Non volverei")).await);
    assert!(new);
    assert_eq!(first.plan, plan("Non volverei"));
    let second = well(plans.keep_first(key, &plan("outro plan")).await);
    assert_eq!(second.kept, first, "the first plan stands");
    assert!(!second.new);
    assert_eq!(well(plans.load(key).await), Some(first.clone()));
    assert_eq!(
        well(plans.load("case/wxm/r-1/detracto").await),
        None,
        "another key is another plan"
    );

    let replaced = well(plans.replace(key, first.version, &plan("de novo")).await);
    assert_eq!(
        replaced,
        Kept {
            plan: plan("de novo"),
            version: first.version + 1
        }
    );
    let late = well(
        plans
            .replace(key, first.version, &plan("tarde de máis"))
            .await,
    );
    assert_eq!(
        late, replaced,
        "who knows an old version gets the plan that stands"
    );
    assert_eq!(well(plans.load(key).await), Some(replaced));

    let all: Vec<Value> = (0..COPIES)
        .map(|copy| plan(&format!("plan {copy}")))
        .collect();
    let kept = join_all(all.iter().map(|plan| plans.keep_first("contended", plan))).await;
    let stands = well(plans.load("contended").await).expect("one was kept");
    let kept: Vec<KeptFirst> = kept.into_iter().map(well).collect();
    assert!(
        kept.iter().all(|copy| copy.kept == stands),
        "of ten at once one plan stands and all get it"
    );
    let ours = kept.iter().filter(|copy| copy.new).count();
    assert_eq!(ours, 1, "of ten at once one is told that its plan is it");
    let replaced = join_all(
        all.iter()
            .map(|plan| plans.replace("contended", stands.version, plan)),
    )
    .await;
    let next = well(plans.load("contended").await).expect("it is there");
    assert_eq!(
        next.version,
        stands.version + 1,
        "of ten at once one replaces"
    );
    for copy in replaced {
        assert_eq!(well(copy), next);
    }

    let empty = well(plans.replace("never kept", 7, &plan("novo")).await);
    assert_eq!(
        well(plans.load("never kept").await),
        Some(empty),
        "what expired meanwhile is kept as if first"
    );
}
