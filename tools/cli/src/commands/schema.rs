//! `cxloop schema`: the JSON Schema of the configuration.

use cxloop_domain::configuration::Configuration;

use crate::Report;

/// Prints the schema, the same with and without `--json`.
pub(crate) fn run() -> Report {
    let schema = Configuration::json_schema();
    let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    Report::fine(text, schema)
}
