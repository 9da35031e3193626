//! What must hold of what sends surveys.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::{Problem, report};
use crate::configuration::{
    Channel, Configuration, Connection, Exclusion, PersonPath, SendBy, SurveyRule, Surveys,
};
use crate::names::RuleName;
use crate::survey_trigger::{problem_of_condition, problem_of_template};

/// The most days that a delay may be: far below what a schedule takes, and far above what anybody remembers a visit.
const LONGEST_DELAY_DAYS: i64 = 365;
/// The most days within which invitations are counted: they are known for little longer.
const LONGEST_CAP_DAYS: i64 = 400;
/// The longest text message that the services take, in characters.
const SMS_CHARS: usize = 1_600;

pub(super) fn check(
    configuration: &Configuration,
    surveys: &Surveys,
    names: &mut BTreeSet<RuleName>,
    found: &mut Vec<Problem>,
) {
    if !surveys.rules.is_empty() && configuration.dynamics().is_none() {
        let problem = "there is no connection of kind dynamics whose rows could change";
        report(found, "surveys", "rules", problem.into());
    }
    if let Some(hours) = &surveys.quiet_hours {
        if TimeZone::get(&hours.time_zone).is_err() {
            let problem = format!(
                "{:?} is no time zone: expected a name such as Europe/Madrid",
                hours.time_zone
            );
            report(found, "surveys.quiet_hours", "time_zone", problem);
        }
        if hours.from == hours.to {
            let problem = "it would be quiet all day: expected another time than in from";
            report(found, "surveys.quiet_hours", "to", problem.into());
        }
    }
    let longest = LONGEST_CAP_DAYS * 86_400;
    if surveys
        .at_most
        .is_some_and(|cap| cap.within.seconds() > longest)
    {
        let problem = format!("expected up to {LONGEST_CAP_DAYS}d");
        report(found, "surveys.at_most", "within", problem);
    }
    if surveys.at_most.is_some_and(|cap| cap.invitations == 0) {
        let problem = "nobody would ever be asked: expected 1 or more";
        report(found, "surveys.at_most", "invitations", problem.into());
    }
    for (index, rule) in surveys.rules.iter().enumerate() {
        let at = format!("surveys.rules[{index}]");
        if !names.insert(rule.name.clone()) {
            let problem = format!(
                "the name {} is taken by an earlier rule or threshold",
                rule.name
            );
            report(found, &at, "name", problem);
        }
        one_rule(configuration, surveys, rule, &at, found);
    }
}

fn one_rule(
    configuration: &Configuration,
    surveys: &Surveys,
    rule: &SurveyRule,
    at: &str,
    found: &mut Vec<Problem>,
) {
    if rule.to.is_empty() {
        let problem = "expected the values that the column reaches, such as [1]";
        report(found, at, "to", problem.into());
    }
    if let Some(when) = &rule.when
        && let Some(problem) = problem_of_condition(when)
    {
        report(found, at, "when", problem.to_string());
    }
    let longest = LONGEST_DELAY_DAYS * 86_400;
    if rule.delay.is_some_and(|delay| delay.seconds() > longest) {
        report(
            found,
            at,
            "delay",
            format!("expected up to {LONGEST_DELAY_DAYS}d"),
        );
    }
    if let Some(purpose) = &rule.purpose
        && !surveys.purposes.contains_key(purpose)
    {
        let problem = format!("{purpose} is none of surveys.purposes");
        report(found, at, "purpose", problem);
    }
    if rule.purpose.is_some() && rule.send.channel().is_none() {
        let problem = "consent is looked for by the address that is used, and a column has none";
        report(found, at, "purpose", problem.into());
    }
    if let PersonPath::Written(person) = &rule.person {
        let fields = [
            ("person.written.email", &person.email),
            ("person.written.phone", &person.phone),
            ("person.written.name", &person.name),
        ];
        for (field, text) in fields {
            template(text.as_deref(), at, field, (false, false), found);
        }
        let missing = match rule.send.channel() {
            Some(Channel::Email) => person.email.is_none().then_some("email"),
            Some(Channel::Sms) => person.phone.is_none().then_some("phone"),
            None => None,
        };
        if let Some(missing) = missing {
            let problem = format!("expected {missing}, by which the person is reached");
            report(found, at, "person.written", problem);
        }
    }
    survey(configuration, rule, at, found);
    sending(rule, at, found);
    let crm = configuration.dynamics();
    let our_user = crm.and_then(|(_, crm)| crm.application_user);
    if rule.exclude.contains(&Exclusion::AgentOpened) && our_user.is_none() {
        let problem = "agent_opened needs application_user of the connection to Dynamics";
        report(found, at, "exclude", problem.into());
    }
}

fn survey(configuration: &Configuration, rule: &SurveyRule, at: &str, found: &mut Vec<Problem>) {
    let survey = &rule.survey;
    match configuration.connections.get(&survey.connection) {
        Some(Connection::Wxm(wxm)) => {
            let about_cases = rule.table.as_str() == "incident";
            if about_cases && !wxm.believes_cases_of(&survey.questionnaire) {
                let problem = format!(
                    "its answers would not be believed when they name their case: add {} to case_surveys of {}",
                    survey.questionnaire, survey.connection
                );
                report(found, at, "survey.questionnaire", problem);
            }
        }
        Some(other) => {
            let problem = format!(
                "surveys cannot be sent by a connection of kind {}",
                other.kind()
            );
            report(found, at, "survey.connection", problem);
        }
        None => {
            let problem = format!("there is no connection {}", survey.connection);
            report(found, at, "survey.connection", problem);
        }
    }
    if survey.questionnaire.trim().is_empty() {
        let problem = "expected the name of a questionnaire";
        report(found, at, "survey.questionnaire", problem.into());
    }
    for (index, prefill) in survey.prefill.iter().enumerate() {
        let field = format!("survey.prefill[{index}]");
        if prefill.question.trim().is_empty() {
            let problem = "expected the tag, short label or id of a question";
            report(found, at, &format!("{field}.question"), problem.into());
        }
        let value = Some(prefill.value.as_str());
        template(value, at, &format!("{field}.value"), (true, false), found);
    }
}

fn sending(rule: &SurveyRule, at: &str, found: &mut Vec<Problem>) {
    for (field, text, may_name_link) in rule.send.templates() {
        let field = format!("send.{field}");
        template(Some(text), at, &field, (true, may_name_link), found);
        let has_link = text.contains("link");
        if may_name_link && !has_link {
            let problem = "nobody could answer: expected {{ link }} in it";
            report(found, at, &field, problem.into());
        }
    }
    match &rule.send {
        SendBy::Email(message) if !message.from.contains('@') => {
            let problem = "expected the address that it comes from";
            report(found, at, "send.email.from", problem.into());
        }
        SendBy::Sms(message) if message.text.chars().count() > SMS_CHARS => {
            let problem = format!("expected up to {SMS_CHARS} characters");
            report(found, at, "send.sms.text", problem);
        }
        SendBy::Email(_) | SendBy::Sms(_) | SendBy::Platform(_) | SendBy::Column(_) => {}
    }
}

fn template(
    text: Option<&str>,
    at: &str,
    field: &str,
    (person, link): (bool, bool),
    found: &mut Vec<Problem>,
) {
    if let Some(problem) = text.and_then(|text| problem_of_template(text, person, link)) {
        report(found, at, field, problem.to_string());
    }
}

#[cfg(test)]
mod tests {
    use crate::configuration::read;

    const CONNECTIONS: &str = "connections:\n  wxm: { kind: wxm, secret: cxloop/wxm }\n  tool: { kind: standard, secret: cxloop/tool }\n  crm: { kind: dynamics, url: \"https://contoso.crm4.dynamics.com\", secret: s }\n";

    #[test]
    fn a_whole_rule_reads_back_as_it_was_written() {
        let text = format!(
            r#"{CONNECTIONS}surveys:
  quiet_hours: {{ from: "21:00", to: "09:00", time_zone: Europe/Madrid, time_zone_column: new_timezone }}
  at_most: {{ invitations: 1, within: 30d }}
  employee_domains: [contoso.com]
  internal_accounts: [5a4db0c5-0004-4000-8000-000000000001]
  purposes: {{ care: {{ enforcement: restrictive }} }}
  rules:
    - name: after-case
      table: incident
      column: statecode
      from: [0]
      to: [1, Resolved]
      when: label.prioritycode == "High"
      survey: {{ connection: wxm, questionnaire: after-case, language: gl, prefill: [{{ question: AGENT, value: "{{{{ label._ownerid_value }}}}" }}] }}
      send: {{ email: {{ from: "coidado@contoso.com", subject: "Que tal a {{{{ row.ticketnumber }}}}?", text: "Ola {{{{ person.name }}}}: {{{{ link }}}}" }} }}
      delay: 2h
      purpose: care
      on_unknown: resend
    - name: won
      table: opportunity
      column: statecode
      to: [1]
      person: {{ lookup: _parentcontactid_value }}
      survey: {{ connection: wxm, questionnaire: after-sale }}
      send: {{ sms: {{ through: sns, text: "{{{{ link }}}}" }} }}
    - name: shop
      table: new_visit
      column: new_state
      to: [Feita]
      person: {{ written: {{ email: "{{{{ row.new_email }}}}" }} }}
      survey: {{ connection: wxm, questionnaire: store-visit }}
      send: {{ platform: {{ subject: "Como foi?", template: "https://contoso.com/m.html" }} }}
    - name: lead
      table: lead
      column: statuscode
      to: [3]
      person: itself
      survey: {{ connection: wxm, questionnaire: store-visit }}
      send: {{ column: new_surveylink }}
      exclude: []
"#
        );
        let configuration = read(&text).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
        let json = serde_json::to_value(&configuration).unwrap();
        assert_eq!(
            serde_json::from_value::<crate::configuration::Configuration>(json).unwrap(),
            configuration
        );
    }

    #[test]
    fn a_survey_about_a_case_is_one_whose_answers_are_believed() {
        let text = |table: &str, surveys: &str| {
            format!(
                "connections:\n  wxm: {{ kind: wxm, secret: s, case_surveys: {surveys} }}\n  crm: {{ kind: dynamics, url: \"https://contoso.crm4.dynamics.com\", secret: s }}\nsurveys: {{ rules: [{{ name: one, table: {table}, column: statecode, to: [1], survey: {{ connection: wxm, questionnaire: After-Case }}, send: {{ column: new_link }} }}] }}\n"
            )
        };
        for (table, surveys, is_fine) in [
            ("incident", "[]", true),
            ("incident", "[store-visit, after-case]", true),
            ("incident", "[store-visit]", false),
            ("lead", "[store-visit]", true),
        ] {
            assert_eq!(
                read(&text(table, surveys)).is_ok(),
                is_fine,
                "{table} {surveys}"
            );
        }
    }

    #[test]
    fn everything_that_would_ask_nobody_or_the_wrong_one_is_told_with_its_place() {
        let text = format!(
            r#"{CONNECTIONS}surveys:
  quiet_hours: {{ from: "09:00", to: "09:00", time_zone: Europa/Vigo }}
  at_most: {{ invitations: 0, within: 401d }}
  rules:
    - name: one
      table: incident
      column: statecode
      to: []
      when: priority == 1
      person: {{ written: {{ phone: "{{{{ person.name }}}}" }} }}
      survey: {{ connection: tool, questionnaire: " ", prefill: [{{ question: " ", value: "{{{{ link }}}}" }}] }}
      send: {{ email: {{ from: coidado, subject: "{{{{ link }}}}", text: "Grazas" }} }}
      delay: 366d
      purpose: care
      exclude: [agent_opened]
    - name: one
      table: lead
      column: statecode
      to: [1]
      survey: {{ connection: nowhere, questionnaire: x }}
      send: {{ column: new_link }}
      purpose: care
"#
        );
        let mistakes = read(&text).unwrap_err();
        let mut paths: Vec<&str> = mistakes
            .iter()
            .map(|mistake| mistake.path.as_str())
            .collect();
        paths.sort_unstable();
        assert_eq!(
            paths,
            [
                "surveys.at_most.invitations",
                "surveys.at_most.within",
                "surveys.quiet_hours.time_zone",
                "surveys.quiet_hours.to",
                "surveys.rules[0].delay",
                "surveys.rules[0].exclude",
                "surveys.rules[0].person.written",
                "surveys.rules[0].person.written.phone",
                "surveys.rules[0].purpose",
                "surveys.rules[0].send.email.from",
                "surveys.rules[0].send.email.subject",
                "surveys.rules[0].send.email.text",
                "surveys.rules[0].survey.connection",
                "surveys.rules[0].survey.prefill[0].question",
                "surveys.rules[0].survey.prefill[0].value",
                "surveys.rules[0].survey.questionnaire",
                "surveys.rules[0].to",
                "surveys.rules[0].when",
                "surveys.rules[1].name",
                "surveys.rules[1].purpose",
                "surveys.rules[1].purpose",
                "surveys.rules[1].survey.connection",
            ],
            "{mistakes:#?}"
        );
    }
}
