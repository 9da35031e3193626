//! The survey after a case: which cases are resolved, and the invitation to rate one.

use anyhow::{Context, Result};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Request, StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Front;
use super::inner::ask;
use crate::wxm::ACCOUNT;

/// The questionnaire, and the tag of its hidden question for the case.
const QUESTIONNAIRE: &str = "after-case";
const CASE_ID: &str = "CASE_ID";

/// The resolved cases, the one closed last first. Only the newest are offered.
const RESOLVED: &str = "/api/data/v9.2/incidents?$select=ticketnumber,title,modifiedon&$filter=statecode%20eq%201\
    &$orderby=modifiedon%20desc,ticketnumber%20desc&$top=20";

/// A case that a customer may be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ResolvedCase {
    pub(super) id: String,
    pub(super) ticket: String,
    pub(super) title: String,
    pub(super) changed: String,
}

impl Front {
    /// The cases that are resolved in the stand-in of Dynamics, newest first.
    pub(super) async fn resolved_cases(&self) -> Result<Vec<ResolvedCase>> {
        let request = Request::get(RESOLVED)
            // The token that the stand-in always accepts.
            .header(header::AUTHORIZATION, "Bearer sandbox")
            .body(Body::empty())
            .context("no request")?;
        let answer = ask(self.parts.dynamics.router(), request).await?;
        let rows = answer["value"].as_array().context("no list of cases")?;
        Ok(rows.iter().map(read).collect())
    }

    /// Address of a form that asks about a case, good for one answer.
    async fn after_case_form(&self, case: Uuid) -> Result<Option<String>> {
        let Some(question) = self.parts.survey.question_id(QUESTIONNAIRE, CASE_ID) else {
            return Ok(None);
        };
        let token = json!({
            "location": QUESTIONNAIRE,
            "preFill": [{"questionId": question, "textInput": case.to_string()}],
            "validUses": 1,
        });
        let credentials = STANDARD.encode(format!("{ACCOUNT}:{ACCOUNT}"));
        let request = Request::post("/api/SurveyToken")
            .header(header::AUTHORIZATION, format!("Basic {credentials}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(token.to_string()))
            .context("no request")?;
        let made = ask(self.parts.survey.router(), request).await?;
        let token = made["id"].as_str().context("the token has no id")?;
        Ok(Some(self.parts.survey.survey_link(token)))
    }
}

fn read(row: &Value) -> ResolvedCase {
    let text = |column: &str| row[column].as_str().unwrap_or_default().to_owned();
    ResolvedCase {
        id: text("incidentid"),
        ticket: text("ticketnumber"),
        title: text("title"),
        changed: text("modifiedon").replace('T', " ").replace('Z', " UTC"),
    }
}

/// `POST /_sandbox/after-case/{case}`: on to a new form about the case, whether that case is there or not, so
/// that answers about cases that are gone can be tried too.
pub(super) async fn invite(State(front): State<Front>, Path(case): Path<Uuid>) -> Response {
    match front.after_case_form(case).await {
        Ok(Some(form)) => Redirect::to(&form).into_response(),
        Ok(None) => {
            let missing = "The survey platform has no questionnaire after-case: the sandbox was started empty.\n";
            (StatusCode::CONFLICT, missing).into_response()
        }
        Err(error) => {
            tracing::error!("no token for the survey after a case: {error:#}");
            (StatusCode::BAD_GATEWAY, format!("{error:#}\n")).into_response()
        }
    }
}
