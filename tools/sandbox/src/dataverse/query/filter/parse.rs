//! Reading a `$filter`: `or` binds weaker than `and`, `and` weaker than `not`.

use std::collections::HashMap;

use super::super::super::model::{Collection, Column, Kind, TableId};
use super::super::super::refusal::Refusal;
use super::super::super::value::Value;
use super::super::path::Path;
use super::super::{Reading, related};
use super::like::Pattern;
use super::words::{Word, split};
use super::{Comparison, Filter, Operand, function, literal};

/// Nesting beyond this is refused, so that no text can exhaust the stack.
const DEEPEST: usize = 100;

/// More conditions than this are refused. Source: Microsoft Learn, "Filter rows using FetchXml" (condition limits).
const MOST_CONDITIONS: usize = 500;

/// The prefix of the names of query functions.
const NAMESPACE: &str = "Microsoft.Dynamics.CRM.";

/// The values of `@p1` and the like; `None` where aliases must not be used.
pub(crate) type Aliases<'a> = Option<&'a HashMap<&'a str, &'a str>>;

/// Reads a filter over `table`.
pub(crate) fn read(
    reading: Reading<'_>,
    table: TableId,
    text: &str,
    aliases: Aliases<'_>,
) -> Result<Filter, Refusal> {
    let mut parser = Parser {
        reading,
        table,
        variable: None,
        text,
        aliases,
        words: split(text)?,
        at: 0,
        depth: 0,
        conditions: 0,
    };
    let filter = parser.any()?;
    match parser.words.get(parser.at) {
        None => Ok(filter),
        Some(_) => Err(parser.syntax()),
    }
}

pub(super) struct Parser<'a> {
    pub(super) reading: Reading<'a>,
    /// The table whose rows the condition at hand is about.
    pub(super) table: TableId,
    /// Inside `any` and `all`: the variable that stands for a row.
    variable: Option<String>,
    text: &'a str,
    aliases: Aliases<'a>,
    words: Vec<Word>,
    at: usize,
    depth: usize,
    conditions: usize,
}

impl Parser<'_> {
    pub(super) fn syntax(&self) -> Refusal {
        Refusal::bad_query(format!(
            "Syntax error at position {} in '{}'.",
            self.at, self.text
        ))
    }

    pub(super) fn next(&mut self) -> Result<Word, Refusal> {
        let word = self
            .words
            .get(self.at)
            .cloned()
            .ok_or_else(|| self.syntax())?;
        self.at += 1;
        Ok(word)
    }

    pub(super) fn takes(&mut self, word: &Word) -> bool {
        let found = self.words.get(self.at) == Some(word);
        self.at += usize::from(found);
        found
    }

    fn takes_bare(&mut self, bare: &str) -> bool {
        let found = matches!(self.words.get(self.at), Some(Word::Bare(word)) if word == bare);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, word: &Word) -> Result<(), Refusal> {
        if self.takes(word) {
            return Ok(());
        }
        Err(self.syntax())
    }

    fn deeper(&mut self) -> Result<(), Refusal> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Refusal::bad_query("The filter is nested too deeply."));
        }
        Ok(())
    }

    fn any(&mut self) -> Result<Filter, Refusal> {
        self.deeper()?;
        let mut all = vec![self.all()?];
        while self.takes_bare("or") {
            all.push(self.all()?);
        }
        self.depth -= 1;
        Ok(only_or(all, Filter::Or))
    }

    fn all(&mut self) -> Result<Filter, Refusal> {
        let mut all = vec![self.one()?];
        while self.takes_bare("and") {
            all.push(self.one()?);
        }
        Ok(only_or(all, Filter::And))
    }

    fn one(&mut self) -> Result<Filter, Refusal> {
        self.conditions += 1;
        if self.conditions > MOST_CONDITIONS {
            return Err(Refusal::bad_query(format!(
                "The filter has more than {MOST_CONDITIONS} conditions."
            )));
        }
        if self.takes_bare("not") {
            return self.negated();
        }
        match self.next()? {
            Word::Open => {
                let filter = self.any()?;
                self.expect(&Word::Close)?;
                Ok(filter)
            }
            Word::Bare(name) if self.takes(&Word::Open) => self.call(&name),
            Word::Bare(name) => self.comparison(&name),
            _ => Err(self.syntax()),
        }
    }

    /// Source: Microsoft Learn, "Use Web API functions" (limitations of query functions).
    fn negated(&mut self) -> Result<Filter, Refusal> {
        if matches!(self.words.get(self.at), Some(Word::Bare(name)) if name.contains(NAMESPACE)) {
            return Err(Refusal::bad_query(
                "Not operator along with the Custom Named Condition operators is not allowed",
            ));
        }
        self.deeper()?;
        let inner = self.one()?;
        self.depth -= 1;
        Ok(Filter::Not(Box::new(inner)))
    }

    /// A name with an opening parenthesis behind it.
    fn call(&mut self, name: &str) -> Result<Filter, Refusal> {
        if let Some((before, function)) = name.split_once(NAMESPACE) {
            let before = self.inside(before.trim_end_matches('/'))?.to_owned();
            return function::read(self, &before, function);
        }
        if let Some((collection, quantifier @ ("any" | "all"))) = name.rsplit_once('/') {
            let collection = self.inside(collection)?.to_owned();
            return self.lambda(&collection, quantifier == "any");
        }
        let (before, after) = match name {
            "contains" => (true, true),
            "startswith" => (false, true),
            "endswith" => (true, false),
            other => {
                return Err(Refusal::bad_query(format!(
                    "An unknown function with name '{other}' was found."
                )));
            }
        };
        let Word::Bare(path) = self.resolved()? else {
            return Err(self.syntax());
        };
        let path = self.path(&path)?;
        if !matches!(path.describe(self.reading.model()).kind, Kind::Text(_)) {
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
        if self.takes_bare("eq") {
            return match self.next()? {
                Word::Bare(flag) if flag == "true" => Ok(filter),
                Word::Bare(flag) if flag == "false" => Ok(Filter::Not(Box::new(filter))),
                _ => Err(self.syntax()),
            };
        }
        Ok(filter)
    }

    /// `any` and `all` over a collection of the row at hand, after the opening parenthesis.
    /// Source: Microsoft Learn, "Filter rows using OData" (filter using values of related collections).
    fn lambda(&mut self, name: &str, any: bool) -> Result<Filter, Refusal> {
        let collection = self.collection(name)?;
        if self.takes(&Word::Close) {
            return match any {
                true => Ok(Filter::Any(collection, None)),
                false => Err(self.syntax()),
            };
        }
        let Word::Bare(head) = self.next()? else {
            return Err(self.syntax());
        };
        let (variable, rest) = match head.split_once(':') {
            Some(parts) => parts,
            None => match self.words.get(self.at) {
                Some(Word::Bare(next)) if next.starts_with(':') => (head.as_str(), ""),
                _ => return Err(self.syntax()),
            },
        };
        if variable.is_empty() || !variable.chars().all(char::is_alphanumeric) {
            return Err(self.syntax());
        }
        // The words behind the colon are read again as the beginning of the condition.
        if !rest.is_empty() {
            self.at -= 1;
            self.words[self.at] = Word::Bare(rest.to_owned());
        } else if !head.contains(':') {
            match self.words.get_mut(self.at) {
                Some(Word::Bare(next)) if next.len() > 1 => {
                    next.remove(0);
                }
                _ => self.at += 1,
            }
        }
        let outer = (self.table, self.variable.replace(variable.to_owned()));
        self.table = collection.table;
        let inner = self.any()?;
        (self.table, self.variable) = outer;
        self.expect(&Word::Close)?;
        Ok(match any {
            true => Filter::Any(collection, Some(Box::new(inner))),
            false => Filter::All(collection, Box::new(inner)),
        })
    }

    fn collection(&self, name: &str) -> Result<Collection, Refusal> {
        let here = self.reading.model().table(self.table);
        if let Some(found) = related::collection(here, name) {
            return Ok(found.clone());
        }
        match name.split_once('/') {
            Some((lookup, _)) if here.navigation(lookup).is_some() => Err(Refusal::bad_query(
                format!("The collection '{name}' cannot be reached over a lookup in a filter."),
            )),
            _ => Err(Refusal::unknown_property(name, &here.name)),
        }
    }

    fn comparison(&mut self, name: &str) -> Result<Filter, Refusal> {
        if name == "true" || name == "false" {
            return Ok(Filter::Constant(name == "true"));
        }
        let name = match self.alias(name)? {
            Some(Word::Bare(aliased)) => aliased,
            Some(_) => return Err(self.syntax()),
            None => name.to_owned(),
        };
        let path = self.path(&name)?;
        let Word::Bare(operator) = self.next()? else {
            return Err(self.syntax());
        };
        // OData 4.01 has `in`; the service speaks 4.0.
        if operator == "in" {
            return Err(Refusal::bad_query("The query node In is not supported."));
        }
        let comparison = Comparison::read(&operator).ok_or_else(|| self.syntax())?;
        let column = path.describe(self.reading.model());
        let operand = match self.resolved()? {
            Word::Text(text) => Operand::Value(literal::quoted(column, &text)?),
            Word::Bare(word) => match literal::bare(column, &word)? {
                Some(value) => Operand::Value(value),
                None => Operand::Column(self.other_column(&path, column, &word)?),
            },
            _ => return Err(self.syntax()),
        };
        Ok(Filter::Compare(path, comparison, operand))
    }

    /// A second column, which must be of the same row and of the same type.
    /// Source: Microsoft Learn, "Filter rows using OData" (column comparison).
    fn other_column(&self, path: &Path, column: &Column, name: &str) -> Result<Path, Refusal> {
        let other = self.path(name)?;
        let described = other.describe(self.reading.model());
        if described.edm_type() != column.edm_type() {
            return Err(literal::incompatible(column, described.edm_type()));
        }
        if path.is_own() && other.is_own() {
            return Ok(other);
        }
        Err(Refusal::bad_query(
            "Only columns of the same row can be compared with each other.",
        ))
    }

    fn path(&self, name: &str) -> Result<Path, Refusal> {
        Path::read(self.reading.model(), self.table, self.inside(name)?)
    }

    /// The name without the variable, which every name inside `any` and `all` begins with.
    fn inside<'n>(&self, name: &'n str) -> Result<&'n str, Refusal> {
        let Some(variable) = &self.variable else {
            return Ok(name);
        };
        let rest = name.strip_prefix(variable.as_str());
        match rest.map(|rest| rest.strip_prefix('/').unwrap_or(rest)) {
            Some(rest) if rest.is_empty() || name.len() > variable.len() + rest.len() => Ok(rest),
            _ => Err(Refusal::bad_query(format!(
                "Could not find a property named '{name}' in the scope of '{variable}'."
            ))),
        }
    }

    /// The next word, or the value of the alias that it names.
    pub(super) fn resolved(&mut self) -> Result<Word, Refusal> {
        let word = self.next()?;
        match &word {
            Word::Bare(name) => Ok(self.alias(name)?.unwrap_or(word)),
            _ => Ok(word),
        }
    }

    /// The value of an alias; an alias without a value is `null`.
    /// Source: Microsoft Learn, "Use OData to query data" (parameter aliases).
    fn alias(&self, name: &str) -> Result<Option<Word>, Refusal> {
        if !name.starts_with('@') {
            return Ok(None);
        }
        let aliases = self.aliases.ok_or_else(|| {
            Refusal::bad_query("Parameter aliases cannot be used inside $expand.")
        })?;
        let Some(value) = aliases.get(name) else {
            return Ok(Some(Word::Bare("null".to_owned())));
        };
        match &split(value)?[..] {
            [only] => Ok(Some(only.clone())),
            _ => Err(self.syntax()),
        }
    }

    /// A value of the function that is being read, held against its column.
    pub(super) fn value_of(&self, path: &Path, text: &str) -> Result<Value, Refusal> {
        literal::of_text(path.describe(self.reading.model()), text)
    }
}

fn only_or(mut all: Vec<Filter>, join: impl FnOnce(Vec<Filter>) -> Filter) -> Filter {
    match all.len() {
        1 => all.remove(0),
        _ => join(all),
    }
}
