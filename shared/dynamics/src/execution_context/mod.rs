//! The bodies of Dataverse's webhooks: a `RemoteExecutionContext` as JSON.
//!
//! Every key is optional and unknown ones are passed over, because bodies of different years and serialisers differ, and
//! because one of more than 256 KB comes without its parameters and images. What is read is a hint only: whoever acts on
//! it reads the row again.
//!
//! Sources: Microsoft Learn, "Use webhooks to create external handlers for server events", "Understand the data context
//! passed to a plug-in" and "RemoteExecutionContext Class".

mod dates;
mod encoding;
mod grammar;
mod kept;
mod notice;
mod reduction;
mod values;

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

pub use kept::hear;
pub use reduction::reduced;
pub use values::{Reference, Row, Value};

use grammar::Object;

/// How deep contexts are followed into what they are part of. Operations are stopped by Dataverse at a depth of 8.
const DEEPEST_PARENT: usize = 8;

/// Why a body is none of Dataverse's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unreadable {
    /// What was expected, without the body's content.
    pub reason: String,
}

/// Values by their name.
pub type Values = BTreeMap<String, Value>;

/// What a body says. Ids that are all zeros count as missing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExecutionContext {
    /// `MessageName`, such as `Update`.
    pub message: Option<String>,
    /// `PrimaryEntityName`: logical name of the table.
    pub primary_table: Option<String>,
    /// `PrimaryEntityId`.
    pub primary_id: Option<Uuid>,
    /// `SecondaryEntityName`; `None` also for Dataverse's own word for that, `none`.
    pub secondary_table: Option<String>,
    /// `InputParameters`: `None` when the body has none, which an empty list is not.
    pub input: Option<Values>,
    /// `OutputParameters`.
    pub output: Option<Values>,
    /// `SharedVariables`.
    pub shared: Values,
    /// `PreEntityImages`: rows as they were before, by the images' names.
    pub before: Option<BTreeMap<String, Row>>,
    /// `PostEntityImages`: rows as they are now.
    pub after: Option<BTreeMap<String, Row>>,
    /// `UserId`: in whose name the operation runs.
    pub user: Option<Uuid>,
    /// `InitiatingUserId`: who began the request.
    pub initiating_user: Option<Uuid>,
    /// `BusinessUnitId`.
    pub business_unit: Option<Uuid>,
    /// `OrganizationId`.
    pub organization_id: Option<Uuid>,
    /// `OrganizationName`: the unique name, which is no domain.
    pub organization_name: Option<String>,
    /// `OperationId`: the system job of an asynchronous step, the request of a synchronous one.
    pub operation_id: Option<Uuid>,
    /// `RequestId`; bodies of 2017 have none.
    pub request_id: Option<Uuid>,
    /// `CorrelationId`: equal for everything that one request caused.
    pub correlation_id: Option<Uuid>,
    /// The id in `OwningExtension`: the registered step.
    pub step: Option<Uuid>,
    /// `OperationCreatedOn`.
    pub created_on: Option<Timestamp>,
    /// Whether `Mode` says that the step is asynchronous.
    pub is_asynchronous: Option<bool>,
    /// `Stage`: 10, 20, 30 or 40.
    pub stage: Option<i64>,
    /// `Depth`.
    pub depth: Option<i64>,
    /// `ParentContext`: the operation that this one is part of.
    pub parent: Option<Box<ExecutionContext>>,
}

impl ExecutionContext {
    /// Reads a body.
    ///
    /// # Errors
    /// When it is no JSON object, or has neither a message nor a table.
    pub fn read(body: &[u8]) -> Result<Self, Unreadable> {
        let text = encoding::text(body);
        let json: serde_json::Value = serde_json::from_str(&text).map_err(|error| Unreadable {
            reason: format!(
                "no JSON at line {}, column {}",
                error.line(),
                error.column()
            ),
        })?;
        let object = Object::of(&json).ok_or_else(|| Unreadable {
            reason: "expected an object with the keys of a RemoteExecutionContext".to_owned(),
        })?;
        let context = Self::of(object, DEEPEST_PARENT);
        if context.message.is_none() && context.primary_table.is_none() {
            let reason =
                "expected MessageName or PrimaryEntityName, and there is neither".to_owned();
            return Err(Unreadable { reason });
        }
        Ok(context)
    }

    fn of(body: Object<'_>, deepest: usize) -> Self {
        let parent = body.get("ParentContext").filter(|_| deepest > 0);
        let parent = parent.and_then(Object::of);
        Self {
            message: body.name("MessageName"),
            primary_table: body.name("PrimaryEntityName"),
            primary_id: body.id("PrimaryEntityId"),
            secondary_table: body
                .name("SecondaryEntityName")
                .filter(|name| !name.eq_ignore_ascii_case("none")),
            input: body.get("InputParameters").map(grammar::values),
            output: body.get("OutputParameters").map(grammar::values),
            shared: body
                .get("SharedVariables")
                .map(grammar::values)
                .unwrap_or_default(),
            before: body.get("PreEntityImages").map(grammar::images),
            after: body.get("PostEntityImages").map(grammar::images),
            user: body.id("UserId"),
            initiating_user: body.id("InitiatingUserId"),
            business_unit: body.id("BusinessUnitId"),
            organization_id: body.id("OrganizationId"),
            organization_name: body.name("OrganizationName"),
            operation_id: body.id("OperationId"),
            request_id: body.id("RequestId"),
            correlation_id: body.id("CorrelationId"),
            step: body
                .get("OwningExtension")
                .and_then(Object::of)
                .and_then(|extension| extension.id("Id")),
            created_on: body.moment("OperationCreatedOn"),
            is_asynchronous: body.whole("Mode").map(|mode| mode == 1),
            stage: body.whole("Stage"),
            depth: body.whole("Depth"),
            parent: parent.map(|parent| Box::new(Self::of(parent, deepest - 1))),
        }
    }

    /// The context and those that it is part of, the innermost first.
    pub fn with_parents(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |context| context.parent.as_deref())
    }

    /// Whether parameters and images were taken out because the whole was larger than 256 KB.
    pub fn is_stripped(&self) -> bool {
        self.input.is_none() && self.before.is_none() && self.after.is_none()
    }
}
