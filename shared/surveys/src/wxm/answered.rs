//! What was answered, as far as a notification rule of ours should have told of it.
//!
//! Sources: Webex Experience Management developer documentation, "Real-time push" and "Filtering responses"; the vendor's public
//! .NET client for the pages of a list of answers.

use cxloop_domain::names::ResponseId;
use cxloop_ports::{Answered, AnsweredPage, Failure, NotificationRule, Remedy};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{WxmPlatform, notification, wire};

/// How many answers a page has. They come whole, with every text in them.
const ROWS_A_PAGE: u32 = 100;

/// A page of answers, as far as it is read.
#[derive(Default, Deserialize)]
struct Page {
    #[serde(default)]
    responses: Vec<Listed>,
    #[serde(rename = "totalpages", default)]
    total_pages: u32,
    #[serde(rename = "totalcount", default)]
    total_count: u64,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    id: Option<String>,
}

/// The rules whose address ends in the token of this deployment: another deployment has rules of its own.
pub(super) async fn rules(platform: &WxmPlatform) -> Result<Vec<NotificationRule>, Failure> {
    let ends = platform.ends_of_own_addresses().await?;
    let is_ours = |address: &str| ends.iter().any(|end| address.ends_with(end.as_str()));
    let telling = platform.settings().await?.telling(is_ours);
    let telling = telling.map_err(|_| {
        let asked = "GET /api/Settings";
        platform
            .client
            .unreadable("the settings have another shape than documented", asked)
    })?;
    let rules = telling.into_iter().map(|rule| NotificationRule {
        name: rule.name,
        chosen: Value::Object(rule.filter),
    });
    Ok(rules.collect())
}

/// One page of what a rule chooses.
///
/// Of the vendor's two published clients one calls the first page 0 and the other 1. So page 0 is asked for first; where
/// that is the same as page 1, or refused, nothing is lost.
pub(super) async fn page(
    platform: &WxmPlatform,
    rule: &NotificationRule,
    (since, until): (Timestamp, Timestamp),
    number: u32,
) -> Result<AnsweredPage, Failure> {
    let asked = "POST /api/Answers/Page/{page}/{rows}";
    let (page, rows) = (number.to_string(), ROWS_A_PAGE.to_string());
    let path = ["Answers", "Page", &page, &rows];
    let body = match platform
        .client
        .post(asked, &path, &filter(rule, since, until))
        .await
    {
        Err(failure) if number == 0 && failure.remedy == Remedy::Park => return Ok(second()),
        // Where pages count from 0, the last number is one past the end.
        Err(failure) if number > 1 && failure.remedy == Remedy::Park => return Ok(last()),
        body => body?,
    };
    let Some(body) = body else {
        return match number {
            0 => Ok(second()),
            2.. => Ok(last()),
            1 => Err(platform.client.no_api(asked)),
        };
    };
    let page: Page = wire::read::<Option<Page>>(&body)
        .map_err(|problem| platform.client.unreadable(problem, asked))?
        .unwrap_or_default();
    let rows = page.responses.len();
    let is_all = number == 0 && u64::try_from(rows).is_ok_and(|rows| rows >= page.total_count);
    let next = number + 1;
    Ok(AnsweredPage {
        next: (!is_all && next <= page.total_pages).then_some(next),
        responses: page
            .responses
            .into_iter()
            .filter_map(|listed| answered(listed, &rule.name))
            .collect(),
    })
}

fn last() -> AnsweredPage {
    AnsweredPage {
        next: None,
        responses: Vec::new(),
    }
}

fn second() -> AnsweredPage {
    AnsweredPage {
        responses: Vec::new(),
        next: Some(1),
    }
}

/// The rule's own filter, with the moments between which answers were given.
fn filter(rule: &NotificationRule, since: Timestamp, until: Timestamp) -> Value {
    let mut filter = rule.chosen.clone();
    if let Value::Object(members) = &mut filter {
        let ours = [
            ("afterdate", json!(since.to_string())),
            ("beforedate", json!(until.to_string())),
            ("sortByOldest", json!(true)),
        ];
        for (name, value) in ours {
            members.retain(|key, _| !key.eq_ignore_ascii_case(name));
            members.insert(name.to_owned(), value);
        }
    }
    filter
}

/// The answer with the body that a notification of it has, as far as that is ever read.
fn answered(listed: Listed, rule: &str) -> Option<Answered> {
    let id = listed.id?;
    if !notification::is_answer_id(&id) {
        return None;
    }
    let body = json!({ "notification": rule, "answer": { "id": id } });
    Some(Answered {
        response: ResponseId::parse(id).ok()?,
        body: body.to_string().into_bytes(),
    })
}
