//! From the text of `cxloop.yaml` to a [`Configuration`], or to every mistake with its place.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::{Configuration, checking};

/// Something wrong in the file: where, what, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
    /// The place in the document, such as `case_rules[0].when`. Empty where the text is no YAML.
    pub path: String,
    /// What is wrong and what was expected.
    pub problem: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.problem)
    }
}

/// Reads and checks the file. On failure every mistake that could be found at once, in the order of the file.
pub fn read(text: &str) -> Result<Configuration, Vec<Mistake>> {
    let configuration: Configuration =
        serde_saphyr::from_str(text).map_err(|error| vec![mistake_of(&error)])?;
    let problems = checking::check(&configuration);
    if problems.is_empty() {
        return Ok(configuration);
    }
    let places: Spanned<Node> =
        serde_saphyr::from_str(text).map_err(|error| vec![mistake_of(&error)])?;
    let mut mistakes: Vec<Mistake> = problems
        .into_iter()
        .map(|problem| {
            let (line, column) = place(&places, &problem.path);
            Mistake {
                line,
                column,
                path: problem.path,
                problem: problem.text,
            }
        })
        .collect();
    mistakes.sort_by_key(|m| (m.line, m.column));
    Err(mistakes)
}

fn mistake_of(error: &serde_saphyr::Error) -> Mistake {
    let (line, column) = error
        .location()
        .map_or((1, 1), |l| (l.line().max(1), l.column().max(1)));
    // The first line says what is wrong; the rest repeats the place, which the mistake carries itself.
    let text = error.without_snippet().to_string();
    let first = text.lines().next().unwrap_or_default();
    let problem = first.split(" at line ").next().unwrap_or(first).to_owned();
    Mistake {
        line,
        column,
        path: String::new(),
        problem,
    }
}

/// The document with the place of each value.
enum Node {
    Scalar,
    List(Vec<Spanned<Node>>),
    Map(Vec<(String, Spanned<Node>)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Node;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a YAML value")
            }
            fn visit_bool<E: de::Error>(self, _: bool) -> Result<Node, E> {
                Ok(Node::Scalar)
            }
            fn visit_i64<E: de::Error>(self, _: i64) -> Result<Node, E> {
                Ok(Node::Scalar)
            }
            fn visit_u64<E: de::Error>(self, _: u64) -> Result<Node, E> {
                Ok(Node::Scalar)
            }
            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Node, E> {
                Ok(Node::Scalar)
            }
            fn visit_str<E: de::Error>(self, _: &str) -> Result<Node, E> {
                Ok(Node::Scalar)
            }
            fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
                Ok(Node::Scalar)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(Node::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
                let mut map = Vec::new();
                while let Some(entry) = entries.next_entry()? {
                    map.push(entry);
                }
                Ok(Node::Map(map))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// The line and column of the value at a path, or of its nearest parent that stands in the file.
fn place(root: &Spanned<Node>, path: &str) -> (u64, u64) {
    let mut at = root;
    for part in path.split(['.', '[']).filter(|p| !p.is_empty()) {
        let next = match (&at.value, part.strip_suffix(']')) {
            (Node::List(items), Some(index)) => {
                index.parse::<usize>().ok().and_then(|i| items.get(i))
            }
            (Node::Map(entries), None) => {
                entries.iter().find(|(key, _)| key == part).map(|(_, v)| v)
            }
            _ => None,
        };
        match next {
            Some(found) => at = found,
            None => break,
        }
    }
    (at.referenced.line().max(1), at.referenced.column().max(1))
}
