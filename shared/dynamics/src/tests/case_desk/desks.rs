//! The desk of a configuration, and the secret behind it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use cxloop_domain::configuration::{Applied, Configuration};
use cxloop_ports::{CaseDesks, Clock, Failure, Remedy, Secrets};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::json;
use wiremock::{Mock, ResponseTemplate, matchers::body_string_contains};

use super::{CASE, Organisation, answer_reads, gone};
use crate::case_desk::DynamicsCaseDesks;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2026-09-01T12:00:00Z".parse().unwrap()
    }
}

/// Secrets whose client secret is `old` until it is forgotten, then `new`.
#[derive(Default)]
struct Rotated {
    forgotten: Mutex<Vec<String>>,
}

#[async_trait]
impl Secrets for Rotated {
    async fn field(&self, secret: &str, field: &str) -> Result<SecretString, Failure> {
        assert_eq!(secret, "cxloop/dynamics");
        let forgotten = !self.forgotten.lock().unwrap().is_empty();
        Ok(SecretString::from(match (field, forgotten) {
            ("client_secret", false) => "old".to_owned(),
            ("client_secret", true) => "new".to_owned(),
            _ => field.to_owned(),
        }))
    }

    async fn forget(&self, secret: &str) {
        self.forgotten.lock().unwrap().push(secret.to_owned());
    }
}

fn applied(connections: serde_json::Value) -> Applied {
    let configuration: Configuration =
        serde_json::from_value(json!({"connections": connections})).unwrap();
    Applied {
        version: 1,
        configuration,
    }
}

fn connected_to(url: &str) -> Applied {
    applied(json!({"dynamics": {
        "kind": "dynamics", "url": url, "secret": "cxloop/dynamics",
        "token_url": format!("{url}/contoso/oauth2/v2.0/token"),
    }}))
}

fn desks() -> (Arc<Rotated>, DynamicsCaseDesks) {
    let secrets = Arc::new(Rotated::default());
    let shared: Arc<dyn Secrets> = Arc::<Rotated>::clone(&secrets);
    (
        secrets,
        DynamicsCaseDesks::new(
            crate::Connection::http_client(crate::Timeouts::default()).unwrap(),
            shared,
            Arc::new(Noon),
        ),
    )
}

#[tokio::test]
async fn a_rotated_secret_is_read_anew_after_a_refusal() {
    let organisation = Organisation::without_tokens().await;
    Mock::given(body_string_contains("client_secret=old"))
        .respond_with(ResponseTemplate::new(401).set_body_json(json!({"error": "invalid_client"})))
        .mount(&organisation.server)
        .await;
    organisation.gives_token("token", 3_599, None).await;
    answer_reads(&organisation, "incidents", gone()).await;
    let (secrets, desks) = desks();
    let (name, desk) = desks
        .desk(&connected_to(&organisation.server.uri()))
        .unwrap();

    assert_eq!(name.as_str(), "dynamics");
    let failure = desk.read_case(CASE).await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::Mend);
    assert!(!format!("{failure:?}").contains("old"), "{failure:?}");
    assert_eq!(*secrets.forgotten.lock().unwrap(), ["cxloop/dynamics"]);
    assert_eq!(desk.read_case(CASE).await, Ok(None));
}

#[tokio::test]
async fn a_desk_keeps_its_token_until_its_connection_changes() {
    let organisation = Organisation::start().await;
    answer_reads(&organisation, "incidents", gone()).await;
    let (_, desks) = desks();
    let first = connected_to(&organisation.server.uri());
    for _ in 0..3 {
        let (_, desk) = desks.desk(&first).unwrap();
        assert_eq!(desk.read_case(CASE).await, Ok(None));
    }
    assert_eq!(organisation.token_requests().await, 1);

    let other = connected_to("https://contoso.crm4.dynamics.com");
    let (_, desk) = desks.desk(&other).unwrap();
    assert_eq!(
        desk.case_link(CASE),
        format!(
            "https://contoso.crm4.dynamics.com/main.aspx?etn=incident&pagetype=entityrecord&id={CASE}"
        )
    );
}

#[tokio::test]
async fn a_configuration_without_a_crm_is_for_a_person_to_mend() {
    let (_, desks) = desks();
    let Err(failure) = desks.desk(&applied(json!({}))) else {
        panic!("there is no CRM")
    };
    assert_eq!(failure.remedy, Remedy::Mend);

    let (_, desk) = desks
        .desk(&connected_to("http://contoso.example.com"))
        .unwrap();
    assert_eq!(desk.read_case(CASE).await.unwrap_err().remedy, Remedy::Mend);
}
