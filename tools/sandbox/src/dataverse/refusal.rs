//! The refusals that the service documents: status, code and message of each.
//!
//! Sources: Microsoft Learn, "Web service error codes", "Compose HTTP requests and handle errors" and "Troubleshoot Dataverse
//! Web API client errors". Where a page gives a code without a status, the status is the one of its family (400 for what the
//! caller can correct).

mod definitions;

use uuid::Uuid;

/// A request that the service does not carry out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    // Addresses

    pub(crate) fn unknown_segment(segment: &str) -> Self {
        Self::new(
            404,
            "0x8006088a",
            format!("Resource not found for the segment '{segment}'."),
        )
    }

    pub(crate) fn no_resource(uri: &str) -> Self {
        Self::new(
            404,
            "",
            format!("No HTTP resource was found that matches the request URI '{uri}'."),
        )
    }

    pub(crate) fn invalid_key(set: &str) -> Self {
        Self::new(
            400,
            "0x80060888",
            format!("The key in the request URI is not valid for resource '{set}'."),
        )
    }

    pub(crate) fn method_not_allowed(method: &str) -> Self {
        Self::new(
            405,
            "0x0",
            format!("The requested resource does not support http method '{method}'."),
        )
    }

    pub(crate) fn foreign_address(address: &str) -> Self {
        Self::new(
            400,
            "0x80060888",
            format!("The address '{address}' does not belong to this service."),
        )
    }

    /// Source: Microsoft Learn, "Compose HTTP requests and handle errors" (405, CannotDeleteDueToAssociation).
    pub(crate) fn still_in_use() -> Self {
        Self::new(
            405,
            "0x80040227",
            "The object you tried to delete is associated with another object and cannot be deleted.",
        )
    }

    /// A message that the table does not have, as those that write have none for the view over all activities.
    pub(crate) fn no_such_message(message: &str, table: &str) -> Self {
        Self::new(
            400,
            "0x80040800",
            format!("The '{message}' method does not support entities of type '{table}'."),
        )
    }

    pub(crate) fn missing_row(table: &str, id: Uuid) -> Self {
        Self::new(
            404,
            "0x80040217",
            format!("{table} With Id = {id} Does Not Exist"),
        )
    }

    // Queries

    pub(crate) fn unknown_property(name: &str, table: &str) -> Self {
        Self::new(
            400,
            "0x0",
            format!(
                "Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{table}'."
            ),
        )
    }

    pub(crate) fn bad_query(message: impl Into<String>) -> Self {
        Self::new(400, "0x80060888", message)
    }

    /// Source: Microsoft Learn, "Web service error codes" (AggregateQueryRecordLimitExceeded).
    pub(crate) fn too_many_to_aggregate() -> Self {
        Self::new(
            400,
            "0x8004e023",
            "The maximum record limit is exceeded. Reduce the number of records.",
        )
    }

    // Bodies

    pub(crate) fn invalid_property(name: &str, table: &str) -> Self {
        Self::new(
            400,
            "0x0",
            format!(
                "An error occurred while validating input parameters: Invalid property '{name}' was found in entity 'Microsoft.Dynamics.CRM.{table}'."
            ),
        )
    }

    pub(crate) fn undeclared_navigation(name: &str, set: &str) -> Self {
        Self::payload(
            set,
            &format!(
                "An undeclared property '{name}' which only has property annotations in the payload but no property value was found in the payload."
            ),
        )
    }

    pub(crate) fn payload(set: &str, reason: &str) -> Self {
        Self::new(
            400,
            "0x80048d19",
            format!(
                "Error identified in Payload provided by the user for Entity :'{set}', InnerException : {reason}"
            ),
        )
    }

    pub(crate) fn lookup_written_as_value(name: &str) -> Self {
        Self::new(
            400,
            "0x80048d19",
            format!(
                "Entity reference property '{name}' cannot be updated directly; use the navigation property instead."
            ),
        )
    }

    pub(crate) fn read_only(column: &str, table: &str) -> Self {
        Self::new(
            400,
            "0x80040203",
            format!("The column '{column}' of table '{table}' cannot be modified."),
        )
    }

    pub(crate) fn required(column: &str, table: &str) -> Self {
        Self::new(
            400,
            "0x80040200",
            format!("Required field '{column}' of the '{table}' entity is missing."),
        )
    }

    pub(crate) fn case_without_customer() -> Self {
        Self::new(
            400,
            "0x80044410",
            "You should specify a parent contact or account.",
        )
    }

    pub(crate) fn too_long(column: &str, table: &str, max: usize) -> Self {
        Self::new(
            400,
            "0x80044331",
            format!(
                "A validation error occurred. The length of the '{column}' attribute of the '{table}' entity exceeded the maximum allowed length of '{max}'."
            ),
        )
    }

    pub(crate) fn out_of_bounds(column: &str, table: &str, number: impl std::fmt::Display) -> Self {
        Self::new(
            400,
            "0x8004432f",
            format!(
                "A validation error occurred. The value {number} of '{column}' on record of type '{table}' is outside the valid range."
            ),
        )
    }

    pub(crate) fn choice_out_of_range(
        column: &str,
        table: &str,
        number: i64,
        accepted: &str,
    ) -> Self {
        Self::new(
            400,
            "0x8004431a",
            format!(
                "A validation error occurred. The value {number} of '{column}' on record of type '{table}' is outside the valid range. Accepted Values: {accepted}"
            ),
        )
    }

    pub(crate) fn invalid_argument(message: impl Into<String>) -> Self {
        Self::new(400, "0x80040203", message)
    }

    // States

    pub(crate) fn status_not_of_state(status: i64, state: i64, table: &str, id: Uuid) -> Self {
        Self::new(
            400,
            "0x80048408",
            format!(
                "{status} is not a valid status code for state code {state} on {table} with Id {id}."
            ),
        )
    }

    pub(crate) fn already_closed() -> Self {
        Self::new(
            400,
            "0x80044411",
            "This case has already been resolved. Close and reopen the case record to see the updates.",
        )
    }

    pub(crate) fn read_only_row(table: &str) -> Self {
        Self::new(
            400,
            "0x80040203",
            format!("The {table} is closed and cannot be changed."),
        )
    }

    pub(crate) fn active_queue_item() -> Self {
        Self::new(
            400,
            "0x80040526",
            "Cannot add the object to the queue because an active queue item exists for it.",
        )
    }

    pub(crate) fn inactive_queue() -> Self {
        Self::new(400, "0x80040521", "Cannot add items to an inactive queue.")
    }

    // Preconditions

    pub(crate) fn version_mismatch() -> Self {
        Self::new(
            412,
            "0x80060882",
            "The version of the existing record doesn't match the RowVersion property provided.",
        )
    }

    pub(crate) fn exists_already() -> Self {
        Self::new(
            412,
            "0x80040237",
            "A record with matching key values already exists.",
        )
    }

    pub(crate) fn duplicate_key() -> Self {
        Self::new(412, "0x80040237", "Cannot insert duplicate key.")
    }

    pub(crate) fn duplicate_found() -> Self {
        Self::new(
            412,
            "0x80040333",
            "A record was not created or updated because a duplicate of the current record already exists.",
        )
    }

    // Service

    pub(crate) fn unauthorized() -> Self {
        Self::new(
            401,
            "",
            "The request has no bearer token, or the token is unknown or has expired.",
        )
    }

    pub(crate) fn body_too_large() -> Self {
        Self::new(413, "0x80060888", "The request body is too large.")
    }

    // Batches

    /// Source: Microsoft Learn, "Web service error codes" (UnExpected).
    pub(crate) fn not_kept() -> Self {
        Self::new(500, "0x80040216", "An unexpected error occurred.")
    }

    /// What the service does and this stand-in does not, said instead of an answer that would be wrong.
    pub(crate) fn not_served(what: &str) -> Self {
        Self::new(501, "0x80060888", format!("{what} is not served here."))
    }

    pub(crate) fn bad_batch(message: impl Into<String>) -> Self {
        Self::new(400, "0x80060888", message)
    }

    pub(crate) fn unknown_content_id(reference: &str) -> Self {
        Self::new(
            400,
            "0x80060888",
            format!("Content-ID Reference: '{reference}' does not exist in the batch context."),
        )
    }
}
