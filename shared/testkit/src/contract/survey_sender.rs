//! Promises of what makes surveys and invites to them.

use cxloop_domain::survey_trigger::{Address, Prefilled};
use cxloop_ports::{PlatformInvitation, Remedy, SurveyAsked, SurveySender};
use jiff::Timestamp;

use super::{refused, well};

/// What the suite needs of the platform it is held against.
pub struct SurveySenderFixture {
    /// A questionnaire that has the question of the case's id.
    pub questionnaire: String,
    /// A name that no question of it has.
    pub no_question: String,
    /// Until when surveys are asked for.
    pub valid_until: Timestamp,
}

/// Checks a platform that sends surveys. It sends one invitation, to an address of `example.com`.
pub async fn survey_sender(sender: &dyn SurveySender, fixture: &SurveySenderFixture) {
    let fill = |question: &str, is_needed| Prefilled {
        question: question.to_owned(),
        text: "6f1d2a3b-0c4d-4e5f-8a9b-000000000001".to_owned(),
        is_needed,
    };
    let asked = SurveyAsked {
        questionnaire: fixture.questionnaire.clone(),
        prefill: vec![
            fill(&sender.questions().case_id, true),
            fill(&fixture.no_question, false),
        ],
        valid_until: fixture.valid_until,
        language: None,
        note: "Regra avaría".to_owned(),
    };
    let first = well(sender.survey(&asked).await);
    assert!(
        first.url.ends_with(&first.token) && first.url.starts_with("http"),
        "the address leads to the survey"
    );
    let second = well(sender.survey(&asked).await);
    assert_ne!(first.token, second.token, "asking twice makes two");

    let without = SurveyAsked {
        prefill: vec![fill(&fixture.no_question, true)],
        ..asked.clone()
    };
    let failure = refused(
        sender.survey(&without).await,
        "a needed question is missing",
    );
    assert_eq!(failure.remedy, Remedy::Park);
    assert!(
        failure.message.contains(&fixture.no_question),
        "the missing question is named: {}",
        failure.message
    );

    let invitation = PlatformInvitation {
        to: Address::Email("iria.fernandez@example.com".to_owned()),
        name: Some("Iria Fernández".to_owned()),
        subject: "Como foi a reparación?".to_owned(),
        template: "https://templates.example/reparacion.html".to_owned(),
    };
    let failure = sender.invite(&without, &invitation).await;
    let failure = refused(failure, "nor is anybody invited to it");
    assert_eq!(failure.remedy, Remedy::Park);
    well(sender.invite(&asked, &invitation).await);
}
