//! An organisation on a port of its own, with a clock that stands still, and the few requests that every test needs.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use cxloop_sandbox::dataverse::{Dataverse, Model, serve_on};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

pub(crate) const IRIA: &str = "5a4db0c5-0005-4000-8000-000000000001";
pub(crate) const XOAN: &str = "5a4db0c5-0005-4000-8000-000000000002";
pub(crate) const ACCOUNT: &str = "5a4db0c5-0004-4000-8000-000000000001";
pub(crate) const RECOVERY: &str = "5a4db0c5-0003-4000-8000-000000000001";
pub(crate) const SUPPORT: &str = "5a4db0c5-0003-4000-8000-000000000002";
pub(crate) const AGENT: &str = "5a4db0c5-0001-4000-8000-000000000002";
pub(crate) const NOWHERE: &str = "00000000-0000-4000-8000-00000000dead";

/// A served organisation; dropping it stops the server.
pub(crate) struct Organisation {
    pub(crate) dataverse: Dataverse,
    pub(crate) root: String,
    pub(crate) http: reqwest::Client,
    seconds: Arc<AtomicI64>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Organisation {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Organisation {
    pub(crate) async fn start() -> Self {
        let seconds = Arc::new(AtomicI64::new(1_780_000_000));
        let clock = Arc::clone(&seconds);
        let now =
            Arc::new(move || jiff::Timestamp::from_second(clock.load(Ordering::SeqCst)).unwrap());
        let dataverse = Dataverse::new(Model::customer_service().unwrap(), now).with_company();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(serve_on(listener, dataverse.clone()));
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            dataverse,
            root,
            http,
            seconds,
            server,
        }
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    /// A request below the service root with the token of the sandbox.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}/api/data/v9.2/{path}", self.root))
            .bearer_auth("sandbox")
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::PATCH, path).json(&body)).await
    }

    /// A token for the user of a program.
    pub(crate) async fn token(&self, client: &str, secret: &str) -> String {
        let form = format!(
            "grant_type=client_credentials&client_id={client}&client_secret={secret}&scope={}/.default",
            self.root
        );
        let request = self
            .http
            .post(format!("{}/tenant/oauth2/v2.0/token", self.root))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let granted = Answer::of(request).await.json();
        granted["access_token"].as_str().unwrap().to_owned()
    }

    /// Opens a case of Iria's and returns its key.
    pub(crate) async fn open_case(&self, title: &str) -> String {
        let body =
            json!({"title": title, "customerid_contact@odata.bind": format!("/contacts({IRIA})")});
        let answer = self.post("incidents", body).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text);
        answer.key()
    }

    /// Resolves a case with the documented action.
    pub(crate) async fn close_case(&self, id: &str) -> Answer {
        let resolution = json!({"@odata.type": "Microsoft.Dynamics.CRM.incidentresolution", "subject": "Avaría reparada", "incidentid@odata.bind": format!("/incidents({id})")});
        self.post(
            "CloseIncident",
            json!({"IncidentResolution": resolution, "Status": 5}),
        )
        .await
    }
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let response: Response = request.send().await.unwrap();
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The key of the row that a write names.
    pub(crate) fn key(&self) -> String {
        let address = self.header("odata-entityid");
        address[address.rfind('(').unwrap() + 1..address.len() - 1].to_owned()
    }

    /// Status and code of a refusal.
    pub(crate) fn refusal(&self) -> (u16, String) {
        let body = self.json();
        assert!(body["error"]["message"].is_string(), "{body}");
        (
            self.status.as_u16(),
            body["error"]["code"].as_str().unwrap().to_owned(),
        )
    }

    #[track_caller]
    pub(crate) fn is_refused(&self, status: u16, code: &str) {
        assert_eq!(self.refusal(), (status, code.to_owned()), "{}", self.text);
    }
}
