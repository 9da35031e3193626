//! Services that take messages to people, in memory.

use std::sync::Mutex;

use async_trait::async_trait;
use cxloop_ports::{Email, Failure, Mail, TextMessage, TextMessages};
use serde_json::{Value, json};

use super::Faults;

/// Remembers e-mails. Knows no key under which a second sending would be none, as the real service knows none.
#[derive(Debug, Default)]
pub struct FakeMail {
    sent: Mutex<Vec<Email>>,
    faults: Faults,
    lost_answers: Faults,
}

impl FakeMail {
    /// What it fails with instead of sending anything.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// What it answers although the e-mail went out.
    pub fn lost_answers(&self) -> &Faults {
        &self.lost_answers
    }

    /// Everything that went out, in order.
    pub fn sent(&self) -> Vec<Email> {
        self.sent.lock().expect(LOCK).clone()
    }

    /// To whom e-mails went out, and with which subject.
    pub fn snapshot(&self) -> Value {
        let sent = self.sent.lock().expect(LOCK);
        let shown = |email: &Email| json!({ "to": email.to, "subject": email.words.subject });
        sent.iter().map(shown).collect()
    }
}

#[async_trait]
impl Mail for FakeMail {
    async fn send(&self, email: &Email) -> Result<(), Failure> {
        self.faults.check()?;
        self.sent.lock().expect(LOCK).push(email.clone());
        self.lost_answers.check()
    }
}

/// Remembers text messages, whichever service they name.
#[derive(Debug, Default)]
pub struct FakeTextMessages {
    sent: Mutex<Vec<TextMessage>>,
    faults: Faults,
    lost_answers: Faults,
}

impl FakeTextMessages {
    /// What it fails with instead of sending anything.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// What it answers although the message went out.
    pub fn lost_answers(&self) -> &Faults {
        &self.lost_answers
    }

    /// Everything that went out, in order.
    pub fn sent(&self) -> Vec<TextMessage> {
        self.sent.lock().expect(LOCK).clone()
    }

    /// To whom messages went out, and what they say.
    pub fn snapshot(&self) -> Value {
        let sent = self.sent.lock().expect(LOCK);
        let shown = |message: &TextMessage| json!({ "to": message.to, "text": message.text });
        sent.iter().map(shown).collect()
    }
}

#[async_trait]
impl TextMessages for FakeTextMessages {
    async fn send(&self, message: &TextMessage) -> Result<(), Failure> {
        self.faults.check()?;
        self.sent.lock().expect(LOCK).push(message.clone());
        self.lost_answers.check()
    }
}

const LOCK: &str = "nobody panics while sending";
