//! An account of the survey platform: an answer is added, the contract held against it, the answer
//! archived. No public call deletes an answer.

use std::sync::Arc;

use cxloop_domain::configuration::WxmConnection;
use cxloop_lambda_kit::aws::WallClock;
use cxloop_surveys::wxm::WxmPlatform;
use cxloop_testkit::contract::{self, SurveyFixture};
use cxloop_testkit::fakes::FakeSecrets;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::{report::Report, settings::Wxm};

const UNKNOWN: &str = "0123456789abcdef01234567";

/// The account, signed in.
struct Account {
    http: reqwest::Client,
    url: String,
    token: String,
}

/// Runs everything and archives the answer, whatever happened.
pub(crate) async fn run(settings: &Wxm, report: &mut Report) {
    let added = async {
        let account = Account::sign_in(settings).await?;
        let answer = account.add_answer(&settings.survey).await?;
        Ok::<_, String>((account, answer))
    };
    let (account, answer) = match added.await {
        Ok(added) => added,
        Err(why) => return report.broken("wxm: sign in and add an answer", &why),
    };
    report.kept("wxm: sign in and add an answer");
    let id = answer["id"].as_str().unwrap_or_default().to_owned();
    report
        .check(
            "wxm: keeps the contract of a survey platform",
            Box::pin(keep_the_contract(settings, &account, &answer, &id)),
        )
        .await;
    match account.status(&["Answer", UNKNOWN]).await {
        Ok(status) => report.seen(UNKNOWN_ANSWER, "404", &status.to_string()),
        Err(why) => report.open(UNKNOWN_ANSWER, &why),
    }
    let usual = id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    report.seen(HEXADECIMAL, "yes", if usual { "yes" } else { "no" });
    match account.archive(&id).await {
        Ok(()) => report.kept(&format!("wxm: archive the answer {id}")),
        Err(why) => report.broken(&format!("wxm: archive the answer {id}"), &why),
    }
}

const UNKNOWN_ANSWER: &str = "Answer for an unknown answer id";
const HEXADECIMAL: &str = "Are answer ids always 24 hexadecimal digits?";

/// The questions that are answered here, for the page that asks them.
pub(crate) const QUESTIONS: [&str; 2] = [UNKNOWN_ANSWER, HEXADECIMAL];

async fn keep_the_contract(settings: &Wxm, account: &Account, answer: &Value, id: &str) {
    let configured = json!({"url": settings.url, "secret": "live"});
    let configured: WxmConnection =
        serde_json::from_value(configured).expect("an address and a secret make a connection");
    let secrets = FakeSecrets::default()
        .with("live", "username", &settings.user)
        .with("live", "password", settings.password.expose_secret());
    let platform = WxmPlatform::new(
        "wxm".parse().expect("a connection name"),
        configured,
        account.http.clone(),
        Arc::new(secrets),
        Arc::new(WallClock),
    );
    let body = json!({"notification": "Detractors", "answer": answer});
    let fixture = SurveyFixture {
        known: id.parse().expect("the platform gave the answer an id"),
        unknown: UNKNOWN.parse().expect("an id"),
        body: body.to_string().into_bytes(),
        fetches: true,
    };
    contract::survey_platform(&platform, &fixture).await;
}

impl Account {
    async fn sign_in(settings: &Wxm) -> Result<Self, String> {
        let http = cxloop_lambda_kit::http_client().map_err(|error| error.to_string())?;
        let url = settings.url.trim_end_matches('/').to_owned();
        let request = http.post(format!("{url}/api/LoginToken")).form(&[
            ("grant_type", "password"),
            ("username", settings.user.as_str()),
            ("password", settings.password.expose_secret()),
        ]);
        let login = json_of(request).await?;
        let token = login["access_token"].as_str().ok_or("no access_token")?;
        Ok(Self {
            token: token.to_owned(),
            http,
            url,
        })
    }

    fn address(&self, path: &[&str]) -> String {
        format!("{}/api/{}", self.url, path.join("/"))
    }

    async fn get(&self, path: &[&str]) -> Result<Value, String> {
        json_of(self.http.get(self.address(path)).bearer_auth(&self.token)).await
    }

    async fn post(&self, path: &[&str], body: &Value) -> Result<Value, String> {
        let request = self.http.post(self.address(path));
        json_of(request.bearer_auth(&self.token).json(body)).await
    }

    async fn status(&self, path: &[&str]) -> Result<u16, String> {
        let request = self.http.get(self.address(path)).bearer_auth(&self.token);
        let answer = request.send().await.map_err(silent)?;
        Ok(answer.status().as_u16())
    }

    /// An answer to the questionnaire: a 3 to its NPS question, where it has one.
    async fn add_answer(&self, survey: &str) -> Result<Value, String> {
        let questions = self.get(&["Questions", "Active"]).await?;
        let asked_here = |question: &&Value| {
            let places = question["displayLocation"].as_array();
            places.is_none_or(|places| places.is_empty() || places.iter().any(|p| p == survey))
        };
        let asks_nps = |question: &&Value| {
            let tags = question["questionTags"].as_array();
            tags.is_some_and(|tags| {
                tags.iter().any(|tag| {
                    tag.as_str()
                        .is_some_and(|tag| tag.eq_ignore_ascii_case("NPS"))
                })
            })
        };
        let nps = questions
            .as_array()
            .and_then(|all| all.iter().filter(asked_here).find(asks_nps));
        let responses: Vec<Value> = nps
            .map(|question| json!({"questionId": question["id"], "numberInput": 3}))
            .into_iter()
            .collect();
        let body = json!({"locationId": survey, "responses": responses});
        let answer = self.post(&["answers", "add"], &body).await?;
        match answer["id"].as_str() {
            Some(_) => Ok(answer),
            None => Err("the added answer has no id".to_owned()),
        }
    }

    async fn archive(&self, id: &str) -> Result<(), String> {
        let mut answer = self.get(&["Answer", id]).await?;
        answer["archived"] = json!(true);
        self.post(&["answers", "update"], &json!({ id: answer }))
            .await?;
        match self.get(&["Answer", id]).await?["archived"].as_bool() {
            Some(true) => Ok(()),
            _ => Err("it is not archived".to_owned()),
        }
    }
}

async fn json_of(request: reqwest::RequestBuilder) -> Result<Value, String> {
    let answer = request.send().await.map_err(silent)?;
    let status = answer.status();
    if !status.is_success() {
        return Err(format!("the answer is {status}"));
    }
    answer.json().await.map_err(silent)
}

fn silent(error: reqwest::Error) -> String {
    error.without_url().to_string()
}
