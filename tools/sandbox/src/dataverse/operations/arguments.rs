//! The arguments of a function, from its parentheses and the parameter aliases of the query.
//! Source: Microsoft Learn, "Use Web API functions".

use std::collections::HashMap;

use serde_json::Value as Json;
use uuid::Uuid;

use super::super::address;
use super::super::alternate;
use super::super::model::TableId;
use super::super::query::Options;
use super::super::refusal::Refusal;
use super::super::rows::Organisation;
use super::Invocation;

/// Arguments by name, as the address writes them: quotes and all.
#[derive(Debug, Default)]
pub(crate) struct Arguments(HashMap<String, String>);

impl Arguments {
    /// Reads what stands in the parentheses: `A=1,B='x',C=@p`.
    pub(crate) fn read(call: &Invocation<'_>) -> Result<Self, Refusal> {
        let options = Options::read(&call.request.query)?;
        let mut arguments = HashMap::new();
        for pair in split(call.arguments) {
            let (name, value) = pair
                .split_once('=')
                .ok_or_else(|| Refusal::bad_query(format!("'{pair}' is no argument.")))?;
            let value = value.trim();
            let value = if value.starts_with('@') {
                options.get(value).ok_or_else(|| {
                    Refusal::bad_query(format!("The parameter alias '{value}' has no value."))
                })?
            } else {
                value
            };
            arguments.insert(name.trim().to_owned(), value.to_owned());
        }
        Ok(Self(arguments))
    }

    fn needed(&self, name: &str) -> Result<&str, Refusal> {
        self.0
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| Refusal::bad_query(format!("The argument '{name}' is missing.")))
    }

    /// A text, without its quotes.
    pub(crate) fn text(&self, name: &str) -> Result<String, Refusal> {
        let value = self.needed(name)?;
        let inside = value
            .strip_prefix('\'')
            .and_then(|rest| rest.strip_suffix('\''));
        Ok(inside.unwrap_or(value).replace("''", "'"))
    }

    pub(crate) fn whole(&self, name: &str) -> Result<i64, Refusal> {
        let value = self.needed(name)?;
        value
            .parse()
            .map_err(|_| Refusal::bad_query(format!("The argument '{name}' is no number.")))
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        let value = self.needed(name)?;
        value
            .parse()
            .map_err(|_| Refusal::bad_query(format!("The argument '{name}' is no boolean.")))
    }

    /// A row named as `{'@odata.id':'incidents(…)'}`, which must be there.
    pub(crate) fn row(
        &self,
        organisation: &Organisation,
        call: &Invocation<'_>,
        name: &str,
    ) -> Result<(TableId, Uuid), Refusal> {
        let text = self.needed(name)?;
        // The pages write the reference with single quotes, which JSON does not have.
        let json: Json = serde_json::from_str(text)
            .or_else(|_| serde_json::from_str(&text.replace('\'', "\"")))
            .map_err(|_| Refusal::bad_query(format!("The argument '{name}' is no reference.")))?;
        let reference = json
            .get("@odata.id")
            .and_then(Json::as_str)
            .ok_or_else(|| {
                Refusal::bad_query(format!("The argument '{name}' needs '@odata.id'."))
            })?;
        let model = organisation.model();
        let path = call.references.resolve(reference)?;
        let path = alternate::plain(organisation, path, call.caller.now)?;
        let (table, id) = address::read_reference(model, &path)?;
        match organisation.row(table, id) {
            Some(_) => Ok((table, id)),
            None => Err(Refusal::missing_row(&model.table(table).name, id)),
        }
    }
}

/// Splits at commas that are in neither quotes nor brackets.
fn split(text: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut start) = (0_i32, false, 0);
    let mut parts = Vec::new();
    for (at, letter) in text.char_indices() {
        match letter {
            '\'' => quoted = !quoted,
            '(' | '{' | '[' if !quoted => depth += 1,
            ')' | '}' | ']' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}
