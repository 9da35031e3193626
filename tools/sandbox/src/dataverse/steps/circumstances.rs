//! Who asked for what, with what, in which transaction: the parts of a context that are the same for every message.

use std::sync::Arc;

use uuid::Uuid;

use super::super::access::Bypass;
use super::super::caller::Caller;
use super::super::company;
use super::super::model::TableId;
use super::super::rows::Organisation;
use super::super::value::Value;
use super::contract::{Context, Datum, Parameters};
use super::registry::Step;
use super::telling::{Message, named};

/// What the HTTP request tells beside its address and its body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    pub(crate) user_agent: Option<String>,
    pub(crate) accept_language: Option<String>,
    /// The app that a person works in.
    pub(crate) app: Option<&'static str>,
    /// Steps that the caller wants skipped.
    pub(crate) bypass: Bypass,
    /// How many requests the change set has that this one is in.
    pub(crate) change_set: Option<usize>,
    /// The caller sets states by the message made for that, as the forms of the product do.
    pub(crate) sets_states: bool,
}

impl Caller {
    /// The same caller at a form that sets states by the message made for it.
    #[must_use]
    pub(crate) fn setting_states(mut self) -> Self {
        let origin = Origin {
            sets_states: true,
            ..self.origin.as_deref().cloned().unwrap_or_default()
        };
        self.origin = Some(Arc::new(origin));
        self
    }

    pub(super) fn sets_states(&self) -> bool {
        self.origin
            .as_ref()
            .is_some_and(|origin| origin.sets_states)
    }

    /// True for a step that the request wants left out.
    /// Source: Microsoft Learn, "Bypass custom Dataverse logic".
    pub(super) fn skips(&self, asynchronous: bool, step: Uuid) -> bool {
        self.origin
            .as_ref()
            .is_some_and(|origin| origin.bypass.skips(asynchronous, step))
    }
}

/// A context without images and output.
pub(super) fn of(
    organisation: &Organisation,
    caller: &Caller,
    table: TableId,
    step: &Step,
    message: &Message<'_>,
    (correlation, request): (Uuid, Uuid),
) -> Context {
    let name = organisation.model().table(table).name.clone();
    let shared = shared_variables(caller, message.name);
    let mut around = shared.clone();
    let changed = vec![(name.clone(), message.name.to_owned())];
    around.push(named("ChangedEntityTypes", Datum::Pairs(changed)));
    let origin = caller.origin.as_deref();
    Context {
        business_unit: company::BUSINESS_UNIT,
        organisation: company::ORGANISATION,
        organisation_name: format!("unq{:.29}", company::ORGANISATION.simple()),
        user: caller.user,
        directory_user: directory_key(organisation, caller.user),
        user_agent: origin.and_then(|origin| origin.user_agent.clone()),
        correlation,
        request,
        operation: request,
        created_on: caller.now,
        depth: organisation.events.depth(),
        asynchronous: step.asynchronous,
        stage: step.stage,
        message: message.name.to_owned(),
        primary_id: message.primary.unwrap_or_default(),
        step: step.id,
        step_name: format!("{}: {} of {name}", step.endpoint_name, message.name),
        primary_table: name,
        input: message.input.clone(),
        output: Parameters::new(),
        shared,
        pre_images: Vec::new(),
        post_images: Vec::new(),
        parent: message.main.clone().map(|main| (main, around)),
    }
}

/// Source: Microsoft Learn, "Use optional parameters" (add a shared variable to the plugin execution context) for `tag`.
fn shared_variables(caller: &Caller, message: &str) -> Parameters {
    let mut variables = vec![named("IsAutoTransact", Datum::Flag(true))];
    let mut text = |name: &str, value: &str| {
        variables.push(named(name, Datum::Text(value.to_owned())));
    };
    if let Some(origin) = &caller.origin {
        text(
            "AcceptLang",
            origin.accept_language.as_deref().unwrap_or_default(),
        );
        if let Some(app) = origin.app {
            text("x-ms-app-name", app);
        }
    }
    if let Some(tag) = &caller.tag {
        text("tag", tag);
    }
    if message == "Create" {
        variables.push(named("DefaultsAddedFlag", Datum::Flag(true)));
    }
    let requests = caller.origin.as_ref().and_then(|origin| origin.change_set);
    if let Some(requests) = requests {
        variables.push(named("IsODataTransaction", Datum::Flag(true)));
        let count = Datum::Number(requests.to_string());
        variables.push(named("ODataChangesetRequestCount", count));
    }
    variables
}

fn directory_key(organisation: &Organisation, user: Uuid) -> Uuid {
    let model = organisation.model();
    let found = model.by_name("systemuser").and_then(|users| {
        let row = organisation.row(users, user)?;
        match row.get(model.table(users), "azureactivedirectoryobjectid") {
            Value::Guid(key) => Some(*key),
            _ => None,
        }
    });
    found.unwrap_or_default()
}
