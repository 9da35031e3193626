//! The arguments of functions: `Name(First='a',Second=@p)`, in the address or as aliases in the query.
//! Source: Microsoft Learn, "Use Web API functions" (passing parameters to a function).

use super::super::query::Options;
use super::super::query::filter::{Word, split};
use super::super::refusal::Refusal;

/// The arguments of one call, by name.
pub(crate) struct Arguments<'a> {
    function: &'a str,
    given: Vec<(String, Word)>,
}

/// Reads what stands between the parentheses of a function.
pub(crate) fn read<'a>(
    function: &'a str,
    text: &str,
    options: &Options,
) -> Result<Arguments<'a>, Refusal> {
    let mut given: Vec<(String, Word)> = Vec::new();
    let words = split(text)?;
    for argument in words.split(|word| *word == Word::Comma) {
        let (name, word) = match argument {
            [] if words.is_empty() => break,
            [Word::Bare(name), Word::Equals, word] => (name, word),
            _ => return Err(unmatched(function)),
        };
        let word = match word {
            Word::Bare(alias) if alias.starts_with('@') => match options.get(alias) {
                // An alias without a value is null.
                None => Word::Bare("null".to_owned()),
                Some(value) => match &split(value)?[..] {
                    [only] => only.clone(),
                    // Objects are read by those who take them.
                    _ => Word::Bare(value.to_owned()),
                },
            },
            word => word.clone(),
        };
        if given.iter().any(|(before, _)| before == name) {
            return Err(unmatched(function));
        }
        given.push((name.clone(), word));
    }
    Ok(Arguments { function, given })
}

fn unmatched(function: &str) -> Refusal {
    Refusal::bad_query(format!(
        "No function signature for the function with name '{function}' matches the specified arguments."
    ))
}

impl Arguments<'_> {
    fn get(&self, name: &str) -> Option<&Word> {
        self.given
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, word)| word)
    }

    /// A parameter that is an array of texts.
    pub(crate) fn array(&self, name: &str) -> Result<Vec<String>, Refusal> {
        match self.get(name) {
            Some(Word::Array(elements)) => Ok(elements.clone()),
            _ => Err(unmatched(self.function)),
        }
    }

    /// A parameter with one value, without its quotes; a number, a GUID, a text or an object in JSON.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "functions with plain parameters take it")
    )]
    pub(crate) fn text(&self, name: &str) -> Result<&str, Refusal> {
        match self.get(name) {
            Some(Word::Text(text) | Word::Bare(text)) => Ok(text),
            _ => Err(unmatched(self.function)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_in_place_and_from_aliases() {
        let options = Options::read("@p=%7B'@odata.id':'contacts(1)'%7D&@n=%5B%22a%22%5D").unwrap();
        let arguments = read("F", "Name='não',Target=@p,Names=@n,Other=@x", &options).unwrap();
        assert_eq!(arguments.text("Name").unwrap(), "não");
        assert_eq!(
            arguments.text("Target").unwrap(),
            "{'@odata.id':'contacts(1)'}"
        );
        assert_eq!(arguments.array("Names").unwrap(), ["a"]);
        assert_eq!(arguments.text("Other").unwrap(), "null");
        assert!(arguments.text("Missing").is_err());
        assert!(read("F", "Name", &options).is_err());
        assert!(read("F", "A=1,A=2", &options).is_err());
        assert!(read("F", "", &options).is_ok());
    }
}
