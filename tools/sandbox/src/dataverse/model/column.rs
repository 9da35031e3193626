//! One column of a table: its names, its type and who may write it.

use super::TableId;

/// One column.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// The name with the capitals of its maker; navigation properties of columns made at run time carry it.
    pub(crate) schema: String,
    /// Name in answers and queries: `_x_value` for a lookup, else the column name.
    pub(crate) wire: String,
    /// What people see, in the organisation's base language.
    pub(crate) label: String,
    pub(crate) kind: Kind,
    /// A text column of several lines.
    pub(crate) memo: bool,
    /// The server refuses a row without it (SystemRequired).
    pub(crate) required: bool,
    /// Forms ask for it, the server does not (ApplicationRequired).
    pub(crate) recommended: bool,
    pub(crate) read_only: bool,
    /// Writable when the row is made and never again.
    pub(crate) create_only: bool,
    /// Takes values and never gives them back.
    pub(crate) write_only: bool,
    /// Searched often enough to be worth an index.
    pub(crate) indexed: bool,
    /// Made over the metadata endpoints.
    pub(crate) custom: bool,
}

/// What a column holds.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// The primary key.
    Id,
    /// Text of at most this many UTF-16 units.
    Text(usize),
    /// A whole number between both bounds.
    Whole(i64, i64),
    /// A whole number of 64 bits.
    Big,
    /// A decimal number or an amount of money, with at most `precision` digits after the point.
    Decimal {
        min: i64,
        max: i64,
        precision: u8,
        money: bool,
    },
    /// A floating number.
    Float {
        min: i64,
        max: i64,
    },
    /// Yes or no, with the labels of both and the value of a new row.
    Flag {
        labels: [String; 2],
        default: Option<bool>,
    },
    Time,
    Day,
    Guid,
    /// A choice, a state or a status reason.
    Choice {
        role: ChoiceRole,
        options: Vec<ChoiceOption>,
        default: Option<i64>,
    },
    /// Several values of a choice at once.
    Choices {
        options: Vec<ChoiceOption>,
    },
    Lookup(Vec<Target>),
    /// The row's version number.
    Version,
}

/// Which of the three kinds of choice a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChoiceRole {
    Plain,
    State,
    Status,
}

/// One value of a choice.
#[derive(Clone, Debug)]
pub(crate) struct ChoiceOption {
    pub(crate) value: i64,
    pub(crate) label: String,
    /// For a status reason: the state that it belongs to.
    pub(crate) state: Option<i64>,
    /// For a state: the status reason that it gets when none is given.
    pub(crate) default_reason: Option<i64>,
}

/// One table that a lookup may point to, and the navigation property for it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) navigation: String,
    pub(crate) table: TableId,
}

/// Lookups that every row of every table has and that nobody looks rows up by; an index over them would cost more than all
/// others together.
const NEVER_INDEXED: &[&str] = &[
    "createdby",
    "createdonbehalfby",
    "modifiedby",
    "modifiedonbehalfby",
    "owningbusinessunit",
    "owningteam",
    "owninguser",
    "transactioncurrencyid",
];

impl Column {
    /// A column with nothing said about it but its name and type.
    pub(crate) fn named(name: &str, kind: Kind) -> Self {
        let wire = if matches!(kind, Kind::Lookup(_)) {
            format!("_{name}_value")
        } else {
            name.to_owned()
        };
        Self {
            name: name.to_owned(),
            schema: name.to_owned(),
            wire,
            label: name.to_owned(),
            kind,
            memo: false,
            required: false,
            recommended: false,
            read_only: false,
            create_only: false,
            write_only: false,
            indexed: false,
            custom: false,
        }
    }

    /// True for columns whose values are kept in an index: lookups, and what the model file marks.
    pub(crate) fn has_index(&self) -> bool {
        self.indexed
            || matches!(self.kind, Kind::Lookup(_)) && !NEVER_INDEXED.contains(&self.name.as_str())
    }

    /// The name of the type in OData messages.
    pub(crate) fn edm_type(&self) -> &'static str {
        match self.kind {
            Kind::Id | Kind::Guid | Kind::Lookup(_) => "Edm.Guid",
            Kind::Text(_) | Kind::Choices { .. } => "Edm.String",
            Kind::Whole(..) | Kind::Choice { .. } => "Edm.Int32",
            Kind::Version | Kind::Big => "Edm.Int64",
            Kind::Decimal { .. } => "Edm.Decimal",
            Kind::Float { .. } => "Edm.Double",
            Kind::Flag { .. } => "Edm.Boolean",
            Kind::Time => "Edm.DateTimeOffset",
            Kind::Day => "Edm.Date",
        }
    }
}
