//! `$select`, `$filter` and `$expand` over definitions.

use serde_json::{Map, Value as Json};

use super::super::query::{Options, split_outside};
use super::super::refusal::Refusal;

/// What a body always has, chosen or not.
const ALWAYS: &[&str] = &["@odata.type", "MetadataId"];
/// Definitions that are written only where `$expand` names them.
const EXPANDABLE: &[&str] = &[
    "Attributes",
    "Keys",
    "OneToManyRelationships",
    "ManyToOneRelationships",
    "ManyToManyRelationships",
    "OptionSet",
    "GlobalOptionSet",
];

/// Filters and cuts a list.
pub(super) fn rows(rows: Vec<Json>, options: &Options) -> Result<Vec<Json>, Refusal> {
    let filter = options.get("$filter").map(Condition::read).transpose()?;
    rows.into_iter()
        .filter(|row| filter.as_ref().is_none_or(|filter| filter.holds(row)))
        .map(|row| self::row(row, options))
        .collect()
}

/// Cuts one definition to what was asked for.
pub(super) fn row(row: Json, options: &Options) -> Result<Json, Refusal> {
    cut(row, options.get("$select"), options.get("$expand"))
}

fn cut(row: Json, select: Option<&str>, expand: Option<&str>) -> Result<Json, Refusal> {
    let Json::Object(mut row) = row else {
        return Ok(row);
    };
    let expands = expand.map(items).unwrap_or_default();
    let mut kept = Map::new();
    for item in &expands {
        let (name, nested) = match item.split_once('(') {
            Some((name, nested)) => (name.trim(), nested.strip_suffix(')').unwrap_or(nested)),
            None => (item.trim(), ""),
        };
        let value = row
            .remove(name)
            .filter(|_| EXPANDABLE.contains(&name))
            .ok_or_else(|| Refusal::unknown_property(name, "MetadataBase"))?;
        kept.insert(name.to_owned(), nested_value(value, nested)?);
    }
    match select.map(items) {
        Some(names) => {
            for name in names {
                match row.get(name.trim()) {
                    Some(value) => kept.insert(name.trim().to_owned(), value.clone()),
                    None => return Err(Refusal::unknown_property(name, "MetadataBase")),
                };
            }
            for name in ALWAYS {
                if let Some(value) = row.get(*name) {
                    kept.insert((*name).to_owned(), value.clone());
                }
            }
        }
        None => {
            row.retain(|name, _| !EXPANDABLE.contains(&name.as_str()));
            kept.append(&mut row);
        }
    }
    // The type is written where it says more than the set does.
    if kept.get("@odata.type").and_then(Json::as_str)
        == Some("#Microsoft.Dynamics.CRM.EntityMetadata")
    {
        kept.remove("@odata.type");
    }
    Ok(Json::Object(kept))
}

fn nested_value(value: Json, options: &str) -> Result<Json, Refusal> {
    let option = |wanted: &str| {
        split_outside(options, ';')
            .into_iter()
            .filter_map(|pair| pair.split_once('='))
            .find(|(name, _)| name.trim() == wanted)
            .map(|(_, value)| value)
    };
    let filter = option("$filter").map(Condition::read).transpose()?;
    match value {
        Json::Array(rows) => rows
            .into_iter()
            .filter(|row| filter.as_ref().is_none_or(|filter| filter.holds(row)))
            .map(|row| cut(row, option("$select"), option("$expand")))
            .collect::<Result<Vec<_>, _>>()
            .map(Json::Array),
        other => cut(other, option("$select"), option("$expand")),
    }
}

fn items(text: &str) -> Vec<&str> {
    split_outside(text, ',')
        .into_iter()
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .collect()
}

/// Comparisons joined by `and` or by `or`, which is all that definitions are filtered with.
/// Source: Microsoft Learn, "Query table definitions using the Web API".
struct Condition {
    any: bool,
    parts: Vec<(String, bool, Json)>,
}

impl Condition {
    fn read(text: &str) -> Result<Self, Refusal> {
        let trimmed = text.trim();
        let any = words(trimmed).iter().any(|word| word == "or");
        let mut parts = Vec::new();
        let refused = || Refusal::bad_query(format!("Syntax error in '{text}'."));
        let words: Vec<String> = words(trimmed)
            .into_iter()
            .filter(|word| word != "(" && word != ")")
            .collect();
        for part in words.split(|word| word == "and" || word == "or") {
            let [path, operator, value] = part else {
                return Err(refused());
            };
            let equal = match operator.as_str() {
                "eq" => true,
                "ne" => false,
                _ => return Err(refused()),
            };
            parts.push((path.clone(), equal, literal(value).ok_or_else(refused)?));
        }
        if any && words.iter().any(|word| word == "and") {
            return Err(refused());
        }
        Ok(Self { any, parts })
    }

    fn holds(&self, row: &Json) -> bool {
        let mut outcomes = self.parts.iter().map(|(path, equal, value)| {
            let found = path.split('/').try_fold(row, |at, name| at.get(name));
            (found == Some(value)) == *equal
        });
        if self.any {
            outcomes.any(|held| held)
        } else {
            outcomes.all(|held| held)
        }
    }
}

/// A literal; an enumeration's value may have its type before the quotes.
fn literal(word: &str) -> Option<Json> {
    if let Some(quote) = word.find('\'') {
        let text = word[quote + 1..].strip_suffix('\'')?;
        return Some(Json::String(text.replace("''", "'")));
    }
    match word {
        "null" => Some(Json::Null),
        "true" => Some(Json::Bool(true)),
        "false" => Some(Json::Bool(false)),
        _ => match word.parse::<i64>() {
            Ok(number) => Some(Json::from(number)),
            Err(_) => uuid::Uuid::try_parse(word)
                .ok()
                .map(|id| Json::String(id.to_string())),
        },
    }
}

/// Words, with quoted texts whole and parentheses by themselves.
fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut word, mut quoted) = (String::new(), false);
    for letter in text.chars() {
        match letter {
            '\'' => {
                quoted = !quoted;
                word.push(letter);
            }
            ' ' | '(' | ')' if !quoted => {
                if !word.is_empty() {
                    found.push(std::mem::take(&mut word));
                }
                if letter != ' ' {
                    found.push(letter.to_string());
                }
            }
            _ => word.push(letter),
        }
    }
    if !word.is_empty() {
        found.push(word);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_compare_names_numbers_and_managed_properties() {
        let row = serde_json::json!({"LogicalName": "account", "ObjectTypeCode": 1, "IsCustomizable": {"Value": true}});
        let holds = |text: &str| Condition::read(text).unwrap().holds(&row);
        assert!(holds("LogicalName eq 'account'"));
        assert!(holds("(LogicalName eq 'account' or LogicalName eq 'lead')"));
        assert!(!holds("LogicalName eq 'account' and ObjectTypeCode ne 1"));
        assert!(holds("IsCustomizable/Value eq true"));
        assert!(Condition::read("LogicalName eq").is_err());
    }
}
