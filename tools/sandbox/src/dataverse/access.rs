//! Who may do what: privileges that were taken from users, acting for another user, and custom logic that a caller skips.
//!
//! Every user has every privilege until a test takes it away; roles are not modelled.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use axum::http::HeaderMap;
use uuid::Uuid;

use super::address;
use super::caller::Caller;
use super::model::{Model, Table};
use super::refusal::Refusal;
use super::rows::Organisation;
use super::value::Value;

/// The privilege to act for another user. Source: Microsoft Learn, "Impersonate another user using the Web API".
const ACT_FOR_OTHERS: &str = "prvActOnBehalfOfAnotherUser";
/// The privileges to skip custom logic. Source: Microsoft Learn, "Bypass custom Dataverse logic".
const BYPASS_LOGIC: &str = "prvBypassCustomBusinessLogic";
const BYPASS_PLUG_INS: &str = "prvBypassCustomPlugins";
/// How many steps a caller may name to be skipped, unless the organisation allows more.
const MOST_STEPS: usize = 3;

/// What a request does to a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Right {
    Create,
    Read,
    Write,
    Delete,
    Assign,
    Share,
}

/// The privileges that users lack.
#[derive(Debug, Default)]
pub(crate) struct Access(HashMap<Uuid, Arc<BTreeSet<String>>>);

impl Access {
    pub(crate) fn deny(&mut self, user: Uuid, privilege: &str) {
        let denied = self.0.entry(user).or_default();
        Arc::make_mut(denied).insert(privilege.to_ascii_lowercase());
    }

    pub(crate) fn allow(&mut self, user: Uuid, privilege: &str) {
        if let Some(denied) = self.0.get_mut(&user) {
            Arc::make_mut(denied).remove(&privilege.to_ascii_lowercase());
        }
    }

    /// What the user lacks.
    pub(crate) fn denied(&self, user: Uuid) -> Arc<BTreeSet<String>> {
        self.0.get(&user).cloned().unwrap_or_default()
    }
}

impl Caller {
    /// Refuses what the caller lacks the privilege for.
    pub(crate) fn may(&self, right: Right, table: &Table) -> Result<(), Refusal> {
        if self.denied.is_empty() {
            return Ok(());
        }
        let privilege = privilege(right, table);
        if self.denied.contains(&privilege.to_ascii_lowercase()) {
            return Err(Refusal::missing_privilege(
                self.user,
                &privilege,
                Some(table),
            ));
        }
        Ok(())
    }

    pub(crate) fn has(&self, privilege: &str) -> Result<(), Refusal> {
        if self.denied.contains(&privilege.to_ascii_lowercase()) {
            return Err(Refusal::missing_privilege(self.user, privilege, None));
        }
        Ok(())
    }
}

/// The name of a privilege. All activities share theirs, and those of notes have a name of their own.
/// Source: Microsoft Learn, "Security roles and privileges".
fn privilege(right: Right, table: &Table) -> String {
    let verb = match right {
        Right::Create => "Create",
        Right::Read => "Read",
        Right::Write => "Write",
        Right::Delete => "Delete",
        Right::Assign => "Assign",
        Right::Share => "Share",
    };
    let of = match table.name.as_str() {
        _ if table.activity => "activity",
        "annotation" => "note",
        "systemuser" => "user",
        name => name,
    };
    format!("prv{verb}{}{}", of[..1].to_ascii_uppercase(), &of[1..])
}

/// Privileges that concern no table with rows: definitions, acting for others, skipping custom logic.
/// Source: Microsoft Learn, "Security roles and privileges" and "Create and update table definitions using the Web API".
const OF_NO_TABLE: &[&str] = &[
    ACT_FOR_OTHERS,
    BYPASS_LOGIC,
    BYPASS_PLUG_INS,
    PUBLISH,
    "prvCreateEntity",
    "prvWriteEntity",
    "prvDeleteEntity",
    "prvCreateAttribute",
    "prvWriteAttribute",
    "prvDeleteAttribute",
    "prvCreateEntityKey",
    "prvDeleteEntityKey",
    "prvCreateRelationship",
    "prvWriteRelationship",
    "prvDeleteRelationship",
];
/// The privilege to publish definitions.
pub(crate) const PUBLISH: &str = "prvPublishCustomization";

/// True for a privilege that some request here asks for.
pub(crate) fn is_known(model: &Model, name: &str) -> bool {
    let rights = [
        Right::Create,
        Right::Read,
        Right::Write,
        Right::Delete,
        Right::Assign,
        Right::Share,
    ];
    OF_NO_TABLE
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
        || model.tables().any(|(_, table)| {
            rights
                .iter()
                .any(|right| privilege(*right, table).eq_ignore_ascii_case(name))
        })
}

/// Every privilege there is: those that requests here ask for, and those to connect rows, which every table has.
pub(crate) fn all(model: &Model) -> BTreeSet<String> {
    let rights = [
        Right::Create,
        Right::Read,
        Right::Write,
        Right::Delete,
        Right::Assign,
        Right::Share,
    ];
    let mut names: BTreeSet<String> = OF_NO_TABLE.iter().map(|name| (*name).to_owned()).collect();
    for (_, table) in model.tables() {
        for right in rights {
            names.insert(privilege(right, table));
        }
        let read = privilege(Right::Read, table);
        let of = read.trim_start_matches("prvRead");
        names.insert(format!("prvAppend{of}"));
        names.insert(format!("prvAppendTo{of}"));
    }
    names
}

/// Sets whose name the request is carried out in. A user that the organisation does not have or has disabled is refused.
/// Source: Microsoft Learn, "Impersonate another user using the Web API".
pub(crate) fn resolve(
    organisation: &Organisation,
    access: &Access,
    caller: &mut Caller,
    headers: &HeaderMap,
) -> Result<(), Refusal> {
    caller.denied = access.denied(caller.user);
    let model = organisation.model();
    let Some(users) = model.by_name("systemuser") else {
        return Ok(());
    };
    let table = model.table(users);
    let enabled = |user: Uuid| match organisation.row(users, user) {
        Some(row) if *row.get(table, "isdisabled") == Value::Flag(true) => {
            Err(Refusal::user_disabled())
        }
        Some(_) => Ok(()),
        None => Err(Refusal::no_such_user()),
    };
    enabled(caller.user)?;
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::trim)
            .filter(|value| !value.is_empty())
    };
    let key = |text: &str| address::key(text).ok_or_else(Refusal::no_such_user);
    let named = if let Some(text) = header("callerobjectid") {
        let wanted = Value::Guid(key(text)?);
        organisation
            .rows(users)
            .find(|(_, row)| *row.get(table, "azureactivedirectoryobjectid") == wanted)
            .map(|(id, _)| id)
            .ok_or_else(Refusal::no_such_user)?
    } else if let Some(text) = header("mscrmcallerid") {
        key(text)?
    } else {
        return Ok(());
    };
    enabled(named)?;
    if named == caller.user {
        return Ok(());
    }
    caller.has(ACT_FOR_OTHERS)?;
    // Whoever acts for another may do what both may.
    let theirs = access.denied(named);
    if !theirs.is_empty() {
        Arc::make_mut(&mut caller.denied).extend(theirs.iter().cloned());
    }
    caller.really = Some(caller.user);
    caller.user = named;
    Ok(())
}

impl Refusal {
    fn missing_privilege(user: Uuid, privilege: &str, table: Option<&Table>) -> Self {
        let on = table
            .map(|table| format!(" on OTC={} for entity '{}'", table.type_code, table.name))
            .unwrap_or_default();
        let message =
            format!("Principal user (Id={user}, type=8) is missing {privilege} privilege{on}.");
        Self::new(403, "0x80040220", message)
    }

    fn no_such_user() -> Self {
        Self::new(
            403,
            "0x80072560",
            "The user is not a member of the organization.",
        )
    }

    fn user_disabled() -> Self {
        Self::new(
            403,
            "0x80040225",
            "The specified user is either disabled or is not a member of any business unit.",
        )
    }
}

/// Custom logic that a caller wants skipped: here the steps of webhooks.
/// Source: Microsoft Learn, "Bypass custom Dataverse logic".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bypass {
    logic: Option<String>,
    steps: Option<String>,
    plug_ins: bool,
}

impl Bypass {
    /// Takes in a header, by its name in lower case; others are left alone.
    pub(crate) fn header(&mut self, name: &str, value: &str) {
        match name {
            "mscrm.bypassbusinesslogicexecution" => self.logic = Some(value.to_owned()),
            "mscrm.bypassbusinesslogicexecutionstepids" => self.steps = Some(value.to_owned()),
            "mscrm.bypasscustompluginexecution" => {
                self.plug_ins = value.trim().eq_ignore_ascii_case("true")
            }
            _ => {}
        }
    }

    /// True for a step that is left out.
    pub(crate) fn skips(&self, asynchronous: bool, step: Uuid) -> bool {
        let kind = if asynchronous {
            "CustomAsync"
        } else {
            "CustomSync"
        };
        let listed = |list: &Option<String>, wanted: &dyn Fn(&str) -> bool| {
            list.as_ref()
                .is_some_and(|list| list.split(',').any(|item| wanted(item.trim())))
        };
        // The older header knows of synchronous logic only.
        self.plug_ins && !asynchronous
            || listed(&self.logic, &|item| item.eq_ignore_ascii_case(kind))
            || listed(&self.steps, &|item| address::key(item) == Some(step))
    }

    pub(crate) fn check(&self, caller: &Caller) -> Result<(), Refusal> {
        if let Some(kinds) = &self.logic {
            let known = |kind: &str| {
                ["CustomSync", "CustomAsync"]
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(kind.trim()))
            };
            if !kinds.split(',').all(known) {
                return Err(Refusal::invalid_argument(
                    "BypassBusinessLogicExecution takes CustomSync, CustomAsync or both.",
                ));
            }
            caller.has(BYPASS_LOGIC)?;
        }
        if let Some(steps) = &self.steps {
            let steps: Vec<&str> = steps.split(',').map(str::trim).collect();
            if steps.iter().any(|step| address::key(step).is_none()) {
                return Err(Refusal::invalid_argument(
                    "BypassBusinessLogicExecutionStepIds takes the keys of steps.",
                ));
            }
            if steps.len() > MOST_STEPS {
                return Err(Refusal::invalid_argument(format!(
                    "The number of steps to bypass exceeds the limit of {MOST_STEPS}."
                )));
            }
            caller.has(BYPASS_LOGIC)?;
        }
        if self.plug_ins {
            caller.has(BYPASS_PLUG_INS)?;
        }
        Ok(())
    }
}
