//! Splitting a `$filter` text into words.

use super::super::super::refusal::Refusal;

/// One word of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Open,
    Close,
    Comma,
    /// A quoted text, unescaped.
    Text(String),
    /// Names, operators, numbers, GUIDs and times.
    Bare(String),
}

pub(super) fn split(text: &str) -> Result<Vec<Word>, Refusal> {
    let mut words = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '(' => words.push(Word::Open),
            ')' => words.push(Word::Close),
            ',' => words.push(Word::Comma),
            '\'' => {
                let mut quoted = String::new();
                loop {
                    match letters.next() {
                        Some('\'') if letters.peek() == Some(&'\'') => {
                            letters.next();
                            quoted.push('\'');
                        }
                        Some('\'') => break,
                        Some(letter) => quoted.push(letter),
                        None => {
                            return Err(Refusal::bad_query(format!(
                                "There is an unterminated string literal at position {} in '{text}'.",
                                text.len()
                            )));
                        }
                    }
                }
                words.push(Word::Text(quoted));
            }
            letter if letter.is_whitespace() => {}
            letter => {
                let mut bare = String::from(letter);
                while let Some(next) = letters.next_if(|next| {
                    !next.is_whitespace() && !matches!(next, '(' | ')' | ',' | '\'')
                }) {
                    bare.push(next);
                }
                words.push(Word::Bare(bare));
            }
        }
    }
    Ok(words)
}
