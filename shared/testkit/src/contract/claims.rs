//! Promises of claims.

use cxloop_ports::Claims;
use futures::future::join_all;

use super::{COPIES, well};
use crate::samples::time;

/// Checks a store with no claims in it.
pub async fn claims(claims: &dyn Claims) {
    one_holder(claims).await;
    one_lease(claims).await;
    counted_members(claims).await;
}

async fn one_holder(claims: &dyn Claims) {
    assert_eq!(
        well(claims.claim("antia/detractor", "case-1").await),
        "case-1"
    );
    assert_eq!(
        well(claims.claim("antia/detractor", "case-2").await),
        "case-1",
        "another holds it"
    );
    assert_eq!(
        well(claims.claim("antia/detractor", "case-1").await),
        "case-1",
        "claiming again changes nothing"
    );
    assert_eq!(
        well(claims.claim("brais/detractor", "case-2").await),
        "case-2",
        "another key is another claim"
    );

    assert_eq!(
        well(
            claims
                .take_over("antia/detractor", "case-9", "case-3")
                .await
        ),
        "case-1",
        "only its holder hands it on"
    );
    assert_eq!(
        well(
            claims
                .take_over("antia/detractor", "case-1", "case-3")
                .await
        ),
        "case-3"
    );
    let again = claims
        .take_over("antia/detractor", "case-1", "case-3")
        .await;
    assert_eq!(well(again), "case-3", "handing on twice is harmless");
    assert_eq!(
        well(claims.claim("antia/detractor", "case-4").await),
        "case-3"
    );
    assert_eq!(
        well(claims.take_over("unclaimed", "nobody", "case-5").await),
        "case-5",
        "what nobody holds is taken"
    );

    let holders: Vec<String> = (0..COPIES).map(|copy| format!("copy-{copy}")).collect();
    let standing = join_all(
        holders
            .iter()
            .map(|holder| claims.claim("contended", holder)),
    )
    .await;
    let standing: Vec<String> = standing.into_iter().map(well).collect();
    let winners = holders
        .iter()
        .zip(&standing)
        .filter(|(holder, stands)| holder == stands)
        .count();
    assert_eq!(winners, 1, "of ten at once one holds the claim");
    assert!(
        standing.iter().all(|holder| *holder == standing[0]),
        "and all learn who: {standing:?}"
    );

    let from = standing[0].clone();
    let next: Vec<String> = (0..COPIES).map(|copy| format!("next-{copy}")).collect();
    let taken = join_all(
        next.iter()
            .map(|to| claims.take_over("contended", &from, to)),
    )
    .await;
    let taken: Vec<String> = taken.into_iter().map(well).collect();
    assert!(
        taken.iter().all(|holder| *holder == taken[0]),
        "of ten at once one takes over: {taken:?}"
    );
}

async fn one_lease(claims: &dyn Claims) {
    let (now, later, end) = (
        time("2026-11-22T10:00:00Z"),
        time("2026-11-22T10:00:29.999Z"),
        time("2026-11-22T10:00:30Z"),
    );
    let after = time("2026-11-22T10:01:00Z");
    assert!(well(claims.lease("note/r-1", "a", now, end).await));
    assert!(
        !well(claims.lease("note/r-1", "b", later, after).await),
        "it still runs"
    );
    assert!(
        well(claims.lease("note/r-1", "a", later, end).await),
        "its holder may take it again"
    );
    assert!(
        well(claims.lease("note/r-1", "b", end, after).await),
        "it is over at its end"
    );
    well(claims.release("note/r-1", "a").await);
    assert!(
        !well(claims.lease("note/r-1", "a", end, after).await),
        "nobody gives back another's lease"
    );
    well(claims.release("note/r-1", "b").await);
    assert!(
        well(claims.lease("note/r-1", "a", end, after).await),
        "given back early"
    );
    well(claims.release("never leased", "a").await);

    let holders: Vec<String> = (0..COPIES).map(|copy| format!("copy-{copy}")).collect();
    let taken = join_all(
        holders
            .iter()
            .map(|holder| claims.lease("contended", holder, now, end)),
    )
    .await;
    let taken = taken.into_iter().map(well).filter(|taken| *taken).count();
    assert_eq!(taken, 1, "of ten at once one gets the lease");
}

async fn counted_members(claims: &dyn Claims) {
    assert_eq!(well(claims.others("reopened/case-1", "r-1").await), 0);
    assert_eq!(
        well(claims.join("reopened/case-1", "r-1").await),
        0,
        "alone"
    );
    assert_eq!(
        well(claims.join("reopened/case-1", "r-1").await),
        0,
        "joining twice changes nothing"
    );
    assert_eq!(well(claims.join("reopened/case-1", "r-2").await), 1);
    well(claims.join("reopened/case-1", "r-3").await);
    well(claims.leave("reopened/case-1", "r-3").await);
    well(claims.leave("reopened/case-1", "r-3").await);
    well(claims.leave("reopened/no-such-case", "r-3").await);
    assert_eq!(
        well(claims.others("reopened/case-1", "r-1").await),
        1,
        "who left is not counted"
    );
    assert_eq!(well(claims.others("reopened/case-1", "r-1").await), 1);
    assert_eq!(
        well(claims.others("reopened/case-1", "r-3").await),
        2,
        "a stranger has all as others"
    );

    let members: Vec<String> = (0..COPIES).map(|copy| format!("member-{copy}")).collect();
    let counts = join_all(
        members
            .iter()
            .map(|member| claims.join("contended", member)),
    )
    .await;
    let mut counts: Vec<u32> = counts.into_iter().map(well).collect();
    counts.sort_unstable();
    let expected: Vec<u32> = (0..u32::try_from(COPIES).expect("ten")).collect();
    assert_eq!(
        counts, expected,
        "ten who join at once come one after the other"
    );
}
