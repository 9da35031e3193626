//! Reading the path of a request: which table, row, property, action or function it names.
//!
//! Names are case-sensitive. Source: Microsoft Learn, "Compose HTTP requests and handle errors".

use percent_encoding::percent_decode_str;
use uuid::Uuid;

use super::model::{ColumnId, Model, TableId};
use super::operations;
use super::refusal::Refusal;

/// The prefix of the names of bound actions and functions.
const NAMESPACE: &str = "Microsoft.Dynamics.CRM.";

/// Each further navigation property is one step deeper, so that no path may have more segments than this.
const MOST_SEGMENTS: usize = 30;

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    ServiceDocument,
    Batch,
    Set(TableId),
    SetCount(TableId),
    Row(TableId, Uuid),
    /// One column of a row.
    Property(TableId, Uuid, ColumnId),
    /// One column of a row as plain text: `/$value`.
    PropertyValue(TableId, Uuid, ColumnId),
    /// The row that a single-valued navigation property leads to.
    Related(TableId, Uuid, String),
    /// The reference of a single-valued navigation property: `…/primarycontactid/$ref`.
    RelatedReference(TableId, Uuid, String),
    /// Something below the row that a single-valued navigation property leads to: the rest of the path.
    BelowRelated(TableId, Uuid, String, String),
    /// The rows of a collection-valued navigation property.
    Collection(TableId, Uuid, String),
    CollectionCount(TableId, Uuid, String),
    /// The references of a collection-valued navigation property: `…/Account_Tasks/$ref`.
    CollectionReferences(TableId, Uuid, String),
    /// One reference of a collection-valued navigation property: `…/Account_Tasks(…)/$ref`.
    CollectionReference(TableId, Uuid, String, Uuid),
    /// One row of a collection-valued navigation property and the rest of the path below it.
    BelowCollection(TableId, Uuid, String, Uuid, String),
    /// An action or function bound to a row, without the namespace.
    Bound(TableId, Uuid, String),
    /// A function bound to a row, with the text of its arguments.
    BoundFunction(TableId, Uuid, String, String),
    /// An action or function bound to all rows of a table, without the namespace: `accounts/Microsoft.Dynamics.CRM.CreateMultiple`.
    BoundToSet(TableId, String),
    /// An unbound action or function.
    Unbound(String),
    /// An unbound function with the text of its arguments.
    Function(String, String),
}

impl Address {
    /// The table that the path begins with.
    pub(crate) fn table(&self) -> Option<TableId> {
        match self {
            Self::ServiceDocument | Self::Batch | Self::Unbound(_) | Self::Function(..) => None,
            Self::Set(table)
            | Self::SetCount(table)
            | Self::BoundToSet(table, _)
            | Self::Row(table, _)
            | Self::Property(table, ..)
            | Self::PropertyValue(table, ..)
            | Self::Related(table, ..)
            | Self::RelatedReference(table, ..)
            | Self::BelowRelated(table, ..)
            | Self::Collection(table, ..)
            | Self::CollectionCount(table, ..)
            | Self::CollectionReferences(table, ..)
            | Self::CollectionReference(table, ..)
            | Self::BelowCollection(table, ..)
            | Self::Bound(table, ..)
            | Self::BoundFunction(table, ..) => Some(*table),
        }
    }
}

/// Reads a path below the version segment, for example `incidents(…)/title`, still percent-encoded.
pub(crate) fn read(model: &Model, path: &str) -> Result<Address, Refusal> {
    let decoded = percent_decode_str(path)
        .decode_utf8()
        .map_err(|_| Refusal::unknown_segment(path))?;
    let path = decoded.trim_matches('/');
    if path.is_empty() {
        return Ok(Address::ServiceDocument);
    }
    if path == "$batch" {
        return Ok(Address::Batch);
    }
    let segments = segments(path);
    if segments.len() > MOST_SEGMENTS {
        return Err(Refusal::bad_query(format!(
            "A path may have at most {MOST_SEGMENTS} segments."
        )));
    }
    let (head, key) = split_key(segments[0])?;
    let Some(table) = model.by_set(head) else {
        return match (segments.len(), key) {
            (1, None | Some("")) if operations::is_unbound(head) => {
                Ok(Address::Unbound(head.to_owned()))
            }
            (1, Some(arguments)) if operations::is_unbound(head) => {
                Ok(Address::Function(head.to_owned(), arguments.to_owned()))
            }
            _ => Err(Refusal::unknown_segment(head)),
        };
    };
    let rest = &segments[1..];
    match key {
        None => match rest {
            [] => Ok(Address::Set(table)),
            ["$count"] => Ok(Address::SetCount(table)),
            [bound] if bound.starts_with(NAMESPACE) => {
                let (name, _) = split_key(&bound[NAMESPACE.len()..])?;
                Ok(Address::BoundToSet(table, name.to_owned()))
            }
            [other, ..] => Err(Refusal::unknown_segment(other)),
        },
        Some(key) => below_row(model, table, row_key(model, table, key)?, rest),
    }
}

/// Reads what a binding or a reference names, below the service root.
/// Source: Microsoft Learn, "Associate and disassociate table rows using the Web API".
pub(crate) fn read_reference(model: &Model, reference: &str) -> Result<(TableId, Uuid), Refusal> {
    match read(model, reference)? {
        Address::Row(table, id) => Ok((table, id)),
        _ => Err(Refusal::unknown_segment(reference)),
    }
}

/// Cuts host and service root off an address: `http://h/api/data/v9.2/x`, `/api/data/v9.2/x` and `/x` all become `x`.
/// `None` for an address of another host or another version of the service than `service`.
pub(crate) fn below_service<'a>(address: &'a str, service: &str) -> Option<&'a str> {
    let authority = |address: &'a str| {
        let (_, rest) = address.split_once("://")?;
        Some(rest.split_at(rest.find('/').unwrap_or(rest.len())))
    };
    let (own, root) = service
        .split_once("://")
        .map(|(_, rest)| rest.split_at(rest.find('/').unwrap_or(rest.len())))
        .unwrap_or_default();
    let path = match authority(address) {
        Some((host, path)) if host.eq_ignore_ascii_case(own) => path,
        Some(_) => return None,
        None => address,
    };
    let trimmed = path.trim_start_matches('/');
    if !trimmed.starts_with("api/data/") {
        return Some(trimmed);
    }
    let below = trimmed.strip_prefix(root.trim_start_matches('/'))?;
    (below.is_empty() || below.starts_with('/')).then(|| below.trim_start_matches('/'))
}

/// A key as the service writes it and takes it: 32 digits in five groups joined by hyphens, and no other form.
pub(crate) fn key(text: &str) -> Option<Uuid> {
    (text.len() == uuid::fmt::Hyphenated::LENGTH)
        .then(|| Uuid::try_parse(text).ok())
        .flatten()
}

fn below_row(model: &Model, table: TableId, id: Uuid, rest: &[&str]) -> Result<Address, Refusal> {
    let Some(&segment) = rest.first() else {
        return Ok(Address::Row(table, id));
    };
    let rest = &rest[1..];
    if let Some(bound) = segment.strip_prefix(NAMESPACE) {
        return match (split_key(bound)?, rest) {
            ((name, None | Some("")), []) => Ok(Address::Bound(table, id, name.to_owned())),
            ((name, Some(arguments)), []) => Ok(Address::BoundFunction(
                table,
                id,
                name.to_owned(),
                arguments.to_owned(),
            )),
            (_, [other, ..]) => Err(Refusal::unknown_segment(other)),
        };
    }
    let (name, key) = split_key(segment)?;
    let described = model.table(table);
    let owned = name.to_owned();
    if described.collection(name).is_some() {
        let Some(key) = key else {
            return match rest {
                [] => Ok(Address::Collection(table, id, owned)),
                ["$count"] => Ok(Address::CollectionCount(table, id, owned)),
                ["$ref"] => Ok(Address::CollectionReferences(table, id, owned)),
                [other, ..] => Err(Refusal::unknown_segment(other)),
            };
        };
        let member = self::key(key).ok_or_else(|| Refusal::invalid_key(name))?;
        return Ok(match rest {
            ["$ref"] => Address::CollectionReference(table, id, owned, member),
            _ => Address::BelowCollection(table, id, owned, member, rest.join("/")),
        });
    }
    if key.is_some() {
        return Err(Refusal::unknown_segment(segment));
    }
    if described.navigation(name).is_some() {
        return Ok(match rest {
            [] => Address::Related(table, id, owned),
            ["$ref"] => Address::RelatedReference(table, id, owned),
            _ => Address::BelowRelated(table, id, owned, rest.join("/")),
        });
    }
    match (described.wire(name), rest) {
        (Some(column), []) => Ok(Address::Property(table, id, column)),
        (Some(column), ["$value"]) => Ok(Address::PropertyValue(table, id, column)),
        (Some(_), [other, ..]) => Err(Refusal::unknown_segment(other)),
        (None, _) => Err(Refusal::unknown_segment(name)),
    }
}

fn row_key(model: &Model, table: TableId, key: &str) -> Result<Uuid, Refusal> {
    let table = model.table(table);
    let value = match key.split_once('=') {
        None => key,
        // Source: Microsoft Learn, "Use an alternate key to reference a record", for the tables where this does not work.
        Some((name, value)) if name == table.id && !table.key_without_name => value,
        Some(_) => return Err(Refusal::invalid_key(&table.set)),
    };
    self::key(value).ok_or_else(|| Refusal::invalid_key(&table.set))
}

/// `incidents(x)` as name and key; a name alone has no key.
fn split_key(segment: &str) -> Result<(&str, Option<&str>), Refusal> {
    let Some((name, rest)) = segment.split_once('(') else {
        return Ok((segment, None));
    };
    match rest.strip_suffix(')') {
        Some(key) => Ok((name, Some(key))),
        None => Err(Refusal::bad_query(format!(
            "Found an unbalanced bracket expression in '{segment}'."
        ))),
    }
}

/// Splits at slashes that are in neither parentheses nor quotes.
fn segments(path: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut start) = (0_i32, false, 0);
    let mut parts = Vec::new();
    for (at, letter) in path.char_indices() {
        match letter {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            '/' if !quoted && depth == 0 => {
                parts.push(&path[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&path[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> Model {
        Model::customer_service().unwrap()
    }

    const ID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
    const SERVICE: &str = "https://contoso.crm4.dynamics.com/api/data/v9.2";

    #[test]
    fn rows_properties_collections_and_bound_actions_are_told_apart() {
        let model = model();
        let incidents = model.by_set("incidents").unwrap();
        let queues = model.by_set("queues").unwrap();
        let id: Uuid = ID.parse().unwrap();
        let read = |path: String| read(&model, &path).unwrap();
        assert_eq!(
            read(format!("incidents({ID})")),
            Address::Row(incidents, id)
        );
        assert_eq!(
            read(format!("incidents(incidentid={ID})")),
            Address::Row(incidents, id)
        );
        assert!(matches!(
            read(format!("incidents({ID})/title")),
            Address::Property(..)
        ));
        assert_eq!(
            read(format!("incidents({ID})/customerid_contact")),
            Address::Related(incidents, id, "customerid_contact".into())
        );
        assert_eq!(
            read(format!("incidents({ID})/Incident_Annotation/$count")),
            Address::CollectionCount(incidents, id, "Incident_Annotation".into())
        );
        assert_eq!(
            read(format!("queues({ID})/Microsoft.Dynamics.CRM.AddToQueue")),
            Address::Bound(queues, id, "AddToQueue".into())
        );
        assert_eq!(read("WhoAmI()".into()), Address::Unbound("WhoAmI".into()));
        assert_eq!(
            read("incidents/%24count".into()),
            Address::SetCount(incidents)
        );
    }

    proptest::proptest! {
        #[test]
        fn no_path_makes_the_reader_panic(path in "(incidents|queues|\\(|\\)|/|'|%[0-9a-f]{2}|%|\\$|title|://|api/data/v9.|é|0f8fad5b-d9cb-469f-a165-70867728950e){0,12}") {
            let model = model();
            let _ = read(&model, &path);
            let _ = below_service(&path, SERVICE).map(|below| read_reference(&model, below));
        }
    }

    #[test]
    fn set_names_are_case_sensitive_and_other_keys_are_refused() {
        let model = model();
        assert_eq!(read(&model, "Incidents").unwrap_err().status, 404);
        assert_eq!(
            read(&model, "incidents(ticketnumber='CAS-1')")
                .unwrap_err()
                .status,
            400
        );
        assert_eq!(read(&model, "incidents(7)").unwrap_err().status, 400);
    }

    #[test]
    fn keys_have_hyphens_a_closing_bracket_and_no_name_where_that_does_not_work() {
        let model = model();
        let refused = |path: &str| read(&model, path).unwrap_err().status;
        let bare = ID.replace('-', "");
        for path in [
            format!("incidents({ID}"),
            format!("incidents({bare})"),
            format!("incidents({{{ID}}})"),
            format!("incidents(urn:uuid:{ID})"),
            format!("systemusers(systemuserid={ID})"),
            format!("teams(teamid={ID})"),
        ] {
            assert_eq!(refused(&path), 400, "{path}");
        }
        assert!(read(&model, &format!("systemusers({ID})")).is_ok());
    }

    #[test]
    fn references_to_another_host_or_version_are_not_of_this_service() {
        for form in [
            "https://fabrikam.crm4.dynamics.com/api/data/v9.2/contacts(@)",
            "https://contoso.crm4.dynamics.com/api/data/v9.1/contacts(@)",
            "/api/data/v9.0/contacts(@)",
            "/api/data/v9.20/contacts(@)",
        ] {
            assert_eq!(below_service(form, SERVICE), None, "{form}");
        }
    }

    #[test]
    fn references_are_accepted_in_all_documented_forms() {
        let model = model();
        for form in [
            "https://contoso.crm4.dynamics.com/api/data/v9.2/contacts(@)",
            "/api/data/v9.2/contacts(@)",
            "/contacts(@)",
            "contacts(@)",
        ] {
            let below = below_service(form, SERVICE).unwrap();
            let (table, id) = read_reference(&model, &below.replace('@', ID)).unwrap();
            assert_eq!(
                (table, id.to_string().as_str()),
                (model.by_set("contacts").unwrap(), ID)
            );
        }
    }
}
