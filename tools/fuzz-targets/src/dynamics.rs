//! Dataverse: answers of the Web API, of its batches and of the token endpoint, and bodies of its webhooks.

use std::sync::Arc;

use cxloop_dataverse::batch::{Batch, ChangeSet};
use cxloop_dataverse::{Client, Connection, Error, Query, Request, Row, classify};
use cxloop_domain::configuration::DynamicsConnection;
use cxloop_domain::record_changed::{Heard, Origin};
use cxloop_dynamics::execution_context::{hear, reduced};
use secrecy::SecretString;
use uuid::Uuid;

use crate::loopback::{Loopback, Said};

const TOKEN: &str = "{\"token_type\":\"Bearer\",\"expires_in\":3599,\"access_token\":\"t\"}";
const ROW: Uuid = Uuid::from_u128(0x5f0c_6a52_9c2d_5a53_8d2a_0d6a_4f1f_7b11);

fn client(loopback: &Loopback) -> Client {
    let secret = SecretString::from("sandbox");
    let connection = Connection::new(&loopback.root, "fuzz", "sandbox", secret, "fuzz")
        .and_then(|connection| connection.with_token_url(&format!("{}/token", loopback.root)));
    let connection = connection.unwrap_or_else(|error| panic!("{error}"));
    Client::new(loopback.http.clone(), connection, Arc::new(crate::now))
}

/// Every failure has a verdict.
fn judged<T>(outcome: Result<T, Error>) -> Option<T> {
    outcome.map_err(|error| classify(&error)).ok()
}

/// Reads, lists and writes while the service answers with the input: a status and a content type in the first line, then a body.
pub(crate) fn answer(bytes: &[u8]) {
    let said = Said::read(bytes);
    let good = matches!(said.status, 200..=299);
    let script = move |path: &str| match path {
        "/token" => Said::json(TOKEN),
        _ => said.clone(),
    };
    Loopback::with(|loopback| {
        let client = client(loopback);
        let query = Query::new().select(["title"]).with_annotations();
        loopback.answering(script, async {
            let one = judged(client.get("incidents", ROW, &query).await);
            let many = judged(client.list("incidents", &query).await);
            let made = judged(client.create_with_id("incidents", ROW, Row::new()).await);
            let me = judged(client.who_am_i().await);
            let any = one.is_some() || many.is_some() || made.is_some() || me.is_some();
            assert!(good || !any, "only a success is taken for one");
        });
    });
}

/// Signs in while the token endpoint answers with the input, in the same form.
pub(crate) fn token(bytes: &[u8]) {
    let said = Said::read(bytes);
    let script = move |path: &str| match path {
        "/token" => said.clone(),
        _ => Said::json("{\"UserId\":\"5f0c6a52-9c2d-5a53-8d2a-0d6a4f1f7b11\"}"),
    };
    Loopback::with(|loopback| {
        let client = client(loopback);
        loopback.answering(script, async {
            let _ = judged(client.who_am_i().await);
        });
    });
}

/// Sends a batch of a change set and a read while the service answers with the input, in the same form.
pub(crate) fn batch(bytes: &[u8]) {
    let said = Said::read(bytes);
    let script = move |path: &str| match path {
        "/token" => Said::json(TOKEN),
        _ => said.clone(),
    };
    let row = || Row::new().set("title", "Non chegou o pedido");
    let set = ChangeSet::new()
        .request(Request::create_with_id("incidents", ROW, row()))
        .request(Request::create(
            "annotations",
            Row::new().set("subject", "Não"),
        ));
    let batch = Batch::new()
        .change_set(set)
        .request(Request::get("incidents", ROW, &Query::new()));
    let groups = 2;
    Loopback::with(|loopback| {
        let client = client(loopback);
        let outcomes = loopback.answering(script, async { judged(client.batch(&batch).await) });
        if let Some(outcomes) = outcomes {
            assert_eq!(outcomes.len(), groups, "every group has an outcome");
            for outcome in outcomes {
                let _ = judged(outcome.into_result());
            }
        }
    });
}

/// Reads the body of a webhook, whole and reduced. Reading is pure: twice the same.
pub(crate) fn execution_context(bytes: &[u8]) {
    let connection = DynamicsConnection::new("https://fuzz.crm4.dynamics.com", "fuzz/dynamics");
    let origin = Origin {
        connection: crate::connections::name("dynamics"),
        inbox_id: "fuzz".parse().expect("the id is one"),
        accepted_at: crate::now(),
    };
    let heard = hear(bytes, &connection, &origin);
    assert_eq!(
        heard,
        hear(bytes, &connection, &origin),
        "a body says one thing"
    );
    if let Ok(Heard::Changes(changes)) = heard {
        assert!(!changes.is_empty(), "what changed is named");
        assert!(changes.iter().all(|change| !change.record.id.is_nil()));
    }
    let small = reduced(bytes);
    assert!(small.len() <= 300 * 1024, "what is reduced fits");
    let _ = hear(&small, &connection, &origin);
}
