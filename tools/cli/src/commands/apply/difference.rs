//! What differs between two configurations, in the words of the file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use cxloop_domain::configuration::Configuration;
use serde::Serialize;
use serde_json::{Value, json};

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    how: How,
    what: &'static str,
    name: String,
    /// The fields that differ, such as `case.queue`.
    fields: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Added,
    Changed,
    Removed,
    Reordered,
}

impl How {
    fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Reordered => "reordered",
        }
    }
}

impl Change {
    pub(super) fn to_json(&self) -> Value {
        json!({ "how": self.how.name(), "what": self.what, "name": self.name, "fields": self.fields })
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.how.name(), self.what)?;
        if !self.name.is_empty() {
            write!(f, " {}", self.name)?;
        }
        if !self.fields.is_empty() {
            write!(f, ": {}", self.fields.join(", "))?;
        }
        Ok(())
    }
}

/// Every difference, in the order of the file. Without a configuration before, everything is added.
pub(super) fn changes(before: Option<&Configuration>, after: &Configuration) -> Vec<Change> {
    let mut found = Vec::new();
    let connections = |c: &Configuration| {
        c.connections
            .iter()
            .map(|(name, one)| (name.to_string(), value(one)))
            .collect()
    };
    let rules = |c: &Configuration| {
        c.case_rules
            .iter()
            .map(|rule| (rule.name.to_string(), value(rule)))
            .collect()
    };
    let thresholds = |c: &Configuration| {
        c.reopen
            .iter()
            .map(|one| (one.name.to_string(), value(one)))
            .collect()
    };
    let was = |read: &dyn Fn(&Configuration) -> Vec<(String, Value)>| {
        before.map(read).unwrap_or_default()
    };
    compare(
        "connection",
        &was(&connections),
        &connections(after),
        &mut found,
    );
    if let Some(before) = before {
        let fields = differing(&value(&before.customers), &value(&after.customers));
        if !fields.is_empty() {
            found.push(Change {
                how: How::Changed,
                what: "customers",
                name: String::new(),
                fields,
            });
        }
    }
    compare("case rule", &was(&rules), &rules(after), &mut found);
    compare(
        "threshold",
        &was(&thresholds),
        &thresholds(after),
        &mut found,
    );
    let written_back = (
        before.and_then(|before| before.write_back.as_ref()),
        after.write_back.as_ref(),
    );
    let (how, fields) = match written_back {
        (None, Some(_)) => (How::Added, Vec::new()),
        (Some(_), None) => (How::Removed, Vec::new()),
        (Some(before), Some(after)) if before != after => {
            (How::Changed, differing(&value(before), &value(after)))
        }
        (None, None) | (Some(_), Some(_)) => return found,
    };
    found.push(Change {
        how,
        what: "write_back",
        name: String::new(),
        fields,
    });
    found
}

fn value<T: Serialize>(part: &T) -> Value {
    serde_json::to_value(part).expect("a configuration is plain data")
}

fn compare(
    what: &'static str,
    before: &[(String, Value)],
    after: &[(String, Value)],
    found: &mut Vec<Change>,
) {
    let old: BTreeMap<&str, &Value> = before
        .iter()
        .map(|(name, value)| (name.as_str(), value))
        .collect();
    let new: BTreeSet<&str> = after.iter().map(|(name, _)| name.as_str()).collect();
    let mut push = |how, name: &str, fields| {
        found.push(Change {
            how,
            what,
            name: name.to_owned(),
            fields,
        })
    };
    for (name, value) in after {
        match old.get(name.as_str()) {
            None => push(How::Added, name, Vec::new()),
            Some(old) if *old != value => push(How::Changed, name, differing(old, value)),
            Some(_) => {}
        }
    }
    for (name, _) in before
        .iter()
        .filter(|(name, _)| !new.contains(name.as_str()))
    {
        push(How::Removed, name, Vec::new());
    }
    // The first that matches wins, so that the order is part of what a file says.
    let stayed = |list: &'_ [(String, Value)]| -> Vec<String> {
        let both = list
            .iter()
            .map(|(name, _)| name)
            .filter(|name| old.contains_key(name.as_str()) && new.contains(name.as_str()));
        both.cloned().collect()
    };
    let order = stayed(after);
    if stayed(before) != order {
        push(How::Reordered, "", order);
    }
}

/// The paths at which two values differ, at most two levels deep: rules are no deeper.
fn differing(before: &Value, after: &Value) -> Vec<String> {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        return Vec::new();
    };
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut paths = Vec::new();
    for key in keys {
        match (old.get(key), new.get(key)) {
            (Some(old), Some(new)) if old == new => {}
            (Some(old @ Value::Object(_)), Some(new @ Value::Object(_))) => {
                paths.extend(
                    differing(old, new)
                        .into_iter()
                        .map(|inner| format!("{key}.{inner}")),
                );
            }
            _ => paths.push(key.clone()),
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use cxloop_testkit::samples;

    use super::*;

    fn told(before: Option<&Configuration>, after: &Configuration) -> Vec<String> {
        changes(before, after)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn the_first_configuration_is_all_new_and_an_equal_one_is_no_change() {
        let configuration = samples::configuration();
        let first = [
            "added connection dynamics",
            "added connection wxm",
            "added case rule detractor",
            "added threshold not-solved",
        ];
        assert_eq!(told(None, &configuration), first);
        assert_eq!(told(Some(&configuration), &configuration.clone()), [""; 0]);
    }

    #[test]
    fn a_changed_rule_names_its_changed_fields() {
        let before = samples::configuration();
        let mut after = before.clone();
        after.case_rules[0].case.queue = Some("Avarías".to_owned());
        after.case_rules[0].when = "nps <= 5".to_owned();
        after.customers.create = false;
        after.reopen.clear();
        assert_eq!(
            told(Some(&before), &after),
            [
                "changed customers: create",
                "changed case rule detractor: case.queue, when",
                "removed threshold not-solved"
            ]
        );
    }

    #[test]
    fn another_order_of_the_same_rules_is_a_change() {
        let mut before = samples::configuration();
        let mut second = before.case_rules[0].clone();
        second.name = "avaria".parse().unwrap();
        before.case_rules.push(second);
        let mut after = before.clone();
        after.case_rules.reverse();
        assert_eq!(
            told(Some(&before), &after),
            ["reordered case rule: avaria, detractor"]
        );
    }
}
