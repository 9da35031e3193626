//! The e-mails and text messages that the emulator took in place of AWS.

use anyhow::Result;
use jiff::Timestamp;
use serde_json::Value;

use super::stack::Stack;
use crate::front::Sent;

impl Stack {
    /// Lets e-mails from and to the addresses of a domain pass, as a verified identity does.
    ///
    /// # Errors
    /// When the emulator refuses it.
    pub(crate) async fn verify_domain(&self, domain: &str) -> Result<()> {
        self.api.verify_identity(domain).await
    }

    /// What SES took, over both of its APIs.
    pub(crate) async fn mails(&self) -> Result<Vec<Sent>> {
        let answer = self.api.look("/_ministack/ses/messages").await?;
        let accounts = answer["messages"].as_object().into_iter().flatten();
        let mails = accounts.flat_map(|(_, mails)| mails.as_array().into_iter().flatten());
        Ok(mails.map(mail).collect())
    }

    /// What SNS took for single phone numbers.
    pub(crate) async fn texts(&self) -> Result<Vec<Sent>> {
        let answer = self.api.look("/_ministack/sns/sms-messages").await?;
        let numbers = answer["sms_messages"].as_object().into_iter().flatten();
        let texts = numbers.flat_map(|(_, texts)| texts.as_array().into_iter().flatten());
        Ok(texts
            .map(|message| Sent {
                service: "SNS",
                id: text(&message["MessageId"]),
                from: String::new(),
                to: vec![text(&message["PhoneNumber"])],
                subject: text(&message["Subject"]),
                text: text(&message["Message"]),
                html: None,
                at: None,
            })
            .collect())
    }
}

fn mail(mail: &Value) -> Sent {
    let receivers = ["To", "CC", "BCC"]
        .iter()
        .flat_map(|kind| mail[kind].as_array().into_iter().flatten());
    Sent {
        service: "SES",
        id: text(&mail["MessageId"]),
        from: text(&mail["Source"]),
        to: receivers.map(text).collect(),
        subject: text(&mail["Subject"]),
        text: text(&mail["BodyText"]),
        html: Some(text(&mail["BodyHtml"])).filter(|html| !html.is_empty()),
        at: mail["Timestamp"]
            .as_f64()
            .and_then(|seconds| Timestamp::from_millisecond((seconds * 1000.0) as i64).ok()),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_mail_is_read_with_all_its_receivers() {
        let read = mail(&json!({
            "MessageId": "m-1", "Source": "cxloop@example.com", "To": ["iria@example.com"], "CC": ["xoan@example.com"],
            "Subject": "Como foi?", "BodyText": "Diga", "BodyHtml": null, "Timestamp": 1780000000.25,
        }));
        assert_eq!(read.to, ["iria@example.com", "xoan@example.com"]);
        assert_eq!(read.html, None);
        assert_eq!(read.at.unwrap().as_millisecond(), 1_780_000_000_250);
    }
}
