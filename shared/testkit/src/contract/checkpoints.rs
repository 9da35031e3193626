//! Promises of the store of checkpoints.

use cxloop_domain::changed_records::{Checkpoint, What};
use cxloop_ports::Checkpoints;
use futures::future::join_all;
use jiff::Timestamp;

use super::{COPIES, well};

/// Checks a store with no checkpoints in it.
pub async fn checkpoints(checkpoints: &dyn Checkpoints) {
    let key = "dynamics@contoso.crm4.dynamics.com/incident";
    assert_eq!(
        well(checkpoints.load(key).await),
        (Checkpoint::default(), 0)
    );
    let now: Timestamp = "2026-11-22T10:00:00Z".parse().expect("a time");
    let under_way = Checkpoint {
        link: Some(
            "https://contoso.crm4.dynamics.com/api/data/v9.2/incidents?$deltatoken=9".into(),
        ),
        reading: Checkpoint::default().due(now),
        ..Checkpoint::default()
    };
    let kept = join_all((0..COPIES).map(|_| checkpoints.keep(key, 0, &under_way))).await;
    let ours = kept.into_iter().map(well).filter(|ours| *ours).count();
    assert_eq!(ours, 1, "of ten at once one moves it on");
    let (standing, version) = well(checkpoints.load(key).await);
    assert_eq!(standing, under_way);
    assert!(matches!(
        standing.reading.expect("it was kept").what,
        What::Everything { .. }
    ));

    assert!(!well(
        checkpoints
            .keep(key, version + 1, &Checkpoint::default())
            .await
    ));
    let done = under_way.forgotten();
    assert!(well(checkpoints.keep(key, version, &done).await));
    assert!(
        !well(checkpoints.keep(key, version, &under_way).await),
        "who knows an old version moves nothing"
    );
    assert_eq!(well(checkpoints.load(key).await).0, done);
    assert_eq!(
        well(checkpoints.load("dynamics/lead").await),
        (Checkpoint::default(), 0),
        "each table has its own"
    );
}
