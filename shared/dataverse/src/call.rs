//! Actions and functions of the service, which are not rows.

use serde_json::Value;

use crate::{
    key::Key,
    literal::{Literal, encode},
    row::Row,
};

/// The namespace that bound operations are written with and unbound ones must not have.
const NAMESPACE: &str = "Microsoft.Dynamics.CRM";

/// An action, which may change something, and its parameters.
///
/// Source: Microsoft Learn, "Use Web API actions".
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub(crate) path: String,
    pub(crate) parameters: Row,
}

impl Call {
    /// An unbound action, such as `CloseIncident`.
    #[must_use]
    pub fn unbound(action: &str, parameters: Row) -> Self {
        Self {
            path: action.to_owned(),
            parameters,
        }
    }

    /// An action bound to a row, such as `AddToQueue` of a queue; its name is given without the
    /// `Microsoft.Dynamics.CRM` that bound actions are written with.
    #[must_use]
    pub fn bound(set: &str, key: impl Into<Key>, action: &str, parameters: Row) -> Self {
        Self {
            path: format!("{set}({})/{NAMESPACE}.{action}", key.into()),
            parameters,
        }
    }

    /// An action bound to a whole set, such as `CreateMultiple`.
    #[must_use]
    pub fn bound_to_set(set: &str, action: &str, parameters: Row) -> Self {
        Self {
            path: format!("{set}/{NAMESPACE}.{action}"),
            parameters,
        }
    }
}

/// A function, which only reads, and its parameters.
///
/// Parameters travel as aliases (`Name(A=@p1)?@p1=…`), so that no value can break out of its place.
///
/// Source: Microsoft Learn, "Use Web API functions".
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    name: String,
    parameters: Vec<(String, String)>,
}

impl Function {
    /// An unbound function, such as `WhoAmI`.
    #[must_use]
    pub fn unbound(name: &str) -> Self {
        Self::named(name.to_owned())
    }

    /// A function bound to a row; its name is given without the namespace.
    #[must_use]
    pub fn bound(set: &str, key: impl Into<Key>, name: &str) -> Self {
        Self::named(format!("{set}({})/{NAMESPACE}.{name}", key.into()))
    }

    /// A function bound to a whole set.
    #[must_use]
    pub fn bound_to_set(set: &str, name: &str) -> Self {
        Self::named(format!("{set}/{NAMESPACE}.{name}"))
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, parameter: &str, value: impl Into<Literal>) -> Self {
        let value = value.into().to_string();
        self.parameters.push((parameter.to_owned(), value));
        self
    }

    /// Adds a parameter that is a list, or a row given as `{"@odata.id":"accounts(…)"}`.
    #[must_use]
    pub fn with_json(mut self, parameter: &str, value: &Value) -> Self {
        self.parameters
            .push((parameter.to_owned(), value.to_string()));
        self
    }

    fn named(name: String) -> Self {
        Self {
            name,
            parameters: Vec::new(),
        }
    }

    pub(crate) fn path(&self) -> String {
        if self.parameters.is_empty() {
            return self.name.clone();
        }
        let aliases: Vec<String> = self
            .parameters
            .iter()
            .enumerate()
            .map(|(place, (name, _))| format!("{name}=@p{}", place + 1))
            .collect();
        format!("{}({})", self.name, aliases.join(","))
    }

    pub(crate) fn query(&self) -> String {
        let values: Vec<String> = self
            .parameters
            .iter()
            .enumerate()
            .map(|(place, (_, value))| format!("@p{}={}", place + 1, encode(value)))
            .collect();
        values.join("&")
    }
}
