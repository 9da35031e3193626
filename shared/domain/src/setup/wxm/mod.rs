//! What must exist in an account of Webex Experience Management: a notification rule that tells us of every response, and
//! hidden questions that programs fill in.

mod questions;
mod settings;
#[cfg(test)]
mod tests;

pub use questions::{
    QuestionAction, QuestionFound, QuestionKind, QuestionWanted, question_plan, question_removal,
    questions,
};
pub use settings::{
    RULE, RuleWanted, Settings, TellingRule, UnreadableSettings, rule_plan, rule_removal,
};
