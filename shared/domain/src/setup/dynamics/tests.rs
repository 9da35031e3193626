//! The laws of a plan, on organisations that exist as data only.

mod laws;
mod survey_rules;

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::super::Plan;
use super::*;
use crate::configuration;

const URL: &str = "https://abc.example/webhooks/dynamics";

fn wanted() -> Wanted {
    let text = "connections:\n  dynamics: { kind: dynamics, url: \"https://contoso.crm4.dynamics.com\", secret: cxloop/dynamics }\n";
    let name = "dynamics".parse().unwrap();
    Wanted {
        endpoint: EndpointWanted::of(&name, URL, Some("0123456789abcdef".into())),
        steps: steps(&configuration::read(text).unwrap()),
    }
}

/// An organisation with customer service and nothing of ours.
fn empty() -> Found {
    let mut found = Found {
        language: 1033,
        ..Found::default()
    };
    let title = BTreeMap::from([("title".to_owned(), "String".to_owned())]);
    let table = TableFound {
        columns: title,
        keys: BTreeMap::new(),
    };
    found.tables.insert(CASE.to_owned(), table);
    for (number, step) in wanted().steps.iter().enumerate() {
        let id = |kind: u128| Uuid::from_u128(kind << 64 | number as u128);
        let filter = Filter {
            message: id(1),
            filter: id(2),
        };
        found
            .filters
            .insert((step.table.clone(), step.message.to_owned()), filter);
    }
    found
}

/// What an action does to an organisation.
fn carry_out(found: &mut Found, action: &Action) {
    match action.clone() {
        Action::MakePublisher => found.publisher = Some((Uuid::from_u128(1), PREFIX.to_owned())),
        Action::MakeSolution => found.solution = Some(Uuid::from_u128(2)),
        Action::MakeTable(table) => {
            found
                .tables
                .insert(table.name.to_owned(), TableFound::default());
        }
        Action::MakeColumn(column) => {
            let table = found
                .tables
                .get_mut(column.table)
                .expect("the table is made before its columns");
            let before = table
                .columns
                .insert(column.name.to_owned(), column.kind.type_name().to_owned());
            assert_eq!(before, None, "a column is made once");
        }
        Action::MakeKey(key) => {
            let table = found.tables.get_mut(key.table).unwrap();
            assert!(
                table.columns.contains_key(key.column),
                "the column is made before its key"
            );
            let columns = BTreeSet::from([key.column.to_owned()]);
            let made = KeyFound {
                columns,
                state: KeyState::Active,
            };
            assert_eq!(table.keys.insert(key.name.to_owned(), made), None);
        }
        Action::Publish(tables) => {
            assert!(tables.iter().all(|table| found.tables.contains_key(*table)))
        }
        Action::MakeEndpoint(endpoint) => {
            assert_eq!(found.endpoint, None, "one endpoint");
            found.endpoint = Some(EndpointFound {
                id: endpoint.id,
                ..as_made(&endpoint)
            });
        }
        Action::ChangeEndpoint(id, endpoint) => {
            found.endpoint = Some(EndpointFound {
                id,
                ..as_made(&endpoint)
            });
        }
        Action::MakeStep {
            id, endpoint, step, ..
        } => {
            assert_eq!(
                found.endpoint.as_ref().map(|there| there.id),
                Some(endpoint)
            );
            let images = step.image.iter().map(image).collect();
            found.steps.push(StepFound {
                id,
                images,
                ..as_set(&step)
            });
        }
        Action::ChangeStep(id, step) => {
            let there = found.steps.iter_mut().find(|there| there.id == id).unwrap();
            *there = StepFound {
                id,
                images: std::mem::take(&mut there.images),
                ..as_set(&step)
            };
        }
        Action::MakeImage(id, wanted) => {
            let there = found.steps.iter_mut().find(|there| there.id == id).unwrap();
            there.images.push(image(&wanted));
        }
        Action::RemoveImage(id) => found
            .steps
            .iter_mut()
            .for_each(|step| step.images.retain(|image| image.id != id)),
        Action::RemoveStep(id) => found.steps.retain(|step| step.id != id),
        Action::RemoveEndpoint(_) => {
            assert!(found.steps.is_empty(), "steps go before their endpoint");
            found.endpoint = None;
        }
        Action::RemoveKey { table, key } => {
            found
                .tables
                .get_mut(table)
                .unwrap()
                .keys
                .remove(&key)
                .unwrap();
        }
        Action::RemoveColumn(column) => {
            let table = found.tables.get_mut(column.table).unwrap();
            let needed = table
                .keys
                .values()
                .any(|key| key.columns.contains(column.name));
            assert!(!needed, "keys go before their columns");
            table.columns.remove(column.name);
        }
        Action::RemoveTable(table) => {
            found.tables.remove(table.name);
        }
        Action::RemoveSolution(_) => found.solution = None,
        Action::RemovePublisher(_) => {
            assert_eq!(found.solution, None, "a solution goes before its publisher");
            found.publisher = None;
        }
    }
}

fn as_made(endpoint: &EndpointWanted) -> EndpointFound {
    EndpointFound {
        id: Uuid::nil(),
        name: endpoint.name.clone(),
        url: endpoint.url.clone(),
        auth_type: 5,
        auth_is_set: true,
        message_format: 2,
        description: endpoint.description(),
    }
}

fn as_set(step: &StepWanted) -> StepFound {
    StepFound {
        id: Uuid::nil(),
        name: step.name(),
        table: step.table.clone(),
        message: step.message.to_owned(),
        stage: 40,
        mode: 1,
        deletes_successes: true,
        enabled: true,
        filtering: step.filtering.clone(),
        images: Vec::new(),
    }
}

fn image(wanted: &ImageWanted) -> ImageFound {
    ImageFound {
        id: Uuid::from_u128(wanted.property.len() as u128 + 77),
        kind: wanted.kind.number(),
        alias: wanted.kind.alias().to_owned(),
        property: wanted.property.to_owned(),
        columns: wanted.columns.clone(),
    }
}

fn all(found: &mut Found, plan: &Plan<Action>) {
    plan.actions().for_each(|action| carry_out(found, action));
}

fn set_up() -> Found {
    let mut found = empty();
    let plan = plan(&wanted(), &found);
    assert_eq!(plan.conflicts().count(), 0);
    all(&mut found, &plan);
    found
}

#[test]
fn an_empty_organisation_gets_everything_in_an_order_that_can_be_carried_out() {
    let found = set_up();
    assert_eq!(found.steps.len(), wanted().steps.len());
    let plan = plan(&wanted(), &found);
    assert!(plan.is_done(), "{:?}", plan.open().collect::<Vec<_>>());
    assert_eq!(plan.actions().count(), 0);
}

#[test]
fn a_removal_with_data_leaves_what_was_before_and_one_without_leaves_what_holds_data() {
    let mut found = set_up();
    let kept = removal(&wanted().endpoint, &found, false);
    all(&mut found, &kept);
    assert_eq!((found.steps.len(), found.endpoint.clone()), (0, None));
    assert!(found.tables[CASE].columns.contains_key("cxl_rootcause"));
    assert!(found.solution.is_some() && found.tables.contains_key(RESPONSE));
    assert!(
        removal(&wanted().endpoint, &found, false).is_done(),
        "nothing more goes without data"
    );
    let rest = removal(&wanted().endpoint, &found, true);
    all(&mut found, &rest);
    assert_eq!(found, empty());
    assert!(removal(&wanted().endpoint, &found, true).lines.is_empty());
}

#[test]
fn what_is_in_the_way_is_told_and_not_touched() {
    let mut found = empty();
    let columns = &mut found.tables.get_mut(CASE).unwrap().columns;
    columns.insert("cxl_rootcause".into(), "String".into());
    found.publisher = Some((Uuid::from_u128(9), "new".into()));
    let plan = plan(&wanted(), &found);
    let told: Vec<String> = plan.conflicts().map(|line| line.told()).collect();
    assert_eq!(told.len(), 2);
    assert!(
        told[0].starts_with("! publisher cxloop (its prefix is new"),
        "{told:?}"
    );
    assert!(
        told[1].starts_with("! column cxl_rootcause of incident (it is of type String"),
        "{told:?}"
    );
    assert!(
        removal(&wanted().endpoint, &found, true)
            .lines
            .iter()
            .all(|line| !line.what.contains("cxl_rootcause"))
    );
    let nothing = super::plan(&wanted(), &Found::default());
    assert!(
        nothing
            .conflicts()
            .any(|line| line.what == "table incident")
    );
}

#[test]
fn a_message_that_an_organisation_does_not_have_is_not_registered() {
    let mut found = empty();
    found.filters.remove(&(CASE.to_owned(), "Close".to_owned()));
    let plan = plan(&wanted(), &found);
    all(&mut found, &plan);
    assert!(found.steps.iter().all(|step| step.message != "Close"));
    assert!(
        found
            .steps
            .iter()
            .any(|step| step.message == "CloseIncident")
    );
}

#[test]
fn a_key_whose_index_failed_is_made_anew_and_one_of_another_name_is_taken() {
    let mut found = set_up();
    let keys = &mut found.tables.get_mut(CASE).unwrap().keys;
    keys.get_mut("cxl_caseofresponse").unwrap().state = KeyState::Failed;
    let remade = plan(&wanted(), &found);
    assert!(matches!(
        remade.actions().collect::<Vec<_>>()[..],
        [Action::RemoveKey { .. }, Action::MakeKey(_)]
    ));
    let keys = &mut found.tables.get_mut(CASE).unwrap().keys;
    let mut key = keys.remove("cxl_caseofresponse").unwrap();
    key.state = KeyState::Active;
    keys.insert("contoso_response".into(), key);
    assert!(plan(&wanted(), &found).is_done());
    assert!(
        removal(&wanted().endpoint, &found, true)
            .lines
            .iter()
            .all(|line| !line.what.contains("contoso"))
    );
}

#[test]
fn a_new_address_or_secret_changes_the_endpoint_and_makes_no_second() {
    let found = set_up();
    let mut wanted = wanted();
    wanted.endpoint.url = "https://new.example/webhooks/dynamics".into();
    wanted.endpoint.fingerprint = Some("fedcba9876543210".into());
    let plan = plan(&wanted, &found);
    let open: Vec<String> = plan.open().map(|line| line.told()).collect();
    assert_eq!(
        open,
        [
            "~ webhook https://new.example/webhooks/dynamics (url: https://abc.example/webhooks/dynamics becomes https://new.example/webhooks/dynamics; it gets another secret)"
        ]
    );
}

#[test]
fn another_header_changes_the_endpoint_and_an_old_description_means_the_usual_one() {
    let mut found = set_up();
    let mut wanted = wanted();
    found.endpoint.as_mut().unwrap().description =
        "Tells cxloop of changes. Secret: 0123456789abcdef".into();
    assert!(plan(&wanted, &found).is_done());
    wanted.endpoint = wanted.endpoint.in_header(&"x-chave".parse().unwrap());
    let changed = plan(&wanted, &found);
    let open: Vec<String> = changed.open().map(|line| line.told()).collect();
    assert_eq!(
        open,
        [format!(
            "~ webhook {URL} (header: x-cxloop-secret becomes x-chave)"
        )]
    );
    all(&mut found, &changed);
    assert!(plan(&wanted, &found).is_done());
}

#[test]
fn steps_of_others_on_our_endpoint_stay_and_keep_it() {
    let mut found = set_up();
    let theirs = StepFound {
        id: Uuid::from_u128(4711),
        name: "Contoso: Update of incident".into(),
        ..found.steps[1].clone()
    };
    found.steps.push(theirs.clone());
    let again = plan(&wanted(), &found);
    assert!(again.is_done() && again.actions().count() == 0);
    let told = "= step Contoso: Update of incident (setup did not make it, so it is not touched)";
    assert!(again.lines.iter().any(|line| line.told() == told));
    let away = removal(&wanted().endpoint, &found, true);
    assert!(away.lines.iter().any(|line| line.told() == told));
    all(&mut found, &away);
    assert_eq!(found.steps, [theirs]);
    assert!(found.endpoint.is_some());
}

#[test]
fn a_publisher_with_another_prefix_is_not_removed() {
    let mut found = set_up();
    found.publisher = Some((Uuid::from_u128(9), "new".into()));
    let away = removal(&wanted().endpoint, &found, true);
    let told = "= publisher cxloop (its prefix is new and not cxl, so it is not ours)";
    assert!(away.lines.iter().any(|line| line.told() == told));
    all(&mut found, &away);
    assert!(found.publisher.is_some());
}

#[test]
fn an_endpoint_of_another_deployment_stays_with_its_steps_unless_nobody_says_where_we_are() {
    let found = set_up();
    let mut endpoint = wanted().endpoint;
    endpoint.url = "https://new.example/webhooks/dynamics".into();
    let away = removal(&endpoint, &found, false);
    let told = format!(
        "= webhook {URL} (it tells abc.example and not new.example, so it is another deployment's)"
    );
    assert!(away.lines.iter().any(|line| line.told() == told));
    let touches =
        |action: &Action| matches!(action, Action::RemoveStep(_) | Action::RemoveEndpoint(_));
    assert!(!away.actions().any(touches));
    endpoint.url = String::new();
    assert!(removal(&endpoint, &found, false).actions().any(touches));
}
