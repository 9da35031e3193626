//! What a doctor asks of an organisation beyond what setup looks at.

use std::collections::BTreeSet;

use cxloop_dataverse::Function;
use cxloop_ports::Failure;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::Organisation;
use crate::{Direction, Filter, Query};

/// Failed, of a system job. Source: Microsoft Learn, "AsyncOperation" (`statuscode`).
const FAILED: i64 = 31;
/// At most this many failed jobs are told of.
const MOST_JOBS: u32 = 100;

/// The application user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its name.
    pub name: String,
    /// Whether it is disabled.
    pub disabled: bool,
}

/// System jobs that failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FailedJobs {
    /// How many, up to a hundred.
    pub number: usize,
    /// What the newest says. It names no row.
    pub newest: Option<String>,
}

impl Organisation {
    /// The application user's row.
    ///
    /// # Errors
    /// The failure of the request.
    pub async fn user(&self, id: Uuid) -> Result<User, Failure> {
        let query = Query::new().select(["fullname", "isdisabled"]);
        match self.client.get("systemusers", id, &query).await {
            Ok(row) => Ok(User {
                name: row.text("fullname").unwrap_or_default().to_owned(),
                disabled: row.boolean("isdisabled").unwrap_or_default(),
            }),
            Err(error) => Err(self.fail("show the application user", &error)),
        }
    }

    /// The names of the privileges that a user's roles give, in small letters; `None` when the service names none.
    ///
    /// Source: Microsoft Learn, "RetrieveUserPrivileges function" and "RolePrivilege complex type" (`PrivilegeName`).
    ///
    /// # Errors
    /// The failure of the request.
    pub async fn privileges(&self, user: Uuid) -> Result<Option<BTreeSet<String>>, Failure> {
        let function = Function::bound("systemusers", user, "RetrieveUserPrivileges");
        let found = match self.client.evaluate(&function).await {
            Ok(found) => found,
            Err(error) => return Err(self.fail("name the application user's privileges", &error)),
        };
        let list = found.value("RolePrivileges").and_then(Value::as_array);
        let names: BTreeSet<String> = list
            .into_iter()
            .flatten()
            .filter_map(|privilege| privilege["PrivilegeName"].as_str())
            .map(str::to_lowercase)
            .collect();
        Ok((!names.is_empty()).then_some(names))
    }

    /// The jobs of these steps that failed since a moment, which are webhooks that did not reach us.
    ///
    /// Source: Microsoft Learn, "Register a webhook" (failed system jobs).
    ///
    /// # Errors
    /// The failure of the request.
    pub async fn failed_jobs(
        &self,
        steps: &[Uuid],
        since: Timestamp,
    ) -> Result<FailedJobs, Failure> {
        let of_ours = steps
            .iter()
            .map(|step| Filter::eq("_owningextensionid_value", *step))
            .reduce(Filter::or);
        let Some(of_ours) = of_ours else {
            return Ok(FailedJobs::default());
        };
        let query = Query::new()
            .select(["name", "friendlymessage", "completedon"])
            .filter(Filter::eq("statuscode", FAILED))
            .filter(Filter::ge("createdon", since))
            .filter(of_ours)
            .orderby("createdon", Direction::Descending)
            .top(MOST_JOBS);
        match self.client.list("asyncoperations", &query).await {
            Ok(page) => Ok(FailedJobs {
                number: page.rows.len(),
                newest: page.rows.first().map(|job| {
                    let words = job
                        .text("friendlymessage")
                        .or(job.text("name"))
                        .unwrap_or_default();
                    words
                        .lines()
                        .next()
                        .unwrap_or_default()
                        .chars()
                        .take(200)
                        .collect()
                }),
            }),
            Err(error) => Err(self.fail("list failed system jobs", &error)),
        }
    }
}
