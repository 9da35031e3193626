//! Any schedule of edits, events and failures asks nobody twice for one occurrence, and misses none that stands.

use std::collections::BTreeMap;

use cxloop_domain::configuration::Configuration;
use cxloop_domain::record_changed::{Change, RecordChanged};
use cxloop_domain::survey_trigger::InvitationState;
use cxloop_ports::Failure;
use survey_trigger::Told;

use super::scene::{AFTER_CASE, Scene, configuration};
use crate::drawn::Drawn;

const SCHEDULES: u64 = 1_000;
const EDITS: usize = 12;

/// One run of edits, with events that are dropped, doubled and late, and with far sides that fail.
async fn one_schedule(seed: u64, configurations: &[Configuration; 2]) {
    let mut drawn = Drawn(seed);
    let scene = Scene::new(&configurations[usize::from(drawn.one_in(2))]).await;
    scene.sets(0).await.unwrap();
    let (mut state, mut reached) = (0, 0);
    let mut late: Vec<RecordChanged> = Vec::new();
    for edit in 0..EDITS {
        let next = i64::try_from(drawn.below(3)).expect("below three");
        scene.set(next);
        reached += u32::from(next == 1 && state != 1);
        state = next;
        match drawn.below(8) {
            0 => scene.mail.lost_answers().next(Failure::retry("lost", "")),
            1 => scene.mail.faults().next(Failure::come_back(5, "wait")),
            2 => scene.rows.faults().next(Failure::retry("down", "")),
            3 => scene.platform.faults().next(Failure::retry("down", "")),
            _ => {}
        }
        let change = scene.change(&format!("edit {edit}"));
        match drawn.below(5) {
            0 => {}
            1 => late.push(change),
            2 => {
                scene.told_until_done(Told::Changed(change.clone())).await;
                scene.told_until_done(Told::Changed(change)).await;
            }
            _ => scene.told_until_done(Told::Changed(change)).await,
        }
        if !late.is_empty() && drawn.one_in(3) {
            let at = drawn.below(late.len() as u64) as usize;
            scene
                .told_until_done(Told::Changed(late.swap_remove(at)))
                .await;
        }
        let seconds = [1, 60, 7_200][drawn.below(3) as usize];
        scene.passes(seconds).await;
    }
    for change in late {
        scene.told_until_done(Told::Changed(change)).await;
    }
    let found = RecordChanged {
        change: Change::Found,
        columns: [].into(),
        ..scene.change("found")
    };
    scene.told_until_done(Told::Changed(found)).await;
    scene.passes(8_000).await;

    let invitations = scene.invitations().await;
    let count = u32::try_from(invitations.len()).unwrap();
    assert!(
        count <= reached,
        "seed {seed}: {count} invitations for {reached} times"
    );
    assert!(
        state != 1 || count > 0,
        "seed {seed}: it is resolved, and nobody knows"
    );
    let mut sent: BTreeMap<_, usize> = BTreeMap::new();
    for email in scene.mail.sent() {
        *sent.entry(email.invitation).or_default() += 1;
    }
    for invitation in &invitations {
        let messages = sent.remove(&invitation.id).unwrap_or(0);
        match &invitation.state {
            InvitationState::Sent => assert_eq!(messages, 1, "seed {seed}"),
            InvitationState::Unknown => assert!(messages <= 1, "seed {seed}"),
            InvitationState::NotSent { .. } => assert_eq!(messages, 0, "seed {seed}"),
            other => panic!("seed {seed}: {other:?} {:#?}", invitation.trail),
        }
    }
    assert!(sent.is_empty(), "seed {seed}: {sent:?}");
}

#[tokio::test]
async fn a_thousand_schedules_ask_nobody_twice_and_miss_nobody() {
    let rule = AFTER_CASE.replace("      from: [0]\n", "");
    let with = |delay| configuration("", &format!("{rule}{delay}"));
    let configurations = [with(""), with("      delay: 2h\n")];
    for seed in 0..SCHEDULES {
        one_schedule(seed, &configurations).await;
    }
}
