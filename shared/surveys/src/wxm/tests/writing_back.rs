use std::collections::BTreeMap;

use cxloop_domain::case_write_back::{Intended, IntendedNote, NOTE, Settled, Written};
use cxloop_ports::{Remedy, SurveyPlatform};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

use super::{ANSWER, Scene, answer, given, question};

fn intended(fields: &[(&str, Option<&str>)], note: Option<&str>) -> Intended {
    Intended {
        note: note.map(|text| IntendedNote {
            marker: "m-1".into(),
            text: text.into(),
        }),
        fields: fields
            .iter()
            .map(|(name, text)| ((*name).to_owned(), text.map(str::to_owned)))
            .collect(),
        ticket: "CAS-1".into(),
        status: Some("On Hold".into()),
        comments: 0,
        after: Written::default(),
    }
}

/// An account with an answer and hidden questions.
async fn scene(wire: Value) -> Scene {
    let hidden = |id: &str, kind: &str, tag: &str| {
        let mut hidden = question(id, kind, &[tag]);
        hidden["apiFill"] = true.into();
        hidden
    };
    let mut place = hidden("h-place", "Text", "PLACE");
    place["displayLocation"] = json!(["after-case"]);
    let mut choice = hidden("h-choice", "Select", "CAUSE");
    choice["multiSelect"] = json!(["avaría", "outra"]);
    let questions = json!([
        hidden("h-status", "Text", "CASE_STATUS"),
        hidden("h-count", "Number", "REOPENED"),
        choice,
        place,
        question("q-comment", "MultilineText", &["Comments"]),
    ]);
    let scene = Scene::new().await;
    scene.signs_in().await;
    let known = ResponseTemplate::new(200).set_body_json(questions);
    scene.get("/api/Questions/Active", known).await;
    let there = ResponseTemplate::new(200).set_body_json(wire);
    scene.get(&format!("/api/Answer/{ANSWER}"), there).await;
    scene
}

impl Scene {
    async fn posts(&self, at: &str, answer: ResponseTemplate) {
        let post = Mock::given(method("POST")).and(path(at.to_owned()));
        post.respond_with(answer).mount(&self.server).await;
    }

    async fn writes_back(&self, intended: &Intended) -> Settled {
        let id = ANSWER.parse().unwrap();
        self.platform.write_back(&id, intended).await.unwrap()
    }

    /// What was posted, in order: the path below `/api`, and the body.
    async fn posted(&self) -> Vec<(String, Value)> {
        let requests = self.server.received_requests().await.unwrap();
        let posts = requests.iter().filter(|request| {
            request.method.as_str() == "POST" && request.url.path() != "/api/LoginToken"
        });
        posts
            .map(|request| {
                let body = serde_json::from_slice(&request.body).unwrap();
                (request.url.path().replace("/api/", ""), body)
            })
            .collect()
    }
}

fn ok() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(true)
}

#[tokio::test]
async fn fields_are_written_into_the_whole_answer_before_the_note() {
    let mut wire = answer(vec![
        given("q-comment", json!("Non volverei"), json!(0)),
        given("h-status", json!("Active"), json!(0)),
    ]);
    wire["openTicket"] = json!({ "status": "Open", "unknown": [1] });
    let scene = scene(wire.clone()).await;
    scene.posts("/api/answers/update", ok()).await;
    scene
        .posts(&format!("/api/Answers/Note/{ANSWER}"), ok())
        .await;
    let fields = [("case_status", Some("On Hold")), ("REOPENED", Some("2"))];
    let settled = scene
        .writes_back(&intended(&fields, Some("Nota [m-1]")))
        .await;
    assert_eq!(settled, Settled::default());
    let posted = scene.posted().await;
    assert_eq!(posted[0].0, "answers/update");
    assert_eq!(posted[1].0, format!("Answers/Note/{ANSWER}"));
    let written = &posted[0].1[ANSWER];
    wire["responses"][1]["textInput"] = json!("On Hold");
    let count = json!({ "questionId": "h-count", "questionText": "Que tal?", "textInput": null, "numberInput": 2 });
    wire["responses"].as_array_mut().unwrap().push(count);
    assert_eq!(*written, wire, "nothing else is touched");
    assert_eq!(scene.asked(&format!("/api/Answer/{ANSWER}")).await, 1);
}

#[tokio::test]
async fn what_the_answer_holds_already_is_not_written() {
    let mut wire = answer(vec![
        given("h-status", json!("On Hold"), json!(0)),
        given("h-count", Value::Null, json!(2)),
    ]);
    wire["notes"] = json!([{ "note": "Nota [m-1]" }]);
    let scene = scene(wire).await;
    let fields = [
        ("CASE_STATUS", Some("On Hold")),
        ("REOPENED", Some("2")),
        ("CAUSE", None),
    ];
    let settled = scene
        .writes_back(&intended(&fields, Some("Nota [m-1]")))
        .await;
    assert_eq!(settled, Settled::default());
    assert!(scene.posted().await.is_empty());
}

#[tokio::test]
async fn a_field_is_emptied_and_keys_in_other_letters_are_kept() {
    let wire = json!({
        "Id": ANSWER, "LocationId": "store-visit", "ResponseDateTime": "2026-03-02T09:58:12Z",
        "Responses": [
            { "QuestionId": "h-status", "TextInput": "Active", "NumberInput": 0 },
            { "QuestionId": "h-count", "TextInput": null, "NumberInput": 2 }
        ]
    });
    let scene = scene(wire).await;
    scene.posts("/api/answers/update", ok()).await;
    let fields = [("CASE_STATUS", None), ("REOPENED", None)];
    scene.writes_back(&intended(&fields, None)).await;
    let posted = scene.posted().await;
    assert_eq!(
        posted[0].1[ANSWER]["Responses"],
        json!([{ "QuestionId": "h-status", "TextInput": "", "NumberInput": 0 }])
    );
}

#[tokio::test]
async fn what_a_question_cannot_hold_is_refused_without_asking_and_the_rest_is_written() {
    let scene = scene(answer(vec![])).await;
    scene.posts("/api/answers/update", ok()).await;
    let fields = [
        ("CASE_STATUS", Some("On Hold")),
        ("REOPENED", Some("dúas")),
        ("CAUSE", Some("ningunha")),
        ("Comments", Some("o que dixo o cliente")),
        ("PLACE", Some("doutro cuestionario")),
        ("NOWHERE", Some("x")),
    ];
    let settled = scene.writes_back(&intended(&fields, None)).await;
    let refused: Vec<&str> = settled.refused.keys().map(String::as_str).collect();
    assert_eq!(
        refused,
        ["CAUSE", "Comments", "NOWHERE", "PLACE", "REOPENED"]
    );
    assert!(
        !settled.refused["REOPENED"].contains("dúas"),
        "a value is no reason"
    );
    let posted = scene.posted().await;
    assert_eq!(posted.len(), 1);
    let responses = &posted[0].1[ANSWER]["responses"];
    assert_eq!(responses.as_array().unwrap().len(), 1, "{responses}");
}

#[tokio::test]
async fn a_refused_write_is_told_for_each_part_and_trouble_is_not_a_refusal() {
    let scene = scene(answer(vec![])).await;
    let refuses = ResponseTemplate::new(400).set_body_json(json!({ "message": "locked" }));
    scene.posts("/api/answers/update", refuses).await;
    let refuses = ResponseTemplate::new(400);
    scene
        .posts(&format!("/api/Answers/Note/{ANSWER}"), refuses)
        .await;
    let fields = [("CASE_STATUS", Some("On Hold")), ("REOPENED", Some("2"))];
    let both = intended(&fields, Some("Nota [m-1]"));
    let settled = scene.writes_back(&both).await;
    let refused: BTreeMap<&str, &str> = settled
        .refused
        .iter()
        .map(|(part, reason)| (part.as_str(), reason.as_str()))
        .collect();
    assert_eq!(refused.len(), 3, "{refused:?}");
    assert!(refused["CASE_STATUS"].contains("locked") && refused.contains_key(NOTE));

    scene.server.reset().await;
    scene.signs_in().await;
    let there = ResponseTemplate::new(200).set_body_json(answer(vec![]));
    scene.get(&format!("/api/Answer/{ANSWER}"), there).await;
    scene
        .posts("/api/answers/update", ResponseTemplate::new(503))
        .await;
    let id = ANSWER.parse().unwrap();
    let failure = scene.platform.write_back(&id, &both).await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::Retry);
    let gone = "65f0a1b2c3d4e5f60718293b".parse().unwrap();
    let failure = scene.platform.write_back(&gone, &both).await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::Park);
}
