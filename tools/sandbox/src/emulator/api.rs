//! The few calls to AWS services that the sandbox makes itself. The emulator checks no signature, so plain requests do and no
//! SDK is linked.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::process::REGION;

/// A client of the emulator's services.
#[derive(Debug, Clone)]
pub(super) struct Api {
    http: reqwest::Client,
    endpoint: String,
}

impl Api {
    pub(super) fn new(endpoint: &str) -> Result<Self> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .build()
            .context("no HTTP client")?;
        Ok(Self {
            http,
            endpoint: endpoint.to_owned(),
        })
    }

    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(super) async fn healthy(&self) -> bool {
        let health = format!("{}/_ministack/health", self.endpoint);
        matches!(self.http.get(health).send().await, Ok(answer) if answer.status().is_success())
    }

    /// Calls an operation of AWS's JSON protocol, e.g. `AmazonSQS.GetQueueAttributes`.
    pub(super) async fn call(
        &self,
        service: &str,
        target: &str,
        arguments: &Value,
    ) -> Result<Value> {
        let request = self
            .http
            .post(&self.endpoint)
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.0")
            // The account and the region are read from the header, whose signature is not looked at.
            .header("authorization", self.authorization(service))
            .body(arguments.to_string());
        self.answer(target, request).await
    }

    /// Calls a function and waits for its answer.
    pub(super) async fn invoke(&self, function: &str, event: &Value) -> Result<Value> {
        let request = self
            .http
            .post(format!(
                "{}/2015-03-31/functions/{function}/invocations",
                self.endpoint
            ))
            .header("authorization", self.authorization("lambda"))
            .body(event.to_string());
        self.answer("Invoke", request).await
    }

    /// Asks one of the emulator's own pages.
    pub(super) async fn look(&self, path: &str) -> Result<Value> {
        let request = self.http.get(format!("{}{path}", self.endpoint));
        self.answer(path, request).await
    }

    /// The names of all functions.
    pub(super) async fn functions(&self) -> Result<Vec<String>> {
        let request = self
            .http
            .get(format!("{}/2015-03-31/functions/", self.endpoint))
            .header("authorization", self.authorization("lambda"));
        let answer = self.answer("ListFunctions", request).await?;
        let names = answer["Functions"].as_array().into_iter().flatten();
        Ok(names
            .filter_map(|function| function["FunctionName"].as_str().map(str::to_owned))
            .collect())
    }

    /// Replaces a secret's value.
    pub(super) async fn put_secret(&self, name: &str, value: &str) -> Result<()> {
        let arguments = json!({ "SecretId": name, "SecretString": value });
        self.call(
            "secretsmanager",
            "secretsmanager.PutSecretValue",
            &arguments,
        )
        .await
        .map(drop)
    }

    /// Has SES take e-mails from and to the addresses of a domain.
    pub(super) async fn verify_identity(&self, domain: &str) -> Result<()> {
        let request = self
            .http
            .post(format!("{}/v2/email/identities", self.endpoint))
            .header("authorization", self.authorization("ses"))
            .body(json!({ "EmailIdentity": domain }).to_string());
        self.answer("CreateEmailIdentity", request).await.map(drop)
    }

    fn authorization(&self, service: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential=sandbox/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=none"
        )
    }

    async fn answer(&self, what: &str, request: reqwest::RequestBuilder) -> Result<Value> {
        let answer = request
            .send()
            .await
            .with_context(|| format!("{what}: the emulator does not answer"))?;
        let status = answer.status();
        let body = answer
            .text()
            .await
            .with_context(|| format!("{what}: the emulator's answer broke off"))?;
        if !status.is_success() {
            bail!("{what}: the emulator answered {status}: {body}");
        }
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&body)
            .with_context(|| format!("{what}: the emulator's answer is no JSON"))
    }
}
