//! `cxloop setup wxm`.

use std::sync::Arc;
use std::time::Duration;

use cxloop_domain::configuration::{Connection, WxmConnection};
use cxloop_domain::names::ConnectionName;
use cxloop_domain::setup::Plan;
use cxloop_domain::setup::address;
use cxloop_domain::setup::wxm::{
    QuestionWanted, RuleWanted, Settings, UnreadableSettings, question_plan, question_removal,
    questions, rule_plan, rule_removal,
};
use cxloop_lambda_kit::verification::token_problem;
use cxloop_ports::{Failure, Secrets};
use cxloop_surveys::wxm::WxmPlatform;
use secrecy::ExposeSecret;

use super::telling::Telling;
use crate::arguments::SetupWxmArgs;
use crate::aws::clock;
use crate::commands::check::GivenSecrets;
use crate::commands::configured::Configured;
use crate::{Error, Report};

/// How long a request to the platform may take: its own client waits for six minutes, nobody at a terminal does.
const TIME_LIMITS: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));

/// An account of the platform, and what is wanted of it.
pub(crate) struct Account {
    platform: WxmPlatform,
    /// The questions.
    pub(crate) questions: Vec<QuestionWanted>,
}

impl Account {
    /// The account behind a connection. Asks nobody yet.
    pub(crate) fn of(
        name: &ConnectionName,
        connection: &WxmConnection,
        secrets: Arc<dyn Secrets>,
    ) -> Result<Self, Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(TIME_LIMITS.0)
            .timeout(TIME_LIMITS.1)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Error::unusable("There is no HTTP client.", error))?;
        Ok(Self {
            platform: WxmPlatform::new(name.clone(), connection.clone(), http, secrets, clock()),
            questions: questions(&connection.questions),
        })
    }

    /// Reads and writes the account.
    pub(crate) fn platform(&self) -> &WxmPlatform {
        &self.platform
    }
}

/// The rule that is wanted, with the token that the connection's secret holds.
pub(crate) async fn rule_wanted(
    root: &str,
    name: &ConnectionName,
    connection: &WxmConnection,
    secrets: &dyn Secrets,
) -> Result<RuleWanted, Failure> {
    let token = secrets.field(&connection.secret, "webhook_token").await?;
    let token = token.expose_secret();
    if let Some(problem) = token_problem(token) {
        let message = format!(
            "Secret {}: the field webhook_token {problem}.",
            connection.secret
        );
        return Err(Failure::mend(message, ""));
    }
    Ok(RuleWanted {
        url: address::webhook_with_token(root, name, token),
        without_token: address::webhook(root, name),
    })
}

pub(super) async fn run(arguments: &SetupWxmArgs, json: bool) -> Result<Report, Error> {
    let choice = &arguments.choice;
    let configured = Configured::read(&choice.place).await?;
    let of_kind = |connection| match connection {
        &Connection::Wxm(ref wxm) => Some(wxm),
        _ => None,
    };
    let (name, connection) = configured.connection("wxm", choice.connection.as_ref(), of_kind)?;
    let environment = configured.environment.clone();
    let secrets = GivenSecrets::of(choice.place.secrets.as_deref(), environment).await?;
    let secrets: Arc<dyn Secrets> = Arc::new(secrets);
    let root = configured.api(&choice.place)?.ok_or_else(|| {
        Error::with_mend(
            "Nobody says where the survey platform reaches us.",
            "Give the root of the API, the output ApiEndpoint of the stack, with --to or CXLOOP_API.",
        )
    })?;
    let rule = rule_wanted(&root, name, connection, secrets.as_ref()).await?;
    let account = Account::of(name, connection, Arc::clone(&secrets))?;
    let decide = |settings: &Settings| {
        if choice.remove {
            rule_removal(&rule, settings)
        } else {
            rule_plan(&rule, settings)
        }
    };
    let platform = account.platform();
    let found = platform.all_questions().await?;
    let of_questions = if choice.remove {
        question_removal(&account.questions, &found, choice.with_data)
    } else {
        question_plan(&account.questions, &found)
    };
    let (of_rules, _) = decide(&platform.settings().await?).map_err(unreadable)?;
    let mut telling = Telling::new(json);
    telling.plan(&of_rules);
    telling.plan(&of_questions);
    if choice.dry_run || telling.has_conflicts() {
        let whole = !telling.has_conflicts();
        return Ok(telling.report("wxm", choice, whole));
    }
    for line in of_questions.open() {
        for action in &line.actions {
            platform.change_questions(action).await?;
        }
        telling.progress(&format!("done: {}", line.what));
    }
    let whole = write_rules(platform, &decide, &of_rules, arguments.restart, &telling).await?;
    Ok(telling.report("wxm", choice, whole))
}

/// Reads the settings again right before they are written, so that what others changed meanwhile stays, and looks whether
/// it is so afterwards: the platform knows no version of its settings.
async fn write_rules(
    platform: &WxmPlatform,
    decide: &(dyn Fn(&Settings) -> Result<(Plan<()>, Settings), UnreadableSettings> + Sync),
    shown: &Plan<()>,
    always: bool,
    telling: &Telling,
) -> Result<bool, Error> {
    let (plan, after) = decide(&platform.settings().await?).map_err(unreadable)?;
    if plan.is_done() && !always {
        return Ok(true);
    }
    platform.replace_settings(&after).await?;
    for line in shown.open() {
        telling.progress(&format!("done: {}", line.what));
    }
    let (left, _) = decide(&platform.settings().await?).map_err(unreadable)?;
    Ok(left.is_done())
}

fn unreadable(error: UnreadableSettings) -> Error {
    Error::Unusable {
        what: format!("The survey platform's settings cannot be changed: {error}."),
        mend: None,
    }
}
