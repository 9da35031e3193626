//! What must exist in an organisation of Dynamics: a solution with columns, a table, keys, and the steps that tell us of
//! changes.

mod found;
mod plan;
mod removal;
mod schema;
mod steps;
#[cfg(test)]
mod tests;
mod words;

use uuid::Uuid;

pub use found::{
    EndpointFound, Filter, Found, ImageFound, KeyFound, KeyState, StepFound, TableFound,
};
pub use plan::plan;
pub use removal::removal;
pub use schema::{ColumnKind, ColumnWanted, KeyWanted, TableWanted, columns, keys, tables};
pub use steps::{ImageKind, ImageWanted, StepWanted, steps};
pub use words::Words;

use crate::configuration::DynamicsConnection;
use crate::identity;
use crate::names::{ConnectionName, HeaderName};

/// The unique name of the solution that everything belongs to.
pub const SOLUTION: &str = "cxloop";
/// The unique name of its publisher.
pub const PUBLISHER: &str = "cxloop";
/// What the names of our columns and tables begin with.
pub const PREFIX: &str = "cxl";
/// What the values of our choices begin with: 75244 and four digits.
pub const OPTION_PREFIX: i32 = 75_244;
/// The table of cases.
pub const CASE: &str = "incident";
/// The activity table of survey responses.
pub const RESPONSE: &str = "cxl_surveyresponse";

/// Everything that is wanted of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Where changes are told.
    pub endpoint: EndpointWanted,
    /// Which changes are told.
    pub steps: Vec<StepWanted>,
}

/// Where changes are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointWanted {
    /// Its id, derived, so that it is found again when its address has changed.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// The address of our webhook.
    pub url: String,
    /// The header in which it sends its secret.
    pub header: String,
    /// The fingerprint of the secret that it sends; `None` when there is no secret yet, which is so only before a first
    /// one was made.
    pub fingerprint: Option<String>,
}

impl EndpointWanted {
    /// The endpoint of a connection.
    pub fn of(connection: &ConnectionName, url: &str, fingerprint: Option<String>) -> Self {
        Self {
            id: identity::derive("service endpoint", &[SOLUTION, connection.as_str()]),
            name: format!("cxloop ({connection})"),
            url: url.to_owned(),
            header: DynamicsConnection::DEFAULT_WEBHOOK_HEADER.to_owned(),
            fingerprint,
        }
    }

    /// The same, with its secret in the header that the connection names.
    #[must_use]
    pub fn in_header(mut self, header: &HeaderName) -> Self {
        header.as_str().clone_into(&mut self.header);
        self
    }

    /// The id under which a step of this endpoint is made, so that two runs at once make one.
    pub fn step_id(&self, step: &StepWanted) -> Uuid {
        self.derived_step(&step.table, step.message)
    }

    /// Whether setup made a step: one of another id is somebody else's, whatever it is called.
    pub fn has_made(&self, step: &StepFound) -> bool {
        step.id == self.derived_step(&step.table, &step.message)
    }

    fn derived_step(&self, table: &str, message: &str) -> Uuid {
        let parts = [&*self.id.to_string(), table, message];
        identity::derive("processing step", &parts)
    }

    /// What stands in its description, which carries the header and the fingerprint: neither the settings nor the secret are
    /// ever given back.
    pub fn description(&self) -> String {
        let mark = self.fingerprint.as_deref().unwrap_or_default();
        let header = &self.header;
        format!(
            "Tells cxloop of changes. Made by cxloop setup. {HEADER}{header}; {FINGERPRINT}{mark}"
        )
    }
}

const HEADER: &str = "Header: ";
const FINGERPRINT: &str = "Secret: ";

/// The header that a description names. Older descriptions name none, and their endpoints send the usual one.
pub fn header_in(description: &str) -> &str {
    let named = description.rsplit_once(HEADER).map(|(_, rest)| rest);
    let named = named.and_then(|rest| rest.split_once(';'));
    named.map_or(DynamicsConnection::DEFAULT_WEBHOOK_HEADER, |(header, _)| {
        header.trim()
    })
}

/// The fingerprint that a description carries.
pub fn fingerprint_in(description: &str) -> Option<&str> {
    let mark = description.rsplit_once(FINGERPRINT)?.1.trim();
    (!mark.is_empty()).then_some(mark)
}

/// One change of an organisation. Each is harmless twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Makes the publisher.
    MakePublisher,
    /// Makes the solution.
    MakeSolution,
    /// Makes a table.
    MakeTable(&'static TableWanted),
    /// Makes a column.
    MakeColumn(&'static ColumnWanted),
    /// Makes an alternate key, whose index is then built.
    MakeKey(&'static KeyWanted),
    /// Makes what was changed of tables visible.
    Publish(Vec<&'static str>),
    /// Makes the endpoint.
    MakeEndpoint(EndpointWanted),
    /// Brings the endpoint with this id to its wanted form, the secret included.
    ChangeEndpoint(Uuid, EndpointWanted),
    /// Makes a step with its image.
    MakeStep {
        /// The id that it gets.
        id: Uuid,
        /// The endpoint that it tells.
        endpoint: Uuid,
        /// What it is registered on.
        filter: Filter,
        /// What it does.
        step: StepWanted,
    },
    /// Brings a step to its wanted form and enables it.
    ChangeStep(Uuid, StepWanted),
    /// Gives a step its image.
    MakeImage(Uuid, ImageWanted),
    /// Removes an image.
    RemoveImage(Uuid),
    /// Removes a step with its images.
    RemoveStep(Uuid),
    /// Removes the endpoint.
    RemoveEndpoint(Uuid),
    /// Removes an alternate key; its columns stay.
    RemoveKey {
        /// The table.
        table: &'static str,
        /// The key.
        key: String,
    },
    /// Removes a column with all its values.
    RemoveColumn(&'static ColumnWanted),
    /// Removes a table with all its rows.
    RemoveTable(&'static TableWanted),
    /// Removes the solution, which holds nothing any more.
    RemoveSolution(Uuid),
    /// Removes the publisher.
    RemovePublisher(Uuid),
}
