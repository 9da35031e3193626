//! What a request may ask for beyond its own work.
//!
//! Source: Microsoft Learn, "Use optional parameters" and "Bypass custom Dataverse logic".

use uuid::Uuid;

use crate::{
    query::{ALL_ANNOTATIONS, Query},
    request::Request,
};

/// Which custom logic of the organisation a write goes past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bypassed {
    /// Plug-ins and workflows that run within the request.
    Synchronous,
    /// Those that run after it.
    Asynchronous,
    /// Both.
    All,
}

impl Request {
    /// Asks for these columns of the written row in the answer, which costs the service a read.
    ///
    /// Source: Microsoft Learn, "Create a table row using the Web API"
    /// (`Prefer: return=representation`).
    #[must_use]
    pub fn returning<'a>(self, columns: impl IntoIterator<Item = &'a str>) -> Self {
        self.with_query(&Query::new().select(columns))
            .with_preference("return=representation")
    }

    /// Asks for the table of each lookup and the label of each choice beside the values of an
    /// answer.
    #[must_use]
    pub fn with_annotations(self) -> Self {
        self.with_preference(ALL_ANNOTATIONS)
    }

    /// Turns the organisation's duplicate detection rules on for this write; they are off
    /// otherwise. A duplicate is [`crate::Error::DuplicateDetected`].
    ///
    /// Source: Microsoft Learn, "Manage duplicate detection during create and update".
    #[must_use]
    pub fn detecting_duplicates(self) -> Self {
        self.with_header("MSCRM.SuppressDuplicateDetection", "false")
    }

    /// Goes past custom logic of the organisation. The caller needs the privilege
    /// `prvBypassCustomBusinessLogic`.
    #[must_use]
    pub fn bypassing(self, logic: Bypassed) -> Self {
        let value = match logic {
            Bypassed::Synchronous => "CustomSync",
            Bypassed::Asynchronous => "CustomAsync",
            Bypassed::All => "CustomSync,CustomAsync",
        };
        self.with_header("MSCRM.BypassBusinessLogicExecution", value)
    }

    /// Starts no Power Automate flows for this write.
    #[must_use]
    pub fn without_flows(self) -> Self {
        self.with_header("MSCRM.SuppressCallbackRegistrationExpanderJob", "true")
    }

    /// Acts for the user with this Microsoft Entra object id. The application user needs the
    /// privilege `prvActOnBehalfOfAnotherUser` and stays visible in `createdonbehalfby`.
    ///
    /// Source: Microsoft Learn, "Impersonate another user using the Web API".
    #[must_use]
    pub fn on_behalf_of(self, object_id: Uuid) -> Self {
        self.with_header("CallerObjectId", &object_id.hyphenated().to_string())
    }

    /// Adds what is created to an unmanaged solution.
    #[must_use]
    pub fn in_solution(self, unique_name: &str) -> Self {
        self.with_header("MSCRM.SolutionUniqueName", unique_name)
    }
}
