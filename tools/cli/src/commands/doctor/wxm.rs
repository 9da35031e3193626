//! Whether the survey platform lets us work, and tells us of responses.

use std::sync::Arc;

use cxloop_domain::configuration::WxmConnection;
use cxloop_domain::names::ConnectionName;
use cxloop_domain::setup::secret::OF_WXM;
use cxloop_domain::setup::wxm::{RuleWanted, question_plan, rule_plan};
use cxloop_domain::setup::{Line, Plan};
use secrecy::ExposeSecret;

use super::Patient;
use super::findings::Findings;
use super::reach;
use crate::commands::setup::{Account, rule_wanted};

const SETUP: &str = "cxloop setup wxm";

pub(super) async fn examine(
    patient: &Patient<'_>,
    name: &ConnectionName,
    connection: &WxmConnection,
) -> Findings {
    let mut findings = Findings::default();
    let url = format!("{}/", connection.url.trim_end_matches('/'));
    let mend = format!("mend url of the connection {name} in cxloop.yaml, then cxloop apply");
    if !reach::address(patient, name.as_str(), &url, &mend, &mut findings).await {
        return findings;
    }
    let configuration = &patient.configured.configuration;
    let secrets = Arc::clone(&patient.secrets);
    let account = match Account::of(name, connection, configuration, secrets) {
        Ok(account) => account,
        Err(error) => {
            findings.failed(&format!("{name} token"), error.to_string(), &mend);
            return findings;
        }
    };
    let check = |what: &str| format!("{name} {what}");
    let settings = match account.platform().settings().await {
        Ok(settings) => settings,
        Err(failure) => {
            let mend = format!("mend username and password in {}", connection.secret);
            findings.trouble(&check("token"), &failure, &mend);
            return findings;
        }
    };
    findings.ok(&check("token"), "signed in");
    match &patient.api {
        None => findings.warning(
            &check("notification"),
            "not looked for: nobody says where we are",
            "cxloop doctor --to <the output ApiEndpoint>",
        ),
        Some(root) => {
            let field = patient.secrets.field(&connection.secret, OF_WXM.current);
            match field.await {
                Err(failure) => findings.trouble(&check("notification"), &failure, SETUP),
                Ok(token) => {
                    let rule = rule_wanted(root, name, token.expose_secret());
                    match rule_plan(&rule, &settings) {
                        Ok((plan, _)) if plan.is_done() => {
                            is_live(&account, &rule, name, &mut findings).await;
                        }
                        Ok((plan, _)) => {
                            findings.failed(&check("notification"), first(&plan), SETUP)
                        }
                        Err(error) => {
                            findings.failed(&check("notification"), error.to_string(), SETUP)
                        }
                    }
                }
            }
        }
    }
    match account.platform().all_questions().await {
        Err(failure) => findings.trouble(&check("hidden questions"), &failure, SETUP),
        Ok(found) => {
            let plan = question_plan(&account.questions, &found);
            if plan.is_done() {
                findings.ok(
                    &check("hidden questions"),
                    format!("all {} are there", plan.lines.len()),
                );
            } else {
                findings.failed(&check("hidden questions"), first(&plan), SETUP);
            }
        }
    }
    findings
}

fn first<A>(plan: &Plan<A>) -> String {
    let open: Vec<String> = plan.open().map(Line::told).collect();
    match open.as_slice() {
        [first] => first.clone(),
        [first, rest @ ..] => format!("{first}, and {} more", rest.len()),
        [] => String::new(),
    }
}

/// A rule that is as wanted, and whether the platform still calls its address: after failures it may have given up.
///
/// Source: Webex Experience Management developer documentation, "Real-time push".
async fn is_live(
    account: &Account,
    rule: &RuleWanted,
    name: &ConnectionName,
    findings: &mut Findings,
) {
    let check = format!("{name} notification");
    match account.platform().stopped_notifications().await {
        Ok(stopped) if stopped.contains(&rule.url) => findings.failed(
            &check,
            "the platform has given up calling us after failures",
            "cxloop setup wxm --restart",
        ),
        Ok(_) => findings.ok(&check, "tells us of every response at once"),
        Err(failure) => findings.trouble(&check, &failure, SETUP),
    }
}
