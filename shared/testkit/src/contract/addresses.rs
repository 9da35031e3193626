//! Promises of the index of hashed addresses.

use cxloop_domain::address_index::{IndexName, Progress};
use cxloop_domain::customers::hashed_address;
use cxloop_domain::identity;
use cxloop_ports::AddressIndex;
use uuid::Uuid;

use super::well;
use crate::samples::time;

/// Checks an empty index.
pub async fn addresses(index: &dyn AddressIndex) {
    let dynamics = "dynamics".parse().expect("a connection name");
    let (crm, other) = (
        IndexName::of(&dynamics, "https://aqui.example.com"),
        IndexName::of(&dynamics, "https://ala.example.com"),
    );
    let hash = |address: &str| hashed_address("sha512", address).expect("a known algorithm");
    let contact =
        |number: usize| -> Uuid { identity::derive("test contact", &[&number.to_string()]) };
    let antia = hash("antia@example.com");
    assert_eq!(well(index.contacts(&crm, &antia).await), Vec::<Uuid>::new());

    let mut entries: Vec<(String, Uuid)> = (0..60)
        .map(|number| {
            (
                hash(&format!("cliente{number}@example.com")),
                contact(number),
            )
        })
        .collect();
    entries.extend([(antia.clone(), contact(1)), (antia.clone(), contact(2))]);
    entries.push((antia.clone(), contact(1)));
    well(index.add(&crm, &entries).await);
    well(index.add(&crm, &entries).await);
    let mut found = well(index.contacts(&crm, &antia).await);
    found.sort();
    let mut both = vec![contact(1), contact(2)];
    both.sort();
    assert_eq!(found, both, "an address may be that of several");
    let last = hash("cliente59@example.com");
    assert_eq!(well(index.contacts(&crm, &last).await), [contact(59)]);
    assert!(
        well(index.contacts(&other, &last).await).is_empty(),
        "each CRM has its own index"
    );

    assert_eq!(
        well(index.progress(&crm, "sha512").await),
        Progress::default()
    );
    let began = time("2026-11-22T10:00:00Z");
    let reading = Progress::default()
        .due(began)
        .expect("nothing was read yet");
    let progress = Progress::default().after_page(&reading, Some("a seguinte páxina".to_owned()));
    well(index.keep_progress(&crm, "sha512", &progress).await);
    assert_eq!(well(index.progress(&crm, "sha512").await), progress);
    assert_eq!(
        well(index.progress(&crm, "sha256").await),
        Progress::default(),
        "each algorithm is read for itself"
    );
}
