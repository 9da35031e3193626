//! Bodies of webhooks: the raw ones under `events/`, and any bytes.

mod any_bytes;
mod bodies;
mod grammar;
mod reading;

use cxloop_domain::configuration::DynamicsConnection;
use cxloop_domain::record_changed::{Heard, Origin, Record, RecordChanged};
use uuid::{Uuid, uuid};

use crate::execution_context::{ExecutionContext, hear};

const CASE: Uuid = uuid!("5a4db0c5-1111-4a00-8000-0000000000a1");
const MASTER: Uuid = uuid!("5a4db0c5-1111-4a00-8000-0000000000a2");
const ACCOUNT: Uuid = uuid!("5a4db0c5-1111-4a00-8000-0000000000b1");
const CONTACT: Uuid = uuid!("5a4db0c5-1111-4a00-8000-0000000000c1");
const NOTE: Uuid = uuid!("5a4db0c5-1111-4a00-8000-0000000000d1");
const AGENT: Uuid = uuid!("3b1f6d52-77aa-4c0e-9b61-2f0d9a1c0001");
const US: Uuid = uuid!("3b1f6d52-77aa-4c0e-9b61-2f0d9a1c0002");
const ORGANIZATION: Uuid = uuid!("8e2a4c60-1d3f-4b58-a7c9-5e6f70810001");

/// The body in the file `events/webhooks/dynamics-<name>.json`.
fn body(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/webhooks");
    let path = format!("{folder}/dynamics-{name}.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let envelope: serde_json::Value = serde_json::from_str(&text).unwrap();
    envelope["body"].as_str().unwrap().to_owned()
}

fn read(name: &str) -> ExecutionContext {
    ExecutionContext::read(body(name).as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn connection() -> DynamicsConnection {
    let mut connection =
        DynamicsConnection::new("https://contoso.crm4.dynamics.com", "cxloop/dynamics");
    connection.application_user = Some(US);
    connection.organization_id = Some(ORGANIZATION);
    connection
}

fn origin() -> Origin {
    Origin {
        connection: "dynamics".parse().unwrap(),
        inbox_id: "i-1".parse().unwrap(),
        accepted_at: "2026-03-02T10:00:09Z".parse().unwrap(),
    }
}

fn heard(name: &str) -> Heard {
    hear(body(name).as_bytes(), &connection(), &origin()).unwrap()
}

fn changes(name: &str) -> Vec<RecordChanged> {
    match heard(name) {
        Heard::Changes(changes) => changes,
        other => panic!("{name}: {other:?}"),
    }
}

fn record(table: &str, id: Uuid) -> Record {
    Record {
        table: table.parse().unwrap(),
        id,
    }
}
