//! The refusals of alternate keys, definitions and change tracking.
//!
//! Sources: Microsoft Learn, "Web service error codes", "Define alternate keys for a table" and "Use change tracking to synchronize
//! data with external systems".

use super::Refusal;

impl Refusal {
    /// Source: Microsoft Learn, "Web service error codes" (RecordNotFoundByEntityKey).
    pub(crate) fn no_row_by_key(table: &str) -> Self {
        Self::new(
            404,
            "0x80060891",
            format!("A record with the specified key values does not exist in {table} entity"),
        )
    }

    /// Source: Microsoft Learn, "Web service error codes" (EntityKeyNotDefined).
    pub(crate) fn no_such_key(table: &str) -> Self {
        Self::new(
            400,
            "0x80060890",
            format!("The specified key attributes are not a defined key for the {table} entity"),
        )
    }

    /// Source: Microsoft Learn, "Web service error codes" (DuplicateRecordEntityKey).
    pub(crate) fn key_violated(key: &str, columns: &str) -> Self {
        Self::new(
            412,
            "0x80060892",
            format!(
                "Entity Key {key} violated. A record with the same value for {columns} already exists. A duplicate record cannot be created. Select one or more unique values and try again."
            ),
        )
    }

    pub(crate) fn deep_update(set: &str) -> Self {
        Self::payload(
            set,
            "Related rows cannot be created while a row is updated.",
        )
    }

    // Definitions

    pub(crate) fn no_definition(kind: &str, name: &str) -> Self {
        Self::new(
            404,
            "0x80060888",
            format!("Could not find the {kind} '{name}' in the MetadataCache."),
        )
    }

    pub(crate) fn definition_exists(kind: &str, name: &str) -> Self {
        Self::new(
            400,
            "0x80047013",
            format!("The {kind} '{name}' exists already. Names have to be unique."),
        )
    }

    pub(crate) fn wrong_prefix(schema: &str) -> Self {
        Self::invalid_argument(format!(
            "The schema name '{schema}' does not begin with the customization prefix of its publisher."
        ))
    }

    pub(crate) fn no_solution(name: &str) -> Self {
        Self::new(
            404,
            "0x80040217",
            format!("The solution with the unique name '{name}' does not exist."),
        )
    }

    pub(crate) fn component_stays(name: &str) -> Self {
        Self::new(
            405,
            "0x80040227",
            format!("The component '{name}' belongs to the system and cannot be deleted."),
        )
    }

    pub(crate) fn component_in_use(name: &str) -> Self {
        Self::new(
            405,
            "0x8004f01f",
            format!(
                "The component '{name}' is referenced by other components and cannot be deleted."
            ),
        )
    }

    // Change tracking

    pub(crate) fn invalid_delta_token() -> Self {
        Self::new(400, "0x80060888", "The delta token is not valid.")
    }

    pub(crate) fn expired_delta_token() -> Self {
        Self::new(
            400,
            "0x80044352",
            "The delta token has expired. Start again with all rows.",
        )
    }

    pub(crate) fn not_with_change_tracking(option: &str) -> Self {
        Self::bad_query(format!(
            "The query option '{option}' cannot be used when changes are tracked."
        ))
    }
}
