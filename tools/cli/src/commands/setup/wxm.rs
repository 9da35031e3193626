//! `cxloop setup wxm`.

use std::sync::Arc;
use std::time::Duration;

use cxloop_domain::configuration::{Configuration, WxmConnection};
use cxloop_domain::names::ConnectionName;
use cxloop_domain::setup::Plan;
use cxloop_domain::setup::address;
use cxloop_domain::setup::secret::{Keeping, OF_WXM, Wish, keeping};
use cxloop_domain::setup::wxm::{
    QuestionAction, QuestionWanted, RuleWanted, Settings, UnreadableSettings, question_plan,
    question_removal, questions, rule_plan, rule_removal,
};
use cxloop_ports::Secrets;
use cxloop_surveys::wxm::WxmPlatform;
use secrecy::ExposeSecret;

use super::WebhookSecret;
use super::telling::Telling;
use crate::arguments::{SetupChoice, SetupWxmArgs};
use crate::aws::clock;
use crate::commands::check::GivenSecrets;
use crate::commands::configured::{Configured, of_wxm};
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
        configuration: &Configuration,
        secrets: Arc<dyn Secrets>,
    ) -> Result<Self, Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(TIME_LIMITS.0)
            .timeout(TIME_LIMITS.1)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Error::unusable("There is no HTTP client.", error))?;
        let mut rules = configuration.surveys.iter().flat_map(|all| &all.rules);
        let sends_surveys = rules.any(|rule| rule.survey.connection == *name);
        Ok(Self {
            platform: WxmPlatform::new(name.clone(), connection.clone(), http, secrets, clock()),
            questions: questions(
                &connection.questions,
                sends_surveys,
                configuration.write_back.as_ref(),
            ),
        })
    }

    /// Reads and writes the account.
    pub(crate) fn platform(&self) -> &WxmPlatform {
        &self.platform
    }
}

/// The rule that is wanted, with a token.
pub(crate) fn rule_wanted(root: &str, name: &ConnectionName, token: &str) -> RuleWanted {
    RuleWanted {
        url: address::webhook_with_token(root, name, token),
        without_token: address::webhook(root, name),
    }
}

pub(super) async fn run(arguments: &SetupWxmArgs, json: bool) -> Result<Report, Error> {
    let choice = &arguments.choice;
    let configured = Configured::read(&choice.place).await?;
    let (name, connection) = configured.connection("wxm", choice.connection.as_ref(), of_wxm)?;
    let environment = &configured.environment;
    let secrets = GivenSecrets::of(choice.place.secrets.as_deref(), environment.clone()).await?;
    let secrets = Arc::new(secrets);
    let root = configured.api(&choice.place)?.ok_or_else(|| {
        Error::with_mend(
            "Nobody says where the survey platform reaches us.",
            "Give the root of the API, the output ApiEndpoint of the stack, with --to or CXLOOP_API.",
        )
    })?;
    let token = WebhookSecret::read(&connection.secret, OF_WXM, &secrets, environment).await?;
    let account = Account::of(name, connection, &configured.configuration, secrets)?;
    let scene = Scene {
        choice,
        restart: arguments.restart,
        account: &account,
        rule: &|token: &str| rule_wanted(&root, name, token),
    };
    let telling = Telling::new(json);
    if choice.remove {
        scene.remove(&token, telling).await
    } else {
        scene.set_up(token, telling).await
    }
}

/// What one run works with.
struct Scene<'s> {
    choice: &'s SetupChoice,
    restart: bool,
    account: &'s Account,
    /// The rule with a token.
    rule: &'s (dyn Fn(&str) -> RuleWanted + Sync),
}

/// What becomes of the settings.
type Decide<'d> =
    &'d (dyn Fn(&Settings) -> Result<(Plan<()>, Settings), UnreadableSettings> + Sync);

/// Stands in a plan for a token that is not made yet.
const NOT_MADE: &str = "new";

impl Scene<'_> {
    async fn set_up(
        &self,
        mut token: WebhookSecret,
        mut telling: Telling,
    ) -> Result<Report, Error> {
        let platform = self.account.platform();
        let settings = platform.settings().await?;
        let found = platform.all_questions().await?;
        let known = token.known();
        let plan_with = |token: &str| rule_plan(&(self.rule)(token), &settings).map_err(unreadable);
        let now = token
            .current()
            .map_or(NOT_MADE, |token| token.expose_secret());
        let (of_rules, _) = plan_with(now)?;
        // Nothing calls an older address any more when no rule has to be changed.
        let sent = known.current.as_deref().filter(|_| of_rules.is_done());
        let wish = if self.choice.rotate_secret {
            Wish::Rotate
        } else {
            Wish::Due
        };
        let keep = keeping(&known, sent, wish);
        telling.line(&token.line(keep));
        match keep {
            Keeping::Rotate => telling.plan(&plan_with(NOT_MADE)?.0),
            _ => telling.plan(&of_rules),
        }
        let of_questions = question_plan(&self.account.questions, &found);
        telling.plan(&of_questions);
        if self.choice.dry_run || telling.has_conflicts() {
            let whole = !telling.has_conflicts();
            return Ok(telling.report("wxm", self.choice, whole));
        }
        token.keep(keep, clock().now()).await?;
        self.change_questions(&of_questions, &telling).await?;
        let rule = (self.rule)(
            token
                .current()
                .map_or(NOT_MADE, |token| token.expose_secret()),
        );
        let decide = |settings: &Settings| rule_plan(&rule, settings);
        if !decide(&settings).map_err(unreadable)?.0.is_done() {
            let progress = |line: &str| telling.progress(line);
            let believed = self.choice.accept_after;
            token
                .wait_until_accepted(clock().now(), believed, progress)
                .await;
        }
        let whole = self.write_rules(&decide, &telling).await?;
        if self.choice.finish_rotation && token.is_rotating() && whole {
            token.keep(Keeping::Drop, clock().now()).await?;
            telling.line(&token.line(Keeping::Drop));
        }
        if token.is_rotating() {
            telling.note("the webhook token before is accepted until the next run");
        }
        Ok(telling.report("wxm", self.choice, whole))
    }

    async fn remove(&self, token: &WebhookSecret, mut telling: Telling) -> Result<Report, Error> {
        let platform = self.account.platform();
        let rule = (self.rule)(
            token
                .current()
                .map_or(NOT_MADE, |token| token.expose_secret()),
        );
        let decide = |settings: &Settings| rule_removal(&rule, settings);
        let (of_rules, _) = decide(&platform.settings().await?).map_err(unreadable)?;
        let found = platform.all_questions().await?;
        let of_questions = question_removal(&self.account.questions, &found, self.choice.with_data);
        telling.plan(&of_rules);
        telling.plan(&of_questions);
        let mut whole = true;
        if !self.choice.dry_run {
            whole = self.write_rules(&decide, &telling).await?;
            self.change_questions(&of_questions, &telling).await?;
        }
        Ok(telling.report("wxm", self.choice, whole))
    }

    async fn change_questions(
        &self,
        plan: &Plan<QuestionAction>,
        telling: &Telling,
    ) -> Result<(), Error> {
        for line in plan.open() {
            for action in &line.actions {
                self.account.platform().change_questions(action).await?;
            }
            telling.progress(&format!("done: {}", line.what));
        }
        Ok(())
    }

    /// Reads the settings again right before they are written, so that what others changed meanwhile stays, and looks
    /// whether it is so afterwards: the platform knows no version of its settings.
    async fn write_rules(&self, decide: Decide<'_>, telling: &Telling) -> Result<bool, Error> {
        let platform = self.account.platform();
        let (plan, after) = decide(&platform.settings().await?).map_err(unreadable)?;
        if plan.is_done() && !self.restart {
            return Ok(true);
        }
        platform.replace_settings(&after).await?;
        for line in plan.open() {
            telling.progress(&format!("done: {}", line.what));
        }
        let (left, _) = decide(&platform.settings().await?).map_err(unreadable)?;
        Ok(left.is_done())
    }
}

fn unreadable(error: UnreadableSettings) -> Error {
    Error::Unusable {
        what: format!("The survey platform's settings cannot be changed: {error}."),
        mend: None,
    }
}
