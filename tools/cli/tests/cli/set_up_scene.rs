//! Empty systems that are to be set up: the stand-ins, an API that asks who calls, and an account of AWS with secrets and
//! queues.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use cxloop_sandbox::dataverse::{Dataverse, Model};
use cxloop_sandbox::stand_in::{Calls, Faults, Wire, serve_on, wall_clock};
use cxloop_sandbox::wxm::Wxm;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use wiremock::matchers::{method, path_regex};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::program::{Place, Run, configuration};
use crate::table::Table;

pub(crate) const TOKEN: &str = "0123456789abcdefghijklmn";

/// What the scene's configuration writes back.
const WRITE_BACK: &str = "write_back:
  fields:
    - { question: CASE_STATUS, column: statuscode }
    - { question: TIME_TO_CLOSE, computed: time_to_close, unit: minutes }
";

/// The scene; dropping it ends the servers that are not tasks of the test.
pub(crate) struct Scene {
    pub(crate) place: Place,
    pub(crate) dynamics: Dataverse,
    pub(crate) wxm: Wxm,
    pub(crate) account: Account,
    pub(crate) table: Table,
    pub(crate) api: String,
    dynamics_address: String,
    wxm_address: String,
    _servers: Vec<MockServer>,
}

/// Secrets and queues by name, behind the JSON protocols of AWS.
#[derive(Clone, Default)]
pub(crate) struct Account {
    pub(crate) secrets: Arc<Mutex<BTreeMap<String, Value>>>,
    pub(crate) queues: Arc<Mutex<BTreeMap<String, u64>>>,
}

impl Respond for Account {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let target = request.headers["x-amz-target"].to_str().unwrap();
        let asked: Value = serde_json::from_slice(&request.body).unwrap();
        let secret = asked["SecretId"].as_str().unwrap_or_default();
        let answer = match target.rsplit('.').next().unwrap() {
            "GetSecretValue" => match self.secrets.lock().unwrap().get(secret) {
                Some(value) => json!({"Name": secret, "SecretString": value.to_string()}),
                None => {
                    let refusal = json!({"__type": "ResourceNotFoundException", "Message": "no"});
                    return ResponseTemplate::new(400).set_body_json(refusal);
                }
            },
            "PutSecretValue" => {
                let value = serde_json::from_str(asked["SecretString"].as_str().unwrap()).unwrap();
                self.secrets
                    .lock()
                    .unwrap()
                    .insert(secret.to_owned(), value);
                json!({"Name": secret})
            }
            "ListQueues" => {
                let prefix = asked["QueueNamePrefix"].as_str().unwrap();
                let queues = self.queues.lock().unwrap();
                let urls = queues.keys().filter(|name| name.starts_with(prefix));
                json!({"QueueUrls": urls.map(|name| format!("http://127.0.0.1/0/{name}")).collect::<Vec<_>>()})
            }
            "GetQueueAttributes" => {
                let url = asked["QueueUrl"].as_str().unwrap();
                let number = self.queues.lock().unwrap()[url.rsplit('/').next().unwrap()];
                json!({"Attributes": {"ApproximateNumberOfMessages": number.to_string()}})
            }
            other => panic!("nobody asks for {other} here"),
        };
        ResponseTemplate::new(200).set_body_json(answer)
    }
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let listen = || async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = format!("http://{}", listener.local_addr().unwrap());
            (listener, address)
        };
        let ((crm, dynamics_address), (survey, wxm_address)) = (listen().await, listen().await);
        let dynamics = Dataverse::new(Model::customer_service().unwrap(), wall_clock());
        dynamics.allow_loopback_webhooks();
        let wxm = Wxm::new(wall_clock(), wxm_address.clone());
        let faults = Faults::new();
        let wire = |target| Wire::new(target, faults.clone(), Calls::new(), wall_clock());
        tokio::spawn(serve_on(crm, dynamics.router(), wire("dynamics")));
        tokio::spawn(serve_on(survey, wxm.router(), wire("wxm")));
        let api = MockServer::start().await;
        Mock::given(method("POST"))
            .and(path_regex("^/webhooks/"))
            .respond_with(ResponseTemplate::new(401))
            .mount(&api)
            .await;
        let account = Account::default();
        let aws = MockServer::start().await;
        Mock::given(wiremock::matchers::any())
            .respond_with(account.clone())
            .mount(&aws)
            .await;
        for (name, value) in [
            (
                "cxloop/wxm",
                json!({"username": "sandbox", "password": "sandbox", "webhook_token": TOKEN}),
            ),
            (
                "cxloop/dynamics",
                json!({"tenant": "sandbox", "client_id": "sandbox", "client_secret": "sandbox", "expires": "2999-01-01", "nota": "Antía"}),
            ),
            (
                "cxloop/generic",
                json!({"webhook_secret": "whsec_Y3hsb29w"}),
            ),
        ] {
            account
                .secrets
                .lock()
                .unwrap()
                .insert(name.to_owned(), value);
        }
        for name in [
            "cxloop-case",
            "cxloop-case-dead-letters",
            "cxloop-unrouted",
            "other-case",
        ] {
            account.queues.lock().unwrap().insert(name.to_owned(), 0);
        }
        let table = Table::start().await;
        let place = Place::new()
            .with_account()
            .with("AWS_ENDPOINT_URL", &aws.uri())
            .with("AWS_ENDPOINT_URL_DYNAMODB", &table.address)
            .with("CXLOOP_TABLE", Table::NAME)
            .with("CXLOOP_API", &api.uri());
        let text = configuration(&dynamics_address, &wxm_address) + WRITE_BACK;
        place.file("cxloop.yaml", &text);
        let read = cxloop_domain::configuration::read(&text).unwrap();
        cxloop_ports::Configurations::apply(&table.store, &read)
            .await
            .unwrap();
        Self {
            place,
            dynamics,
            wxm,
            account,
            table,
            api: api.uri(),
            dynamics_address,
            wxm_address,
            _servers: vec![api, aws],
        }
    }

    /// Both systems set up.
    pub(crate) async fn set_up() -> Self {
        let scene = Self::new().await;
        scene.cxloop("setup dynamics").await.fine();
        scene.cxloop("setup wxm").await.fine();
        scene
    }

    pub(crate) async fn cxloop(&self, arguments: &str) -> Run {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        self.place.cxloop(&arguments).await
    }

    /// Asks the Web API as anybody may.
    pub(crate) async fn crm(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}/api/data/v9.2/{path}", self.dynamics_address);
        let request = reqwest::Client::new()
            .request(method, url)
            .bearer_auth("sandbox");
        let request = if body.is_null() {
            request
        } else {
            request.json(&body)
        };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// The rows at a path.
    pub(crate) async fn rows(&self, path: &str) -> Vec<Value> {
        let answer = self.crm(Method::GET, path, Value::Null).await;
        answer["value"].as_array().unwrap().clone()
    }

    /// Asks the survey platform's API as its user.
    pub(crate) async fn survey(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}/api/{path}", self.wxm_address);
        let request = reqwest::Client::new()
            .request(method, url)
            .basic_auth("sandbox", Some("sandbox"));
        let request = if body.is_null() {
            request
        } else {
            request.json(&body)
        };
        request.send().await.unwrap().json().await.unwrap()
    }

    /// A field of the connection's secret.
    pub(crate) fn secret(&self, field: &str) -> Option<String> {
        let secrets = self.account.secrets.lock().unwrap();
        secrets["cxloop/dynamics"][field]
            .as_str()
            .map(str::to_owned)
    }
}
