//! Promises of the store of invitations.

use std::collections::BTreeSet;

use cxloop_domain::survey_trigger::{Invitation, InvitationState, NotSent};
use cxloop_ports::{Awaited, Invitations, KeptInvitation};
use futures::future::join_all;
use uuid::Uuid;

use super::{COPIES, well};
use crate::samples::{invitation, time};

/// Checks a store with no invitations in it.
pub async fn invitations(invitations: &dyn Invitations) {
    stands_under_its_id(invitations).await;
    lets_one_of_many_replace(invitations).await;
    lists_the_latest(invitations).await;
    keeps_what_is_awaited_until_it_was_looked_after(invitations).await;
}

async fn stands_under_its_id(invitations: &dyn Invitations) {
    let begun = invitation("Coruña", "2026-11-22T10:00:00Z");
    assert_eq!(well(invitations.load(begun.id).await), None);
    let first = well(invitations.begin(&begun).await);
    assert_eq!(first.invitation, begun);
    let other = begun.moved(
        InvitationState::Unknown,
        "Ninguén o sabe.",
        begun.changed_at,
    );
    assert_eq!(
        well(invitations.begin(&other).await),
        first,
        "the first that began stands"
    );
    assert_eq!(well(invitations.load(begun.id).await), Some(first.clone()));

    let reason = NotSent::Condition {
        verdict: "não se aplica".to_owned(),
    };
    let decided = begun.moved(
        InvitationState::NotSent { reason },
        "Non se enviou.",
        time("2026-11-22T10:00:01Z"),
    );
    let replaced = well(invitations.replace(first.version, &decided).await);
    assert_eq!(
        replaced,
        KeptInvitation {
            invitation: decided,
            version: first.version + 1
        }
    );
    assert_eq!(
        well(invitations.replace(first.version, &other).await),
        replaced,
        "who knows an old version gets the invitation that stands"
    );
    assert_eq!(well(invitations.load(begun.id).await), Some(replaced));

    let unknown = invitation("Bragança", "2026-11-22T10:00:02Z");
    let kept = well(invitations.replace(7, &unknown).await);
    assert_eq!(
        well(invitations.load(unknown.id).await),
        Some(kept),
        "what expired meanwhile is kept as if it began"
    );
}

async fn lets_one_of_many_replace(invitations: &dyn Invitations) {
    let begun = invitation("contended", "2026-11-22T10:00:03Z");
    let copies: Vec<Invitation> = (0..COPIES)
        .map(|copy| {
            begun.moved(
                InvitationState::Sending,
                format!("{copy}"),
                begun.changed_at,
            )
        })
        .collect();
    let kept = join_all(copies.iter().map(|copy| invitations.begin(copy))).await;
    let stands = well(invitations.load(begun.id).await).expect("one began");
    for copy in kept {
        assert_eq!(well(copy), stands, "of ten at once one begins");
    }
    let next: Vec<Invitation> = (0..COPIES)
        .map(|copy| begun.moved(InvitationState::Sent, format!("{copy}"), begun.changed_at))
        .collect();
    let replaced = join_all(
        next.iter()
            .map(|next| invitations.replace(stands.version, next)),
    )
    .await;
    let stands_now = well(invitations.load(begun.id).await).expect("it is there");
    assert_eq!(stands_now.version, stands.version + 1);
    for copy in replaced {
        assert_eq!(well(copy), stands_now, "of ten at once one replaces");
    }
}

async fn lists_the_latest(invitations: &dyn Invitations) {
    let long_ago = time("2025-11-01T00:00:00Z");
    assert!(well(invitations.newest(5, long_ago).await).is_empty());
    let times = [
        "2025-11-30T23:59:59Z",
        "2026-09-01T00:00:00Z",
        "2026-11-20T08:00:00.123456789Z",
        "2026-11-20T08:00:00.2Z",
        "2026-12-01T00:00:00Z",
    ];
    let mut begun = Vec::new();
    for (n, at) in times.iter().enumerate() {
        let invitation = invitation(&format!("lista {n}"), at);
        well(invitations.begin(&invitation).await);
        begun.push(invitation);
    }
    let before = time("2026-12-01T00:00:01Z");
    let listed = well(invitations.newest(50, before).await);
    let places: Vec<_> = listed.iter().map(|one| (one.changed_at, one.id)).collect();
    assert!(places.is_sorted_by(|a, b| a > b), "the latest first");
    let ids: BTreeSet<Uuid> = listed.iter().map(|one| one.id).collect();
    assert_eq!(ids.len(), listed.len(), "each once");
    assert!(
        begun.iter().all(|one| listed.contains(one)),
        "in full, however long ago"
    );

    let newest = well(invitations.newest(1, before).await);
    assert_eq!(newest, [begun[4].clone()]);
    let before = begun[3].changed_at;
    let older = well(invitations.newest(2, before).await);
    assert_eq!(
        older,
        [begun[2].clone(), begun[1].clone()],
        "what became of it at that very moment is not before it"
    );

    let version = well(invitations.load(begun[1].id).await)
        .expect("it is there")
        .version;
    let moved = begun[1].moved(
        InvitationState::Sent,
        "Enviouse.",
        time("2026-12-02T00:00:00Z"),
    );
    well(invitations.replace(version, &moved).await);
    let listed = well(invitations.newest(50, time("2026-12-03T00:00:00Z")).await);
    assert_eq!(listed[0], moved, "a change moves it to the top");
    let places = listed.iter().filter(|one| one.id == moved.id).count();
    assert_eq!(places, 1, "and away from where it was");
}

async fn keeps_what_is_awaited_until_it_was_looked_after(invitations: &dyn Invitations) {
    let began = "2026-11-22T10:00:00Z";
    let [first, second, third] = [
        "2026-12-05T08:59:59.5Z",
        "2026-12-05T09:00:00Z",
        "2026-12-06T09:00:00Z",
    ]
    .map(time);
    let late = time("2026-12-31T00:00:00Z");
    let begun = ["agarda 1", "agarda 2", "agarda 3"].map(|name| invitation(name, began));
    let [one, other, never] = begun.clone();
    for invitation in &begun {
        well(invitations.begin(invitation).await);
    }
    assert!(well(invitations.awaited_before(late, 9).await).is_empty());

    let waits = |of: &Invitation, until| {
        let state = InvitationState::Waiting { until };
        of.moved(state, "Agarda.", of.changed_at)
    };
    let awaited = |of: &Invitation, at| Awaited {
        invitation: of.id,
        at,
    };
    well(invitations.replace(1, &waits(&other, second)).await);
    well(invitations.replace(1, &waits(&one, first)).await);
    let listed = well(invitations.awaited_before(late, 9).await);
    assert_eq!(
        listed,
        [awaited(&one, first), awaited(&other, second)],
        "the oldest first"
    );
    let listed = well(invitations.awaited_before(late, 1).await);
    assert_eq!(listed, [awaited(&one, first)], "at most the limit");
    assert_eq!(
        well(invitations.awaited_before(second, 9).await),
        [awaited(&one, first)],
        "a moment is not before itself"
    );
    assert!(well(invitations.awaited_before(first, 9).await).is_empty());

    well(invitations.replace(2, &waits(&one, third)).await);
    let sent = other.moved(InvitationState::Sent, "Enviouse.", other.changed_at);
    well(invitations.replace(2, &sent).await);
    let all = [
        awaited(&one, first),
        awaited(&other, second),
        awaited(&one, third),
    ];
    assert_eq!(
        well(invitations.awaited_before(late, 9).await),
        all,
        "each moment for itself, whatever became of it"
    );
    for _ in 0..2 {
        well(invitations.looked_after(&all[0]).await);
        well(invitations.looked_after(&awaited(&never, first)).await);
        assert_eq!(well(invitations.awaited_before(late, 9).await), all[1..]);
    }
    well(invitations.replace(1, &waits(&one, first)).await);
    assert_eq!(
        well(invitations.awaited_before(late, 9).await),
        all[1..],
        "a repeat brings no moment back that was looked after"
    );
    let kept = well(invitations.load(one.id).await).expect("it is there");
    assert_eq!(kept.invitation, waits(&one, third));
    for awaited in &all[1..] {
        well(invitations.looked_after(awaited).await);
    }
    assert!(well(invitations.awaited_before(late, 9).await).is_empty());
}
