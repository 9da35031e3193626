//! Columns of a case that a rule fills in.

use std::fmt;

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::names::ColumnName;

/// What a column is filled with: a template for a text, or a mapping of the column's type to a template. A template that
/// gives nothing leaves the column out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ColumnTemplate {
    /// A text.
    Plain(String),
    /// Anything else.
    Typed(TypedColumn),
}

/// A column of a type, with its template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TypedColumn {
    /// A text.
    Text(String),
    /// A whole number.
    Whole(String),
    /// A number with a fraction.
    Decimal(String),
    /// `true`, `yes` or `1`; `false`, `no` or `0`.
    YesNo(String),
    /// A moment such as `2026-11-22T10:00:00Z`.
    Moment(String),
    /// A day such as `2026-11-22`; of a moment its day in UTC.
    Day(String),
    /// A choice by its value or its label.
    Choice(String),
    /// A row of another table.
    Lookup(LookupTemplate),
}

/// The row that a lookup is pointed at: by its id, or by an alternate key of one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LookupTemplate {
    /// The entity set of the row, such as `accounts`.
    pub to: ColumnName,
    /// The row's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The column of an alternate key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<ColumnName>,
    /// The value of that key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The single-valued navigation property, where it is not spelled as the column: of a company's own lookups it is
    /// the column's schema name, such as `new_Shop` of `new_shop`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub navigation: Option<ColumnName>,
}

impl ColumnTemplate {
    /// The column with its type.
    pub fn typed(&self) -> TypedColumn {
        match self {
            Self::Plain(template) => TypedColumn::Text(template.clone()),
            Self::Typed(typed) => typed.clone(),
        }
    }

    /// Its templates, each with its path below the column.
    pub fn templates(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let typed = match self {
            Self::Plain(template) => return vec![("", template.as_str())].into_iter(),
            Self::Typed(typed) => typed,
        };
        let all = match typed {
            TypedColumn::Text(template) => vec![(".text", template.as_str())],
            TypedColumn::Whole(template) => vec![(".whole", template.as_str())],
            TypedColumn::Decimal(template) => vec![(".decimal", template.as_str())],
            TypedColumn::YesNo(template) => vec![(".yes_no", template.as_str())],
            TypedColumn::Moment(template) => vec![(".moment", template.as_str())],
            TypedColumn::Day(template) => vec![(".day", template.as_str())],
            TypedColumn::Choice(template) => vec![(".choice", template.as_str())],
            TypedColumn::Lookup(lookup) => {
                let id = lookup.id.as_deref().map(|id| (".lookup.id", id));
                let value = lookup.value.as_deref().map(|v| (".lookup.value", v));
                id.into_iter().chain(value).collect()
            }
        };
        all.into_iter()
    }
}

/// Not by trial and error, so that a mistake inside the mapping is told where it stands.
impl<'de> Deserialize<'de> for ColumnTemplate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = ColumnTemplate;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a template, or a mapping of text, whole, decimal, yes_no, moment, day, choice or lookup to one",
                )
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<ColumnTemplate, E> {
                Ok(ColumnTemplate::Plain(text.to_owned()))
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<ColumnTemplate, E> {
                self.visit_str(&value.to_string())
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<ColumnTemplate, E> {
                self.visit_str(&value.to_string())
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<ColumnTemplate, E> {
                self.visit_str(&value.to_string())
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<ColumnTemplate, E> {
                self.visit_str(&value.to_string())
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ColumnTemplate, A::Error> {
                TypedColumn::deserialize(MapAccessDeserializer::new(map)).map(ColumnTemplate::Typed)
            }
        }
        deserializer.deserialize_any(Either)
    }
}
