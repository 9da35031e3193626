//! The whole run against the stand-ins: it keeps its promises, clears up, and tells what goes wrong.

use std::{collections::BTreeMap, path::Path, process::Command};

use cxloop_sandbox::dataverse::{Dataverse, Model};
use cxloop_sandbox::stand_in::{Calls, FaultRule, Faults, Wire, serve_on, wall_clock};
use cxloop_sandbox::wxm::Wxm as WxmStandIn;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    against, probes,
    report::Report,
    settings::{Dynamics, Settings, Wxm},
    wxm,
};

struct StandIns {
    faults: Faults,
    dynamics_url: String,
    surveys: WxmStandIn,
    surveys_url: String,
}

/// Panics at the first thing that is not as it should be.
pub(crate) async fn prove() {
    without_settings_it_says_what_to_set();
    every_question_stands_on_the_page();
    a_whole_run_keeps_its_promises_and_leaves_nothing_behind().await;
    a_run_that_goes_wrong_says_so_and_clears_up().await;
    a_service_that_is_away_answers_no_question().await;
    what_cannot_be_deleted_keeps_nothing_else_from_it().await;
}

fn without_settings_it_says_what_to_set() {
    for (set, expected) in [
        (None, "CXLOOP_LIVE_WXM_SURVEY"),
        (
            Some("CXLOOP_LIVE_DYNAMICS_URL"),
            "CXLOOP_LIVE_DYNAMICS_TENANT",
        ),
    ] {
        let mut program = Command::new(std::env::current_exe().unwrap());
        program.arg("--real").env_clear();
        if let Some(name) = set {
            program.env(name, "https://contoso.crm4.dynamics.com");
        }
        let output = program.output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains(expected), "{said}");
    }
}

fn every_question_stands_on_the_page() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/unverified.md");
    let page = std::fs::read_to_string(page).unwrap();
    let asked = probes::PROBES.iter().map(|probe| probe.question);
    for question in asked.chain(wxm::QUESTIONS) {
        assert!(
            page.contains(question),
            "docs/unverified.md does not ask: {question}"
        );
    }
}

async fn a_whole_run_keeps_its_promises_and_leaves_nothing_behind() {
    let stand_ins = StandIns::start().await;
    let before = stand_ins.rows().await;
    let mut report = Report::default();
    Box::pin(against(&stand_ins.settings(), "live-1", &mut report)).await;
    let lines = report.lines().join("\n");
    assert!(!report.failed(), "{lines}");
    let differing = lines
        .lines()
        .filter(|line| line.starts_with("DIFFERS") || line.starts_with("open"));
    assert_eq!(differing.collect::<Vec<_>>(), Vec::<&str>::new());
    let kept = lines
        .lines()
        .filter(|line| line.starts_with("kept"))
        .count();
    assert_eq!(kept, 10, "{lines}");
    assert_eq!(stand_ins.rows().await, before, "{lines}");
    let answers = stand_ins.surveys.answers();
    assert!(answers.iter().any(|answer| answer.archived), "{lines}");
}

async fn a_run_that_goes_wrong_says_so_and_clears_up() {
    let stand_ins = StandIns::start().await;
    let before = stand_ins.rows().await;
    stand_ins.leave_a_contact_of_a_killed_run().await;
    let rule = json!({"target": "dynamics", "match": "CloseIncident", "status": 500, "times": 1});
    let rule: FaultRule = serde_json::from_value(rule).unwrap();
    stand_ins.faults.add(rule).unwrap();
    let mut report = Report::default();
    Box::pin(against(&stand_ins.settings(), "live-2", &mut report)).await;
    let lines = report.lines().join("\n");
    assert!(report.failed(), "{lines}");
    let broken = "BROKEN   dynamics: reopens a resolved case: the case cannot be resolved";
    assert!(lines.contains(broken), "{lines}");
    assert_eq!(stand_ins.rows().await, before, "{lines}");
}

async fn a_service_that_is_away_answers_no_question() {
    let stand_ins = StandIns::start().await;
    let lines = stand_ins
        .run_with(
            json!({"target": "dynamics", "match": "CloseIncident", "status": 503, "times": 1000}),
        )
        .await;
    let question = "HTTP shape of `CloseIncident`";
    assert!(lines.contains(&format!("open     {question}")), "{lines}");
    assert!(!lines.contains(&format!("DIFFERS  {question}")), "{lines}");
}

async fn what_cannot_be_deleted_keeps_nothing_else_from_it() {
    let stand_ins = StandIns::start().await;
    let before = stand_ins.rows().await;
    let lines = stand_ins
        .run_with(json!({"target": "dynamics", "match": "DELETE /api/data/v9.2/contacts", "status": 500, "times": 1}))
        .await;
    assert!(lines.contains("BROKEN   dynamics: clear up"), "{lines}");
    let after = stand_ins.rows().await;
    assert_eq!(after["contacts"], before["contacts"] + 1, "{lines}");
    assert_eq!(after["queues"], before["queues"], "{lines}");
}

impl StandIns {
    /// The lines of a run while something is wrong.
    async fn run_with(&self, rule: Value) -> String {
        let rule: FaultRule = serde_json::from_value(rule).unwrap();
        self.faults.add(rule).unwrap();
        let mut report = Report::default();
        Box::pin(against(&self.settings(), "live-3", &mut report)).await;
        report.lines().join("\n")
    }

    async fn start() -> Self {
        let faults = Faults::new();
        let organisation =
            Dataverse::new(Model::customer_service().unwrap(), wall_clock()).with_company();
        let (listener, dynamics_url) = listening().await;
        let wire = Wire::new("dynamics", faults.clone(), Calls::new(), wall_clock());
        tokio::spawn(serve_on(listener, organisation.router(), wire));
        let (listener, surveys_url) = listening().await;
        let surveys = WxmStandIn::new(wall_clock(), surveys_url.clone()).with_questionnaires();
        let wire = Wire::new("wxm", faults.clone(), Calls::new(), wall_clock());
        tokio::spawn(serve_on(listener, surveys.router(), wire));
        Self {
            faults,
            dynamics_url,
            surveys,
            surveys_url,
        }
    }

    fn settings(&self) -> Settings {
        let url = self.dynamics_url.clone();
        Settings {
            dynamics: Some(Dynamics {
                token_url: Some(format!("{url}/sandbox/oauth2/v2.0/token")),
                url,
                tenant: "sandbox".to_owned(),
                client_id: "sandbox".to_owned(),
                client_secret: SecretString::from("sandbox".to_owned()),
                owner: None,
            }),
            wxm: Some(Wxm {
                url: self.surveys_url.clone(),
                user: "sandbox".to_owned(),
                password: SecretString::from("sandbox".to_owned()),
                survey: "store-visit".to_owned(),
            }),
        }
    }

    async fn leave_a_contact_of_a_killed_run(&self) {
        let url = format!("{}/api/data/v9.2/contacts", self.dynamics_url);
        let http = cxloop_lambda_kit::http_client().unwrap();
        let contact = json!({"firstname": "Peña", "lastname": "cxloop live-0"});
        let request = http.post(url).bearer_auth("sandbox").json(&contact);
        assert!(request.send().await.unwrap().status().is_success());
    }

    /// How many rows there are of everything that a run makes.
    async fn rows(&self) -> BTreeMap<&'static str, usize> {
        let mut counted = BTreeMap::new();
        for set in [
            "contacts",
            "incidents",
            "annotations",
            "queueitems",
            "queues",
        ] {
            let url = format!("{}/api/data/v9.2/{set}", self.dynamics_url);
            let http = cxloop_lambda_kit::http_client().unwrap();
            let answer = http.get(url).bearer_auth("sandbox").send().await.unwrap();
            let body: Value = answer.json().await.unwrap();
            counted.insert(set, body["value"].as_array().unwrap().len());
        }
        counted
    }
}

async fn listening() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}
