//! The Dataverse client: answers of the Web API, of its batches and of the token endpoint.

use std::sync::Arc;

use cxloop_dataverse::batch::{Batch, ChangeSet};
use cxloop_dataverse::{Client, Connection, Error, Query, Request, Row, classify};
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
