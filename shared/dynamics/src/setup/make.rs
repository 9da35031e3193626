//! Carrying out what a plan asks for, one action after the other. Each is harmless twice: rows have derived ids, and what is
//! gone already counts as removed.

use cxloop_dataverse::metadata::{self, Column, KeyDefinition, Label, TableDefinition};
use cxloop_domain::identity;
use cxloop_domain::setup::dynamics::{
    Action, ColumnKind, ColumnWanted, EndpointWanted, Filter, ImageWanted, KeyWanted,
    OPTION_PREFIX, PREFIX, PUBLISHER, SOLUTION, StepWanted, TableWanted, Words,
};
use cxloop_ports::Failure;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Organisation;
use crate::{Condition, Error, Request, Row};

const ENDPOINTS: &str = "serviceendpoints";
const STEPS: &str = "sdkmessageprocessingsteps";
const IMAGES: &str = "sdkmessageprocessingstepimages";

impl Organisation {
    /// Carries out one action. Labels are written in `language`; `secret` is what the endpoint proves itself with.
    ///
    /// # Errors
    /// The failure of a request; what was done before it stays, and the next plan goes on from there.
    pub async fn carry_out(
        &self,
        action: &Action,
        language: u32,
        secret: Option<&SecretString>,
    ) -> Result<(), Failure> {
        for step in requests(action, language, secret)? {
            let done = match self.client.send(&step.request).await {
                Ok(_) => Ok(()),
                // A derived id that is there already is our row of an earlier run.
                Err(Error::AlreadyExists(_)) if step.is_ours => Ok(()),
                Err(Error::NotFound(_)) if step.may_be_gone => Ok(()),
                Err(error) => Err(error),
            };
            done.map_err(|error| self.fail(&step.doing, &error))?;
        }
        Ok(())
    }
}

/// A request, and which refusals of it are none.
struct Sent {
    request: Request,
    /// Completes "Dynamics refused to …".
    doing: String,
    is_ours: bool,
    may_be_gone: bool,
}

fn make(doing: &str, request: Request) -> Sent {
    Sent {
        request,
        doing: format!("make {doing}"),
        is_ours: true,
        may_be_gone: false,
    }
}

fn in_solution(doing: &str, request: Request) -> Sent {
    make(doing, request.in_solution(SOLUTION))
}

fn change(doing: &str, set: &str, id: Uuid, row: Row) -> Sent {
    let request = Request::update(set, id, &Condition::Exists, row).in_solution(SOLUTION);
    Sent {
        request,
        doing: format!("change {doing}"),
        is_ours: false,
        may_be_gone: false,
    }
}

fn remove(doing: &str, request: Request) -> Sent {
    Sent {
        request,
        doing: format!("remove {doing}"),
        is_ours: false,
        may_be_gone: true,
    }
}

fn remove_row(doing: &str, set: &str, id: Uuid) -> Sent {
    remove(doing, Request::delete(set, id, &Condition::Exists))
}

fn requests(
    action: &Action,
    language: u32,
    secret: Option<&SecretString>,
) -> Result<Vec<Sent>, Failure> {
    Ok(match action {
        Action::MakePublisher => vec![make(
            "the publisher",
            Request::create("publishers", publisher()),
        )],
        Action::MakeSolution => vec![make(
            "the solution",
            Request::create("solutions", solution()),
        )],
        Action::MakeTable(wanted) => {
            let request = metadata::create_table(&table(wanted, language));
            vec![in_solution(&format!("the table {}", wanted.name), request)]
        }
        Action::MakeColumn(wanted) => {
            let request = metadata::create_column(wanted.table, &column(wanted, language));
            vec![in_solution(&format!("the column {}", wanted.name), request)]
        }
        Action::MakeKey(wanted) => {
            let request = metadata::create_key(wanted.table, &key(wanted, language));
            vec![in_solution(&format!("the key {}", wanted.name), request)]
        }
        Action::Publish(tables) => vec![make(
            "the changes visible",
            metadata::publish(tables.iter().copied()),
        )],
        Action::MakeEndpoint(wanted) => {
            let row = endpoint(wanted, secret)?
                .set("serviceendpointid", wanted.id.to_string())
                .set("contract", 8);
            vec![in_solution("the webhook", Request::create(ENDPOINTS, row))]
        }
        Action::ChangeEndpoint(id, wanted) => {
            vec![change(
                "the webhook",
                ENDPOINTS,
                *id,
                endpoint(wanted, secret)?,
            )]
        }
        Action::MakeStep {
            id,
            endpoint,
            filter,
            step: wanted,
        } => {
            let what = format!("the step {}", wanted.name());
            let row = new_step(*id, *endpoint, *filter, wanted);
            let image = wanted.image.as_ref().map(|wanted| make_image(*id, wanted));
            let made = in_solution(&what, Request::create(STEPS, row));
            [Some(made), image].into_iter().flatten().collect()
        }
        Action::ChangeStep(id, wanted) => {
            let what = format!("the step {}", wanted.name());
            // State and other columns do not go together in all tables.
            let enabled = Row::new().set("statecode", 0).set("statuscode", 1);
            vec![
                change(&what, STEPS, *id, step(wanted)),
                change(&what, STEPS, *id, enabled),
            ]
        }
        Action::MakeImage(step, wanted) => vec![make_image(*step, wanted)],
        Action::RemoveImage(id) => vec![remove_row("an image", IMAGES, *id)],
        Action::RemoveStep(id) => vec![remove_row("a step", STEPS, *id)],
        Action::RemoveEndpoint(id) => vec![remove_row("the webhook", ENDPOINTS, *id)],
        Action::RemoveKey { table, key } => {
            vec![remove(
                &format!("the key {key}"),
                metadata::delete_key(table, key),
            )]
        }
        Action::RemoveColumn(column) => {
            let request = metadata::delete_column(column.table, column.name);
            vec![remove(&format!("the column {}", column.name), request)]
        }
        Action::RemoveTable(table) => {
            vec![remove(
                &format!("the table {}", table.name),
                metadata::delete_table(table.name),
            )]
        }
        Action::RemoveSolution(id) => vec![remove_row("the solution", "solutions", *id)],
        Action::RemovePublisher(id) => vec![remove_row("the publisher", "publishers", *id)],
    })
}

/// Source: Microsoft Learn, "Publisher table" (names and prefixes).
fn publisher() -> Row {
    Row::new()
        .set("publisherid", publisher_id().to_string())
        .set("uniquename", PUBLISHER)
        .set("friendlyname", "cxloop")
        .set("customizationprefix", PREFIX)
        .set("customizationoptionvalueprefix", OPTION_PREFIX)
}

fn publisher_id() -> Uuid {
    identity::derive("publisher", &[PUBLISHER])
}

fn solution() -> Row {
    Row::new()
        .set(
            "solutionid",
            identity::derive("solution", &[SOLUTION]).to_string(),
        )
        .set("uniquename", SOLUTION)
        .set("friendlyname", "cxloop")
        .set("version", "1.0.0.0")
        .bind("publisherid", "publishers", publisher_id())
}

/// Source: Microsoft Learn, "Register a webhook". The settings of an HTTP header are XML.
fn endpoint(wanted: &EndpointWanted, secret: Option<&SecretString>) -> Result<Row, Failure> {
    let none = || {
        Failure::mend(
            "There is no webhook secret to give to Dynamics.",
            "serviceendpoint",
        )
    };
    let secret = secret.ok_or_else(none)?.expose_secret();
    // What names of headers and webhook secrets are made of needs no escaping.
    let settings = format!(
        "<settings><setting name=\"{}\" value=\"{secret}\" /></settings>",
        wanted.header
    );
    Ok(Row::new()
        .set("name", wanted.name.as_str())
        .set("url", wanted.url.as_str())
        .set("authtype", 5)
        .set("authvalue", settings)
        .set("messageformat", 2)
        .set("description", wanted.description()))
}

/// Source: Microsoft Learn, "SdkMessageProcessingStep". The filter of columns is for updates alone.
fn step(wanted: &StepWanted) -> Row {
    let filtering = wanted.filtering_text();
    let filtering = if filtering.is_empty() {
        Value::Null
    } else {
        json!(filtering)
    };
    Row::new()
        .set("name", wanted.name())
        .set("stage", 40)
        .set("mode", 1)
        .set("rank", 1)
        .set("supporteddeployment", 0)
        .set("asyncautodelete", true)
        .set("filteringattributes", filtering)
}

fn new_step(id: Uuid, endpoint: Uuid, filter: Filter, wanted: &StepWanted) -> Row {
    step(wanted)
        .set("sdkmessageprocessingstepid", id.to_string())
        .bind("eventhandler_serviceendpoint", ENDPOINTS, endpoint)
        .bind("sdkmessageid", "sdkmessages", filter.message)
        .bind("sdkmessagefilterid", "sdkmessagefilters", filter.filter)
}

fn make_image(step: Uuid, wanted: &ImageWanted) -> Sent {
    let alias = wanted.kind.alias();
    let id = identity::derive("step image", &[&step.to_string(), alias]);
    let row = Row::new()
        .set("sdkmessageprocessingstepimageid", id.to_string())
        .bind("sdkmessageprocessingstepid", STEPS, step)
        .set("imagetype", wanted.kind.number())
        .set("name", alias)
        .set("entityalias", alias)
        .set("messagepropertyname", wanted.property)
        .set("attributes", wanted.columns_text());
    in_solution("an image", Request::create(IMAGES, row))
}

fn table(wanted: &TableWanted, language: u32) -> TableDefinition {
    let name = |words: &Words| label(words, language);
    let subject = Column::text("Subject", name(&wanted.subject), 400);
    TableDefinition::new(
        wanted.schema_name,
        name(&wanted.singular),
        name(&wanted.plural),
        subject,
    )
    .as_activity()
    .with_change_tracking()
}

fn column(wanted: &ColumnWanted, language: u32) -> Column {
    let name = label(&wanted.label, language);
    let column = match &wanted.kind {
        ColumnKind::Text(chars) => Column::text(wanted.name, name, *chars),
        ColumnKind::Lines(chars) => Column::lines(wanted.name, name, *chars),
        ColumnKind::Decimal(least, most) => Column::decimal(wanted.name, name, 2, *least, *most),
        ColumnKind::Moment => Column::moment(wanted.name, name),
        ColumnKind::Choice(values) => {
            let values: Vec<(i32, Label)> = values
                .iter()
                .map(|(value, words)| (*value, label(words, language)))
                .collect();
            Column::choice(wanted.name, name, &values)
        }
    };
    column.described(Label::new(wanted.description, language))
}

fn key(wanted: &KeyWanted, language: u32) -> KeyDefinition {
    KeyDefinition::new(wanted.name, label(&wanted.label, language), [wanted.column])
}

fn label(words: &Words, language: u32) -> Label {
    Label::new(words.in_language(language), language)
}
