//! Columns to be made.

use serde_json::{Value, json};

use super::{Label, label};

/// Whether a row needs a value in the column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Required {
    /// No.
    No,
    /// Forms ask for one; the Web API does not.
    Recommended,
    /// Forms insist on one; the Web API does not.
    ByForms,
}

/// A column to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    schema_name: String,
    name: Label,
    description: Option<Label>,
    required: Required,
    /// The type of the definition, and the properties that belong to this type alone.
    definition: &'static str,
    properties: Value,
}

impl Column {
    /// One line of text, `length` 1 to 4,000 characters.
    #[must_use]
    pub fn text(schema_name: &str, name: Label, length: u32) -> Self {
        Self::of(
            schema_name,
            name,
            "StringAttributeMetadata",
            json!({"MaxLength": length, "FormatName": {"Value": "Text"}}),
        )
    }

    /// Several lines of text, `length` up to 1,048,576 characters.
    #[must_use]
    pub fn lines(schema_name: &str, name: Label, length: u32) -> Self {
        Self::of(
            schema_name,
            name,
            "MemoAttributeMetadata",
            json!({"MaxLength": length, "Format": "TextArea"}),
        )
    }

    /// A whole number within bounds.
    #[must_use]
    pub fn whole(schema_name: &str, name: Label, least: i32, most: i32) -> Self {
        Self::of(
            schema_name,
            name,
            "IntegerAttributeMetadata",
            json!({"MinValue": least, "MaxValue": most, "Format": "None"}),
        )
    }

    /// A decimal number with `places` digits after the point, 0 to 10, within whole bounds.
    #[must_use]
    pub fn decimal(schema_name: &str, name: Label, places: u8, least: i64, most: i64) -> Self {
        Self::of(
            schema_name,
            name,
            "DecimalAttributeMetadata",
            json!({"Precision": places, "MinValue": least, "MaxValue": most}),
        )
    }

    /// A moment, shown in each user's zone and stored in UTC.
    #[must_use]
    pub fn moment(schema_name: &str, name: Label) -> Self {
        Self::of(
            schema_name,
            name,
            "DateTimeAttributeMetadata",
            json!({"Format": "DateAndTime", "DateTimeBehavior": {"Value": "UserLocal"}}),
        )
    }

    /// Yes or no, with the words for both; no unless said otherwise.
    #[must_use]
    pub fn yes_no(schema_name: &str, name: Label, yes: &Label, no: &Label) -> Self {
        let options = json!({
            "@odata.type": "Microsoft.Dynamics.CRM.BooleanOptionSetMetadata",
            "OptionSetType": "Boolean",
            "TrueOption": {"Value": 1, "Label": label(yes)},
            "FalseOption": {"Value": 0, "Label": label(no)},
        });
        Self::of(
            schema_name,
            name,
            "BooleanAttributeMetadata",
            json!({"DefaultValue": false, "OptionSet": options}),
        )
    }

    /// One of several choices, which belong to this column alone; each has a number and a label.
    #[must_use]
    pub fn choice(schema_name: &str, name: Label, choices: &[(i32, Label)]) -> Self {
        let options: Vec<Value> = choices
            .iter()
            .map(|(value, text)| json!({"Value": value, "Label": label(text)}))
            .collect();
        let options = json!({
            "@odata.type": "Microsoft.Dynamics.CRM.OptionSetMetadata",
            "OptionSetType": "Picklist",
            "IsGlobal": false,
            "Options": options,
        });
        Self::of(
            schema_name,
            name,
            "PicklistAttributeMetadata",
            json!({"OptionSet": options}),
        )
    }

    /// Says what the column is for.
    #[must_use]
    pub fn described(mut self, description: Label) -> Self {
        self.description = Some(description);
        self
    }

    /// Says whether a value is needed; it is not otherwise.
    #[must_use]
    pub fn required(mut self, required: Required) -> Self {
        self.required = required;
        self
    }

    /// The name in addresses and rows: the schema name in small letters.
    #[must_use]
    pub fn logical_name(&self) -> String {
        self.schema_name.to_ascii_lowercase()
    }

    fn of(schema_name: &str, name: Label, definition: &'static str, properties: Value) -> Self {
        Self {
            schema_name: schema_name.to_owned(),
            name,
            description: None,
            required: Required::No,
            definition,
            properties,
        }
    }

    pub(super) fn to_json(&self) -> Value {
        let required = match self.required {
            Required::No => "None",
            Required::Recommended => "Recommended",
            Required::ByForms => "ApplicationRequired",
        };
        let mut column = json!({
            "@odata.type": format!("Microsoft.Dynamics.CRM.{}", self.definition),
            "SchemaName": self.schema_name,
            "DisplayName": label(&self.name),
            "RequiredLevel": {"Value": required},
        });
        if let Some(description) = &self.description {
            column["Description"] = label(description);
        }
        if let (Value::Object(column), Value::Object(own)) = (&mut column, &self.properties) {
            column.extend(
                own.iter()
                    .map(|(name, value)| (name.clone(), value.clone())),
            );
        }
        column
    }
}
