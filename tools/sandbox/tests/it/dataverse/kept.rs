//! An organisation that outlives its process.
//! Source: Microsoft Learn, "Use change tracking to synchronize data with external systems".

use std::sync::Arc;

use cxloop_sandbox::dataverse::{Dataverse, Model, serve_on};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

struct Served {
    root: String,
    server: tokio::task::JoinHandle<()>,
}

/// Starts an organisation over a file; what was in memory before is gone.
async fn start(file: &std::path::Path) -> Served {
    let now = Arc::new(|| jiff::Timestamp::from_second(1_780_000_000).unwrap());
    let dataverse = Dataverse::new(Model::customer_service().unwrap(), now)
        .with_company()
        .kept_in(file)
        .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let root = format!("http://{}/api/data/v9.2", listener.local_addr().unwrap());
    let server = tokio::spawn(serve_on(listener, dataverse));
    Served { root, server }
}

async fn send(
    served: &Served,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> (StatusCode, String, String) {
    let client = Client::builder().no_proxy().build().unwrap();
    let mut request = client
        .request(method, format!("{}/{path}", served.root))
        .bearer_auth("sandbox");
    if let Some(body) = body {
        request = request.json(&body);
    }
    let response = request.send().await.unwrap();
    let place = response
        .headers()
        .get("odata-entityid")
        .map(|place| place.to_str().unwrap().to_owned())
        .unwrap_or_default();
    let path = place
        .split_once("/v9.2/")
        .map(|(_, path)| path.to_owned())
        .unwrap_or_default();
    (response.status(), path, response.text().await.unwrap())
}

const IRIA: &str = "5a4db0c5-0005-4000-8000-000000000001";
const XOAN: &str = "5a4db0c5-0005-4000-8000-000000000002";

#[tokio::test]
async fn rows_columns_and_numbers_are_there_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dynamics.jsonl");
    let first = start(&file).await;
    let column = json!({"@odata.type": "Microsoft.Dynamics.CRM.DecimalAttributeMetadata", "SchemaName": "new_Nota", "Precision": 2});
    let (status, _, text) = send(
        &first,
        Method::POST,
        "EntityDefinitions(LogicalName='incident')/Attributes",
        Some(column),
    )
    .await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{text}");
    let case = json!({"title": "Avaría", "customerid_contact@odata.bind": format!("/contacts({IRIA})"), "new_nota": 7.25});
    let (status, path, text) = send(&first, Method::POST, "incidents", Some(case.clone())).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{text}");
    let (_, _, before) = send(&first, Method::GET, &path, None).await;
    let (status, ..) = send(&first, Method::DELETE, &format!("contacts({XOAN})"), None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    first.server.abort();
    // What a process leaves that is killed in the middle of a line.
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.push_str("{\"row\":{\"table\":\"contact\",\"id\":\"ñ");
    // The last letter has two bytes, of which the first is written.
    std::fs::write(&file, &text.as_bytes()[..text.len() - 1]).unwrap();

    for _ in 0..2 {
        let again = start(&file).await;
        let address = |text: &str| -> Value {
            let mut row: Value = serde_json::from_str(text).unwrap();
            row["@odata.context"] = Value::Null;
            row
        };
        let (status, _, after) = send(&again, Method::GET, &path, None).await;
        assert_eq!(status, StatusCode::OK, "{after}");
        assert_eq!(address(&after), address(&before));
        assert_eq!(address(&after)["new_nota"], 7.25);
        let (status, ..) = send(&again, Method::GET, &format!("contacts({XOAN})"), None).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let (_, next, _) = send(&again, Method::POST, "incidents", Some(case.clone())).await;
        let (_, _, next) = send(&again, Method::GET, &next, None).await;
        assert_ne!(
            address(&next)["ticketnumber"],
            address(&before)["ticketnumber"]
        );
        again.server.abort();
    }
}

#[tokio::test]
async fn whoever_follows_changes_hears_of_a_deletion_from_before_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dynamics.jsonl");
    let first = start(&file).await;
    let client = Client::builder().no_proxy().build().unwrap();
    let ask = async |address: String| -> Value {
        let request = client.get(address).bearer_auth("sandbox");
        let request = request.header("Prefer", "odata.track-changes");
        let text = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let all = ask(format!("{}/contacts?$select=fullname", first.root)).await;
    let link = all["@odata.deltaLink"].as_str().unwrap().to_owned();
    let (status, ..) = send(&first, Method::DELETE, &format!("contacts({XOAN})"), None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let before = ask(link.clone()).await;
    first.server.abort();
    for _ in 0..2 {
        let again = start(&file).await;
        let after = ask(link.replace(&first.root, &again.root)).await;
        assert_eq!(after["value"].as_array().unwrap().len(), 1, "{after}");
        assert_eq!(after["value"][0]["id"], XOAN);
        let token = |answer: &Value| {
            let link = answer["@odata.deltaLink"].as_str().unwrap();
            link.rsplit_once("deltatoken=").unwrap().1.to_owned()
        };
        assert_eq!(token(&after), token(&before));
        let then = ask(after["@odata.deltaLink"].as_str().unwrap().to_owned()).await;
        assert_eq!(then["value"].as_array().unwrap().len(), 0, "{then}");
        again.server.abort();
    }
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dynamics.jsonl");
    // A link to itself is there and cannot be opened, whoever asks.
    std::os::unix::fs::symlink(&file, &file).unwrap();
    let now = Arc::new(|| jiff::Timestamp::from_second(1_780_000_000).unwrap());
    let dataverse = Dataverse::new(Model::customer_service().unwrap(), now);
    assert!(dataverse.kept_in(&file).is_err());
    assert!(file.is_symlink());
}
