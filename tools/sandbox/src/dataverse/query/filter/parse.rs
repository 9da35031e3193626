//! Reading a `$filter`: `or` binds weaker than `and`, `and` weaker than `not`.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::super::super::address;
use super::super::super::decimal::Decimal;
use super::super::super::model::{Column, Kind, Model, TableId};
use super::super::super::refusal::Refusal;
use super::super::super::value::Value;
use super::super::path::Path;
use super::like::Pattern;
use super::words::{Word, split};
use super::{Comparison, Filter, Operand};

/// Nesting beyond this is refused, so that no text can exhaust the stack.
const DEEPEST: usize = 100;

/// More conditions than this are refused too: each lies one level deeper in the tree.
const MOST_CONDITIONS: usize = 500;

/// Reads a filter over `table`; `aliases` holds the values of `@p1` and the like.
pub(crate) fn read(
    model: &Model,
    table: TableId,
    text: &str,
    aliases: &HashMap<String, String>,
) -> Result<Filter, Refusal> {
    let mut reader = Reader {
        model,
        table,
        text,
        aliases,
        words: split(text)?,
        at: 0,
        depth: 0,
        conditions: 0,
    };
    let filter = reader.any()?;
    match reader.words.get(reader.at) {
        None => Ok(filter),
        Some(_) => Err(reader.syntax()),
    }
}

struct Reader<'a> {
    model: &'a Model,
    table: TableId,
    text: &'a str,
    aliases: &'a HashMap<String, String>,
    words: Vec<Word>,
    at: usize,
    depth: usize,
    conditions: usize,
}

impl Reader<'_> {
    fn syntax(&self) -> Refusal {
        Refusal::bad_query(format!(
            "Syntax error at position {} in '{}'.",
            self.at, self.text
        ))
    }

    fn next(&mut self) -> Result<Word, Refusal> {
        let word = self
            .words
            .get(self.at)
            .cloned()
            .ok_or_else(|| self.syntax())?;
        self.at += 1;
        Ok(word)
    }

    fn takes(&mut self, bare: &str) -> bool {
        let found = matches!(self.words.get(self.at), Some(Word::Bare(word)) if word == bare);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, word: &Word) -> Result<(), Refusal> {
        if self.words.get(self.at) == Some(word) {
            self.at += 1;
            return Ok(());
        }
        Err(self.syntax())
    }

    fn any(&mut self) -> Result<Filter, Refusal> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Refusal::bad_query("The filter is nested too deeply."));
        }
        let mut filter = self.all()?;
        while self.takes("or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.all()?));
        }
        self.depth -= 1;
        Ok(filter)
    }

    fn all(&mut self) -> Result<Filter, Refusal> {
        let mut filter = self.one()?;
        while self.takes("and") {
            filter = Filter::And(Box::new(filter), Box::new(self.one()?));
        }
        Ok(filter)
    }

    fn one(&mut self) -> Result<Filter, Refusal> {
        self.conditions += 1;
        if self.conditions > MOST_CONDITIONS {
            return Err(Refusal::bad_query(format!(
                "The filter has more than {MOST_CONDITIONS} conditions."
            )));
        }
        if self.takes("not") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(Refusal::bad_query("The filter is nested too deeply."));
            }
            let inner = self.one()?;
            self.depth -= 1;
            return Ok(Filter::Not(Box::new(inner)));
        }
        match self.next()? {
            Word::Open => {
                let filter = self.any()?;
                self.expect(&Word::Close)?;
                Ok(filter)
            }
            Word::Bare(name) if self.words.get(self.at) == Some(&Word::Open) => self.call(&name),
            Word::Bare(name) => self.comparison(&name),
            _ => Err(self.syntax()),
        }
    }

    fn call(&mut self, name: &str) -> Result<Filter, Refusal> {
        let (before, after) = match name {
            "contains" => (true, true),
            "startswith" => (false, true),
            "endswith" => (true, false),
            other if other.starts_with("Microsoft.Dynamics.CRM.") || other.contains('/') => {
                return Err(Refusal::not_implemented(&format!(
                    "The filter function '{other}'"
                )));
            }
            other => {
                return Err(Refusal::bad_query(format!(
                    "An unknown function with name '{other}' was found."
                )));
            }
        };
        self.expect(&Word::Open)?;
        let Word::Bare(path) = self.next()? else {
            return Err(self.syntax());
        };
        let path = Path::read(self.model, self.table, &path)?;
        if !matches!(path.describe(self.model).kind, Kind::Text(_)) {
            return Err(Refusal::bad_query(format!(
                "No function signature for the function with name '{name}' matches the specified arguments."
            )));
        }
        self.expect(&Word::Comma)?;
        let Word::Text(value) = self.resolved()? else {
            return Err(self.syntax());
        };
        self.expect(&Word::Close)?;
        let filter = Filter::Like(path, Pattern::read(before, &value, after));
        // Some clients write the function's result out: `contains(…) eq true`.
        if self.takes("eq") {
            return match self.next()? {
                Word::Bare(flag) if flag == "true" => Ok(filter),
                Word::Bare(flag) if flag == "false" => Ok(Filter::Not(Box::new(filter))),
                _ => Err(self.syntax()),
            };
        }
        Ok(filter)
    }

    fn comparison(&mut self, name: &str) -> Result<Filter, Refusal> {
        if name == "true" || name == "false" {
            return Ok(Filter::Constant(name == "true"));
        }
        let path = Path::read(self.model, self.table, name)?;
        let Word::Bare(operator) = self.next()? else {
            return Err(self.syntax());
        };
        let comparison = match operator.as_str() {
            "eq" => Comparison::Equal,
            "ne" => Comparison::NotEqual,
            "gt" => Comparison::Greater,
            "ge" => Comparison::GreaterOrEqual,
            "lt" => Comparison::Less,
            "le" => Comparison::LessOrEqual,
            _ => return Err(self.syntax()),
        };
        let column = path.describe(self.model);
        let operand = match self.resolved()? {
            Word::Text(text) => Operand::Value(quoted(column, &text)?),
            Word::Bare(word) => match bare(column, &word)? {
                Some(value) => Operand::Value(value),
                None => Operand::Column(self.other_column(column, &word)?),
            },
            _ => return Err(self.syntax()),
        };
        Ok(Filter::Compare(path, comparison, operand))
    }

    fn other_column(&self, column: &Column, name: &str) -> Result<Path, Refusal> {
        let other = Path::read(self.model, self.table, name)?;
        let described = other.describe(self.model);
        if described.edm_type() != column.edm_type() {
            return Err(incompatible(column, described.edm_type()));
        }
        Ok(other)
    }

    /// The next word, or the value of the alias that it names.
    fn resolved(&mut self) -> Result<Word, Refusal> {
        let word = self.next()?;
        let Word::Bare(name) = &word else {
            return Ok(word);
        };
        if !name.starts_with('@') {
            return Ok(word);
        }
        let value = self.aliases.get(name).ok_or_else(|| {
            Refusal::bad_query(format!("The parameter alias '{name}' has no value."))
        })?;
        match &split(value)?[..] {
            [only] => Ok(only.clone()),
            _ => Err(self.syntax()),
        }
    }
}

fn incompatible(column: &Column, other: &str) -> Refusal {
    Refusal::bad_query(format!(
        "A binary operator with incompatible types was detected. Found operand types '{}' and '{other}' for operator kind 'Equal'.",
        column.edm_type()
    ))
}

/// A quoted literal: text, or a GUID, which some callers quote.
fn quoted(column: &Column, text: &str) -> Result<Value, Refusal> {
    match column.kind {
        Kind::Text(_) => Ok(Value::text(text)),
        Kind::Id | Kind::Guid | Kind::Lookup(_) => address::key(text)
            .map(Value::Guid)
            .ok_or_else(|| incompatible(column, "Edm.String")),
        _ => Err(incompatible(column, "Edm.String")),
    }
}

/// A literal without quotes; `None` when the word must be another column.
fn bare(column: &Column, word: &str) -> Result<Option<Value>, Refusal> {
    if word == "null" {
        return Ok(Some(Value::Null));
    }
    let value = if word == "true" || word == "false" {
        Value::Flag(word == "true")
    } else if let Ok(number) = word.parse::<i64>() {
        Value::Whole(number)
    } else if let Some(number) = Decimal::parse(word) {
        Value::Decimal(number)
    } else if let Some(id) = address::key(word) {
        Value::Guid(id)
    } else if let Ok(at) = word.parse::<Timestamp>() {
        Value::Time(at)
    } else if let Ok(day) = word.parse::<Date>() {
        Value::Day(day)
    } else {
        return Ok(None);
    };
    let value = match (value, &column.kind) {
        // A date stands for its first moment when it is held against a time.
        (Value::Day(day), Kind::Time) => Value::Time(
            day.to_zoned(jiff::tz::TimeZone::UTC)
                .map_err(|_| incompatible(column, "Edm.Date"))?
                .timestamp(),
        ),
        (Value::Whole(number), Kind::Decimal { .. }) => Value::Decimal(Decimal::from(number)),
        (Value::Whole(number), Kind::Float { .. }) => Value::Float(number as f64),
        (Value::Decimal(number), Kind::Float { .. }) => Value::Float(number.approximate()),
        (value, _) => value,
    };
    let fits = matches!(
        (&value, &column.kind),
        (Value::Flag(_), Kind::Flag { .. })
            | (
                Value::Whole(_),
                Kind::Whole(..) | Kind::Choice { .. } | Kind::Version | Kind::Big
            )
            | (Value::Guid(_), Kind::Id | Kind::Guid | Kind::Lookup(_))
            | (Value::Decimal(_), Kind::Decimal { .. } | Kind::Whole(..))
            | (Value::Float(_), Kind::Float { .. })
            | (Value::Time(_), Kind::Time)
            | (Value::Day(_), Kind::Day)
    );
    let found = match value {
        Value::Flag(_) => "Edm.Boolean",
        Value::Whole(_) => "Edm.Int32",
        Value::Guid(_) => "Edm.Guid",
        Value::Time(_) => "Edm.DateTimeOffset",
        Value::Decimal(_) => "Edm.Decimal",
        Value::Float(_) => "Edm.Double",
        _ => "Edm.Date",
    };
    if fits {
        Ok(Some(value))
    } else {
        Err(incompatible(column, found))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn model() -> Model {
        Model::customer_service().unwrap()
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "([a-z_/ ]{0,8}|eq|and|not|or|contains|\\(|\\)|,|'|[0-9-]{1,8}|ñ|null| ){0,30}") {
            let model = model();
            let _ = read(&model, model.by_set("incidents").unwrap(), &text, &HashMap::new());
        }

        #[test]
        fn a_quoted_value_never_leaves_its_quotes(value in "\\PC{0,40}") {
            let model = model();
            let text = format!("title eq '{}'", value.replace('\'', "''"));
            let filter = read(&model, model.by_set("incidents").unwrap(), &text, &HashMap::new()).unwrap();
            prop_assert!(matches!(filter, Filter::Compare(_, Comparison::Equal, Operand::Value(Value::Text(read))) if *read == *value));
        }
    }

    #[test]
    fn and_binds_stronger_than_or_and_endless_filters_are_refused() {
        let model = model();
        let incidents = model.by_set("incidents").unwrap();
        let read = |text: &str| read(&model, incidents, text, &HashMap::new());
        assert!(
            matches!(read("statecode eq 0 or statecode eq 1 and merged eq true").unwrap(), Filter::Or(_, right) if matches!(*right, Filter::And(..)))
        );
        assert!(read(&"(".repeat(5000)).is_err());
        assert!(read(&vec!["true"; 5000].join(" and ")).is_err());
        assert!(read(&format!("{} true", "not ".repeat(5000))).is_err());
    }
}
