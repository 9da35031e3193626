//! The body of a webhook: an execution context as the service's data contract serializer writes it. Collections are arrays of
//! `{"key","value"}`, types stand first in their objects, and slashes are escaped.
//! Source: Microsoft Learn, "Use webhooks to create external handlers for server events" and "RemoteExecutionContext class".

use jiff::Timestamp;
use uuid::Uuid;

const CONTRACTS: &str = "http:\\/\\/schemas.microsoft.com\\/xrm\\/2011\\/Contracts";

/// One value in a context.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Datum {
    Null,
    Text(String),
    Flag(bool),
    /// A number as JSON writes it.
    Number(String),
    Time(Timestamp),
    Choice(i64),
    Choices(Vec<i64>),
    /// An amount as JSON writes it.
    Money(String),
    Guid(Uuid),
    Reference(Reference),
    Entity(Entity),
    Parties(Vec<Entity>),
    /// Pairs of texts.
    Pairs(Vec<(String, String)>),
}

/// A row that is only named.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reference {
    pub(crate) id: Uuid,
    pub(crate) table: String,
    /// Told in images, never in a request's own parameters.
    pub(crate) name: Option<String>,
}

/// A row with some of its columns.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entity {
    pub(crate) id: Uuid,
    pub(crate) table: String,
    pub(crate) attributes: Vec<(String, Datum)>,
    pub(crate) formatted: Vec<(String, String)>,
}

/// Pairs of a name and a value.
pub(crate) type Parameters = Vec<(String, Datum)>;
/// Images by their aliases.
pub(crate) type Images = Vec<(String, Entity)>;

/// What one step is told of one message.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) business_unit: Uuid,
    pub(crate) organisation: Uuid,
    pub(crate) organisation_name: String,
    pub(crate) user: Uuid,
    /// The user's key in the directory.
    pub(crate) directory_user: Uuid,
    pub(crate) user_agent: Option<String>,
    pub(crate) correlation: Uuid,
    pub(crate) request: Uuid,
    /// The system job of an asynchronous step; the request of a synchronous one.
    pub(crate) operation: Uuid,
    pub(crate) created_on: Timestamp,
    pub(crate) depth: u32,
    pub(crate) asynchronous: bool,
    pub(crate) stage: i64,
    pub(crate) message: String,
    pub(crate) primary_id: Uuid,
    pub(crate) primary_table: String,
    pub(crate) step: Uuid,
    /// Told to synchronous steps only.
    pub(crate) step_name: String,
    pub(crate) input: Parameters,
    pub(crate) output: Parameters,
    pub(crate) shared: Parameters,
    pub(crate) pre_images: Images,
    pub(crate) post_images: Images,
    /// Parameters and shared variables of the main operation around the step.
    pub(crate) parent: Option<(Parameters, Parameters)>,
}

/// The stage of a message's main operation.
const MAIN_OPERATION: i64 = 30;

impl Context {
    /// The whole body.
    pub(crate) fn whole(&self) -> String {
        self.written(true)
    }

    /// The body without what makes it large. Source: Microsoft Learn, "Use webhooks to create external handlers for server
    /// events" (payload of more than 256 KB).
    pub(crate) fn reduced(&self) -> String {
        self.written(false)
    }

    fn written(&self, whole: bool) -> String {
        let mut out = String::with_capacity(2048);
        self.write(&mut out, whole, None);
        out
    }

    fn write(&self, out: &mut String, whole: bool, parent: Option<&(Parameters, Parameters)>) {
        let inner = parent.is_some();
        let (input, shared) = parent.map_or((&self.input, &self.shared), |(input, shared)| {
            (input, shared)
        });
        let mut object = Object::open(out);
        object.guid("BusinessUnitId", self.business_unit);
        object.guid("CorrelationId", self.correlation);
        object.plain("Depth", self.depth);
        object.text("InitiatingUserAgent", self.user_agent.as_deref());
        object.guid(
            "InitiatingUserAzureActiveDirectoryObjectId",
            self.directory_user,
        );
        object.guid("InitiatingUserId", self.user);
        if whole {
            object.with("InputParameters", |out| parameters(out, input));
        }
        object.plain("IsExecutingOffline", false);
        object.plain("IsInTransaction", !self.asynchronous);
        object.plain("IsOfflinePlayback", false);
        object.plain("IsolationMode", 1);
        object.text("MessageName", Some(&self.message));
        object.plain("Mode", u8::from(self.asynchronous));
        let offset = if self.asynchronous { "+0000" } else { "" };
        object.with("OperationCreatedOn", |out| {
            date(out, self.created_on, offset)
        });
        object.guid("OperationId", self.operation);
        object.guid("OrganizationId", self.organisation);
        object.text("OrganizationName", Some(&self.organisation_name));
        object.with("OutputParameters", |out| {
            parameters(out, if inner { &[] } else { &self.output })
        });
        object.with("OwningExtension", |out| {
            let name = (!self.asynchronous).then_some(self.step_name.as_str());
            named(out, None, self.step, "sdkmessageprocessingstep", name);
        });
        if whole {
            object.with("ParentContext", |out| match &self.parent {
                Some(parent) if !inner => self.write(out, true, Some(parent)),
                _ => out.push_str("null"),
            });
            let none = Images::new();
            object.with("PostEntityImages", |out| {
                images(out, if inner { &none } else { &self.post_images })
            });
            object.with("PreEntityImages", |out| {
                images(out, if inner { &none } else { &self.pre_images })
            });
        }
        object.guid("PrimaryEntityId", self.primary_id);
        object.text("PrimaryEntityName", Some(&self.primary_table));
        object.guid("RequestId", self.request);
        object.text("SecondaryEntityName", Some("none"));
        object.with("SharedVariables", |out| parameters(out, shared));
        object.plain("Stage", if inner { MAIN_OPERATION } else { self.stage });
        object.guid("UserAzureActiveDirectoryObjectId", self.directory_user);
        object.guid("UserId", self.user);
        object.close();
    }
}

/// An object that is being written.
struct Object<'o> {
    out: &'o mut String,
    first: bool,
}

impl<'o> Object<'o> {
    fn open(out: &'o mut String) -> Self {
        out.push('{');
        Self { out, first: true }
    }

    fn key(&mut self, key: &str) {
        if !std::mem::take(&mut self.first) {
            self.out.push(',');
        }
        string(self.out, key);
        self.out.push(':');
    }

    fn with(&mut self, key: &str, write: impl FnOnce(&mut String)) {
        self.key(key);
        write(self.out);
    }

    fn plain(&mut self, key: &str, value: impl std::fmt::Display) {
        self.key(key);
        self.out.push_str(&value.to_string());
    }

    fn guid(&mut self, key: &str, value: Uuid) {
        self.key(key);
        string(self.out, &value.to_string());
    }

    fn text(&mut self, key: &str, value: Option<&str>) {
        self.key(key);
        match value {
            Some(value) => string(self.out, value),
            None => self.out.push_str("null"),
        }
    }

    /// The type of the object, which stands before everything else.
    fn kind(&mut self, kind: &str) {
        self.key("__type");
        self.out.push('"');
        self.out.push_str(kind);
        self.out.push(':');
        self.out.push_str(CONTRACTS);
        self.out.push('"');
    }

    fn close(self) {
        self.out.push('}');
    }
}

fn array<T>(out: &mut String, items: &[T], mut write: impl FnMut(&mut String, &T)) {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(out, item);
    }
    out.push(']');
}

fn parameters(out: &mut String, pairs: &[(String, Datum)]) {
    array(out, pairs, |out, (key, value)| {
        let mut object = Object::open(out);
        object.text("key", Some(key));
        object.with("value", |out| datum(out, value));
        object.close();
    });
}

/// Images carry no type of their own.
fn images(out: &mut String, images: &Images) {
    array(out, images, |out, (alias, image)| {
        let mut object = Object::open(out);
        object.text("key", Some(alias));
        object.with("value", |out| entity(out, image, false));
        object.close();
    });
}

fn datum(out: &mut String, value: &Datum) {
    match value {
        Datum::Null => out.push_str("null"),
        Datum::Text(text) => string(out, text),
        Datum::Flag(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Datum::Number(number) => out.push_str(number),
        Datum::Time(at) => date(out, *at, ""),
        Datum::Choice(value) => wrapped(out, "OptionSetValue", &value.to_string()),
        Datum::Choices(values) => array(out, values, |out, value| {
            wrapped(out, "OptionSetValue", &value.to_string());
        }),
        Datum::Money(amount) => wrapped(out, "Money", amount),
        Datum::Guid(id) => string(out, &id.to_string()),
        Datum::Reference(reference) => named(
            out,
            Some("EntityReference"),
            reference.id,
            &reference.table,
            reference.name.as_deref(),
        ),
        Datum::Entity(row) => entity(out, row, true),
        Datum::Parties(rows) => collection(out, rows),
        Datum::Pairs(pairs) => array(out, pairs, |out, (key, value)| {
            let mut object = Object::open(out);
            object.text(
                "__type",
                Some("KeyValuePairOfstringstring:#System.Collections.Generic"),
            );
            object.text("key", Some(key));
            object.text("value", Some(value));
            object.close();
        }),
    }
}

fn wrapped(out: &mut String, kind: &str, value: &str) {
    let mut object = Object::open(out);
    object.kind(kind);
    object.plain("Value", value);
    object.close();
}

fn named(out: &mut String, kind: Option<&str>, id: Uuid, table: &str, name: Option<&str>) {
    let mut object = Object::open(out);
    if let Some(kind) = kind {
        object.kind(kind);
    }
    object.guid("Id", id);
    object.plain("KeyAttributes", "[]");
    object.text("LogicalName", Some(table));
    object.text("Name", name);
    object.plain("RowVersion", "null");
    object.close();
}

fn entity(out: &mut String, row: &Entity, typed: bool) {
    let mut object = Object::open(out);
    if typed {
        object.kind("Entity");
    }
    object.with("Attributes", |out| parameters(out, &row.attributes));
    object.plain("EntityState", "null");
    object.with("FormattedValues", |out| {
        array(out, &row.formatted, |out, (key, value)| {
            let mut object = Object::open(out);
            object.text("key", Some(key));
            object.text("value", Some(value));
            object.close();
        });
    });
    object.guid("Id", row.id);
    object.plain("KeyAttributes", "[]");
    object.text("LogicalName", Some(&row.table));
    object.plain("RelatedEntities", "[]");
    object.plain("RowVersion", "null");
    object.close();
}

fn collection(out: &mut String, rows: &[Entity]) {
    let mut object = Object::open(out);
    object.kind("EntityCollection");
    object.with("Entities", |out| {
        array(out, rows, |out, row| entity(out, row, false))
    });
    object.text("EntityName", Some("activityparty"));
    object.text("MinActiveRowVersion", Some("-1"));
    object.plain("MoreRecords", false);
    object.plain("PagingCookie", "null");
    object.plain("TotalRecordCount", -1);
    object.plain("TotalRecordCountLimitExceeded", false);
    object.close();
}

fn date(out: &mut String, at: Timestamp, offset: &str) {
    out.push_str(&format!("\"\\/Date({}{offset})\\/\"", at.as_millisecond()));
}

fn string(out: &mut String, text: &str) {
    // Writing a text as JSON cannot fail; the serializer escapes slashes beside what JSON asks for.
    let quoted = serde_json::Value::from(text).to_string();
    out.push_str(&quoted.replace('/', "\\/"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_stand_first_and_slashes_are_escaped() {
        let mut out = String::new();
        datum(&mut out, &Datum::Choice(5));
        assert_eq!(
            out,
            r#"{"__type":"OptionSetValue:http:\/\/schemas.microsoft.com\/xrm\/2011\/Contracts","Value":5}"#
        );
        out.clear();
        string(&mut out, "Avaría \"a/b\"\n");
        assert_eq!(out, r#""Avaría \"a\/b\"\n""#);
    }

    #[test]
    fn dates_are_milliseconds_since_1970() {
        let mut out = String::new();
        date(
            &mut out,
            Timestamp::from_second(1_722_582_039).unwrap(),
            "+0000",
        );
        assert_eq!(out, r#""\/Date(1722582039000+0000)\/""#);
    }
}
