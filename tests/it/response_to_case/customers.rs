//! Whose case it is where that is not plain: hashed addresses, and several contacts with one key.

use cxloop_domain::address_index::{IndexName, Progress};
use cxloop_domain::configuration::Connection;
use cxloop_domain::customers::hashed_address;
use cxloop_ports::{AddressIndex, Failure, Remedy};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answered, World};

const RULE: &str = r#"
case_rules:
  - { name: detractor, when: nps <= 6, case: { title: "{{ customer.name }} scored {{ nps }}" } }
"#;

/// A response that carries nothing of its customer but the hash of an address.
fn hashed(address: &str) -> Answered {
    Answered::visit(3)
        .without("NAME")
        .with("EMAIL", &hashed_address("sha512", address).unwrap())
}

/// Delivers until the message is done, as a queue does, and says how often it waited.
async fn delivered(world: &World, answered: &Answered) -> usize {
    let key = world.answer(answered);
    let event = world.taken_in(&key, "").await;
    let deps = world.response_to_case();
    for waited in 0..100 {
        match response_to_case::handle(&deps, event.clone()).await {
            Ok(()) => return waited,
            Err(Failure {
                remedy: Remedy::ComeBack { after_seconds },
                ..
            }) => world.clock.advance(after_seconds.into()),
            Err(failure) => panic!("{failure:?}"),
        }
    }
    panic!("it never ends");
}

async fn add_contact(world: &World, number: u128, row: Value) -> Uuid {
    let id = Uuid::from_u128(0xc0_0000 + number);
    world.patch(&format!("contacts({id})"), row).await;
    id
}

async fn customer(world: &World, case: usize) -> Uuid {
    let cases = world.cases().await;
    let customer = &cases[case]["_customerid_value"];
    customer.as_str().unwrap().parse().unwrap()
}

fn reads_of_contacts(world: &World) -> usize {
    let calls = world.calls.of("dynamics");
    let reads = calls
        .iter()
        .filter(|call| call.method == "GET" && call.path.starts_with("/api/data/v9.2/contacts?"));
    reads.count()
}

#[tokio::test]
async fn a_hashed_address_finds_its_contact_and_reads_all_contacts_only_once() {
    let world = World::with_rules(RULE).await;
    for number in 0..2_050 {
        let address = format!("cliente{number}@example.com");
        let row = json!({"lastname": "Pereira", "emailaddress2": address});
        add_contact(&world, number, row).await;
    }
    let waited = delivered(&world, &hashed("IRIA.Fernandez@example.com")).await;
    let iria = world
        .rows(
            "contacts",
            "$select=fullname&$filter=emailaddress1 eq 'iria.fernandez@example.com'",
        )
        .await;
    assert_eq!(customer(&world, 0).await.to_string(), iria[0]["contactid"]);
    assert_eq!(
        waited, 1,
        "the first page was read in one run, and she was found in the next"
    );
    let case: Uuid = world.cases().await[0]["incidentid"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let note = &world.notes(case).await[0]["notetext"];
    assert!(
        note.as_str()
            .unwrap()
            .contains("by the hash of the e-mail address"),
        "{note}"
    );

    let contact = |number: u128| Uuid::from_u128(0xc0_0000 + number);
    world.calls.clear(None);
    delivered(&world, &hashed("cliente2049@example.com")).await;
    assert_eq!(customer(&world, 1).await, contact(2_049));
    assert_eq!(
        reads_of_contacts(&world),
        1,
        "the second page was still to be read"
    );
    delivered(&world, &hashed("cliente2048@example.com")).await;
    assert_eq!(customer(&world, 2).await, contact(2_048));
    assert_eq!(reads_of_contacts(&world), 1, "the index knows");
}

#[tokio::test]
async fn a_reading_goes_on_after_a_refused_page_and_begins_anew_in_another_organisation() {
    let world = World::with_rules(RULE).await;
    for number in 0..2_050 {
        let address = format!("cliente{number}@example.com");
        let row = json!({"lastname": "Pereira", "emailaddress2": address});
        add_contact(&world, number, row).await;
    }
    let contact = |number: u128| Uuid::from_u128(0xc0_0000 + number);
    let refusal = json!({"target": "dynamics", "match": "skiptoken", "status": 404});
    let refusal = serde_json::from_value(refusal).unwrap();
    world.faults.add(refusal).unwrap();
    delivered(&world, &hashed("cliente2049@example.com")).await;
    assert_eq!(customer(&world, 0).await, contact(2_049));
    assert!(world.faults.standing().is_empty(), "a page was refused");

    // A reading is half done when the connection is led to another address.
    let elsewhere = world.dynamics_url.replace("127.0.0.1", "localhost");
    world
        .limit("dynamics", |connection| {
            if let Connection::Dynamics(dynamics) = connection {
                dynamics.url.clone_from(&elsewhere);
            }
        })
        .await;
    let name = "dynamics".parse().unwrap();
    let index = IndexName::of(&name, &elsewhere);
    let progress = || AddressIndex::progress(world.store.as_ref(), &index, "sha512");
    assert_eq!(progress().await.unwrap(), Progress::default());
    let waited = delivered(&world, &hashed("cliente2048@example.com")).await;
    assert!(waited > 0, "nothing of the other index is believed");
    assert_eq!(customer(&world, 1).await, contact(2_048));
    assert_ne!(progress().await.unwrap(), Progress::default());
}

#[tokio::test]
async fn a_customer_with_a_surer_key_is_found_without_the_index() {
    let world = World::with_rules(RULE).await;
    world
        .limit("wxm", |connection| {
            if let Connection::Wxm(wxm) = connection {
                wxm.questions.external_id = "MOBILE".to_owned();
            }
        })
        .await;
    let row = json!({"lastname": "Bóveda", "externaluseridentifier": "K-77"});
    let known = add_contact(&world, 1, row).await;
    let answered = hashed("iria.fernandez@example.com").with("MOBILE", "K-77");
    assert_eq!(delivered(&world, &answered).await, 0);
    assert_eq!(customer(&world, 0).await, known);
    let name = "dynamics".parse().unwrap();
    let index = IndexName::of(&name, &world.dynamics_url);
    let progress = AddressIndex::progress(world.store.as_ref(), &index, "sha512").await;
    assert_eq!(progress.unwrap(), Progress::default(), "nothing was read");

    // Nobody has this one, so the hash is looked for.
    let answered = hashed("iria.fernandez@example.com").with("MOBILE", "K-78");
    delivered(&world, &answered).await;
    assert_ne!(customer(&world, 1).await, known);
}

#[tokio::test]
async fn the_index_follows_what_changes_in_the_crm() {
    let rules = format!(
        "customers: {{ otherwise: {{ account: {} }} }}{RULE}",
        Uuid::from_u128(0xacc)
    );
    let world = World::with_rules(&rules).await;
    world
        .patch(
            &format!("accounts({})", Uuid::from_u128(0xacc)),
            json!({"name": "Descoñecidos"}),
        )
        .await;
    delivered(&world, &hashed("nova@example.com")).await;
    assert_eq!(
        customer(&world, 0).await,
        Uuid::from_u128(0xacc),
        "nobody has it yet"
    );

    world.clock.advance(700);
    let nova = json!({"lastname": "Nova", "emailaddress1": "nova@example.com"});
    let nova = add_contact(&world, 1, nova).await;
    world.calls.clear(None);
    delivered(&world, &hashed("nova@example.com")).await;
    assert_eq!(customer(&world, 1).await, nova);
    assert_eq!(reads_of_contacts(&world), 1, "only what changed is read");

    // She gives the address to somebody else.
    world.clock.advance(700);
    let moved = json!({"emailaddress1": "outra@example.com"});
    world.patch(&format!("contacts({nova})"), moved).await;
    let heir = json!({"lastname": "Herdeira", "emailaddress1": "nova@example.com"});
    let heir = add_contact(&world, 2, heir).await;
    delivered(&world, &hashed("nova@example.com")).await;
    assert_eq!(customer(&world, 2).await, heir);

    world.calls.clear(None);
    delivered(&world, &hashed("ninguen@example.com")).await;
    assert_eq!(customer(&world, 3).await, Uuid::from_u128(0xacc));
    assert_eq!(reads_of_contacts(&world), 0, "the index is up to date");
}

#[tokio::test]
async fn of_several_contacts_with_one_address_the_policy_takes_one_and_the_note_says_so() {
    let shared = "familia@example.com";
    for (policy, taken, words) in [
        (
            "newest",
            "newest",
            "2 active contacts have this e-mail address. The newest was taken",
        ),
        (
            "account",
            "account",
            "The account that they all belong to was taken",
        ),
        (
            "otherwise",
            "otherwise",
            "The customer for such cases was taken",
        ),
    ] {
        let (account, otherwise) = (Uuid::from_u128(0xacc), Uuid::from_u128(0xfff));
        let rules = format!(
            "customers: {{ several: {policy}, otherwise: {{ account: {otherwise} }} }}{RULE}"
        );
        let world = World::with_rules(&rules).await;
        for (id, name) in [(account, "Familia Pereira"), (otherwise, "Descoñecidos")] {
            world
                .patch(&format!("accounts({id})"), json!({"name": name}))
                .await;
        }
        let row = |name: &str| json!({"lastname": name, "emailaddress1": shared, "parentcustomerid_account@odata.bind": format!("/accounts({account})")});
        add_contact(&world, 1, row("Antía")).await;
        world.clock.advance(60);
        let newest = add_contact(&world, 2, row("Brais")).await;
        let retired = add_contact(&world, 3, row("Carme")).await;
        world
            .patch(
                &format!("contacts({retired})"),
                json!({"statecode": 1, "statuscode": 2}),
            )
            .await;

        delivered(&world, &Answered::visit(2).with("EMAIL", shared)).await;
        let expected = match taken {
            "newest" => newest,
            "account" => account,
            _ => otherwise,
        };
        assert_eq!(customer(&world, 0).await, expected, "{policy}");
        let case: Uuid = world.cases().await[0]["incidentid"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        let note = world.notes(case).await[0]["notetext"].to_string();
        assert!(note.contains(words), "{policy}: {note}");
    }
}
