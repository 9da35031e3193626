use cxloop_domain::survey_trigger::{Address, Prefilled};
use cxloop_ports::{Failure, PlatformInvitation, Remedy, SurveyAsked, SurveySender};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

use super::{Scene, question};

/// An account with questions that are filled by staff, by a program and by nobody.
async fn scene() -> Scene {
    let mut case = question("q-case", "Text", &["CASE_ID"]);
    case["apiFill"] = true.into();
    let mut name = question("q-name", "Text", &[]);
    (name["note"], name["staffFill"]) = ("Name".into(), true.into());
    let mut visits = question("q-visits", "Number", &["VISITS"]);
    visits["staffFill"] = true.into();
    let mut elsewhere = question("q-place", "Text", &["PLACE"]);
    elsewhere["apiFill"] = true.into();
    elsewhere["displayLocation"] = json!(["store-visit"]);
    let comment = question("q-comment", "MultilineText", &["Comments"]);
    let questions = json!([case, name, visits, elsewhere, comment]);
    let scene = Scene::new().await;
    scene.signs_in().await;
    let known = ResponseTemplate::new(200).set_body_json(questions);
    scene.get("/api/Questions/Active", known).await;
    scene
}

fn fill(question: &str, text: &str, is_needed: bool) -> Prefilled {
    Prefilled {
        question: question.into(),
        text: text.into(),
        is_needed,
    }
}

fn asked(prefill: Vec<Prefilled>) -> SurveyAsked {
    SurveyAsked {
        questionnaire: "after-case".into(),
        prefill,
        valid_until: "2026-04-01T10:00:00.25Z".parse().unwrap(),
        language: Some("gl".into()),
        note: "Regra resolto".into(),
    }
}

fn invitation(to: Address) -> PlatformInvitation {
    PlatformInvitation {
        to,
        name: Some("Antía".into()),
        subject: "Como foi?".into(),
        template: "https://templates.example/como.html".into(),
    }
}

impl Scene {
    async fn answers_post(&self, at: &str, answer: ResponseTemplate) {
        let post = Mock::given(method("POST")).and(path(at.to_owned()));
        post.respond_with(answer).mount(&self.server).await;
    }

    async fn body_at(&self, at: &str) -> Value {
        let requests = self.server.received_requests().await.unwrap();
        let sent = requests.iter().find(|request| request.url.path() == at);
        sent.unwrap().body_json().unwrap()
    }
}

fn token(id: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "id": id, "user": "sandbox" }))
}

#[tokio::test]
async fn a_survey_is_a_token_for_one_use_with_its_questions_filled_in() {
    let scene = scene().await;
    scene
        .answers_post("/api/SurveyToken", token("DM-21988"))
        .await;
    let prefill = vec![
        fill("case_id", "6f1d2a3b", true),
        fill("name", "Antía", false),
        fill("q-name", "Uxía", false),
        fill("VISITS", "3", false),
    ];
    let link = scene.platform.survey(&asked(prefill)).await.unwrap();
    assert_eq!(
        (link.token.as_str(), link.url.as_str()),
        ("DM-21988", "https://nps.bz/DM-21988")
    );
    assert_eq!(
        scene.body_at("/api/SurveyToken").await,
        json!({
            "location": "after-case", "validTill": "2026-04-01T10:00:00.250Z", "validUses": 1, "note": "Regra resolto",
            "preferredLanguage": "gl",
            "preFill": [
                { "questionId": "q-case", "questionText": "Que tal?", "textInput": "6f1d2a3b", "numberInput": 0 },
                { "questionId": "q-name", "questionText": "Que tal?", "textInput": "Antía", "numberInput": 0 },
                { "questionId": "q-visits", "questionText": "Que tal?", "textInput": null, "numberInput": 3 },
            ],
        })
    );
}

#[tokio::test]
async fn what_cannot_be_filled_in_is_left_out_unless_the_survey_needs_it() {
    let scene = scene().await;
    scene.answers_post("/api/SurveyToken", token("DM-1")).await;
    let unfit = [
        ("Comments", "de quen responde"),
        ("PLACE", "doutro cuestionario"),
        ("VISITS", "moitas"),
        ("NADA", "non existe"),
    ];
    let left_out = unfit.map(|(question, text)| fill(question, text, false));
    scene
        .platform
        .survey(&asked(left_out.to_vec()))
        .await
        .unwrap();
    assert_eq!(
        scene.body_at("/api/SurveyToken").await["preFill"],
        json!([])
    );
    for (question, text) in unfit {
        let needed = asked(vec![fill(question, text, true)]);
        let failure = scene.platform.survey(&needed).await.unwrap_err();
        assert_eq!(failure.remedy, Remedy::Park, "{question}");
        assert!(failure.message.contains(question), "{}", failure.message);
        assert!(!failure.message.contains(text), "{}", failure.message);
    }
    assert_eq!(scene.asked("/api/SurveyToken").await, 1);
}

#[tokio::test]
async fn the_platform_invites_by_e_mail_or_by_text_message() {
    for (to, email, phone, is_sms) in [
        (
            Address::Email("antia@example.com".into()),
            "antia@example.com",
            "",
            false,
        ),
        (
            Address::Phone("+34600000000".into()),
            "",
            "+34600000000",
            true,
        ),
    ] {
        let scene = scene().await;
        let taken = ResponseTemplate::new(200).set_body_json(true);
        scene.answers_post("/api/RequestInvitation", taken).await;
        let case = asked(vec![fill("CASE_ID", "6f1d2a3b", true)]);
        scene.platform.invite(&case, &invitation(to)).await.unwrap();
        let sent = scene.body_at("/api/RequestInvitation").await;
        assert_eq!(sent["customerEmail"], email);
        assert_eq!(sent["customerPhone"], phone);
        assert_eq!(sent["isSMS"], is_sms);
        assert_eq!(sent["customerName"], "Antía");
        assert_eq!(sent["subject"], "Como foi?");
        assert_eq!(sent["template"], "https://templates.example/como.html");
        assert_eq!(sent["tokenDetails"]["location"], "after-case");
        assert_eq!(sent["tokenDetails"]["preFill"][0]["questionId"], "q-case");
        assert_eq!(scene.asked("/api/SurveyToken").await, 0);
    }
}

async fn invited(scene: &Scene) -> Failure {
    let to = invitation(Address::Email("antia@example.com".into()));
    let case = asked(vec![fill("CASE_ID", "6f1d2a3b", true)]);
    scene.platform.invite(&case, &to).await.unwrap_err()
}

#[tokio::test]
async fn only_what_may_have_gone_out_is_said_to_be_unknown() {
    let page = ResponseTemplate::new(200).set_body_raw("<p>Antía</p>", "text/html");
    let until = "2026-03-02T10:00:15Z".parse().unwrap();
    let wait = Remedy::WaitUntil {
        connection: "wxm".parse().unwrap(),
        until,
    };
    for (answer, remedy) in [
        (ResponseTemplate::new(500), Remedy::Retry),
        (ResponseTemplate::new(503), Remedy::Retry),
        (page, Remedy::Retry),
        (ResponseTemplate::new(429), wait),
        (ResponseTemplate::new(400), Remedy::Park),
        (ResponseTemplate::new(403), Remedy::Mend),
        (ResponseTemplate::new(404), Remedy::Mend),
        (ResponseTemplate::new(401), Remedy::Mend),
        (
            ResponseTemplate::new(200).set_body_json(false),
            Remedy::Park,
        ),
    ] {
        let described = format!("{answer:?}");
        let scene = scene().await;
        scene.answers_post("/api/RequestInvitation", answer).await;
        let failure = invited(&scene).await;
        assert_eq!(failure.remedy, remedy, "{described}");
        assert!(!format!("{failure:?}").to_lowercase().contains("ant"));
    }
}

#[tokio::test]
async fn trouble_before_the_invitation_is_asked_for_leaves_no_doubt() {
    let comes_back = Remedy::ComeBack { after_seconds: 30 };
    let signs_not_in = Scene::new().await;
    signs_not_in
        .answers_post("/api/LoginToken", ResponseTemplate::new(500))
        .await;
    assert_eq!(invited(&signs_not_in).await.remedy, comes_back);

    let knows_no_questions = Scene::new().await;
    knows_no_questions.signs_in().await;
    let down = ResponseTemplate::new(502);
    knows_no_questions.get("/api/Questions/Active", down).await;
    assert_eq!(invited(&knows_no_questions).await.remedy, comes_back);

    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", unused.local_addr().unwrap());
    drop(unused);
    let away = Scene::at(Some(nobody)).await;
    assert_eq!(invited(&away).await.remedy, comes_back);
}

#[tokio::test]
async fn a_token_that_no_address_can_end_in_is_none() {
    for id in ["", "../admin", "DM 1", "DM-1?x"] {
        let scene = scene().await;
        scene.answers_post("/api/SurveyToken", token(id)).await;
        let failure = scene.platform.survey(&asked(Vec::new())).await;
        assert_eq!(failure.unwrap_err().remedy, Remedy::Retry, "{id:?}");
    }
}
