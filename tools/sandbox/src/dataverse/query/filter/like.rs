//! The pattern matching behind `contains`, `startswith` and `endswith`: their values may hold the wildcards `%`, `_`, `[a-f]`
//! and `[^a-f]`. Source: Microsoft Learn, "Filter rows using OData".

/// A pattern over lower-case text.
#[derive(Debug)]
pub(crate) struct Pattern(Vec<Token>);

#[derive(Debug)]
enum Token {
    Letter(char),
    Any,
    Many,
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Pattern {
    /// Reads a value; `before` and `after` say whether other text may stand on that side.
    pub(crate) fn read(before: bool, value: &str, after: bool) -> Self {
        let mut tokens = Vec::new();
        if before {
            tokens.push(Token::Many);
        }
        let letters: Vec<char> = value.to_lowercase().chars().collect();
        let mut at = 0;
        while at < letters.len() {
            let token = match letters[at] {
                '%' => Token::Many,
                '_' => Token::Any,
                '[' => match class(&letters[at..]) {
                    Some((token, length)) => {
                        at += length - 1;
                        token
                    }
                    None => Token::Letter('['),
                },
                letter => Token::Letter(letter),
            };
            tokens.push(token);
            at += 1;
        }
        if after {
            tokens.push(Token::Many);
        }
        Self(tokens)
    }

    /// True when the whole text fits.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let letters: Vec<char> = text.chars().collect();
        let (mut token, mut at) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        loop {
            let fits = match self.0.get(token) {
                Some(Token::Many) => {
                    retry = Some((token, at));
                    token += 1;
                    continue;
                }
                Some(single) => at < letters.len() && single.fits(letters[at]),
                None if at == letters.len() => return true,
                None => false,
            };
            if fits {
                token += 1;
                at += 1;
                continue;
            }
            match &mut retry {
                Some((many, from)) if *from < letters.len() => {
                    *from += 1;
                    (token, at) = (*many + 1, *from);
                }
                _ => return false,
            }
        }
    }
}

impl Token {
    fn fits(&self, letter: char) -> bool {
        match self {
            Self::Letter(expected) => *expected == letter,
            Self::Any | Self::Many => true,
            Self::Class { negated, ranges } => {
                ranges
                    .iter()
                    .any(|(from, to)| (*from..=*to).contains(&letter))
                    != *negated
            }
        }
    }
}

fn class(letters: &[char]) -> Option<(Token, usize)> {
    let end = letters.iter().position(|letter| *letter == ']')?;
    let mut inner = &letters[1..end];
    let negated = inner.first() == Some(&'^');
    if negated {
        inner = &inner[1..];
    }
    let mut ranges = Vec::new();
    while let [from, rest @ ..] = inner {
        if let ['-', to, after @ ..] = rest {
            ranges.push((*from, *to));
            inner = after;
        } else {
            ranges.push((*from, *from));
            inner = rest;
        }
    }
    (!ranges.is_empty()).then_some((Token::Class { negated, ranges }, end + 1))
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn wildcards_act_inside_values() {
        assert!(Pattern::read(true, "atención", true).matches("a atención foi pésima"));
        assert!(Pattern::read(false, "não%avaria", false).matches("não resolveram a avaria"));
        assert!(!Pattern::read(false, "resolveram", true).matches("não resolveram"));
        assert!(Pattern::read(false, "_erdigo", false).matches("verdigo"));
        assert!(Pattern::read(true, "[0-9][^a]", false).matches("caso 7b"));
        assert!(!Pattern::read(true, "[0-9][^a]", false).matches("caso 7a"));
        assert!(Pattern::read(true, "aab", false).matches("aaab"));
    }
}
