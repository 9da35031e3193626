//! Texts that people write as templates, and texts that must fit a column.

use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

/// What a template may speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vocabulary {
    /// The response: see [`crate::rules::VARIABLES`].
    Response,
    /// The response and the `ticket` and `case_id` that were made of it.
    Noted,
}

/// Why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateProblem {
    /// It does not follow the template language.
    #[error("the template cannot be read: {0}")]
    Syntax(String),
    /// It speaks of something that no response has.
    #[error("the template names {name:?}; known are {known}")]
    UnknownName {
        /// The name.
        name: String,
        /// What it could have been.
        known: String,
    },
    /// It could not be filled in for this response.
    #[error("the template could not be filled in: {0}")]
    Filling(String),
}

/// Steps that one template may take; far above what a text needs, far below what an endless loop would.
const FUEL: u64 = 50_000;

fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_fuel(Some(FUEL));
    environment.add_filter("upper", minijinja::filters::upper);
    environment.add_filter("lower", minijinja::filters::lower);
    environment.add_filter("trim", minijinja::filters::trim);
    environment.add_filter("default", minijinja::filters::default);
    environment.add_filter("replace", minijinja::filters::replace);
    environment.add_filter("join", minijinja::filters::join);
    environment.add_filter("length", minijinja::filters::length);
    environment.add_filter("title", minijinja::filters::title);
    environment.add_test("defined", minijinja::tests::is_defined);
    environment
}

fn first_line(error: &minijinja::Error) -> String {
    error
        .to_string()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Whether a template can be read and speaks only of what there is.
pub fn check(template: &str, vocabulary: Vocabulary) -> Result<(), TemplateProblem> {
    let mut known: Vec<&str> = crate::rules::VARIABLES.to_vec();
    if vocabulary == Vocabulary::Noted {
        known.extend(["ticket", "case_id"]);
    }
    check_names(template, &known)
}

/// Whether a template can be read and speaks only of what is known.
pub(crate) fn check_names(template: &str, known: &[&str]) -> Result<(), TemplateProblem> {
    let environment = environment();
    let parsed = environment
        .template_from_str(template)
        .map_err(|error| TemplateProblem::Syntax(first_line(&error)))?;
    let mut names: Vec<String> = parsed.undeclared_variables(false).into_iter().collect();
    names.sort();
    match names
        .into_iter()
        .find(|name| !known.contains(&name.as_str()))
    {
        Some(name) => Err(TemplateProblem::UnknownName {
            name,
            known: known.join(", "),
        }),
        None => Ok(()),
    }
}

/// Fills a template in. Names that the response lacks are written as nothing.
pub fn fill<V: Serialize>(template: &str, values: &V) -> Result<String, TemplateProblem> {
    if !template.contains("{{") && !template.contains("{%") && !template.contains("{#") {
        return Ok(template.to_owned());
    }
    environment()
        .render_str(
            template,
            minijinja::Value::from(minijinja::value::Serde(values)),
        )
        .map_err(|error| TemplateProblem::Filling(first_line(&error)))
}

/// Fills a template of HTML in: what comes from the values is escaped.
pub(crate) fn fill_html<V: Serialize>(
    template: &str,
    values: &V,
) -> Result<String, TemplateProblem> {
    let mut environment = environment();
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::Html);
    environment
        .render_str(
            template,
            minijinja::Value::from(minijinja::value::Serde(values)),
        )
        .map_err(|error| TemplateProblem::Filling(first_line(&error)))
}

/// The mark at the end of a text that was cut.
pub const CUT_MARK: &str = " […]";

/// Cuts a text to a number of UTF-16 code units (which is how Dataverse counts), ending in [`CUT_MARK`] when
/// something is missing. Never splits a character. The flag tells whether it was cut.
pub fn fit(text: &str, longest: usize) -> (String, bool) {
    let width = |s: &str| s.encode_utf16().count();
    if width(text) <= longest {
        return (text.to_owned(), false);
    }
    let room = longest.saturating_sub(width(CUT_MARK));
    let mut used = 0;
    let mut kept = String::new();
    for c in text.chars() {
        used += c.len_utf16();
        if used > room {
            break;
        }
        kept.push(c);
    }
    let mut cut = kept.trim_end().to_owned();
    cut.push_str(CUT_MARK);
    (cut, true)
}

/// A text for a single line: line breaks and other control characters become single spaces.
pub fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn galician_and_portuguese_words_come_through_a_template_unharmed() {
        let values = json!({"comment": "Non volverei: a atención foi pésima", "customer": {"name": "Conceição"}});
        let text = fill("{{ customer.name }} — {{ comment }}", &values).unwrap();
        assert_eq!(text, "Conceição — Non volverei: a atención foi pésima");
    }

    #[test]
    fn what_the_response_lacks_is_written_as_nothing() {
        assert_eq!(
            fill(
                "[{{ customer.phone }}]{{ answers.x.y }}",
                &json!({"customer": {}})
            )
            .unwrap(),
            "[]"
        );
    }

    #[test]
    fn a_misspelt_name_is_found_before_it_is_applied() {
        let problem = check("{{ costumer.name }}", Vocabulary::Response).unwrap_err();
        assert!(problem.to_string().contains("costumer"), "{problem}");
        assert!(check("{{ ticket }}", Vocabulary::Response).is_err());
        assert!(check("{{ ticket }}", Vocabulary::Noted).is_ok());
        assert!(matches!(
            check("{{ nps", Vocabulary::Response),
            Err(TemplateProblem::Syntax(_))
        ));
    }

    #[test]
    fn a_template_that_never_ends_is_stopped() {
        let endless =
            "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
        assert!(fill(endless, &json!({})).is_err());
    }

    proptest! {
        #[test]
        fn a_fitted_text_fits_and_says_when_it_was_cut(text in ".{0,80}", longest in 8usize..60) {
            let (fitted, cut) = fit(&text, longest);
            prop_assert!(fitted.encode_utf16().count() <= longest);
            prop_assert_eq!(cut, fitted != text);
            prop_assert_eq!(cut, text.encode_utf16().count() > longest);
        }
    }
}
