//! Customers who answer, and the events that follow.

use cxloop_domain::events::{ResponseHinted, ResponseReceived};
use cxloop_domain::names::ResponseKey;
use cxloop_domain::webhooks::inbox_id;
use cxloop_ports::{BodyKind, Inbox, InboxItem, InboxState};
use cxloop_sandbox::wxm::{Answer, GivenResponse};
use uuid::Uuid;

use super::World;

/// What a customer says. Fields left out are not answered.
#[derive(Clone)]
pub(crate) struct Answered {
    pub(crate) questionnaire: &'static str,
    pub(crate) scores: Vec<(&'static str, i64)>,
    pub(crate) texts: Vec<(&'static str, String)>,
}

impl Answered {
    /// A visit to the shop, by somebody nobody knows yet.
    pub(crate) fn visit(nps: i64) -> Self {
        Self {
            questionnaire: "store-visit",
            scores: vec![("NPS", nps)],
            texts: vec![
                ("NAME", "Uxía Bóveda".to_owned()),
                ("EMAIL", "uxia.boveda@example.com".to_owned()),
                ("Comments", "Non volverei: a atención foi pésima".to_owned()),
            ],
        }
    }

    /// A rating of a case.
    pub(crate) fn about(case: Uuid, csat: i64) -> Self {
        Self {
            questionnaire: "after-case",
            scores: vec![("CSAT", csat)],
            texts: vec![
                ("Comments", "Não resolveram a avaria".to_owned()),
                ("CASE_ID", case.to_string()),
            ],
        }
    }

    /// The same with another answer to a text question.
    pub(crate) fn with(mut self, tag: &'static str, text: &str) -> Self {
        self.texts.retain(|(t, _)| *t != tag);
        self.texts.push((tag, text.to_owned()));
        self
    }

    /// The same without an answer to a text question.
    pub(crate) fn without(mut self, tag: &str) -> Self {
        self.texts.retain(|(t, _)| *t != tag);
        self
    }
}

impl World {
    /// Puts an answer on the survey platform.
    pub(crate) fn answer(&self, answered: &Answered) -> ResponseKey {
        let question = |tag: &str| {
            self.surveys
                .question_id(answered.questionnaire, tag)
                .unwrap_or_else(|| panic!("no question {tag} in {}", answered.questionnaire))
        };
        let mut responses = Vec::new();
        for (tag, number) in &answered.scores {
            responses.push(GivenResponse {
                question_id: question(tag),
                number_input: Some(*number),
                ..GivenResponse::default()
            });
        }
        for (tag, text) in &answered.texts {
            responses.push(GivenResponse {
                question_id: question(tag),
                text_input: Some(text.clone()),
                ..GivenResponse::default()
            });
        }
        let answer = Answer {
            location_id: Some(answered.questionnaire.to_owned()),
            responses,
            ..Answer::default()
        };
        let id = self.surveys.add_answer(answer).id;
        ResponseKey::new("wxm".parse().unwrap(), id.parse().unwrap())
    }

    /// The body that the platform sends about an answer.
    pub(crate) fn notification_body(&self, key: &ResponseKey, notification: &str) -> Vec<u8> {
        let answer = self.surveys.answer(key.response.as_str()).unwrap();
        serde_json::to_vec(&serde_json::json!({ "notification": notification, "answer": answer }))
            .unwrap()
    }

    /// Keeps the body of a notification, as the webhook function does, and returns its event.
    pub(crate) async fn hinted(&self, key: &ResponseKey, notification: &str) -> ResponseHinted {
        let body = self.notification_body(key, notification);
        let item = InboxItem {
            kind: BodyKind::Response,
            id: inbox_id(&key.connection, None, &body),
            connection: key.connection.clone(),
            accepted_at: cxloop_ports::Clock::now(self.clock.as_ref()),
            body,
            state: InboxState::Unpublished,
            trace: None,
        };
        self.store.keep_body(&item).await;
        ResponseHinted {
            connection: item.connection,
            inbox_id: item.id,
        }
    }

    /// Takes an answer all the way through intake and returns the event that came of it.
    pub(crate) async fn taken_in(&self, key: &ResponseKey, notification: &str) -> ResponseReceived {
        let hinted = self.hinted(key, notification).await;
        response_intake::handle(&self.response_intake(), hinted)
            .await
            .unwrap();
        self.last_received()
    }

    /// The `ResponseReceived` that was published last.
    pub(crate) fn last_received(&self) -> ResponseReceived {
        let published = self.bus.published();
        let last = published
            .iter()
            .rev()
            .find(|e| e.name == "ResponseReceived")
            .expect("a response was told of");
        serde_json::from_str(&last.detail).unwrap()
    }

    /// An answer that went through intake and case: the case's id.
    pub(crate) async fn case_of(&self, answered: &Answered) -> Uuid {
        let key = self.answer(answered);
        let received = self.taken_in(&key, "").await;
        response_to_case::handle(&self.response_to_case(), received)
            .await
            .unwrap();
        cxloop_domain::identity::case(&key, &"detractor".parse().unwrap())
    }
}

/// Both `Inbox` and `Responses` have a `keep`; this says which one a test means.
trait KeepBody {
    async fn keep_body(&self, item: &InboxItem);
}

impl<T: Inbox + ?Sized> KeepBody for T {
    async fn keep_body(&self, item: &InboxItem) {
        Inbox::keep(self, item).await.unwrap();
    }
}
