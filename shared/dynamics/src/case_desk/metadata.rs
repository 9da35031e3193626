//! What an organisation says of its tables: columns with their types, choices, lookups and keys.
//!
//! Source: Microsoft Learn, "Query table definitions using the Web API".

use cxloop_ports::Failure;
use serde_json::Value;

use super::DynamicsCaseDesk;
use crate::{Client, Error, Filter, Page, Query, Record};

/// A table of the organisation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableDefinition {
    /// Its logical name, such as `incident`.
    pub name: String,
    /// Its entity set, such as `incidents`.
    pub set: String,
    /// Its columns.
    pub columns: Vec<ColumnDefinition>,
    /// Its lookups to other tables; one that leads into several tables is there several times.
    pub lookups: Vec<LookupDefinition>,
    /// The columns of each of its alternate keys.
    pub keys: Vec<Vec<String>>,
}

/// A column of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnDefinition {
    /// Its logical name.
    pub name: String,
    /// Its type as the service names it: `String`, `Memo`, `Integer`, `Picklist`, `Lookup` …
    pub kind: String,
    /// Whether a row may be created with it.
    pub valid_for_create: bool,
    /// The column whose value it only shows in another form, such as that of the lookup whose name it is.
    pub part_of: Option<String>,
}

/// A lookup of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LookupDefinition {
    /// The column.
    pub column: String,
    /// The single-valued navigation property, in its exact spelling.
    pub navigation: String,
    /// The logical name of the table that it leads into.
    pub table: String,
}

/// One choice of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceDefinition {
    /// Its value.
    pub value: i64,
    /// What people see for it, in the language of the application user.
    pub label: String,
}

impl DynamicsCaseDesk {
    /// The definition of a table by its logical name, or `None` when there is no such table. Four requests.
    ///
    /// # Errors
    /// The failure of a request.
    pub async fn table(&self, name: &str) -> Result<Option<TableDefinition>, Failure> {
        self.table_where("LogicalName", name).await
    }

    /// The definition of a table by its entity set.
    ///
    /// # Errors
    /// The failure of a request.
    pub async fn table_of_set(&self, set: &str) -> Result<Option<TableDefinition>, Failure> {
        self.table_where("EntitySetName", set).await
    }

    /// The choices of a column, or `None` when it is no choice of the table.
    ///
    /// # Errors
    /// The failure of a request.
    pub async fn choices(
        &self,
        table: &str,
        column: &str,
    ) -> Result<Option<Vec<ChoiceDefinition>>, Failure> {
        choices(self, table, column).await
    }

    /// The choices of a column that has any: a choice, a state or the reason for one. `None` of other columns, of yes and no
    /// among them.
    ///
    /// # Errors
    /// The failure of a request.
    pub async fn choices_of(
        &self,
        table: &str,
        column: &ColumnDefinition,
    ) -> Result<Option<Vec<ChoiceDefinition>>, Failure> {
        match column.kind.as_str() {
            kind @ ("Picklist" | "State" | "Status") => {
                choices_of_kind(self, table, kind, &column.name).await
            }
            _ => Ok(None),
        }
    }

    /// The columns of a table that hold a day without a time of day. One request.
    ///
    /// Source: Microsoft Learn, "Behavior and format of the date and time column".
    ///
    /// # Errors
    /// The failure of a request.
    pub async fn day_columns(&self, table: &str) -> Result<Vec<String>, Failure> {
        let path = format!(
            "EntityDefinitions(LogicalName='{table}')/Attributes/Microsoft.Dynamics.CRM.DateTimeAttributeMetadata"
        );
        let query = Query::new().select(["LogicalName", "DateTimeBehavior"]);
        let client = self.client().await?;
        match all(&client, &path, &query).await {
            Ok(columns) => Ok(columns.iter().filter_map(day_column).collect()),
            Err(error) => Err(self.fail("read the kinds of date columns", &error).await),
        }
    }

    async fn table_where(&self, by: &str, value: &str) -> Result<Option<TableDefinition>, Failure> {
        let client = self.client().await?;
        match read(&client, by, value).await {
            Ok(table) => Ok(table),
            Err(error) => Err(self.fail("read what a table is made of", &error).await),
        }
    }
}

async fn read(client: &Client, by: &str, value: &str) -> Result<Option<TableDefinition>, Error> {
    let query = Query::new()
        .select(["LogicalName", "EntitySetName"])
        .filter(Filter::eq(by, value));
    let tables = client.list("EntityDefinitions", &query).await?;
    let mut tables = tables.rows.iter();
    let Some(table) = tables.find(|table| table.text(by) == Some(value)) else {
        return Ok(None);
    };
    let text = |record: &Record, column: &str| record.text(column).unwrap_or_default().to_owned();
    let name = text(table, "LogicalName");
    let below = |part: &str| format!("EntityDefinitions(LogicalName='{name}')/{part}");
    let columns = Query::new().select([
        "LogicalName",
        "AttributeType",
        "IsValidForCreate",
        "AttributeOf",
    ]);
    let columns = all(client, &below("Attributes"), &columns).await?;
    let lookups = Query::new().select([
        "ReferencingAttribute",
        "ReferencingEntityNavigationPropertyName",
        "ReferencedEntity",
    ]);
    let lookups = all(client, &below("ManyToOneRelationships"), &lookups).await?;
    let keys = Query::new().select(["KeyAttributes"]);
    let keys = all(client, &below("Keys"), &keys).await?;
    Ok(Some(TableDefinition {
        set: text(table, "EntitySetName"),
        columns: columns
            .iter()
            .map(|column| ColumnDefinition {
                name: text(column, "LogicalName"),
                kind: text(column, "AttributeType"),
                valid_for_create: column.boolean("IsValidForCreate").unwrap_or(true),
                part_of: column.text("AttributeOf").map(str::to_owned),
            })
            .collect(),
        lookups: lookups
            .iter()
            .map(|lookup| LookupDefinition {
                column: text(lookup, "ReferencingAttribute"),
                navigation: text(lookup, "ReferencingEntityNavigationPropertyName"),
                table: text(lookup, "ReferencedEntity"),
            })
            .collect(),
        keys: keys.iter().map(key_columns).collect(),
        name,
    }))
}

fn day_column(column: &Record) -> Option<String> {
    let behaviour = column.related("DateTimeBehavior")?;
    let is_day = behaviour.text("Value") == Some("DateOnly");
    column
        .text("LogicalName")
        .filter(|_| is_day)
        .map(str::to_owned)
}

fn key_columns(key: &Record) -> Vec<String> {
    let columns = key.value("KeyAttributes").and_then(Value::as_array);
    let names = columns.into_iter().flatten().filter_map(Value::as_str);
    names.map(str::to_owned).collect()
}

/// All pages; a table has some hundreds of columns at most.
async fn all(client: &Client, path: &str, query: &Query) -> Result<Vec<Record>, Error> {
    let mut page: Page = client.list(path, query).await?;
    let mut rows = std::mem::take(&mut page.rows);
    while let Some(next) = &page.next_link {
        page = client.next_page(next, query).await?;
        rows.append(&mut page.rows);
    }
    Ok(rows)
}

/// Asks for the choices of a column, its own or those of all tables in common.
pub(super) fn options_query(column: &str) -> Query {
    let options = || Query::new().select(["Options"]);
    Query::new()
        .select(["LogicalName"])
        .filter(Filter::eq("LogicalName", column))
        .expand("OptionSet", options())
        .expand("GlobalOptionSet", options())
}

/// The choices of a column of its own or of all tables in common.
pub(super) async fn choices(
    desk: &DynamicsCaseDesk,
    table: &str,
    column: &str,
) -> Result<Option<Vec<ChoiceDefinition>>, Failure> {
    choices_of_kind(desk, table, "Picklist", column).await
}

async fn choices_of_kind(
    desk: &DynamicsCaseDesk,
    table: &str,
    kind: &str,
    column: &str,
) -> Result<Option<Vec<ChoiceDefinition>>, Failure> {
    let path = format!(
        "EntityDefinitions(LogicalName='{table}')/Attributes/Microsoft.Dynamics.CRM.{kind}AttributeMetadata"
    );
    let client = desk.client().await?;
    match client.list(&path, &options_query(column)).await {
        Ok(page) => {
            let mut rows = page.rows.iter();
            let column = rows.find(|row| row.text("LogicalName") == Some(column));
            Ok(column.map(options_of))
        }
        Err(error) => Err(desk.fail("read the choices of a column", &error).await),
    }
}

fn options_of(column: &Record) -> Vec<ChoiceDefinition> {
    let sets = ["OptionSet", "GlobalOptionSet"];
    let options = sets
        .iter()
        .filter_map(|set| column.related(set))
        .flat_map(|set| set.related_rows("Options"));
    let mut read: Vec<ChoiceDefinition> = options
        .filter_map(|option| {
            let label = option.related("Label")?.related("UserLocalizedLabel")?;
            Some(ChoiceDefinition {
                value: option.whole("Value")?,
                label: label.text("Label")?.to_owned(),
            })
        })
        .collect();
    read.sort_by_key(|choice| choice.value);
    read.dedup();
    read
}
