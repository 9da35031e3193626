//! From the document's tree to a shape; what does not fit is told with the way to it.

use std::fmt::{self, Display};

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{
    self, DeserializeSeed, Deserializer, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;

use super::tree::{Entry, Node, Value};

/// A name that any rule of names allows, where one is missing or was found wrong.
const STAND_IN: &str = "stand-in";

/// One step from a value to a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Item(usize),
}

/// The first thing that does not fit.
#[derive(Debug)]
pub(super) struct Misfit {
    /// The way to it, last step first.
    pub(super) steps: Vec<Step>,
    pub(super) what: What,
}

/// What does not fit.
#[derive(Debug)]
pub(super) enum What {
    /// The key itself, which the last step names.
    Key(String),
    /// A key that must be there is not.
    Missing(&'static str),
    /// The value.
    Value(String),
}

impl Misfit {
    fn value(text: String) -> Self {
        Self {
            steps: Vec::new(),
            what: What::Value(text),
        }
    }

    fn under(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// What is wrong, in words.
    pub(super) fn text(&self) -> String {
        match &self.what {
            What::Key(text) | What::Value(text) => text.clone(),
            What::Missing(field) => format!("`{field}` is missing"),
        }
    }
}

impl Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl std::error::Error for Misfit {}

impl de::Error for Misfit {
    fn custom<T: Display>(message: T) -> Self {
        Self::value(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::value(format!("expected {expected}, found {found}"))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::value(format!("{variant:?} is not one of {}", expected.join(", ")))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let known = expected.join(", ");
        Self::value(format!("unknown key {field:?}, expected one of {known}"))
    }

    fn missing_field(field: &'static str) -> Self {
        Self {
            steps: Vec::new(),
            what: What::Missing(field),
        }
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match &self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Negative(value) => visitor.visit_i64(*value),
            Value::Whole(value) => visitor.visit_u64(*value),
            Value::Fraction(value) => visitor.visit_f64(*value),
            Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::List(items) => visitor.visit_seq(Items::of(items)),
            Value::Map(entries) => visitor.visit_map(Entries::of(entries)),
            // A number above nothing fits every number there is.
            Value::StandIn => visitor.visit_u64(1),
        }
    }

    /// A number or a truth value where a text is expected is the text that was written.
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match &self.value {
            Value::Bool(value) => visitor.visit_string(value.to_string()),
            Value::Negative(value) => visitor.visit_string(value.to_string()),
            Value::Whole(value) => visitor.visit_string(value.to_string()),
            Value::Fraction(value) => visitor.visit_string(value.to_string()),
            Value::StandIn => visitor.visit_str(STAND_IN),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_string(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match &self.value {
            Value::StandIn => visitor.visit_bool(false),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match &self.value {
            Value::Null | Value::StandIn => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match &self.value {
            Value::StandIn => visitor.visit_seq(Items::of(&[])),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match &self.value {
            Value::StandIn => visitor.visit_map(Entries::of(&[])),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.deserialize_map(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        let named = |name| StrDeserializer::<Misfit>::new(name);
        match &self.value {
            Value::StandIn => visitor.visit_enum(named(variants.first().copied().unwrap_or(""))),
            Value::Text(name) => visitor.visit_enum(named(name)),
            Value::Map(entries) => {
                visitor.visit_enum(MapAccessDeserializer::new(Entries::of(entries)))
            }
            _ => {
                let known = variants.join(", ");
                Err(Misfit::value(format!("expected one of {known}")))
            }
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct tuple
        tuple_struct identifier
    }
}

struct Items<'de> {
    rest: std::iter::Enumerate<std::slice::Iter<'de, Node>>,
}

impl<'de> Items<'de> {
    fn of(items: &'de [Node]) -> Self {
        Self {
            rest: items.iter().enumerate(),
        }
    }
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Misfit> {
        let Some((at, node)) = self.rest.next() else {
            return Ok(None);
        };
        let read = seed.deserialize(node);
        read.map(Some)
            .map_err(|misfit| misfit.under(Step::Item(at)))
    }
}

struct Entries<'de> {
    rest: std::slice::Iter<'de, Entry>,
    current: Option<&'de Entry>,
}

impl<'de> Entries<'de> {
    fn of(entries: &'de [Entry]) -> Self {
        Self {
            rest: entries.iter(),
            current: None,
        }
    }
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Misfit> {
        self.current = self.rest.next();
        let Some(entry) = self.current else {
            return Ok(None);
        };
        let key: StrDeserializer<'de, Misfit> = entry.key.as_str().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|misfit| Misfit {
            steps: vec![Step::Key(entry.key.clone())],
            what: What::Key(misfit.text()),
        })
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Misfit> {
        let Some(entry) = self.current else {
            return Err(Misfit::value("a key is missing".to_owned()));
        };
        let read = seed.deserialize(&entry.node);
        read.map_err(|misfit| misfit.under(Step::Key(entry.key.clone())))
    }
}
