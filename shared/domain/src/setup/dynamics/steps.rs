//! Which changes Dynamics tells us of, and what it says with them.

use std::collections::BTreeSet;

use crate::configuration::{Configuration, SurveyRule};
use crate::names::ColumnName;

use super::CASE;

/// A change that is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StepWanted {
    /// The table.
    pub table: String,
    /// The message.
    pub message: &'static str,
    /// The columns of which one must be written; all when empty. For `Update` alone.
    pub filtering: BTreeSet<String>,
    /// Columns of the row that come along.
    pub image: Option<ImageWanted>,
}

/// Columns of the row that come along with a change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageWanted {
    /// As they were or as they are.
    pub kind: ImageKind,
    /// The parameter of the message that names the row.
    pub property: &'static str,
    /// The columns.
    pub columns: BTreeSet<String>,
}

/// Whether an image shows the row before or after the change. Source: Microsoft Learn, "Register a plug-in".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImageKind {
    /// Before.
    Pre,
    /// After.
    Post,
}

impl ImageKind {
    /// Its number in Dynamics.
    pub fn number(self) -> i64 {
        match self {
            Self::Pre => 0,
            Self::Post => 1,
        }
    }

    /// The name and alias under which the image is found in a webhook.
    pub fn alias(self) -> &'static str {
        match self {
            Self::Pre => "PreImage",
            Self::Post => "PostImage",
        }
    }
}

impl StepWanted {
    /// Its name, by which an administrator knows it.
    pub fn name(&self) -> String {
        format!("cxloop: {} of {}", self.message, self.table)
    }

    /// The filtering columns as the service takes them.
    pub fn filtering_text(&self) -> String {
        joined(&self.filtering)
    }
}

impl ImageWanted {
    /// The columns as the service takes them.
    pub fn columns_text(&self) -> String {
        joined(&self.columns)
    }
}

fn joined(names: &BTreeSet<String>) -> String {
    names
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(",")
}

/// The messages of a case: a resolution comes as `Close` or `CloseIncident`, a reactivation as `SetStateDynamicEntity`
/// where older forms are in use. Whichever an organisation has is registered; what is told twice is one change to us.
const OF_CASES: [&str; 9] = [
    "Create",
    "Update",
    "Close",
    "CloseIncident",
    "SetState",
    "SetStateDynamicEntity",
    "Merge",
    "Delete",
    "Assign",
];

/// The columns of a case whose change matters whatever the configuration says.
const CASE_COLUMNS: [&str; 9] = [
    "statecode",
    "statuscode",
    "ownerid",
    "customerid",
    "title",
    "prioritycode",
    "masterid",
    "cxl_rootcause",
    "cxl_responseid",
];

/// What comes along with a change of a case.
const CASE_IMAGE: [&str; 6] = [
    "ticketnumber",
    "customerid",
    "statecode",
    "statuscode",
    "ownerid",
    "cxl_responseid",
];

/// The columns of an activity whose change matters.
const OF_ACTIVITIES: [&str; 5] = [
    "statecode",
    "statuscode",
    "subject",
    "description",
    "regardingobjectid",
];

/// What people write about a case: the table, the lookup to the case, and the columns whose change matters.
const OF_COMMENTS: [(&str, &str, &[&str]); 4] = [
    ("annotation", "objectid", &["subject", "notetext"]),
    ("email", "regardingobjectid", &OF_ACTIVITIES),
    ("phonecall", "regardingobjectid", &OF_ACTIVITIES),
    ("task", "regardingobjectid", &OF_ACTIVITIES),
];

/// The steps that a configuration needs, in a fixed order.
pub fn steps(configuration: &Configuration) -> Vec<StepWanted> {
    let watched = watched_columns(configuration);
    let mut steps: Vec<StepWanted> = OF_CASES
        .iter()
        .map(|message| StepWanted {
            table: CASE.to_owned(),
            message,
            filtering: if *message == "Update" {
                watched.clone()
            } else {
                BTreeSet::new()
            },
            image: image_of_case(message),
        })
        .collect();
    for (table, lookup, columns) in OF_COMMENTS {
        for message in ["Create", "Update"] {
            let filtering = if message == "Update" {
                set(columns)
            } else {
                BTreeSet::new()
            };
            let image = ImageWanted {
                kind: ImageKind::Post,
                property: if message == "Create" { "id" } else { "Target" },
                columns: BTreeSet::from([lookup.to_owned()]),
            };
            steps.push(StepWanted {
                table: table.to_owned(),
                message,
                filtering,
                image: Some(image),
            });
        }
    }
    for rule in configuration.surveys.iter().flat_map(|it| &it.rules) {
        watch(&mut steps, rule);
    }
    steps
}

/// The messages by which a row of any table reaches a state. What is done to a lead or an opportunity by a message of its own
/// raises one of these on the row. A table without states has fewer of them, and only those that it has are registered.
///
/// Source: Microsoft Learn, "Perform specialized operations using Update" (SetState).
const OF_RULES: [&str; 4] = ["Create", "Update", "SetState", "SetStateDynamicEntity"];

/// Has the steps tell of the column that a rule watches. The row is read again, so that nothing of it has to come along.
fn watch(steps: &mut Vec<StepWanted>, rule: &SurveyRule) {
    for message in OF_RULES {
        let filtering = match message {
            "Update" => BTreeSet::from([logical_name(&rule.column)]),
            _ => BTreeSet::new(),
        };
        let there = steps
            .iter_mut()
            .find(|step| step.table == rule.table.as_str() && step.message == message);
        match there {
            Some(step) => step.filtering.extend(filtering),
            None => steps.push(StepWanted {
                table: rule.table.to_string(),
                message,
                filtering,
                image: None,
            }),
        }
    }
}

/// The columns of a case whose change is told: those that always matter, and those that the configuration reads of it.
fn watched_columns(configuration: &Configuration) -> BTreeSet<String> {
    let mut columns = set(&CASE_COLUMNS);
    for rule in &configuration.case_rules {
        columns.extend(rule.case.columns.keys().map(ToString::to_string));
    }
    let written_back = configuration.write_back.iter().flat_map(|it| &it.fields);
    columns.extend(written_back.filter_map(|field| field.column.as_ref().map(logical_name)));
    columns
}

/// The logical name of a column that may be written as lookups are read, `_ownerid_value`.
fn logical_name(column: &ColumnName) -> String {
    let name = column.as_str();
    name.strip_prefix('_')
        .and_then(|name| name.strip_suffix("_value"))
        .unwrap_or(name)
        .to_owned()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Which parameter of a message names the row, and whether there is a row after it.
///
/// Source: Microsoft Learn, "SdkMessageProcessingStepImage.MessagePropertyName". A resolution names its case inside another
/// row, so that it can have no image.
fn image_of_case(message: &str) -> Option<ImageWanted> {
    let (kind, property) = match message {
        "Create" => (ImageKind::Post, "id"),
        "Update" | "Assign" | "Merge" => (ImageKind::Post, "Target"),
        "SetState" | "SetStateDynamicEntity" => (ImageKind::Post, "EntityMoniker"),
        "Delete" => (ImageKind::Pre, "Target"),
        _ => return None,
    };
    Some(ImageWanted {
        kind,
        property,
        columns: set(&CASE_IMAGE),
    })
}
