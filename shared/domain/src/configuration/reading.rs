//! From the text of `cxloop.yaml` to a [`Configuration`], or to every mistake with its place.

mod every;
mod shape;
mod tree;

use std::fmt;

use super::{Configuration, checking};
use tree::{Node, Value};

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

/// Reads and checks the file.
///
/// # Errors
/// Every mistake, in the order of the file. Of a text that is no YAML, and of a key that is written twice, only the
/// first: what comes after it cannot be told apart.
pub fn read(text: &str) -> Result<Configuration, Vec<Mistake>> {
    if is_empty(text) {
        return Err(vec![at_the_start("the file is empty", EXPECTED)]);
    }
    let (shape, mistakes) = match serde_saphyr::from_str::<Configuration>(text) {
        Ok(configuration) if checking::check(&configuration).is_empty() => {
            return Ok(configuration);
        }
        Ok(_) => (None, document(text)),
        Err(error) => (Some(mistake_of(&error)), document(text)),
    };
    let mut mistakes = match mistakes {
        Ok(document) => every_mistake(&document),
        Err(mistake) => vec![mistake],
    };
    // What the parser refuses is refused, also where the document taken by itself is fine.
    if mistakes.is_empty() {
        mistakes.extend(shape);
    }
    mistakes.sort_by(|a, b| (a.line, a.column, &a.path).cmp(&(b.line, b.column, &b.path)));
    mistakes.dedup();
    Err(mistakes)
}

/// What a file is made of.
const EXPECTED: &str = "expected connections, the systems that are connected, with case_rules and reopen, what is done with responses";

fn every_mistake(document: &Node) -> Vec<Mistake> {
    match &document.value {
        Value::Map(_) => every::mistakes(document),
        Value::Null => vec![at_the_start("the file is empty", EXPECTED)],
        _ => vec![at_the_start("the file has no keys", EXPECTED)],
    }
}

fn document(text: &str) -> Result<Node, Mistake> {
    serde_saphyr::from_str(text).map_err(|error| mistake_of(&error))
}

/// Whether there is nothing but blank lines and comments.
fn is_empty(text: &str) -> bool {
    text.lines()
        .map(str::trim)
        .all(|line| line.is_empty() || line.starts_with('#'))
}

fn at_the_start(what: &str, expected: &str) -> Mistake {
    Mistake {
        line: 1,
        column: 1,
        path: String::new(),
        problem: format!("{what}: {expected}"),
    }
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
