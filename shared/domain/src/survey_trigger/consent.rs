//! What people agreed to.

use uuid::Uuid;

use super::person::Address;
use crate::configuration::{Enforcement, SurveyRule, Surveys};

/// What the CRM holds of an address for a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Consent {
    /// Nothing, or that it is not set.
    NotSet,
    /// The person agreed.
    OptedIn,
    /// The person refused.
    OptedOut,
}

/// Whose consent is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentAsked {
    /// The address that would be used.
    pub address: Address,
    /// The purpose in the CRM; any when it is not known.
    pub purpose: Option<Uuid>,
}

/// Whether the consent of an address has to be read before a rule may use it.
pub fn consent_needed(
    rule: &SurveyRule,
    surveys: &Surveys,
    address: &Address,
) -> Option<ConsentAsked> {
    let purpose = surveys.purposes.get(rule.purpose.as_ref()?)?;
    match purpose.enforcement {
        Enforcement::Disabled => None,
        Enforcement::Restrictive | Enforcement::NonRestrictive => Some(ConsentAsked {
            address: address.clone(),
            purpose: purpose.id,
        }),
    }
}
