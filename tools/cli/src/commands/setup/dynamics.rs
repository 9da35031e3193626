//! `cxloop setup dynamics`.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use cxloop_domain::setup::dynamics::{
    Action, EndpointWanted, Found, KeyState, KeyWanted, Wanted, keys, plan, removal, steps,
};
use cxloop_domain::setup::secret::{Keeping, OF_DYNAMICS, Wish, is_short, keeping};
use cxloop_domain::setup::{Plan, address};
use cxloop_dynamics::setup::Organisation;
use secrecy::ExposeSecret;

use super::WebhookSecret;
use super::telling::Telling;
use crate::arguments::SetupDynamicsArgs;
use crate::aws::clock;
use crate::commands::check::{GivenSecrets, is_loopback};
use crate::commands::configured::{Configured, of_dynamics};
use crate::{Error, Report};

/// The first pause between two looks at a key, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

pub(super) async fn run(arguments: &SetupDynamicsArgs, json: bool) -> Result<Report, Error> {
    let choice = &arguments.choice;
    let configured = Configured::read(&choice.place).await?;
    let (name, connection) =
        configured.connection("dynamics", choice.connection.as_ref(), of_dynamics)?;
    let secrets = GivenSecrets::of(
        choice.place.secrets.as_deref(),
        configured.environment.clone(),
    )
    .await?;
    let organisation = Organisation::connect(name, connection, &secrets, clock()).await?;
    let (user, id) = organisation.who_am_i().await?;
    let api = configured.api(&choice.place)?;
    let mut telling = Telling::new(json);
    if choice.remove {
        let url = api
            .map(|root| address::webhook(&root, name))
            .unwrap_or_default();
        let wanted = EndpointWanted::of(name, &url, None);
        let found = organisation.look(&wanted, &BTreeSet::new()).await?;
        let plan = removal(&wanted, &found, choice.with_data);
        telling.plan(&plan);
        if !choice.dry_run {
            carry_out(&organisation, &plan, &found, None, &telling).await?;
        }
        return Ok(telling.report("dynamics", choice, true));
    }
    let root = api.ok_or_else(|| {
        Error::with_mend(
            "Nobody says where Dynamics reaches us.",
            "Give the root of the API, the output ApiEndpoint of the stack, with --to or CXLOOP_API.",
        )
    })?;
    let mut secret = WebhookSecret::read(
        &connection.secret,
        OF_DYNAMICS,
        &secrets,
        &configured.environment,
    )
    .await?;
    let known = secret.known();
    let mut wanted = Wanted {
        endpoint: EndpointWanted::of(name, &address::webhook(&root, name), known.current.clone())
            .in_header(&connection.webhook_header),
        steps: steps(&configured.configuration),
    };
    let tables: BTreeSet<&str> = wanted
        .steps
        .iter()
        .map(|step| step.table.as_str())
        .collect();
    let found = organisation.look(&wanted.endpoint, &tables).await?;
    let sent = found
        .endpoint
        .as_ref()
        .and_then(|endpoint| endpoint.fingerprint());
    let wish = if choice.rotate_secret {
        Wish::Rotate
    } else {
        Wish::Due
    };
    let keep = keeping(&known, sent, wish);
    telling.line(&secret.line(keep));
    if matches!(keep, Keeping::Make | Keeping::Rotate) {
        // Its fingerprint is not known before it is made, and it is made only when nothing is in the way.
        wanted.endpoint.fingerprint = None;
    }
    let shown = plan(&wanted, &found);
    telling.plan(&shown);
    telling.note(format!("application user {user} of organisation {id}"));
    if !is_loopback(&connection.url)
        && secret
            .current()
            .is_some_and(|now| is_short(now.expose_secret()))
    {
        telling.note(
            "the webhook secret is short enough to be guessed: --rotate-secret makes a long one",
        );
    }
    if choice.dry_run || telling.has_conflicts() {
        let whole = !telling.has_conflicts();
        return Ok(telling.report("dynamics", choice, whole));
    }
    secret.keep(keep, clock().now()).await?;
    wanted.endpoint.fingerprint = secret.known().current;
    let due = plan(&wanted, &found);
    let changes = |action: &Action| matches!(action, Action::ChangeEndpoint(..));
    if due.actions().any(changes) {
        let progress = |line: &str| telling.progress(line);
        secret
            .wait_until_accepted(clock().now(), choice.accept_after, progress)
            .await;
    }
    carry_out(&organisation, &due, &found, Some(&secret), &telling).await?;
    if choice.finish_rotation && secret.is_rotating() {
        secret.keep(Keeping::Drop, clock().now()).await?;
        telling.line(&secret.line(Keeping::Drop));
    }
    if secret.is_rotating() {
        telling.note("the webhook secret before is accepted until the next run");
    }
    let whole = keys_are_active(&organisation, arguments, &mut telling).await?;
    Ok(telling.report("dynamics", choice, whole))
}

async fn carry_out(
    organisation: &Organisation,
    plan: &Plan<Action>,
    found: &Found,
    secret: Option<&WebhookSecret>,
    telling: &Telling,
) -> Result<(), Error> {
    let current = secret.and_then(WebhookSecret::current);
    for line in plan.open() {
        for action in &line.actions {
            organisation
                .carry_out(action, found.language, current)
                .await?;
        }
        telling.progress(&format!("done: {}", line.what));
    }
    Ok(())
}

/// Waits for the indexes of the keys, which the service builds by itself.
async fn keys_are_active(
    organisation: &Organisation,
    arguments: &SetupDynamicsArgs,
    telling: &mut Telling,
) -> Result<bool, Error> {
    let until = Instant::now() + Duration::from_secs(arguments.key_wait);
    let mut whole = true;
    for key in keys() {
        match state_in_the_end(organisation, key, until, telling).await? {
            KeyState::Active => {}
            KeyState::Building => {
                telling.note(format!("key {} of {}: its index is still being built; run cxloop setup dynamics again later", key.name, key.table));
                whole = false;
            }
            KeyState::Failed => {
                telling.note(format!(
                    "key {} of {}: its index could not be built, because rows have the same {}; clear it in all but one of them and run cxloop setup dynamics again, which makes the key anew",
                    key.name, key.table, key.column
                ));
                whole = false;
            }
        }
    }
    Ok(whole)
}

async fn state_in_the_end(
    organisation: &Organisation,
    key: &KeyWanted,
    until: Instant,
    telling: &Telling,
) -> Result<KeyState, Error> {
    let (mut pause, longest) = PAUSES;
    let mut told = false;
    loop {
        let name = organisation.key_over(key.table, key.column).await?;
        let Some((_, state)) = name else {
            return Ok(KeyState::Building);
        };
        if state != KeyState::Building || Instant::now() + pause > until {
            return Ok(state);
        }
        if !told {
            telling.progress(&format!(
                "waiting for the index of key {} of {}",
                key.name, key.table
            ));
            told = true;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(longest);
    }
}
