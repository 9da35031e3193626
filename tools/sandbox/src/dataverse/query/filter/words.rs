//! Splitting a `$filter` text into words.

use super::super::super::refusal::Refusal;

/// One word of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Open,
    Close,
    Comma,
    Equals,
    /// A quoted text, unescaped.
    Text(String),
    /// The elements of an array in brackets, unquoted.
    Array(Vec<String>),
    /// Names, operators, numbers, GUIDs and times.
    Bare(String),
}

/// Splits a text into words.
pub(crate) fn split(text: &str) -> Result<Vec<Word>, Refusal> {
    let mut words = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '(' => words.push(Word::Open),
            ')' => words.push(Word::Close),
            ',' => words.push(Word::Comma),
            '=' => words.push(Word::Equals),
            '\'' => words.push(Word::Text(quoted(&mut letters, '\'', text)?)),
            '[' => words.push(Word::Array(array(&mut letters, text)?)),
            letter if letter.is_whitespace() => {}
            letter => {
                let mut bare = String::from(letter);
                while let Some(next) = letters.next_if(|next| {
                    !next.is_whitespace() && !matches!(next, '(' | ')' | ',' | '\'' | '=' | '[')
                }) {
                    bare.push(next);
                }
                words.push(Word::Bare(bare));
            }
        }
    }
    Ok(words)
}

type Letters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Reads to the closing quote. A single quote is escaped by doubling it, a double quote as JSON does.
fn quoted(letters: &mut Letters<'_>, quote: char, text: &str) -> Result<String, Refusal> {
    let mut content = String::new();
    while let Some(letter) = letters.next() {
        match letter {
            _ if letter == quote => {
                if quote == '"' || letters.next_if_eq(&quote).is_none() {
                    return Ok(content);
                }
                content.push(quote);
            }
            '\\' if quote == '"' => match letters.next() {
                Some('n') => content.push('\n'),
                Some('t') => content.push('\t'),
                Some('r') => content.push('\r'),
                Some('u') => {
                    let digits: String = letters.by_ref().take(4).collect();
                    let code = u32::from_str_radix(&digits, 16).ok();
                    content.push(code.and_then(char::from_u32).unwrap_or('\u{fffd}'));
                }
                Some(escaped) => content.push(escaped),
                None => break,
            },
            _ => content.push(letter),
        }
    }
    Err(Refusal::bad_query(format!(
        "There is an unterminated string literal at position {} in '{text}'.",
        text.len()
    )))
}

/// Reads the elements up to the closing bracket. Source: Microsoft Learn, "Filter rows using OData" (manage single quotes): values
/// with a single quote need double quotes around them.
fn array(letters: &mut Letters<'_>, text: &str) -> Result<Vec<String>, Refusal> {
    let mut elements = Vec::new();
    let mut expects_element = true;
    let invalid = || {
        Refusal::bad_query(
            "Invalid JSON. A comma character ',' was expected in scope 'Array'. Every two elements in an array and properties of an object must be separated by commas.",
        )
    };
    loop {
        match letters.next() {
            None => {
                return Err(Refusal::bad_query(format!(
                    "Found an unbalanced bracket expression in '{text}'."
                )));
            }
            Some(']') if !expects_element || elements.is_empty() => return Ok(elements),
            Some(',') if !expects_element => expects_element = true,
            Some(letter) if letter.is_whitespace() => {}
            Some(']' | ',') => return Err(invalid()),
            Some(_) if !expects_element => return Err(invalid()),
            Some(quote @ ('"' | '\'')) => {
                elements.push(match quote {
                    '"' => quoted(letters, '"', text)?,
                    _ => single(letters, text)?,
                });
                expects_element = false;
            }
            Some(letter) => {
                let mut bare = String::from(letter);
                while let Some(next) =
                    letters.next_if(|next| !next.is_whitespace() && !matches!(next, ',' | ']'))
                {
                    bare.push(next);
                }
                elements.push(bare);
                expects_element = false;
            }
        }
    }
}

/// An element in single quotes, in which no quote can be escaped.
fn single(letters: &mut Letters<'_>, text: &str) -> Result<String, Refusal> {
    let mut content = String::new();
    for letter in letters.by_ref() {
        match letter {
            '\'' => return Ok(content),
            _ => content.push(letter),
        }
    }
    Err(Refusal::bad_query(format!(
        "There is an unterminated string literal at position {} in '{text}'.",
        text.len()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_arrays_are_read_as_the_service_writes_them() {
        let bare = |text: &str| Word::Bare(text.to_owned());
        assert_eq!(
            split("PropertyName='Núñez',PropertyValues=[\"O'Brian\", \"a,b\",5]").unwrap(),
            vec![
                bare("PropertyName"),
                Word::Equals,
                Word::Text("Núñez".into()),
                Word::Comma,
                bare("PropertyValues"),
                Word::Equals,
                Word::Array(vec!["O'Brian".into(), "a,b".into(), "5".into()]),
            ]
        );
        assert_eq!(
            split("x eq 'não''s'").unwrap().last(),
            Some(&Word::Text("não's".into()))
        );
        for wrong in [
            "['O'Brian']",
            "[\"a\" \"b\"]",
            "[\"a\",]",
            "['a'",
            "'a",
            "[\"a",
        ] {
            assert!(split(wrong).is_err(), "{wrong}");
        }
    }
}
