//! Reading a column's definition from a body.
//! Source: Microsoft Learn, "Create and update column definitions using the Web API".

use serde_json::{Map, Value as Json};

use super::super::model::{ChoiceOption, ChoiceRole, Column, Kind};
use super::super::refusal::Refusal;
use super::labels;

/// Reads a definition; lookups come from relationships only.
pub(super) fn read(body: &Map<String, Json>) -> Result<Column, Refusal> {
    let schema = body
        .get("SchemaName")
        .and_then(Json::as_str)
        .ok_or_else(|| Refusal::payload("AttributeMetadata", "'SchemaName' is missing."))?;
    let class = class(body)?;
    let kind = kind(class, body)?;
    let mut column = Column::named(&schema.to_lowercase(), kind);
    column.schema = schema.to_owned();
    column.label = labels::text(body, "DisplayName").unwrap_or_else(|| schema.to_owned());
    column.memo = class == "Memo";
    column.custom = true;
    level(body, &mut column);
    Ok(column)
}

/// Takes over the required level that a body gives.
pub(super) fn level(body: &Map<String, Json>, column: &mut Column) {
    let level = body
        .get("RequiredLevel")
        .and_then(|level| level.get("Value"))
        .and_then(Json::as_str);
    if let Some(level) = level {
        column.required = level == "SystemRequired";
        column.recommended = level == "ApplicationRequired";
    }
}

/// `String` for `Microsoft.Dynamics.CRM.StringAttributeMetadata`.
fn class(body: &Map<String, Json>) -> Result<&str, Refusal> {
    body.get("@odata.type")
        .and_then(Json::as_str)
        .map(|class| class.trim_start_matches('#'))
        .and_then(|class| class.strip_prefix("Microsoft.Dynamics.CRM."))
        .and_then(|class| class.strip_suffix("AttributeMetadata"))
        .ok_or_else(|| {
            Refusal::payload(
                "AttributeMetadata",
                "'@odata.type' must name the kind of column.",
            )
        })
}

fn kind(class: &str, body: &Map<String, Json>) -> Result<Kind, Refusal> {
    let number = |name: &str| {
        body.get(name)
            .and_then(Json::as_f64)
            .map(|number| number as i64)
    };
    let precision = |usual: u64| {
        body.get("Precision")
            .and_then(Json::as_u64)
            .unwrap_or(usual)
            .min(10) as u8
    };
    let options = || {
        body.get("OptionSet")
            .map(choices)
            .filter(|options| !options.is_empty())
            .ok_or_else(|| Refusal::payload("AttributeMetadata", "'OptionSet' is missing."))
    };
    Ok(match class {
        "String" => Kind::Text(text_length(body, 100, false)?),
        "Memo" => Kind::Text(text_length(body, 2000, true)?),
        "Integer" => Kind::Whole(
            number("MinValue").unwrap_or(i64::from(i32::MIN)),
            number("MaxValue").unwrap_or(i64::from(i32::MAX)),
        ),
        "BigInt" => Kind::Big,
        "Decimal" => Kind::Decimal {
            min: number("MinValue").unwrap_or(-100_000_000_000),
            max: number("MaxValue").unwrap_or(100_000_000_000),
            precision: precision(2),
            money: false,
        },
        "Money" => Kind::Decimal {
            min: number("MinValue").unwrap_or(-922_337_203_685_477),
            max: number("MaxValue").unwrap_or(922_337_203_685_477),
            precision: precision(4),
            money: true,
        },
        "Double" => Kind::Float {
            min: number("MinValue").unwrap_or(-100_000_000_000),
            max: number("MaxValue").unwrap_or(100_000_000_000),
        },
        "DateTime" => match body.get("Format").and_then(Json::as_str) {
            Some("DateOnly") if behaves_as_date(body) => Kind::Day,
            _ => Kind::Time,
        },
        "UniqueIdentifier" => Kind::Guid,
        "Boolean" => Kind::Flag {
            labels: flag_labels(body),
            default: Some(body.get("DefaultValue").and_then(Json::as_bool) == Some(true)),
        },
        "Picklist" => Kind::Choice {
            role: ChoiceRole::Plain,
            options: options()?,
            default: number("DefaultFormValue").filter(|value| *value >= 0),
        },
        "MultiSelectPicklist" => Kind::Choices {
            options: options()?,
        },
        _ => {
            return Err(Refusal::invalid_argument(format!(
                "A column of the kind '{class}' cannot be made here."
            )));
        }
    })
}

fn behaves_as_date(body: &Map<String, Json>) -> bool {
    body.get("DateTimeBehavior")
        .and_then(|behavior| behavior.get("Value"))
        .and_then(Json::as_str)
        .is_none_or(|behavior| behavior == "DateOnly")
}

/// The length that a body gives a text column, or `usual`.
pub(super) fn text_length(
    body: &Map<String, Json>,
    usual: usize,
    memo: bool,
) -> Result<usize, Refusal> {
    let most = if memo { 1_048_576 } else { 4000 };
    match body.get("MaxLength") {
        None | Some(Json::Null) => Ok(usual),
        Some(length) => length
            .as_u64()
            .and_then(|length| usize::try_from(length).ok())
            .filter(|length| (1..=most).contains(length))
            .ok_or_else(|| {
                Refusal::invalid_argument(format!("'MaxLength' must be between 1 and {most}."))
            }),
    }
}

fn flag_labels(body: &Map<String, Json>) -> [String; 2] {
    let label = |option: &str, usual: &str| {
        body.get("OptionSet")
            .and_then(|set| set.get(option))
            .and_then(|option| option.get("Label"))
            .and_then(labels::of_label)
            .unwrap_or_else(|| usual.to_owned())
    };
    [label("FalseOption", "No"), label("TrueOption", "Yes")]
}

/// The options of an option set; those without a value are numbered as the default publisher's are.
pub(super) fn choices(set: &Json) -> Vec<ChoiceOption> {
    let options = set.get("Options").and_then(Json::as_array);
    options
        .into_iter()
        .flatten()
        .zip(100_000_000_i64..)
        .map(|(option, usual)| ChoiceOption {
            value: option.get("Value").and_then(Json::as_i64).unwrap_or(usual),
            label: option
                .get("Label")
                .and_then(labels::of_label)
                .unwrap_or_default(),
            state: option.get("State").and_then(Json::as_i64),
            default_reason: option.get("DefaultStatus").and_then(Json::as_i64),
        })
        .collect()
}
