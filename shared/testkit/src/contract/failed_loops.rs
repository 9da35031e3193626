//! Promises of the list of loops in which something failed.

use cxloop_domain::loops::{Loop, LoopState, StepKind};
use cxloop_ports::{Loops, TiedCase};
use uuid::Uuid;

use super::loops::{id, new_loop};
use super::well;
use crate::samples::{step, time};

pub(super) async fn lists_what_failed(loops: &dyn Loops) {
    assert!(well(loops.failed(10).await).is_empty());
    for key in ["wxm/x-1", "wxm/x-2", "wxm/x-3"] {
        well(
            loops
                .begin(&new_loop(key, "2026-11-22T10:00:00Z"), &[])
                .await,
        );
    }
    let failed = |at: &str| step("case/detractor", StepKind::Failed, time(at));
    // The first failure lies further back than any list of the newest reaches.
    for (key, at) in [
        ("wxm/x-1", "2026-11-22T10:00:01Z"),
        ("wxm/x-2", "2027-03-10T11:00:00Z"),
        ("wxm/x-3", "2027-03-10T10:00:00Z"),
    ] {
        well(loops.record(&id(key), &[failed(at)]).await);
    }
    let keys = |found: Vec<Loop>| {
        found
            .into_iter()
            .map(|head| head.response.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        keys(well(loops.failed(10).await)),
        ["wxm/x-2", "wxm/x-3", "wxm/x-1"],
        "newest first, however old"
    );
    assert_eq!(
        keys(well(loops.failed(2).await)),
        ["wxm/x-2", "wxm/x-3"],
        "at most the limit"
    );
    assert!(well(loops.failed(0).await).is_empty());

    let case = Uuid::from_u128(3);
    well(
        loops
            .tie_case(
                &id("wxm/x-1"),
                &TiedCase {
                    id: case,
                    ticket: "CAS-00003",
                },
                &[],
            )
            .await,
    );
    well(
        loops
            .record(&id("wxm/x-1"), &[failed("2027-03-10T12:00:00Z")])
            .await,
    );
    let found = well(loops.failed(10).await);
    assert_eq!(
        (found[0].ticket.as_deref(), found[0].state),
        (Some("CAS-00003"), LoopState::Failed),
        "the list shows the head as it is"
    );
    assert_eq!(
        keys(found),
        ["wxm/x-1", "wxm/x-2", "wxm/x-3"],
        "what fails again moves to the front"
    );

    let opened = step(
        "case/detractor",
        StepKind::CaseOpened,
        time("2027-03-10T12:00:05Z"),
    );
    well(
        loops
            .record(&id("wxm/x-1"), std::slice::from_ref(&opened))
            .await,
    );
    well(loops.record(&id("wxm/x-1"), &[opened]).await);
    assert_eq!(
        keys(well(loops.failed(10).await)),
        ["wxm/x-2", "wxm/x-3"],
        "what was done in the end is listed no longer"
    );
    let history = well(loops.load(&id("wxm/x-1")).await).expect("it began");
    assert_eq!(
        history.steps.len(),
        1,
        "the list leaves nothing in the story"
    );

    let other = step("case/other", StepKind::Failed, time("2027-03-10T12:00:06Z"));
    well(loops.record(&id("wxm/x-1"), &[other]).await);
    assert_eq!(
        keys(well(loops.failed(1).await)),
        ["wxm/x-1"],
        "a later failure brings it back"
    );
}
