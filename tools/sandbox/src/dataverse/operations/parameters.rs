//! The parameters of an action, from the body of its request.
//! Source: Microsoft Learn, "Use Web API actions".

use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::super::address;
use super::super::alternate;
use super::super::model::TableId;
use super::super::payload;
use super::super::refusal::Refusal;
use super::super::rows::Organisation;
use super::Invocation;

/// The body of a call, with every parameter known by name.
pub(crate) struct Parameters<'a> {
    call: &'a Invocation<'a>,
    body: Map<String, Json>,
}

impl<'a> Parameters<'a> {
    /// Reads the body; a parameter that the action does not have is refused.
    pub(crate) fn read(call: &'a Invocation<'a>, known: &[&str]) -> Result<Self, Refusal> {
        let body = if call.request.body.is_empty() {
            Map::new()
        } else {
            call.request.object(call.name)?
        };
        refuse_unknown(&body, known)?;
        Ok(Self { call, body })
    }

    fn given(&self, name: &str) -> Option<&Json> {
        self.body.get(name).filter(|value| !value.is_null())
    }

    fn needed(&self, name: &str) -> Result<&Json, Refusal> {
        self.given(name).ok_or_else(|| {
            Refusal::payload(
                self.call.name,
                &format!("The parameter '{name}' is missing."),
            )
        })
    }

    fn wrong(&self, name: &str, expected: &str) -> Refusal {
        Refusal::payload(
            self.call.name,
            &format!("The parameter '{name}' is no {expected}."),
        )
    }

    pub(crate) fn object(&self, name: &str) -> Result<&Map<String, Json>, Refusal> {
        self.needed(name)?
            .as_object()
            .ok_or_else(|| self.wrong(name, "entity"))
    }

    pub(crate) fn array(&self, name: &str) -> Result<&[Json], Refusal> {
        let found = self.needed(name)?.as_array();
        found
            .map(Vec::as_slice)
            .ok_or_else(|| self.wrong(name, "collection"))
    }

    pub(crate) fn whole(&self, name: &str) -> Result<i64, Refusal> {
        self.needed(name)?
            .as_i64()
            .ok_or_else(|| self.wrong(name, "Edm.Int32"))
    }

    pub(crate) fn text(&self, name: &str) -> Result<&str, Refusal> {
        self.needed(name)?
            .as_str()
            .ok_or_else(|| self.wrong(name, "Edm.String"))
    }

    /// A yes or no that the action needs.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        self.needed(name)?
            .as_bool()
            .ok_or_else(|| self.wrong(name, "Edm.Boolean"))
    }

    /// A yes or no that is no when it is left out.
    pub(crate) fn flag_or_no(&self, name: &str) -> Result<bool, Refusal> {
        self.given(name).map_or(Ok(false), |_| self.flag(name))
    }

    pub(crate) fn guid(&self, name: &str) -> Result<Uuid, Refusal> {
        self.needed(name)?
            .as_str()
            .and_then(address::key)
            .ok_or_else(|| self.wrong(name, "Edm.Guid"))
    }

    /// The row that a parameter names, which must be there. `table` is its type when the parameter can have no other.
    pub(crate) fn row(
        &self,
        organisation: &Organisation,
        name: &str,
        table: Option<&str>,
    ) -> Result<(TableId, Uuid), Refusal> {
        let found = entity(organisation, self.call, self.needed(name)?, table)?;
        if let Some(expected) = table
            && organisation.model().table(found.0).name != expected
        {
            return Err(self.wrong(name, expected));
        }
        Ok(found)
    }

    /// As [`Self::row`], for a parameter that may be left out.
    pub(crate) fn row_if_given(
        &self,
        organisation: &Organisation,
        name: &str,
        table: Option<&str>,
    ) -> Result<Option<(TableId, Uuid)>, Refusal> {
        self.given(name)
            .map(|_| self.row(organisation, name, table))
            .transpose()
    }
}

/// The row that an entity in a body names by its key or by `@odata.id`, which must be there.
pub(crate) fn entity(
    organisation: &Organisation,
    call: &Invocation<'_>,
    json: &Json,
    expected: Option<&str>,
) -> Result<(TableId, Uuid), Refusal> {
    let model = organisation.model();
    let (table, id) = match json.get("@odata.id").and_then(Json::as_str) {
        Some(reference) => {
            let path = call.references.resolve(reference)?;
            let path = alternate::plain(organisation, path, call.caller.now)?;
            address::read_reference(model, &path)?
        }
        None => payload::entity(model, json, expected)?,
    };
    match organisation.row(table, id) {
        Some(_) => Ok((table, id)),
        None => Err(Refusal::missing_row(&model.table(table).name, id)),
    }
}

/// Refuses a body with a parameter that is not among the known ones.
pub(crate) fn refuse_unknown(body: &Map<String, Json>, known: &[&str]) -> Result<(), Refusal> {
    match body
        .keys()
        .find(|name| !name.starts_with('@') && !known.contains(&name.as_str()))
    {
        Some(name) => Err(Refusal::payload(
            "",
            &format!(
                "The parameter '{name}' in the request payload is not a valid parameter for the operation."
            ),
        )),
        None => Ok(()),
    }
}
