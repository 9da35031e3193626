//! Promises of the inbox.

use cxloop_domain::names::InboxId;
use cxloop_domain::trace::TraceId;
use cxloop_ports::{BodyKind, Inbox, InboxItem, InboxState, Overdue, Remedy};

use super::{refused, well};
use crate::samples::time;

fn item(id: &str, accepted_at: &str) -> InboxItem {
    InboxItem {
        id: id.parse().expect("an inbox id"),
        connection: "wxm".parse().expect("a connection name"),
        kind: BodyKind::Response,
        accepted_at: time(accepted_at),
        body: "{\"comentario\":\"Non volverei: a atención foi pésima\"}"
            .as_bytes()
            .to_vec(),
        state: InboxState::Unpublished,
        trace: Some(trace()),
    }
}

fn trace() -> TraceId {
    "1-5759e988-bd862e3fe1be46a994272793"
        .parse()
        .expect("a trace id")
}

/// Bytes that no compression makes smaller (xorshift).
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    (0..bytes)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[0]
        })
        .collect()
}

/// A response's body is published at a moment.
async fn publish(inbox: &dyn Inbox, id: &InboxId, at: &str) {
    well(inbox.published(id, BodyKind::Response, time(at)).await);
}

/// Checks an inbox with nothing in it.
pub async fn inbox(inbox: &dyn Inbox) {
    keeps_bodies_as_they_came(inbox).await;
    lists_what_is_unpublished(inbox).await;
    lists_what_is_unfinished(inbox).await;
    says_what_bodies_tell_of(inbox).await;
    puts_aside_for_good(inbox).await;
    takes_in_after_all(inbox).await;
    refuses_what_does_not_fit(inbox).await;
}

async fn keeps_bodies_as_they_came(inbox: &dyn Inbox) {
    let first = item("kept-1", "2026-11-22T09:00:00.123456789Z");
    well(inbox.keep(&first).await);
    assert_eq!(
        well(inbox.load(&first.id).await),
        Some(first.clone()),
        "an item reads back as it was kept"
    );

    let mut again = first.clone();
    again.body = b"another body".to_vec();
    again.accepted_at = time("2026-11-22T09:30:00Z");
    again.trace = None;
    well(inbox.keep(&again).await);
    assert_eq!(
        well(inbox.load(&first.id).await),
        Some(first.clone()),
        "a redelivered item changes nothing"
    );

    publish(inbox, &first.id, "2026-11-22T09:00:01Z").await;
    well(inbox.keep(&first).await);
    let state = well(inbox.load(&first.id).await).map(|item| item.state);
    assert_eq!(
        state,
        Some(InboxState::Published),
        "a redelivered item that was published stays published"
    );

    let nobody: InboxId = "never-kept".parse().expect("an inbox id");
    assert_eq!(well(inbox.load(&nobody).await), None);
    publish(inbox, &nobody, "2026-11-22T09:00:01Z").await;
    well(inbox.park(&nobody, "nothing there").await);
    assert_eq!(
        well(inbox.load(&nobody).await),
        None,
        "noting something of an unknown item makes no item"
    );

    let mut empty = item("kept-empty", "2026-11-22T09:00:00Z");
    empty.body = Vec::new();
    empty.state = InboxState::Published;
    well(inbox.keep(&empty).await);
    assert_eq!(
        well(inbox.load(&empty.id).await),
        Some(empty),
        "an empty body is a body"
    );
}

async fn lists_what_is_unpublished(inbox: &dyn Inbox) {
    for number in 0..9 {
        well(
            inbox
                .keep(&item(
                    &format!("wait-{number}"),
                    &format!("2026-11-22T09:0{number}:00Z"),
                ))
                .await,
        );
    }
    let ids = |found: Vec<Overdue>| {
        found
            .into_iter()
            .map(|overdue| overdue.id.to_string())
            .collect::<Vec<_>>()
    };
    let before = time("2026-11-22T09:05:00Z");
    let found = well(inbox.unpublished_before(before, 100).await);
    let traced = found.iter().all(|overdue| overdue.trace == Some(trace()));
    assert!(traced, "each with its trace");
    let found = ids(found);
    assert_eq!(
        found,
        ["wait-0", "wait-1", "wait-2", "wait-3", "wait-4"],
        "oldest first, none from the moment itself on"
    );
    assert_eq!(
        ids(well(inbox.unpublished_before(before, 2).await)),
        ["wait-0", "wait-1"],
        "at most the limit"
    );
    assert!(well(inbox.unpublished_before(before, 0).await).is_empty());

    let published = "wait-1".parse().expect("an inbox id");
    publish(inbox, &published, "2026-11-22T09:06:00Z").await;
    well(
        inbox
            .park(&"wait-2".parse().expect("an inbox id"), "unparsable")
            .await,
    );
    let found = ids(well(inbox.unpublished_before(before, 100).await));
    assert_eq!(
        found,
        ["wait-0", "wait-3", "wait-4"],
        "published and parked items wait no longer"
    );
}

async fn lists_what_is_unfinished(inbox: &dyn Inbox) {
    let before = time("2026-11-22T07:30:00Z");
    let ids = |found: Vec<Overdue>| -> Vec<String> {
        found.into_iter().map(|one| one.id.to_string()).collect()
    };
    let known = |number: u32| -> InboxId { format!("told-{number}").parse().expect("an id") };
    for number in 0..4 {
        let id = known(number);
        let accepted_at = format!("2026-11-22T07:1{number}:00Z");
        well(inbox.keep(&item(id.as_str(), &accepted_at)).await);
    }
    // What was accepted first had to wait for longest.
    for (number, at) in [(3, "07:21:00"), (2, "07:22:00"), (1, "07:29:59.5")] {
        publish(inbox, &known(number), &format!("2026-11-22T{at}Z")).await;
    }
    let found = well(inbox.unfinished_before(before, 100).await);
    assert!(found.iter().all(|one| one.trace == Some(trace())));
    assert_eq!(
        ids(found),
        ["told-3", "told-2", "told-1"],
        "what is on the bus, in the order of its publishing, and not what waits"
    );
    assert_eq!(
        ids(well(inbox.unfinished_before(before, 1).await)),
        ["told-3"]
    );
    let earlier = time("2026-11-22T07:22:00Z");
    assert_eq!(
        ids(well(inbox.unfinished_before(earlier, 9).await)),
        ["told-3"],
        "what was published late has not been unfinished for long"
    );
    publish(inbox, &known(1), "2026-11-22T07:00:00Z").await;
    assert_eq!(
        ids(well(inbox.unfinished_before(earlier, 9).await)),
        ["told-3"],
        "the first publishing counts"
    );
    well(inbox.finished(&known(3)).await);
    well(inbox.finished(&known(3)).await);
    publish(inbox, &known(3), "2026-11-22T07:23:00Z").await;
    well(inbox.park(&known(2), "non se entende").await);
    well(inbox.finished(&known(2)).await);
    well(inbox.finished(&known(0)).await);
    assert_eq!(
        ids(well(inbox.unfinished_before(before, 100).await)),
        ["told-1"],
        "what is finished or put aside is looked after by nobody"
    );
    let waiting = ids(well(inbox.unpublished_before(before, 100).await));
    assert!(waiting.contains(&"told-0".to_owned()), "{waiting:?}");
    let parked = well(inbox.parked(100).await);
    assert!(parked.iter().any(|body| body.id == known(2)));
    well(inbox.unpark(&known(2)).await);
    assert_eq!(
        ids(well(inbox.unfinished_before(before, 100).await)),
        ["told-1"],
        "what was taken in after all is looked after by whoever took it in"
    );
    publish(inbox, &known(0), "2026-11-22T07:24:00Z").await;
    for number in [0, 1] {
        well(inbox.finished(&known(number)).await);
    }
}

async fn says_what_bodies_tell_of(inbox: &dyn Inbox) {
    let mut change = item("change-1", "2026-11-22T08:00:00Z");
    change.kind = BodyKind::Change;
    well(inbox.keep(&change).await);
    assert_eq!(well(inbox.load(&change.id).await), Some(change.clone()));
    let before = time("2026-11-22T08:00:01Z");
    let waiting = well(inbox.unpublished_before(before, 100).await);
    let kinds: Vec<_> = waiting.iter().map(|overdue| overdue.kind).collect();
    assert_eq!(kinds, [BodyKind::Change], "a waiting body says what it is");
    well(inbox.park(&change.id, "non se entende").await);
    let parked = well(inbox.parked(100).await);
    let kept = parked.iter().find(|body| body.id == change.id);
    assert_eq!(kept.map(|body| body.kind), Some(BodyKind::Change));
    well(inbox.unpark(&change.id).await);

    let mut told = item("change-2", "2026-11-22T08:00:00Z");
    told.kind = BodyKind::Change;
    well(inbox.keep(&told).await);
    let at = time("2026-11-22T08:00:02Z");
    well(inbox.published(&told.id, told.kind, at).await);
    told.state = InboxState::Published;
    assert_eq!(well(inbox.load(&told.id).await), Some(told));
    assert_eq!(well(inbox.unpublished_before(before, 100).await), []);
    let later = time("2026-11-22T08:30:00Z");
    assert_eq!(
        well(inbox.unfinished_before(later, 100).await),
        [],
        "a published body of the CRM is looked after by nobody"
    );
}

async fn puts_aside_for_good(inbox: &dyn Inbox) {
    let mut unparsable = item("parked-1", "2026-11-22T09:40:00Z");
    unparsable.state = InboxState::Parked {
        reason: "expected JSON".to_owned(),
    };
    well(inbox.keep(&unparsable).await);
    assert_eq!(
        well(inbox.load(&unparsable.id).await),
        Some(unparsable.clone()),
        "an item may be kept parked at once"
    );

    let later = item("parked-2", "2026-11-22T09:41:00Z");
    well(inbox.keep(&later).await);
    publish(inbox, &later.id, "2026-11-22T09:42:00Z").await;
    well(inbox.park(&later.id, "a plataforma non a coñece").await);
    publish(inbox, &later.id, "2026-11-22T09:42:00Z").await;
    let expected = InboxState::Parked {
        reason: "a plataforma non a coñece".to_owned(),
    };
    let state = well(inbox.load(&later.id).await).map(|item| item.state);
    assert_eq!(state, Some(expected), "a parked item stays parked");

    let parked = well(inbox.parked(2).await);
    let seen: Vec<_> = parked
        .iter()
        .map(|item| (item.id.as_str(), item.reason.as_str()))
        .collect();
    let expected = [
        ("parked-2", "a plataforma non a coñece"),
        ("parked-1", "expected JSON"),
    ];
    assert_eq!(seen, expected, "newest first, at most the limit");
    assert_eq!(parked[0].accepted_at, later.accepted_at);
    assert_eq!(parked[0].connection, later.connection);
}

async fn takes_in_after_all(inbox: &dyn Inbox) {
    let aside = item("unparked-1", "2026-11-22T09:45:00Z");
    let waiting = item("unparked-2", "2026-11-22T09:46:00Z");
    well(inbox.keep(&aside).await);
    well(inbox.keep(&waiting).await);
    well(inbox.park(&aside.id, "a enquisa non existe").await);
    well(inbox.unpark(&aside.id).await);
    well(inbox.unpark(&aside.id).await);
    well(inbox.unpark(&waiting.id).await);
    let nobody: InboxId = "never-kept".parse().expect("an inbox id");
    well(inbox.unpark(&nobody).await);
    assert_eq!(
        well(inbox.load(&nobody).await),
        None,
        "what is not known is not taken in"
    );

    let item = well(inbox.load(&aside.id).await).expect("it was kept");
    assert_eq!(
        (item.state, item.body),
        (InboxState::Published, aside.body),
        "what was taken in after all is as if it had never been put aside"
    );
    let parked = well(inbox.parked(100).await);
    assert!(
        parked.iter().all(|body| body.id != aside.id),
        "what was taken in after all waits for nobody: {parked:?}"
    );
    let state = well(inbox.load(&waiting.id).await).map(|item| item.state);
    assert_eq!(
        state,
        Some(InboxState::Unpublished),
        "only what was put aside is taken back"
    );

    well(inbox.park(&aside.id, "outra vez").await);
    let parked = well(inbox.parked(100).await);
    let again = parked.iter().find(|body| body.id == aside.id);
    assert_eq!(
        again.map(|body| body.reason.as_str()),
        Some("outra vez"),
        "it may be put aside again"
    );
    well(inbox.unpark(&aside.id).await);
    publish(inbox, &waiting.id, "2026-11-22T09:47:00Z").await;
}

async fn refuses_what_does_not_fit(inbox: &dyn Inbox) {
    let mut large = item("large", "2026-11-22T09:50:00Z");
    large.body = noise(301 * 1024);
    let failure = refused(
        inbox.keep(&large).await,
        "a body over 300 KB compressed is refused",
    );
    assert_eq!(failure.remedy, Remedy::Park);
    assert!(
        failure.message.contains("larger than 300 KB compressed"),
        "{failure:?}"
    );
    assert_eq!(well(inbox.load(&large.id).await), None);

    large.body = "Moi mal. ".repeat(200_000).into_bytes();
    well(inbox.keep(&large).await);
    assert_eq!(
        well(inbox.load(&large.id).await),
        Some(large),
        "the size that counts is the compressed one"
    );
}
