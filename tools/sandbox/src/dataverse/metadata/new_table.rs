//! Making tables, activities among them.
//! Source: Microsoft Learn, "Create and update table definitions using the Web API" and "Custom activities".

use serde_json::{Map, Value as Json};

use super::super::activity;
use super::super::caller::Caller;
use super::super::message::Request;
use super::super::model::{
    ChoiceOption, ChoiceRole, Collection, Column, Kind, Model, OnDelete, Table, TableId, Target,
};
use super::super::refusal::Refusal;
use super::super::rows::Organisation;
use super::super::sdk_messages;
use super::{definitions, labels, new_column, solution};

/// The first object type code of tables made at run time.
const FIRST_TYPE_CODE: i64 = 10_000;

/// Makes a table and returns its place below the service.
pub(super) fn create(
    organisation: &mut Organisation,
    caller: &Caller,
    request: &Request,
) -> Result<String, Refusal> {
    let body = request.object("EntityDefinitions")?;
    let schema = body
        .get("SchemaName")
        .and_then(Json::as_str)
        .ok_or_else(|| Refusal::payload("EntityMetadata", "'SchemaName' is missing."))?;
    let name = schema.to_lowercase();
    if organisation.model().by_name(&name).is_some() {
        return Err(Refusal::definition_exists("entity", &name));
    }
    solution::check_prefix(organisation, request, schema)?;
    let flag = |property: &str| body.get(property).and_then(Json::as_bool) == Some(true);
    let mut model = Model::clone(organisation.model());
    let table = describe(&model, &body, schema, flag("IsActivity"))?;
    if model.by_set(&table.set).is_some() {
        return Err(Refusal::definition_exists("entity set", &table.set));
    }
    let id = definitions::id(&table);
    let of_activities = table.activity;
    let table = model.add_table(table);
    if of_activities {
        point_back(&mut model, table);
        if let Some(parties) = model.parties_of(table) {
            model.change_table(table, |table| table.collections.push(parties));
        }
    }
    if flag("HasNotes") {
        let name = format!("objectid_{name}");
        relate(
            &mut model,
            "annotation",
            "objectid",
            table,
            name,
            "Annotations",
        );
    }
    if flag("HasActivities") && !of_activities {
        let activities: Vec<String> = model
            .tables()
            .filter(|(_, table)| table.activity)
            .map(|(_, table)| table.name.clone())
            .collect();
        for activity in activities {
            let (navigation, collection) = match activity.as_str() {
                activity::VIEW => (
                    format!("regardingobjectid_{name}"),
                    "ActivityPointers".to_owned(),
                ),
                other => (
                    format!("regardingobjectid_{name}_{other}"),
                    model.by_name(other).map_or_else(String::new, |id| {
                        model.table(id).display_collection.replace(' ', "")
                    }),
                ),
            };
            relate(
                &mut model,
                &activity,
                "regardingobjectid",
                table,
                navigation,
                &collection,
            );
        }
    }
    organisation.set_model(model);
    sdk_messages::add_table(organisation, table);
    let kind = solution::Component::Entity;
    solution::add(organisation, caller, request, kind, id)?;
    Ok(format!("EntityDefinitions({id})"))
}

/// Replaces a table's definition as far as definitions may change: its labels.
pub(super) fn replace(
    organisation: &mut Organisation,
    request: &Request,
    table: TableId,
) -> Result<(), Refusal> {
    let body = request.object("EntityDefinitions")?;
    organisation.change_table(table, |table| {
        if let Some(label) = labels::text(&body, "DisplayName") {
            table.label = label;
        }
        if let Some(label) = labels::text(&body, "DisplayCollectionName") {
            table.display_collection = label;
        }
    });
    Ok(())
}

fn describe(
    model: &Model,
    body: &Map<String, Json>,
    schema: &str,
    of_activities: bool,
) -> Result<Table, Refusal> {
    let name = schema.to_lowercase();
    let given: Vec<&Map<String, Json>> = body
        .get("Attributes")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(Json::as_object)
        .collect();
    let is_name =
        |body: &&Map<String, Json>| body.get("IsPrimaryName").and_then(Json::as_bool) == Some(true);
    let primary = match &given[..] {
        [only] => only,
        _ => given.iter().find(|body| is_name(body)).ok_or_else(|| {
            Refusal::payload(
                "EntityMetadata",
                "'Attributes' must hold a column with 'IsPrimaryName'.",
            )
        })?,
    };
    let primary_name = new_column::read(primary)?.name;
    let type_code = model
        .tables()
        .map(|(_, table)| table.type_code + 1)
        .max()
        .unwrap_or_default()
        .max(FIRST_TYPE_CODE);
    let set = body
        .get("EntitySetName")
        .and_then(Json::as_str)
        .map_or_else(|| plural(&name), str::to_owned);
    let id = if of_activities {
        "activityid".to_owned()
    } else {
        format!("{name}id")
    };
    let mut table = Table::named(&name, &set, type_code, &id);
    table.schema = schema.to_owned();
    table.custom = true;
    table.activity = of_activities;
    table.read_only_when_inactive = of_activities;
    table.label = labels::text(body, "DisplayName").unwrap_or_else(|| schema.to_owned());
    table.display_collection =
        labels::text(body, "DisplayCollectionName").unwrap_or_else(|| table.label.clone());
    table.columns = if of_activities {
        of_activity(model, &name)
    } else {
        let owned = body.get("OwnershipType").and_then(Json::as_str) != Some("OrganizationOwned");
        standard(model, &id, owned)
    };
    for body in given {
        let column = new_column::read(body)?;
        match table.columns.iter_mut().find(|own| own.name == column.name) {
            Some(own) => {
                own.label = column.label;
                own.schema = column.schema;
            }
            None => table.columns.push(column),
        }
    }
    table.primary_name = table
        .columns
        .iter()
        .position(|column| column.name == primary_name)
        .unwrap_or_default();
    Ok(table)
}

/// The columns that every table has.
fn standard(model: &Model, id: &str, owned: bool) -> Vec<Column> {
    let read_only = |name: &str, kind: Kind| Column {
        read_only: true,
        ..Column::named(name, kind)
    };
    let lookup = |name: &str, tables: &[&str]| {
        let targets = tables.iter().filter_map(|table| {
            Some(Target {
                navigation: name.to_owned(),
                table: model.by_name(table)?,
            })
        });
        Kind::Lookup(targets.collect())
    };
    let choice = |role, values: &[(i64, &str)]| Kind::Choice {
        role,
        options: values
            .iter()
            .map(|(value, label)| ChoiceOption {
                value: *value,
                label: (*label).to_owned(),
                state: (role == ChoiceRole::Status).then_some(value - 1),
                default_reason: (role == ChoiceRole::State).then_some(value + 1),
            })
            .collect(),
        default: None,
    };
    let mut columns = vec![
        Column::named(id, Kind::Id),
        read_only("createdon", Kind::Time),
        read_only("modifiedon", Kind::Time),
        read_only("createdby", lookup("createdby", &["systemuser"])),
        read_only("modifiedby", lookup("modifiedby", &["systemuser"])),
        read_only(
            "createdonbehalfby",
            lookup("createdonbehalfby", &["systemuser"]),
        ),
        read_only(
            "modifiedonbehalfby",
            lookup("modifiedonbehalfby", &["systemuser"]),
        ),
        Column {
            create_only: true,
            ..Column::named("overriddencreatedon", Kind::Time)
        },
        Column::named(
            "importsequencenumber",
            Kind::Whole(i64::from(i32::MIN), i64::from(i32::MAX)),
        ),
        Column::named(
            "statecode",
            choice(ChoiceRole::State, &[(0, "Active"), (1, "Inactive")]),
        ),
        Column::named(
            "statuscode",
            choice(ChoiceRole::Status, &[(1, "Active"), (2, "Inactive")]),
        ),
        read_only("versionnumber", Kind::Version),
    ];
    if owned {
        columns.extend([
            Column {
                required: true,
                ..Column::named("ownerid", lookup("ownerid", &["systemuser", "team"]))
            },
            read_only(
                "owningbusinessunit",
                lookup("owningbusinessunit", &["businessunit"]),
            ),
            read_only("owninguser", lookup("owninguser", &["systemuser"])),
            read_only("owningteam", lookup("owningteam", &["team"])),
        ]);
    }
    columns
}

/// The columns that every activity has.
fn of_activity(model: &Model, name: &str) -> Vec<Column> {
    let Some(view) = model.by_name(activity::VIEW) else {
        return Vec::new();
    };
    let mut columns = model.table(view).columns.clone();
    for column in &mut columns {
        column.custom = false;
        if column.name != "regardingobjectid" {
            continue;
        }
        if let Kind::Lookup(targets) = &mut column.kind {
            for target in targets {
                target.navigation = format!("{}_{name}", target.navigation);
            }
        }
    }
    columns
}

/// Gives the tables that an activity may regard the collection of those activities.
fn point_back(model: &mut Model, activity: TableId) {
    let own = model.table(activity);
    let Some(column) = own.column("regardingobjectid") else {
        return;
    };
    let set = own.set.clone();
    let targets = match &own.columns[column].kind {
        Kind::Lookup(targets) => targets.clone(),
        _ => return,
    };
    for target in targets {
        model.change_table(target.table, |table| {
            let navigation = format!("{}_{set}", table.name);
            table.collections.push(Collection {
                schema: navigation.clone(),
                navigation,
                table: activity,
                column,
                through: None,
                on_delete: OnDelete::RemoveLink,
            });
        });
    }
}

/// Lets a lookup of another table point to a new one.
fn relate(
    model: &mut Model,
    child: &str,
    lookup: &str,
    parent: TableId,
    navigation: String,
    collection: &str,
) {
    let Some(child) = model.by_name(child) else {
        return;
    };
    let Some(column) = model.table(child).column(lookup) else {
        return;
    };
    model.change_table(child, |table| {
        if let Kind::Lookup(targets) = &mut table.columns[column].kind {
            targets.push(Target {
                navigation,
                table: parent,
            });
        }
    });
    model.change_table(parent, |table| {
        let navigation = format!("{}_{collection}", table.name);
        table.collections.push(Collection {
            schema: navigation.clone(),
            navigation,
            table: child,
            column,
            through: None,
            on_delete: OnDelete::Cascade,
        });
    });
}

/// The name of a set, as the service forms it.
fn plural(name: &str) -> String {
    if let Some(stem) = name.strip_suffix('y') {
        format!("{stem}ies")
    } else if name.ends_with(['s', 'x', 'z']) || name.ends_with("ch") || name.ends_with("sh") {
        format!("{name}es")
    } else {
        format!("{name}s")
    }
}
