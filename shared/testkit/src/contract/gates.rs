//! Promises of gates.

use cxloop_domain::names::ConnectionName;
use cxloop_ports::{Gates, HEAD_START, Lane, Remedy};
use futures::future::join_all;

use super::well;
use crate::samples::time;

fn name(text: &str) -> ConnectionName {
    text.parse().expect("a connection name")
}

/// Checks a store with all gates open.
pub async fn gates(gates: &dyn Gates) {
    closing(gates).await;
    lanes(gates).await;
    pace(gates).await;
}

async fn closing(gates: &dyn Gates) {
    let (dynamics, wxm) = (name("dynamics"), name("wxm"));
    let (now, soon, late) = (
        time("2026-11-22T10:00:00Z"),
        time("2026-11-22T10:00:05.5Z"),
        time("2026-11-22T10:05:00Z"),
    );
    let cases = Lane::Cases;
    assert_eq!(well(gates.closed_until(&dynamics, cases, now).await), None);
    well(gates.close(&dynamics, late).await);
    well(gates.close(&dynamics, soon).await);
    assert_eq!(
        well(gates.closed_until(&dynamics, cases, now).await),
        Some(late),
        "an already later closing stands"
    );
    assert_eq!(
        well(gates.closed_until(&wxm, cases, now).await),
        None,
        "each connection has its own gate"
    );
    assert_eq!(
        well(gates.closed_until(&dynamics, cases, late).await),
        None,
        "open again at the moment itself"
    );
    well(gates.close(&wxm, soon).await);
    well(gates.close(&wxm, late).await);
    assert_eq!(
        well(gates.closed_until(&wxm, cases, soon).await),
        Some(late)
    );
    let waits = gates
        .pass(&wxm, cases, soon)
        .await
        .expect_err("it is closed");
    let remedy = Remedy::WaitUntil {
        connection: wxm,
        until: late,
    };
    assert_eq!(waits.remedy, remedy);
}

async fn lanes(gates: &dyn Gates) {
    let crm = name("crm");
    let (now, until) = (time("2026-11-22T10:00:00Z"), time("2026-11-22T10:00:10Z"));
    assert_eq!(
        well(gates.closed_until(&crm, Lane::History, now).await),
        None
    );
    well(gates.close(&crm, until).await);
    let first_served = until + HEAD_START;
    for moment in [now, until] {
        assert_eq!(
            well(gates.closed_until(&crm, Lane::History, moment).await),
            Some(first_served),
            "where the connection has just opened, cases go first"
        );
    }
    let yields = gates
        .pass(&crm, Lane::History, until)
        .await
        .expect_err("cases go first");
    assert_eq!(yields.remedy, Remedy::ComeBack { after_seconds: 30 });
    assert_eq!(
        well(gates.closed_until(&crm, Lane::History, first_served).await),
        None
    );
    let later = time("2026-11-22T10:20:00Z");
    well(gates.hold_back_history(&crm, later).await);
    well(gates.hold_back_history(&crm, first_served).await);
    assert_eq!(
        well(gates.closed_until(&crm, Lane::History, first_served).await),
        Some(later)
    );
    assert_eq!(
        well(gates.closed_until(&crm, Lane::Cases, first_served).await),
        None,
        "what holds history back holds no case back"
    );
}

async fn pace(gates: &dyn Gates) {
    let paced = name("paced");
    let now = time("2026-11-22T10:00:00.25Z");
    let takes = join_all((0..10).map(|_| gates.take(&paced, 2, 15, now))).await;
    let taken = takes.iter().filter(|take| take.is_ok()).count();
    assert_eq!(taken, 7, "14 of 15: another two would not fit in");
    let told: Vec<_> = takes.into_iter().filter_map(Result::err).collect();
    assert!(
        told.iter()
            .all(|failure| matches!(failure.remedy, Remedy::ComeBack { .. })),
        "{told:?}"
    );
    let next = time("2026-11-22T10:00:01Z");
    well(gates.take(&paced, 15, 15, next).await);
}
