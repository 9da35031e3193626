//! The person who is asked.

use serde::Serialize;
use uuid::Uuid;

use super::row::SeenRow;
use crate::configuration::{Channel, PersonPath};
use crate::names::ColumnName;
use crate::record_changed::Record;
use crate::texts;

/// A person, as the CRM has them now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// Their row; of an account its primary contact. `None` for a person whose addresses stand in the row that changed.
    pub record: Option<Record>,
    /// Full name.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Mobile number, or another where there is none.
    pub phone: Option<String>,
    /// What their row forbids.
    pub do_not: DoNot,
    /// The account that they belong to.
    pub account: Option<Uuid>,
    /// Their time zone, as an IANA name.
    pub time_zone: Option<String>,
    /// Whether their row is inactive.
    pub is_inactive: bool,
}

/// The columns of a person's row that forbid to contact them.
/// Source: Microsoft Learn, table reference "Contact" (DoNotEmail, DoNotBulkEMail, DoNotPhone).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DoNot {
    /// `donotemail`.
    pub email: bool,
    /// `donotbulkemail`.
    pub bulk_email: bool,
    /// `donotphone`.
    pub phone: bool,
}

/// How the person of a row is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonAsked {
    /// In this row.
    Row(Record),
    /// They stand in the row that changed.
    Written(Person),
    /// Nobody.
    Nobody,
}

/// An address that can be written to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Address {
    /// An e-mail address.
    Email(String),
    /// A phone number in international form: `+` and 7 to 15 digits.
    Phone(String),
}

impl Address {
    /// The address itself.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Email(address) | Self::Phone(address) => address,
        }
    }

    /// By what it reaches the person.
    pub fn channel(&self) -> Channel {
        match self {
            Self::Email(_) => Channel::Email,
            Self::Phone(_) => Channel::Sms,
        }
    }
}

/// Where the person of a row is found.
pub fn person_of(path: &PersonPath, row: &SeenRow) -> PersonAsked {
    let lookup = |column: &str| {
        row.lookup(column)
            .map_or(PersonAsked::Nobody, PersonAsked::Row)
    };
    match path {
        PersonPath::Customer => lookup("_customerid_value"),
        PersonPath::PrimaryContact => lookup("_primarycontactid_value"),
        PersonPath::Owner => lookup("_ownerid_value"),
        PersonPath::Lookup(column) => lookup(column.as_str()),
        PersonPath::Itself => PersonAsked::Row(row.record.clone()),
        PersonPath::Written(written) => {
            let values = row.values();
            let filled = |template: &Option<String>| {
                let text = texts::fill(template.as_deref()?, &values).ok()?;
                Some(text.trim().to_owned()).filter(|text| !text.is_empty())
            };
            PersonAsked::Written(Person {
                name: filled(&written.name),
                email: filled(&written.email),
                phone: filled(&written.phone),
                ..Person::default()
            })
        }
    }
}

/// The tables in which people are looked for.
pub(super) const PEOPLE: [&str; 4] = ["contact", "account", "lead", "systemuser"];

impl PersonAsked {
    /// Whether people can be read from the table that it leads into.
    pub fn is_person(table: &ColumnName) -> bool {
        PEOPLE.contains(&table.as_str())
    }
}

/// A number in international form, without the signs that people put between digits and the `(0)` that is dialled only within
/// the country. `None` when it has no country.
/// Source: ITU-T E.164.
pub fn phone_number(written: &str) -> Option<String> {
    let plain: String = written
        .replace("(0)", "")
        .chars()
        .filter(|c| !c.is_whitespace() && !"-./()\u{a0}".contains(*c))
        .collect();
    let digits = plain
        .strip_prefix('+')
        .or_else(|| plain.strip_prefix("00"))?;
    let is_number = (7..=15).contains(&digits.len())
        && digits.bytes().all(|digit| digit.is_ascii_digit())
        && !digits.starts_with('0');
    is_number.then(|| format!("+{digits}"))
}
