//! The sandbox as a person starts it, on ports of its own.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cxloop_sandbox::launch::{Options, Sandbox, free_base_port};
use reqwest::redirect::Policy;
use serde_json::Value;

pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: reqwest::Client,
    state: tempfile::TempDir,
}

impl Stage {
    /// Starts the sandbox as `make run` does. `make functions` and `make tools` must have run.
    pub(crate) async fn set() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with a Dynamics in which nothing of ours is set up, as a new user has it.
    pub(crate) async fn before_set_up() -> Self {
        Self::with(|options| options.prepare = false).await
    }

    async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let state = tempfile::tempdir().unwrap();
        let mut options = Options::at(root);
        options.port = free_base_port().unwrap();
        options.state_dir = state.path().to_owned();
        options.tell = Arc::new(|line| eprintln!("{line}"));
        change(&mut options);
        let sandbox = Sandbox::start(options)
            .await
            .unwrap_or_else(|error| panic!("the sandbox does not start: {error:#}"));
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .build()
            .unwrap();
        Self {
            sandbox,
            http,
            state,
        }
    }

    /// The folder in which this sandbox keeps its files.
    pub(crate) fn state(&self) -> &Path {
        self.state.path()
    }

    /// Waits until nothing is in flight.
    pub(crate) async fn idle(&self) {
        let url = format!("{}/_sandbox/idle?wait_ms=120000", self.sandbox.front_url());
        let answer = self
            .http
            .get(url)
            .timeout(Duration::from_secs(150))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    }

    pub(crate) async fn fault(&self, rule: Value) {
        let url = format!("{}/_sandbox/faults", self.sandbox.front_url());
        let answer = self.http.post(url).json(&rule).send().await.unwrap();
        assert!(
            answer.status().is_success(),
            "{}",
            answer.text().await.unwrap()
        );
    }

    /// That every fault that was ordered has happened: otherwise a chapter about it would tell nothing.
    pub(crate) fn all_faults_happened(&self) {
        let left = self.sandbox.faults().standing();
        assert!(left.is_empty(), "these faults never happened: {left:?}");
    }

    /// Answers the shop's survey over its form, as a browser would post it; returns the answer's id.
    pub(crate) async fn answer(&self, fields: &[(&str, &str)]) -> String {
        let url = format!("{}/s/store-visit", self.sandbox.survey_url());
        let answer = self.http.post(url).form(fields).send().await.unwrap();
        assert_eq!(answer.status(), 303, "{}", answer.text().await.unwrap());
        let to = answer.headers()["location"].to_str().unwrap().to_owned();
        to.split('?')
            .next()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap()
            .to_owned()
    }

    /// Rows of the stand-in CRM.
    pub(crate) async fn rows(&self, set: &str, query: &str) -> Vec<Value> {
        let url = format!(
            "{}/api/data/v9.2/{set}?{query}",
            self.sandbox.dynamics_url()
        );
        let answer = self
            .http
            .get(url)
            .bearer_auth("sandbox")
            .send()
            .await
            .unwrap();
        let body: Value = answer.json().await.unwrap();
        body["value"]
            .as_array()
            .unwrap_or_else(|| panic!("{body}"))
            .clone()
    }

    /// The cases whose description holds a text.
    pub(crate) async fn cases_about(&self, words: &str) -> Vec<Value> {
        let columns = "title,description,ticketnumber,statecode,_customerid_value";
        self.rows(
            "incidents",
            &format!("$select={columns}&$filter=contains(description,'{words}')"),
        )
        .await
    }

    /// The loops of a response, as the deployed console tells.
    pub(crate) async fn loops(&self, response: &str) -> Vec<Value> {
        let url = format!("{}/api/loops?response={response}", self.sandbox.front_url());
        let body: Value = self
            .http
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        body["loops"]
            .as_array()
            .unwrap_or_else(|| panic!("{body}"))
            .clone()
    }

    /// Resolves a case, as the agent's page does.
    pub(crate) async fn resolve(&self, case: &str) {
        let url = format!("{}/agent/cases/{case}/resolve", self.sandbox.dynamics_url());
        let answer = self
            .http
            .post(url)
            .form(&[("subject", "Chamamos ao cliente"), ("text", "")])
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 303, "{}", answer.text().await.unwrap());
    }

    /// Rates a case by the survey that the start page offers.
    pub(crate) async fn rate(&self, case: &str, csat: &str) {
        let offer = format!("{}/_sandbox/after-case/{case}", self.sandbox.front_url());
        let offered = self.http.post(offer).send().await.unwrap();
        let form = offered.headers()["location"].to_str().unwrap().to_owned();
        let answer = self
            .http
            .post(form)
            .form(&[("csat", csat), ("comments", "Non quedou ben")])
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 303, "{}", answer.text().await.unwrap());
    }

    /// Runs `cxloop apply` on the sandbox's configuration with one thing changed, and returns what it says.
    pub(crate) async fn apply(&self, from: &str, to: &str) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let written = std::fs::read_to_string(root.join("tools/sandbox/cxloop.yaml")).unwrap();
        assert!(written.contains(from), "{from}");
        let here = written
            .replace(from, to)
            .replace(
                "http://127.0.0.1:8687",
                self.sandbox.dynamics_url().trim_end_matches('/'),
            )
            .replace(
                "http://127.0.0.1:8688",
                self.sandbox.survey_url().trim_end_matches('/'),
            );
        let file = self.state.path().join("cxloop.yaml");
        std::fs::write(&file, here).unwrap();
        let file = file.to_str().unwrap();
        let table = self.sandbox.stack().output("TableName").unwrap();
        self.cxloop(&["apply", file, "--table", table]).await
    }

    /// Runs the command line against this sandbox, and returns what it says.
    pub(crate) async fn cxloop(&self, arguments: &[&str]) -> String {
        let output = tokio::process::Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--bin", "cxloop", "--"])
            .args(arguments)
            .envs(self.sandbox.environment())
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap())
            .output()
            .await
            .unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success(),
            "{told}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        told
    }

    /// What the dead-letter queues hold, by queue; empty when there is nothing.
    pub(crate) async fn dead_letters(&self) -> Vec<String> {
        let depths = self.sandbox.stack().depths().await.unwrap();
        let dead = [
            "IntakeDeadLetters",
            "CaseDeadLetters",
            "ReopenDeadLetters",
            "WriteBackDeadLetters",
            "UndeliveredQueue",
            "UnroutedQueue",
        ];
        dead.iter()
            .filter(|name| !depths.0[**name].is_empty())
            .map(|name| (*name).to_owned())
            .collect()
    }
}
