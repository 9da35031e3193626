//! Small, valid things to begin a test with; change the fields that the test is about.

use std::collections::BTreeMap;

use cxloop_domain::cases::{CaseDraft, CustomerRef, NoteDraft, Priority};
use cxloop_domain::configuration::{
    CaseRule, CaseTemplate, Configuration, Connection, Customers, DynamicsConnection, OpenCase,
    Otherwise, QuestionMap, ReopenColumns, Threshold, WxmConnection,
};
use cxloop_domain::loops::{Actor, References, Step, StepKind};
use cxloop_domain::record_changed::Record;
use cxloop_domain::response::{Answer, Customer, Email, Measured, Metric, Response};
use cxloop_domain::score::{Scale, Score};
use cxloop_domain::survey_trigger::{Invitation, Pending};
use jiff::Timestamp;
use uuid::Uuid;

/// Reads a time written in RFC 3339.
pub fn time(text: &str) -> Timestamp {
    text.parse().expect("a test's time is written in RFC 3339")
}

/// A response with an NPS answer from 0 to 10 and a Galician comment. `key` is `connection/response id`.
pub fn response(key: &str, nps: i64) -> Response {
    let comment = "Non volverei: a atención foi pésima";
    Response {
        key: key
            .parse()
            .expect("a response key is connection/response id"),
        survey: "store-visit".to_owned(),
        submitted_at: time("2026-11-22T09:58:00Z"),
        language: Some("gl".to_owned()),
        channel: Some("email".to_owned()),
        location: Some("Vigo".to_owned()),
        customer: Customer {
            name: Some("Antía Núñez".to_owned()),
            email: Some(Email::Address("antia@example.com".to_owned())),
            phone: Some("+34 986 000 111".to_owned()),
            external_id: None,
        },
        comment: Some(comment.to_owned()),
        answers: vec![Answer {
            question_id: "q-comment".to_owned(),
            question: Some("Que podemos mellorar?".to_owned()),
            text: Some(comment.to_owned()),
            ..Answer::default()
        }],
        metrics: [(
            Metric::Nps,
            Measured {
                score: Score::whole(nps),
                scale: Some(Scale::whole(0, 10)),
            },
        )]
        .into(),
        about_case: None,
        about: None,
        invitation: None,
        link: None,
    }
}

/// A response about a case, with a CSAT answer from 1 to 5 and a Portuguese comment.
pub fn response_about(key: &str, case: Uuid, csat: i64) -> Response {
    Response {
        survey: "after-case".to_owned(),
        language: Some("pt".to_owned()),
        comment: Some("Não resolveram a avaria".to_owned()),
        answers: Vec::new(),
        metrics: [(
            Metric::Csat,
            Measured {
                score: Score::whole(csat),
                scale: Some(Scale::whole(1, 5)),
            },
        )]
        .into(),
        about_case: Some(case),
        ..response(key, 0)
    }
}

/// A configuration with the connections `wxm` and `dynamics`, the rule `detractor` (NPS 6 or less, queue
/// `Recovery`) and the threshold `not-solved` (CSAT below 3).
pub fn configuration() -> Configuration {
    let name = |text: &str| text.parse().expect("a connection name");
    let rule = |text: &str| text.parse().expect("a rule name");
    let wxm = WxmConnection {
        url: "http://127.0.0.1:8688".to_owned(),
        survey_url: "https://nps.bz".into(),
        secret: "cxloop/wxm".to_owned(),
        questions: QuestionMap::default(),
        note: "Case {{ ticket }} is open.".to_owned(),
        case_surveys: Vec::new(),
        requests_per_second: None,
    };
    let dynamics = DynamicsConnection::new("http://127.0.0.1:8687", "cxloop/dynamics");
    Configuration {
        write_back: None,
        surveys: None,
        connections: BTreeMap::from([
            (name("wxm"), Connection::Wxm(wxm)),
            (name("dynamics"), Connection::Dynamics(dynamics)),
        ]),
        customers: Customers::default(),
        case_rules: vec![CaseRule {
            name: rule("detractor"),
            when: "nps <= 6".to_owned(),
            case: CaseTemplate {
                title: "{{ customer.name }} scored {{ nps }}".to_owned(),
                description: Some("{{ comment }}".to_owned()),
                priority: Some("high".to_owned()),
                queue: Some("Recovery".to_owned()),
                owner: None,
                origin: Some("web".to_owned()),
                case_type: None,
                columns: BTreeMap::new(),
            },
            open_case: OpenCase::New,
            go_on: false,
        }],
        reopen: vec![Threshold {
            name: rule("not-solved"),
            metric: Metric::Csat,
            below: Score::whole(3),
            within: Some("14d".parse().expect("a span of time")),
            at_most: Some(2),
            otherwise: Otherwise::FollowUp,
            when: None,
            queue: None,
        }],
        reopen_columns: ReopenColumns::default(),
    }
}

/// A note under an id derived from a name.
pub fn note(name: &str) -> NoteDraft {
    NoteDraft {
        id: cxloop_domain::identity::derive("test note", &[name]),
        subject: format!("Nota: {name}"),
        text: "Não resolveram a avaria; a cliente segue sen servizo".to_owned(),
    }
}

/// A case of a contact under an id derived from a name, without queue.
pub fn case(name: &str, contact: Uuid) -> CaseDraft {
    CaseDraft {
        id: cxloop_domain::identity::derive("test case", &[name]),
        title: "Non volverei: a atención foi pésima".to_owned(),
        description: Some("A avaría do elevador segue sen resolver".to_owned()),
        priority: Some(Priority::High),
        origin: None,
        case_type: None,
        columns: BTreeMap::new(),
        customer: CustomerRef::Contact(contact),
        parent: None,
        owner: None,
        queue: None,
        note: note(name),
    }
}

/// A step of a loop, taken by a function.
pub fn step(key: &str, what: StepKind, at: Timestamp) -> Step {
    Step {
        key: key.to_owned(),
        what,
        at,
        actor: Actor::function("response-to-case"),
        text: "Regra detractor: NPS 3 ≤ 6".to_owned(),
        link: None,
        replay: None,
        references: References::default(),
    }
}

/// An invitation of the rule `after-case` about a case under an id derived from a name, still to be decided on.
pub fn invitation(name: &str, at: &str) -> Invitation {
    let record = Record {
        table: "incident".parse().expect("a table's name"),
        id: cxloop_domain::identity::derive("test case", &[name]),
    };
    let pending = Pending {
        rule: "after-case".parse().expect("a rule's name"),
        occurrence: 1,
        at: time(at),
    };
    let connection = "dynamics".parse().expect("a connection's name");
    Invitation::begun(&connection, &record, &pending, time(at))
}
