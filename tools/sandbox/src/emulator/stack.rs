//! A deployed stack and what the sandbox asks of it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::api::Api;
use super::process::Emulator;

/// A deployed stack. Its addresses are good for as long as the emulator runs.
#[derive(Debug, Clone)]
pub struct Stack {
    name: String,
    outputs: BTreeMap<String, String>,
    port: u16,
    pub(super) api: Api,
}

impl Stack {
    pub(super) fn new(name: &str, outputs: BTreeMap<String, String>, emulator: &Emulator) -> Self {
        Self {
            name: name.to_owned(),
            outputs,
            port: emulator.options.port,
            api: emulator.api.clone(),
        }
    }

    /// The outputs of the stack by their names in the template.
    pub fn outputs(&self) -> &BTreeMap<String, String> {
        &self.outputs
    }

    /// One output of the stack, e.g. `TableName`.
    ///
    /// # Errors
    /// When the template has no output of this name.
    pub fn output(&self, name: &str) -> Result<&str> {
        let value = self.outputs.get(name).map(String::as_str);
        value.with_context(|| format!("the stack {} has no output {name}", self.name))
    }

    /// Address of the deployed API. Requests to it carry [`Stack::api_host`] in their `Host` header: the emulator has one
    /// address for every service and tells them apart by that header.
    pub fn api_url(&self) -> &str {
        self.api.endpoint()
    }

    /// The `Host` header for requests to the deployed API.
    ///
    /// # Errors
    /// When the template has no output `ApiId`.
    pub fn api_host(&self) -> Result<String> {
        Ok(format!(
            "{}.execute-api.localhost:{}",
            self.output("ApiId")?,
            self.port
        ))
    }

    /// Replaces the value of a secret, given as JSON.
    ///
    /// # Errors
    /// When there is no secret of this name.
    pub async fn put_secret(&self, name: &str, value: &Value) -> Result<()> {
        self.api.put_secret(name, &value.to_string()).await
    }

    /// Calls a function by its name in the template, e.g. `SweepFunction`, without waiting for its trigger, and returns its
    /// answer.
    ///
    /// # Errors
    /// When there is no such function.
    pub async fn invoke(&self, function: &str, event: &Value) -> Result<Value> {
        let prefix = format!("{}-{function}-", self.name);
        let names = self.api.functions().await?;
        match names.iter().find(|name| name.starts_with(&prefix)) {
            Some(name) => self.api.invoke(name, event).await,
            None => bail!("the stack {} has no function {function}", self.name),
        }
    }

    /// The log of a function, named as its folder is (`response-to-case`), oldest line first, for finding out what went
    /// wrong. The emulator keeps it in memory only.
    ///
    /// # Errors
    /// When the emulator does not answer or has no such log.
    pub async fn logs(&self, function: &str) -> Result<Vec<String>> {
        let arguments = json!({ "logGroupName": format!("/aws/lambda/{}/{function}", self.name), "limit": 10_000 });
        let answer = self
            .api
            .call("logs", "Logs_20140328.FilterLogEvents", &arguments)
            .await?;
        let events = answer["events"].as_array().into_iter().flatten();
        Ok(events
            .filter_map(|event| event["message"].as_str().map(str::to_owned))
            .collect())
    }
}
