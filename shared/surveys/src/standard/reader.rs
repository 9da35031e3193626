//! Reads a JSON object and names the place of every mistake, without its content.

use cxloop_domain::score::Score;
use cxloop_ports::Unparsable;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// An object and where it stands, such as `data.customer`.
pub(super) struct Reader<'a> {
    fields: &'a Map<String, Value>,
    path: String,
}

pub(super) fn unparsable(reason: String) -> Unparsable {
    Unparsable { reason }
}

impl<'a> Reader<'a> {
    pub(super) fn root(value: &'a Value) -> Result<Self, Unparsable> {
        let fields = value.as_object().ok_or_else(|| {
            unparsable(format!("expected an object, found {}", kind(Some(value))))
        })?;
        Ok(Self {
            fields,
            path: String::new(),
        })
    }

    /// The mistake of a field that is not what was expected.
    pub(super) fn wrong(&self, key: &str, expected: &str) -> Unparsable {
        unparsable(format!(
            "{}: expected {expected}, found {}",
            self.at(key),
            kind(self.fields.get(key))
        ))
    }

    /// A text, trimmed; absent when it is missing, null or blank.
    pub(super) fn text(&self, key: &str) -> Result<Option<String>, Unparsable> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim())
                .filter(|t| !t.is_empty())
                .map(str::to_owned)),
            Some(_) => Err(self.wrong(key, "text")),
        }
    }

    pub(super) fn required_text(&self, key: &str) -> Result<String, Unparsable> {
        self.text(key)?
            .ok_or_else(|| self.wrong(key, "text that is not blank"))
    }

    pub(super) fn score(&self, key: &str) -> Result<Option<Score>, Unparsable> {
        match self.get(key) {
            None => Ok(None),
            Some(value @ Value::Number(_)) => {
                let score = serde_json::from_value(value.clone());
                score
                    .map(Some)
                    .map_err(|_| self.wrong(key, "a number with at most two decimals"))
            }
            Some(_) => Err(self.wrong(key, "a number")),
        }
    }

    pub(super) fn time(&self, key: &str) -> Result<Option<Timestamp>, Unparsable> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        text.parse()
            .map(Some)
            .map_err(|_| self.wrong(key, "a time such as 2026-03-02T09:58:12Z"))
    }

    /// True or false; absent is false.
    pub(super) fn flag(&self, key: &str) -> Result<bool, Unparsable> {
        match self.get(key) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.wrong(key, "true or false")),
        }
    }

    pub(super) fn texts(&self, key: &str) -> Result<Vec<String>, Unparsable> {
        let text = |item: &Value| {
            item.as_str()
                .map(str::to_owned)
                .ok_or_else(|| self.wrong(key, "a list of texts"))
        };
        self.list(key, "a list of texts")?
            .iter()
            .map(text)
            .collect()
    }

    pub(super) fn is_object(&self, key: &str) -> bool {
        self.fields.get(key).is_some_and(Value::is_object)
    }

    pub(super) fn object(&self, key: &str) -> Result<Option<Reader<'a>>, Unparsable> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Reader {
                fields,
                path: self.at(key),
            })),
            Some(_) => Err(self.wrong(key, "an object")),
        }
    }

    pub(super) fn required_object(&self, key: &str) -> Result<Reader<'a>, Unparsable> {
        self.object(key)?
            .ok_or_else(|| self.wrong(key, "an object"))
    }

    pub(super) fn objects(&self, key: &str) -> Result<Vec<Reader<'a>>, Unparsable> {
        let items = self.list(key, "a list of objects")?.iter().enumerate();
        items
            .map(|(index, item)| {
                let path = format!("{}[{index}]", self.at(key));
                let fields = item.as_object().ok_or_else(|| {
                    unparsable(format!(
                        "{path}: expected an object, found {}",
                        kind(Some(item))
                    ))
                })?;
                Ok(Reader { fields, path })
            })
            .collect()
    }

    fn list(&self, key: &str, expected: &str) -> Result<&'a [Value], Unparsable> {
        match self.get(key) {
            None => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(self.wrong(key, expected)),
        }
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        self.fields.get(key).filter(|value| !value.is_null())
    }

    fn at(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }
}

fn kind(value: Option<&Value>) -> &'static str {
    match value {
        None => "nothing",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "true or false",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(_)) => "text",
        Some(Value::Array(_)) => "a list",
        Some(Value::Object(_)) => "an object",
    }
}
