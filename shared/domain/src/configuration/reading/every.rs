//! Every mistake of a file at once: what does not fit is noted, stood in for, and the rest is read.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use super::super::{CaseRule, Configuration, Connection, StandardConnection, Threshold, checking};
use super::Mistake;
use super::shape::{Misfit, Step, What};
use super::tree::{Entry, Node, Place, Value};
use crate::names::ConnectionName;

/// So many mistakes of one part are told at most; a file with more is not meant to be one of ours.
const MOST: usize = 200;

/// Every mistake of a document, in no order.
pub(super) fn mistakes(document: &Node) -> Vec<Mistake> {
    let mut reading = Reading::default();
    let mut root = document.clone();
    let connections = taken(&mut root, "connections", |v| matches!(v, Value::Map(_)));
    let rules = taken(&mut root, "case_rules", |v| matches!(v, Value::List(_)));
    let thresholds = taken(&mut root, "reopen", |v| matches!(v, Value::List(_)));
    // The parts are read one by one below; here it is the keys beside them that matter.
    let whole: Option<Configuration> = reading.read(&mut root, "");
    let connections = reading.connections(connections);
    let rules: Option<Vec<CaseRule>> = reading.items(rules, "case_rules");
    let thresholds: Option<Vec<Threshold>> = reading.items(thresholds, "reopen");
    if let (Some(whole), Some(case_rules), Some(reopen)) = (whole, rules, thresholds) {
        let configuration = Configuration {
            connections,
            case_rules,
            reopen,
            ..whole
        };
        reading.check(&configuration, document);
    }
    reading.found
}

/// Takes a part of the expected kind out of the document; a stand-in stays.
fn taken(root: &mut Node, key: &str, fits: fn(&Value) -> bool) -> Option<Node> {
    let part = root.get_mut(key).filter(|node| fits(&node.value))?;
    let place = part.place;
    let stand_in = Node {
        place,
        value: Value::StandIn,
    };
    Some(std::mem::replace(part, stand_in))
}

#[derive(Default)]
struct Reading {
    found: Vec<Mistake>,
    /// Paths of what was missing or wrong: nothing more is said of these.
    stood_in: BTreeSet<String>,
    /// Whether some connection is of no known kind.
    kind_unknown: bool,
}

impl Reading {
    fn tell(&mut self, place: Place, path: &str, problem: String) {
        self.found.push(Mistake {
            line: place.line,
            column: place.column,
            path: path.to_owned(),
            problem,
        });
    }

    /// Reads a part, noting each thing that does not fit. `None` when what is left has no such shape.
    fn read<T: DeserializeOwned>(&mut self, node: &mut Node, path: &str) -> Option<T> {
        for _ in 0..MOST {
            match T::deserialize(&*node) {
                Ok(read) => return Some(read),
                Err(misfit) => {
                    if !self.mend(node, path, misfit) {
                        return None;
                    }
                }
            }
        }
        None
    }

    /// Notes what does not fit and mends it. `false` when that is not possible.
    fn mend(&mut self, node: &mut Node, path: &str, misfit: Misfit) -> bool {
        let text = misfit.text();
        let mut steps = misfit.steps;
        let key = match misfit.what {
            What::Key(_) => {
                // The key's own step is the last of the way, which stands first.
                let Some(Step::Key(key)) = (!steps.is_empty()).then(|| steps.remove(0)) else {
                    return false;
                };
                Some(key)
            }
            _ => None,
        };
        let mut at = node;
        let mut path = path.to_owned();
        for step in steps.iter().rev() {
            let next = match (step, &mut at.value) {
                (Step::Item(index), Value::List(items)) => items.get_mut(*index),
                (Step::Key(key), Value::Map(entries)) => entries
                    .iter_mut()
                    .find(|entry| entry.key == *key)
                    .map(|entry| &mut entry.node),
                _ => None,
            };
            let Some(next) = next else { return false };
            at = next;
            path = match step {
                Step::Item(index) => format!("{path}[{index}]"),
                Step::Key(key) => below(&path, key),
            };
        }
        match (misfit.what, key) {
            (What::Missing(field), _) => self.stand_in_for(at, &path, field, text),
            (_, Some(key)) => {
                let Value::Map(entries) = &mut at.value else {
                    return false;
                };
                let Some(index) = entries.iter().position(|entry| entry.key == key) else {
                    return false;
                };
                let entry = entries.remove(index);
                self.tell(entry.place, &below(&path, &key), text);
                true
            }
            _ if matches!(at.value, Value::StandIn) => false,
            _ => {
                self.tell(at.place, &path, text);
                self.stood_in.insert(path);
                at.value = Value::StandIn;
                true
            }
        }
    }

    fn stand_in_for(&mut self, at: &mut Node, path: &str, field: &str, text: String) -> bool {
        let place = at.place;
        let stand_in = Entry {
            key: field.to_owned(),
            place,
            node: Node {
                place,
                value: Value::StandIn,
            },
        };
        match &mut at.value {
            // What stands in for the whole has been told of already.
            Value::StandIn => at.value = Value::Map(vec![stand_in]),
            Value::Map(entries) if entries.iter().all(|entry| entry.key != field) => {
                entries.push(stand_in);
                let known = self.stood_in.iter().any(|wrong| within(path, wrong));
                if !known {
                    self.tell(place, path, text);
                }
            }
            _ => return false,
        }
        self.stood_in.insert(below(path, field));
        true
    }

    fn items<T: DeserializeOwned>(&mut self, list: Option<Node>, path: &str) -> Option<Vec<T>> {
        let Some(Value::List(items)) = list.map(|node| node.value) else {
            return Some(Vec::new());
        };
        let read = items
            .into_iter()
            .enumerate()
            .map(|(at, mut node)| self.read(&mut node, &format!("{path}[{at}]")));
        // Every item is read before one that cannot be ends it, so that all are told of.
        let read: Vec<Option<T>> = read.collect();
        read.into_iter().collect()
    }

    fn connections(&mut self, map: Option<Node>) -> BTreeMap<ConnectionName, Connection> {
        let Some(Value::Map(entries)) = map.map(|node| node.value) else {
            // Nothing can be said of what rules need while the connections are missing.
            self.kind_unknown = true;
            return BTreeMap::new();
        };
        let mut read = BTreeMap::new();
        for mut entry in entries {
            let path = below("connections", &entry.key);
            let connection = self.connection(&mut entry.node, &path);
            self.kind_unknown |= connection.is_none();
            // Of what could not be read nothing more is said; of this it has nothing to say.
            let connection = connection.unwrap_or_else(|| {
                self.stood_in.insert(path.clone());
                Connection::Standard(StandardConnection {
                    secret: path.clone(),
                })
            });
            match ConnectionName::parse(entry.key) {
                Ok(name) => {
                    read.insert(name, connection);
                }
                Err(error) => {
                    self.kind_unknown = true;
                    self.tell(entry.place, &path, error.to_string());
                }
            }
        }
        read
    }

    /// Reads a connection by its kind, which says what else it has.
    fn connection(&mut self, node: &mut Node, path: &str) -> Option<Connection> {
        let Value::Map(entries) = &mut node.value else {
            let problem = "expected a mapping with kind, secret and what the kind needs";
            self.tell(node.place, path, problem.to_owned());
            return None;
        };
        let Some(at) = entries.iter().position(|entry| entry.key == "kind") else {
            let problem = "`kind` is missing: wxm, standard or dynamics";
            self.tell(node.place, path, problem.to_owned());
            return None;
        };
        let kind = entries.remove(at);
        let written = match &kind.node.value {
            Value::Text(text) => text.clone(),
            _ => String::new(),
        };
        match written.as_str() {
            "wxm" => self.read(node, path).map(Connection::Wxm),
            "standard" => self.read(node, path).map(Connection::Standard),
            "dynamics" => self.read(node, path).map(Connection::Dynamics),
            _ => {
                let problem = format!("{written:?} is not one of wxm, standard, dynamics");
                self.tell(kind.node.place, &below(path, "kind"), problem);
                None
            }
        }
    }

    /// Adds what must hold beyond the shape, except of what was stood in for.
    fn check(&mut self, configuration: &Configuration, document: &Node) {
        for problem in checking::check(configuration) {
            let path = problem.path;
            // How high a threshold can be depends on its metric.
            let metric = path
                .strip_suffix("below")
                .map(|rule| format!("{rule}metric"));
            let known = self.stood_in.iter().any(|wrong| within(&path, wrong))
                || metric.is_some_and(|metric| self.stood_in.contains(&metric))
                || (self.kind_unknown && path == "connections");
            if !known {
                self.tell(document.place_of(&path), &path, problem.text);
            }
        }
    }
}

/// The path of a key of what is at a path.
fn below(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// Whether a path is the other one or leads into it.
fn within(path: &str, other: &str) -> bool {
    path.strip_prefix(other)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
