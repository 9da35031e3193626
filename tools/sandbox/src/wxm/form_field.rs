//! The fields of the form: from a question to an input, and from what was sent to a response.

use super::answer::GivenResponse;
use super::form_texts::Language;
use super::question::Question;
use super::tokens::SurveyToken;

/// One question as the form shows it.
pub(super) struct Field {
    pub(super) question_id: String,
    /// The tag in lower case, by which the field is named.
    pub(super) name: String,
    pub(super) label: String,
    pub(super) kind: Kind,
    pub(super) value: String,
    pub(super) required: bool,
    pub(super) missing: bool,
}

pub(super) enum Kind {
    /// One of the whole numbers between two bounds, with words for the ends.
    Scale {
        numbers: Vec<i64>,
        low: &'static str,
        high: &'static str,
    },
    /// Several lines.
    Lines,
    /// One line, with the browser's names for what kind and what to complete it with.
    Line {
        input: &'static str,
        autocomplete: &'static str,
    },
}

impl Field {
    /// The empty field for a question, in a language.
    pub(super) fn of(question: &Question, language: Language) -> Self {
        let texts = language.texts();
        let kind = match question.bounds().filter(|_| question.is_numeric()) {
            Some((low, high)) => {
                let nps = question.has_tag("NPS");
                let (worst, best) = if nps {
                    (texts.unlikely, texts.likely)
                } else {
                    (texts.bad, texts.good)
                };
                Kind::Scale {
                    numbers: (low..=high).collect(),
                    low: worst,
                    high: best,
                }
            }
            None if question.display_type.eq_ignore_ascii_case("MultilineText") => Kind::Lines,
            None => line_of(question),
        };
        let translated = question
            .translated
            .get(language.tag())
            .map(|translation| &translation.text);
        Self {
            question_id: question.id.clone(),
            name: question
                .question_tags
                .first()
                .map_or_else(|| question.id.clone(), |tag| tag.to_lowercase()),
            label: translated.unwrap_or(&question.text).clone(),
            kind,
            value: String::new(),
            required: question.is_required,
            missing: false,
        }
    }

    /// What was answered; nothing for an empty field or a number that the scale does not have.
    pub(super) fn response(&self) -> Option<GivenResponse> {
        if self.value.is_empty() {
            return None;
        }
        let response = GivenResponse {
            question_id: self.question_id.clone(),
            ..GivenResponse::default()
        };
        match &self.kind {
            Kind::Scale { numbers, .. } => {
                let number: i64 = self
                    .value
                    .parse()
                    .ok()
                    .filter(|number| numbers.contains(number))?;
                Some(GivenResponse {
                    number_input: Some(number),
                    ..response
                })
            }
            Kind::Lines | Kind::Line { .. } => {
                // Browsers send line ends as CR LF.
                Some(GivenResponse {
                    text_input: Some(self.value.replace("\r\n", "\n")),
                    ..response
                })
            }
        }
    }

    /// Whether a number of the scale is the one chosen.
    pub(super) fn is_chosen(&self, number: &i64) -> bool {
        self.value == number.to_string()
    }
}

fn line_of(question: &Question) -> Kind {
    let (input, autocomplete) = if question.has_tag("EMAIL") {
        ("email", "email")
    } else if question.has_tag("MOBILE") {
        ("tel", "tel")
    } else if question.has_tag("NAME") {
        ("text", "name")
    } else {
        ("text", "off")
    };
    Kind::Line {
        input,
        autocomplete,
    }
}

/// What a token has filled in for a question, as the form shows it.
pub(super) fn prefilled(token: &SurveyToken, question_id: &str) -> String {
    let prefill = token
        .pre_fill
        .iter()
        .find(|prefill| prefill.question_id == question_id);
    prefill.map_or_else(String::new, |prefill| match prefill.text_input.as_deref() {
        None | Some("") => prefill
            .number_input
            .map_or_else(String::new, |number| number.to_string()),
        Some(text) => text.to_owned(),
    })
}
