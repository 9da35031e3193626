//! What a command has to say.

use serde_json::Value;

/// What came of a command, for people and for programs.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// For people, without the last line's end.
    pub text: String,
    /// The same for programs.
    pub json: Value,
    /// `false` when mistakes were found or something was refused.
    pub fine: bool,
    /// `true` when something that was to be looked at could not be reached.
    pub unreachable: bool,
}

impl Report {
    /// All is fine.
    pub(crate) fn fine(text: impl Into<String>, json: Value) -> Self {
        Self {
            text: text.into(),
            json,
            fine: true,
            unreachable: false,
        }
    }
}

/// `1 rule`, `2 rules`.
pub(crate) fn count(number: usize, one: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{number} {}", plural(one))
    }
}

fn plural(one: &str) -> String {
    match one.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{one}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn things_are_counted_as_people_say_it() {
        assert_eq!(count(1, "body"), "1 body");
        assert_eq!(count(2, "body"), "2 bodies");
        assert_eq!(count(0, "rule"), "0 rules");
    }
}
