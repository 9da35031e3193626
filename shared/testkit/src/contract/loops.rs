//! Promises of the record of loops.

use cxloop_domain::loops::{Loop, LoopState, Step, StepKind};
use cxloop_domain::names::{LoopId, ResponseKey};
use cxloop_ports::{Loops, NewLoop, TiedCase};
use futures::future::join_all;
use uuid::Uuid;

use super::{COPIES, failed_loops, refused, well};
use crate::samples::{step, time};

pub(super) fn new_loop(key: &str, began_at: &str) -> NewLoop {
    NewLoop {
        response: key.parse().expect("a response key"),
        survey: "visita á tenda".to_owned(),
        began_at: time(began_at),
        score: Some("NPS 3".to_owned()),
    }
}

pub(super) fn id(key: &str) -> LoopId {
    key.parse::<ResponseKey>()
        .expect("a response key")
        .loop_id()
}

/// Checks a store with no loops in it.
pub async fn loops(loops: &dyn Loops) {
    tells_a_history(loops).await;
    keeps_the_first_form_of_a_step(loops).await;
    finds_loops_by_case_and_response(loops).await;
    lists_the_newest(loops).await;
    failed_loops::lists_what_failed(loops).await;
    lets_many_record_at_once(loops).await;
}

async fn tells_a_history(loops: &dyn Loops) {
    let new = new_loop("wxm/h-1", "2026-11-22T10:00:00Z");
    let id = id("wxm/h-1");
    assert_eq!(well(loops.load(&id).await), None);
    let early = step("received", StepKind::ResponseReceived, new.began_at);
    refused(
        loops.record(&id, std::slice::from_ref(&early)).await,
        "nothing is recorded on a loop that has not begun",
    );

    well(loops.begin(&new, &[]).await);
    well(
        loops
            .begin(
                &NewLoop {
                    survey: "outra".to_owned(),
                    ..new.clone()
                },
                &[],
            )
            .await,
    );
    let history = well(loops.load(&id).await).expect("it began");
    assert_eq!(history.head.survey, new.survey, "a loop begins once");
    assert_eq!(history.head.state, LoopState::Received);
    assert_eq!(
        (history.head.began_at, history.head.changed_at),
        (new.began_at, new.began_at)
    );
    assert_eq!(
        (history.head.score.as_deref(), history.head.case),
        (Some("NPS 3"), None)
    );

    // All in one second, and told in another order than they happened.
    let opened = step("opened", StepKind::CaseOpened, time("2026-11-22T10:00:02Z"));
    let decided = step(
        "zz-decided",
        StepKind::RulesDecided,
        time("2026-11-22T10:00:02Z"),
    );
    well(loops.record(&id, &[opened.clone(), decided.clone()]).await);
    well(loops.record(&id, &[early.clone(), opened.clone()]).await);
    let history = well(loops.load(&id).await).expect("it began");
    assert_eq!(
        history.steps,
        [early, decided, opened.clone()],
        "by time, then by the usual course"
    );
    assert_eq!(
        (history.head.state, history.head.changed_at),
        (LoopState::Open, opened.at)
    );

    let late = step(
        "hint-again",
        StepKind::ResponseReceived,
        time("2026-11-22T10:00:01Z"),
    );
    well(loops.record(&id, &[late]).await);
    let head = well(loops.load(&id).await).expect("it began").head;
    assert_eq!(
        (head.state, head.changed_at),
        (LoopState::Open, opened.at),
        "an older step told later moves nothing back"
    );
}

async fn keeps_the_first_form_of_a_step(loops: &dyn Loops) {
    well(
        loops
            .begin(&new_loop("wxm/f-1", "2026-11-22T10:00:00Z"), &[])
            .await,
    );
    let id = id("wxm/f-1");
    let failed = step(
        "case/detractor",
        StepKind::Failed,
        time("2026-11-22T10:00:01Z"),
    );
    well(loops.record(&id, std::slice::from_ref(&failed)).await);
    assert_eq!(
        well(loops.load(&id).await).expect("it began").head.state,
        LoopState::Failed
    );

    let failed_again = Step {
        text: "a fila xa non existe".to_owned(),
        at: time("2026-11-22T10:00:05Z"),
        ..failed
    };
    well(loops.record(&id, std::slice::from_ref(&failed_again)).await);
    assert_eq!(
        well(loops.load(&id).await).expect("it began").steps,
        [failed_again],
        "a failure gives way to a later one"
    );

    let opened = step(
        "case/detractor",
        StepKind::CaseOpened,
        time("2026-11-22T10:00:09Z"),
    );
    well(loops.record(&id, std::slice::from_ref(&opened)).await);
    let once_more = Step {
        text: "outro texto".to_owned(),
        at: time("2026-11-22T10:00:11Z"),
        ..opened.clone()
    };
    well(loops.record(&id, &[once_more]).await);
    let history = well(loops.load(&id).await).expect("it began");
    assert_eq!(
        history.steps,
        std::slice::from_ref(&opened),
        "a failure gives way to success, and success stays as it was first told"
    );
    assert_eq!(
        (history.head.state, history.head.changed_at),
        (LoopState::Open, opened.at)
    );
}

async fn finds_loops_by_case_and_response(loops: &dyn Loops) {
    let (case, other_case) = (Uuid::from_u128(1), Uuid::from_u128(2));
    well(
        loops
            .begin(&new_loop("wxm/t-1", "2026-11-22T10:00:00Z"), &[])
            .await,
    );
    well(
        loops
            .begin(&new_loop("wxm/t-2", "2026-11-22T10:00:00Z"), &[])
            .await,
    );
    let (first, second) = (id("wxm/t-1"), id("wxm/t-2"));
    assert_eq!(well(loops.of_case(case).await), None);
    well(
        loops
            .tie_case(
                &first,
                &TiedCase {
                    id: case,
                    ticket: "CAS-00001",
                },
                &[],
            )
            .await,
    );
    well(
        loops
            .tie_case(
                &first,
                &TiedCase {
                    id: case,
                    ticket: "CAS-00001",
                },
                &[],
            )
            .await,
    );
    well(
        loops
            .tie_case(
                &second,
                &TiedCase {
                    id: case,
                    ticket: "CAS-00001",
                },
                &[],
            )
            .await,
    );
    assert_eq!(
        well(loops.of_case(case).await),
        Some(first.clone()),
        "the first loop of a case stands"
    );
    well(
        loops
            .tie_case(
                &first,
                &TiedCase {
                    id: other_case,
                    ticket: "CAS-00002",
                },
                &[],
            )
            .await,
    );
    assert_eq!(well(loops.of_case(other_case).await), Some(first.clone()));
    let head = well(loops.load(&first).await).expect("it began").head;
    assert_eq!(
        (head.case, head.ticket.as_deref()),
        (Some(case), Some("CAS-00001")),
        "the first case is on the head"
    );
    let head = well(loops.load(&second).await).expect("it began").head;
    assert_eq!(
        head.ticket.as_deref(),
        Some("CAS-00001"),
        "a response added to another's case shows its ticket"
    );

    let about: ResponseKey = "wxm/t-about".parse().expect("a response key");
    assert_eq!(well(loops.of_response(&about).await), None);
    well(loops.tie_response(&first, &about).await);
    well(loops.tie_response(&first, &about).await);
    assert_eq!(well(loops.of_response(&about).await), Some(first));
    let own: ResponseKey = "wxm/t-2".parse().expect("a response key");
    assert_eq!(
        well(loops.of_response(&own).await),
        Some(second),
        "a response finds the loop it began"
    );
    let unknown = id("wxm/t-nobody");
    refused(
        loops
            .tie_case(
                &unknown,
                &TiedCase {
                    id: case,
                    ticket: "CAS-00001",
                },
                &[],
            )
            .await,
        "a loop that has not begun has no case",
    );
}

async fn lists_the_newest(loops: &dyn Loops) {
    let now = time("2027-03-10T12:00:00Z");
    for (key, day) in [("wxm/n-1", "01"), ("wxm/n-2", "08"), ("wxm/n-3", "10")] {
        well(
            loops
                .begin(&new_loop(key, &format!("2027-03-{day}T11:00:00Z")), &[])
                .await,
        );
    }
    well(
        loops
            .begin(&new_loop("wxm/n-0", "2027-01-02T11:00:00Z"), &[])
            .await,
    );
    let keys = |found: Vec<Loop>| {
        found
            .into_iter()
            .map(|head| head.response.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        keys(well(loops.newest(now, 10).await)),
        ["wxm/n-3", "wxm/n-2", "wxm/n-1"],
        "newest first, some weeks back"
    );
    assert_eq!(
        keys(well(loops.newest(now, 2).await)),
        ["wxm/n-3", "wxm/n-2"],
        "at most the limit"
    );

    let reopened = step(
        "reopened",
        StepKind::CaseReopened,
        time("2027-03-10T11:59:00Z"),
    );
    well(loops.record(&id("wxm/n-1"), &[reopened]).await);
    let found = well(loops.newest(now, 10).await);
    assert_eq!(
        found[0].state,
        LoopState::Reopened,
        "the list shows the head as it is"
    );
    assert_eq!(
        keys(found),
        ["wxm/n-1", "wxm/n-3", "wxm/n-2"],
        "a loop that changes moves to the front"
    );
}

async fn lets_many_record_at_once(loops: &dyn Loops) {
    well(
        loops
            .begin(&new_loop("wxm/c-1", "2026-11-22T10:00:00Z"), &[])
            .await,
    );
    let id = id("wxm/c-1");
    let steps: Vec<Step> = (0..COPIES)
        .map(|copy| {
            step(
                &format!("copy-{copy}"),
                StepKind::CaseNoted,
                time(&format!("2026-11-22T10:00:1{copy}Z")),
            )
        })
        .collect();
    let recorded = join_all(
        steps
            .iter()
            .map(|step| loops.record(&id, std::slice::from_ref(step))),
    )
    .await;
    // Who is outrun too often is delivered again, and then it is done.
    for (copy, step) in recorded.into_iter().zip(&steps) {
        if copy.is_err() {
            well(loops.record(&id, std::slice::from_ref(step)).await);
        }
    }
    let history = well(loops.load(&id).await).expect("it began");
    assert_eq!(history.steps.len(), COPIES, "no step gets lost");
    assert_eq!(
        history.head.changed_at,
        time("2026-11-22T10:00:19Z"),
        "the head tells of the last step"
    );
}
