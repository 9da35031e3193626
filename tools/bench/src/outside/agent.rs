//! A person of the company at work in Dynamics.

use cxloop_sandbox::dataverse::Dataverse;
use http::StatusCode;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Outside;
use crate::Error;

/// Works in Dynamics with a user that is not the functions' own, so that what is done is told as a person's change.
pub struct Agent {
    http: reqwest::Client,
    api: String,
    token: String,
}

/// The name and the password of the program that people work with.
const AGENT: &str = "agent";

impl Agent {
    /// Signs in where the functions are measured.
    ///
    /// # Errors
    /// The stand-in gives no token.
    pub async fn start(outside: &Outside) -> Result<Self, Error> {
        let http = outside.http.clone();
        Self::sign_in(http, &outside.dynamics_url, &outside.dynamics).await
    }

    /// Signs in to the Dynamics that answers at an address.
    ///
    /// # Errors
    /// The stand-in gives no token.
    pub async fn sign_in(
        http: reqwest::Client,
        url: &str,
        dynamics: &Dataverse,
    ) -> Result<Self, Error> {
        dynamics.add_application(AGENT, AGENT);
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", AGENT),
            ("client_secret", AGENT),
            ("scope", &format!("{url}/.default")),
        ];
        let asked = http.post(format!("{url}/sandbox/oauth2/v2.0/token"));
        let answer: Value = json_of(asked.form(&form)).await?;
        let token = answer["access_token"].as_str();
        let token = token.ok_or_else(|| trouble(format!("it gives no token: {answer}")))?;
        Ok(Self {
            token: token.to_owned(),
            api: format!("{url}/api/data/v9.2"),
            http,
        })
    }

    /// Writes columns of a case. `false` when Dynamics refuses it, as it does for most columns of a resolved case.
    ///
    /// # Errors
    /// Dynamics cannot be reached.
    pub async fn set(&self, case: Uuid, columns: &Value) -> Result<bool, Error> {
        let address = format!("{}/incidents({case})", self.api);
        self.done(self.http.patch(address).json(columns)).await
    }

    /// Resolves a case. `false` when it is resolved already.
    ///
    /// Source: Microsoft Learn, "CloseIncident Action".
    ///
    /// # Errors
    /// Dynamics cannot be reached.
    pub async fn resolve(&self, case: Uuid) -> Result<bool, Error> {
        let body = json!({
            "IncidentResolution": {"subject": "Resolvido", "incidentid@odata.bind": format!("/incidents({case})")},
            "Status": 5,
        });
        let address = format!("{}/CloseIncident", self.api);
        self.done(self.http.post(address).json(&body)).await
    }

    /// Leaves a note on a case.
    ///
    /// # Errors
    /// Dynamics cannot be reached.
    pub async fn note(&self, case: Uuid, subject: &str, text: &str) -> Result<bool, Error> {
        let note = json!({
            "subject": subject, "notetext": text,
            "objectid_incident@odata.bind": format!("/incidents({case})"),
        });
        let address = format!("{}/annotations", self.api);
        self.done(self.http.post(address).json(&note)).await
    }

    /// Columns of a case, with the labels of choices.
    ///
    /// # Errors
    /// Dynamics cannot be reached, or there is no such case.
    pub async fn read(&self, case: Uuid, columns: &str) -> Result<Value, Error> {
        let address = format!("{}/incidents({case})?$select={columns}", self.api);
        let labels = "odata.include-annotations=\"OData.Community.Display.V1.FormattedValue\"";
        let asked = self.http.get(address).header("prefer", labels);
        json_of(asked.bearer_auth(&self.token)).await
    }

    /// Whether there is such a case.
    ///
    /// # Errors
    /// Dynamics cannot be reached.
    pub async fn is_there(&self, case: Uuid) -> Result<bool, Error> {
        let address = format!("{}/incidents({case})?$select=incidentid", self.api);
        let asked = self.http.get(address).bearer_auth(&self.token);
        match asked.send().await.map_err(trouble)?.status() {
            StatusCode::OK => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            status => Err(trouble(status)),
        }
    }

    async fn done(&self, asked: RequestBuilder) -> Result<bool, Error> {
        let answer = asked.bearer_auth(&self.token).send().await;
        let answer = answer.map_err(trouble)?;
        let status = answer.status();
        // What a case's state does not allow. Source: Microsoft Learn, "Compose HTTP requests and handle errors".
        let is_refused = matches!(status, StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN);
        if status.is_success() || is_refused {
            return Ok(status.is_success());
        }
        let text = answer.text().await.unwrap_or_default();
        Err(trouble(format!("{status} {text}")))
    }
}

async fn json_of(asked: RequestBuilder) -> Result<Value, Error> {
    let answer = asked.send().await.map_err(trouble)?;
    let answer = answer.error_for_status().map_err(trouble)?;
    answer.json().await.map_err(trouble)
}

fn trouble(why: impl ToString) -> Error {
    Error::unusable("the stand-in of Dynamics", why.to_string())
}
