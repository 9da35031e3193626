//! Columns as `AttributeMetadata` and its kinds.

use serde_json::{Value as Json, json};

use super::super::message::Answer;
use super::super::model::naming::metadata_id;
use super::super::model::{ChoiceOption, ChoiceRole, Column, Kind, Model, Table};
use super::super::refusal::Refusal;
use super::{AnswerOne, AnswerSet, Named, Path, labels, named};

/// The identifier of a column's definition.
pub(super) fn id(table: &Table, column: &Column) -> uuid::Uuid {
    metadata_id(&["column", &table.name, &column.name])
}

/// The column that a key names.
pub(super) fn find(table: &Table, key: &str) -> Result<usize, Refusal> {
    let found = match named(key) {
        Some(Named::Name(name)) => table.column(name),
        Some(Named::Id(wanted)) => table
            .columns
            .iter()
            .position(|column| id(table, column) == wanted),
        None => return Err(Refusal::invalid_key("Attributes")),
    };
    found.ok_or_else(|| Refusal::no_definition("attribute", key))
}

/// Every column of a table.
pub(super) fn all(model: &Model, table: &Table) -> Vec<Json> {
    (0..table.columns.len())
        .map(|at| of(model, table, at))
        .collect()
}

/// Answers the paths below `EntityDefinitions(…)/Attributes`.
pub(super) fn answer(
    model: &Model,
    table: &Table,
    path: &Path,
    set: AnswerSet<'_>,
    one: AnswerOne<'_>,
) -> Result<Answer, Refusal> {
    let context = format!("EntityDefinitions('{}')/Attributes", table.name);
    let cast = match path.name(2) {
        None => None,
        Some(name) => match name.strip_prefix("Microsoft.Dynamics.CRM.") {
            Some(cast) if kinds(cast) => Some(cast),
            _ => return Err(Refusal::unknown_segment(name)),
        },
    };
    let Some(key) = path.key(1) else {
        let rows: Vec<Json> = all(model, table)
            .into_iter()
            .filter_map(|row| match cast {
                Some(cast) => is(&row, cast).then_some(row),
                None => Some(without_options(row)),
            })
            .collect();
        let context = cast.map_or(context.clone(), |cast| {
            format!("{context}/Microsoft.Dynamics.CRM.{cast}")
        });
        return set(&context, rows);
    };
    let row = of(model, table, find(table, key)?);
    match (cast, path.name(3)) {
        (None, _) => one(&context, without_options(row)),
        (Some(cast), _) if !is(&row, cast) => Err(Refusal::unknown_segment(cast)),
        (Some(_), None) => one(&context, row),
        (Some(_), Some(name @ ("OptionSet" | "GlobalOptionSet"))) => match row.get(name) {
            Some(options) => one(&format!("{context}/{name}"), options.clone()),
            None => Err(Refusal::unknown_segment(name)),
        },
        (Some(_), Some(name)) => Err(Refusal::unknown_segment(name)),
    }
}

/// The values of a choice are only written where a cast and `$expand` ask for them.
pub(super) fn without_options(mut row: Json) -> Json {
    if let Json::Object(row) = &mut row {
        row.remove("OptionSet");
        row.remove("GlobalOptionSet");
    }
    row
}

fn kinds(cast: &str) -> bool {
    cast.ends_with("AttributeMetadata")
}

fn is(row: &Json, cast: &str) -> bool {
    let own = row["@odata.type"]
        .as_str()
        .and_then(|kind| kind.strip_prefix("#Microsoft.Dynamics.CRM."))
        .unwrap_or_default();
    own == cast
        || cast == "EnumAttributeMetadata"
            && matches!(
                own,
                "PicklistAttributeMetadata"
                    | "StateAttributeMetadata"
                    | "StatusAttributeMetadata"
                    | "MultiSelectPicklistAttributeMetadata"
            )
}

/// One column.
pub(super) fn of(model: &Model, table: &Table, at: usize) -> Json {
    let column = &table.columns[at];
    let (kind, class, name) = kind(column);
    let level = if column.required || matches!(column.kind, Kind::Id) {
        "SystemRequired"
    } else if column.recommended {
        "ApplicationRequired"
    } else {
        "None"
    };
    let mut row = json!({
        "@odata.type": format!("#Microsoft.Dynamics.CRM.{class}AttributeMetadata"),
        "MetadataId": id(table, column).to_string(),
        "LogicalName": column.name,
        "SchemaName": column.schema,
        "EntityLogicalName": table.name,
        "AttributeType": kind,
        "AttributeTypeName": {"Value": name},
        "AttributeOf": null,
        "ColumnNumber": at + 1,
        "DisplayName": labels::of(&column.label),
        "Description": labels::none(),
        "RequiredLevel": labels::managed(level, "canmodifyrequirementlevelsettings"),
        "IsCustomAttribute": column.custom,
        "IsPrimaryId": matches!(column.kind, Kind::Id),
        "IsPrimaryName": at == table.primary_name,
        "IsLogical": false,
        "IsManaged": false,
        "IsSecured": false,
        "IsFilterable": true,
        "IsSearchable": false,
        "IsValidForRead": true,
        "IsValidForCreate": !column.read_only,
        "IsValidForUpdate": !column.read_only && !column.create_only && !matches!(column.kind, Kind::Id),
        "IsValidForAdvancedFind": labels::managed(true, "canmodifysearchsettings"),
        "IsCustomizable": labels::managed(true, "iscustomizable"),
        "IsAuditEnabled": labels::managed(false, "canmodifyauditsettings"),
        "SourceType": null,
        "IntroducedVersion": "5.0.0.0",
    });
    details(model, table, column, &mut row);
    row
}

/// `AttributeType`, the name of the class before `AttributeMetadata`, and `AttributeTypeName`.
fn kind(column: &Column) -> (&'static str, &'static str, &'static str) {
    match &column.kind {
        Kind::Id | Kind::Guid => (
            "Uniqueidentifier",
            "UniqueIdentifier",
            "UniqueidentifierType",
        ),
        Kind::Text(_) if column.memo => ("Memo", "Memo", "MemoType"),
        Kind::Text(_) => ("String", "String", "StringType"),
        Kind::Whole(..) => ("Integer", "Integer", "IntegerType"),
        Kind::Big | Kind::Version => ("BigInt", "BigInt", "BigIntType"),
        Kind::Decimal { money: true, .. } => ("Money", "Money", "MoneyType"),
        Kind::Decimal { .. } => ("Decimal", "Decimal", "DecimalType"),
        Kind::Float { .. } => ("Double", "Double", "DoubleType"),
        Kind::Flag { .. } => ("Boolean", "Boolean", "BooleanType"),
        Kind::Time | Kind::Day => ("DateTime", "DateTime", "DateTimeType"),
        Kind::Choices { .. } => ("Virtual", "MultiSelectPicklist", "MultiSelectPicklistType"),
        Kind::Choice { role, .. } => match role {
            ChoiceRole::Plain => ("Picklist", "Picklist", "PicklistType"),
            ChoiceRole::State => ("State", "State", "StateType"),
            ChoiceRole::Status => ("Status", "Status", "StatusType"),
        },
        Kind::Lookup(_) if column.name == "ownerid" => ("Owner", "Lookup", "OwnerType"),
        Kind::Lookup(targets) if customer(column, targets.len()) => {
            ("Customer", "Lookup", "CustomerType")
        }
        Kind::Lookup(_) => ("Lookup", "Lookup", "LookupType"),
    }
}

/// A lookup to accounts and contacts.
fn customer(column: &Column, targets: usize) -> bool {
    targets == 2 && column.name.ends_with("customerid")
}

fn details(model: &Model, table: &Table, column: &Column, row: &mut Json) {
    match &column.kind {
        Kind::Text(max) => {
            row["MaxLength"] = json!(max);
            row["Format"] = json!(if column.memo { "TextArea" } else { "Text" });
            row["FormatName"] = json!({"Value": if column.memo { "TextArea" } else { "Text" }});
            row["AutoNumberFormat"] = json!("");
        }
        Kind::Whole(min, max) => {
            row["MinValue"] = json!(min);
            row["MaxValue"] = json!(max);
            row["Format"] = json!("None");
        }
        Kind::Decimal {
            min,
            max,
            precision,
            ..
        } => {
            row["MinValue"] = json!(min);
            row["MaxValue"] = json!(max);
            row["Precision"] = json!(precision);
        }
        Kind::Float { min, max } => {
            row["MinValue"] = json!(min);
            row["MaxValue"] = json!(max);
            row["Precision"] = json!(2);
        }
        Kind::Time => {
            row["Format"] = json!("DateAndTime");
            row["DateTimeBehavior"] = json!({"Value": "UserLocal"});
        }
        Kind::Day => {
            row["Format"] = json!("DateOnly");
            row["DateTimeBehavior"] = json!({"Value": "DateOnly"});
        }
        Kind::Flag { labels, default } => {
            row["DefaultValue"] = json!(default.unwrap_or(false));
            let choice = |value: usize| json!({"Value": value, "Label": labels::of(&labels[value]), "MetadataId": null});
            let mut options = set(table, column, "Boolean");
            options["TrueOption"] = choice(1);
            options["FalseOption"] = choice(0);
            row["OptionSet"] = options;
        }
        Kind::Choice {
            role,
            options,
            default,
        } => {
            row["DefaultFormValue"] = json!(default.unwrap_or(-1));
            let kind = match role {
                ChoiceRole::Plain => "Picklist",
                ChoiceRole::State => "State",
                ChoiceRole::Status => "Status",
            };
            row["OptionSet"] = choices(table, column, kind, *role, options);
            row["GlobalOptionSet"] = Json::Null;
        }
        Kind::Choices { options } => {
            row["DefaultFormValue"] = json!(-1);
            row["OptionSet"] = choices(table, column, "Picklist", ChoiceRole::Plain, options);
            row["GlobalOptionSet"] = Json::Null;
        }
        Kind::Lookup(targets) => {
            let mut names: Vec<&str> = targets
                .iter()
                .map(|target| model.table(target.table).name.as_str())
                .collect();
            names.dedup();
            row["Targets"] = json!(names);
            row["Format"] = json!("None");
        }
        Kind::Id | Kind::Guid | Kind::Big | Kind::Version => {}
    }
}

fn set(table: &Table, column: &Column, kind: &str) -> Json {
    json!({
        "MetadataId": metadata_id(&["options", &table.name, &column.name]).to_string(),
        "Name": format!("{}_{}", table.name, column.name),
        "DisplayName": labels::of(&column.label),
        "IsGlobal": false,
        "IsManaged": false,
        "IsCustomOptionSet": column.custom,
        "OptionSetType": kind,
    })
}

fn choices(
    table: &Table,
    column: &Column,
    kind: &str,
    role: ChoiceRole,
    options: &[ChoiceOption],
) -> Json {
    let mut found = set(table, column, kind);
    let options = options.iter().map(|option| {
        let mut row = json!({
            "Value": option.value, "Label": labels::of(&option.label), "Description": labels::none(), "Color": "#0000ff",
            "IsManaged": false, "ExternalValue": "", "ParentValues": [], "MetadataId": null, "HasChanged": null,
        });
        match role {
            ChoiceRole::State => {
                row["DefaultStatus"] = json!(option.default_reason);
                row["InvariantName"] = json!(option.label);
            }
            ChoiceRole::Status => {
                row["State"] = json!(option.state);
                row["TransitionData"] = Json::Null;
            }
            ChoiceRole::Plain => {}
        }
        row
    });
    found["Options"] = Json::Array(options.collect());
    found
}
