//! The options of an address, and those inside the parentheses of an `$expand`.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;

use super::super::refusal::Refusal;

/// Options by name, decoded: `+` is a space, `%24select` is `$select`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pairs: Vec<(String, String)>,
    nested: bool,
}

impl Options {
    /// Reads the part of an address after the question mark.
    pub(crate) fn read(query: &str) -> Result<Self, Refusal> {
        let decode = |text: &str| {
            let spaced = text.replace('+', " ");
            percent_decode_str(&spaced)
                .decode_utf8()
                .map(|text| text.into_owned())
                .map_err(|_| Refusal::bad_query("The query string is not UTF-8."))
        };
        let mut pairs = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            pairs.push((decode(name)?, decode(value)?));
        }
        Ok(Self {
            pairs,
            nested: false,
        })
    }

    /// Reads the options inside the parentheses of an `$expand`, separated by semicolons and already decoded.
    pub(super) fn read_nested(text: &str) -> Self {
        let pairs = split_outside(text, ';')
            .into_iter()
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect();
        Self {
            pairs,
            nested: true,
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    /// The options without one of them.
    pub(crate) fn without(&self, name: &str) -> Self {
        Self {
            pairs: self
                .pairs
                .iter()
                .filter(|(found, _)| found != name)
                .cloned()
                .collect(),
            nested: self.nested,
        }
    }

    /// Refuses system options that the service does not know, and any that is given twice. Names are case-sensitive.
    /// Source: Microsoft Learn, "Use OData to query data".
    pub(super) fn refuse_unknown(&self, known: &[&str]) -> Result<(), Refusal> {
        for (at, (name, _)) in self.pairs.iter().enumerate() {
            if !name.starts_with('$') {
                continue;
            }
            if !known.contains(&name.as_str()) {
                return Err(Refusal::bad_query(format!(
                    "The query parameter {name} is not supported."
                )));
            }
            if self.pairs[..at].iter().any(|(before, _)| before == name) {
                return Err(Refusal::bad_query(format!(
                    "Query option '{name}' was specified more than once, but it must be specified at most once."
                )));
            }
        }
        Ok(())
    }

    /// Refuses the options that choose and order rows, for requests that name one row.
    pub(crate) fn refuse_for_one_row(&self) -> Result<(), Refusal> {
        const OF_SETS: &[&str] = &[
            "$filter",
            "$orderby",
            "$top",
            "$count",
            "$skiptoken",
            "$apply",
        ];
        match OF_SETS.iter().find(|name| self.get(name).is_some()) {
            Some(name) => Err(Refusal::bad_query(format!(
                "The query parameter {name} cannot be applied to a single row."
            ))),
            None => Ok(()),
        }
    }

    /// The values of `@p1` and the like; there are none inside an `$expand`.
    /// Source: Microsoft Learn, "Use OData to query data" (parameter aliases).
    pub(super) fn aliases(&self) -> Option<HashMap<&str, &str>> {
        (!self.nested).then(|| {
            self.pairs
                .iter()
                .filter(|(name, _)| name.starts_with('@'))
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect()
        })
    }
}

/// Splits at a letter that stands in neither parentheses nor quotes.
pub(crate) fn split_outside(text: &str, separator: char) -> Vec<&str> {
    let (mut depth, mut quoted, mut start) = (0_i32, false, 0);
    let mut parts = Vec::new();
    for (at, letter) in text.char_indices() {
        match letter {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ if letter == separator && !quoted && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
