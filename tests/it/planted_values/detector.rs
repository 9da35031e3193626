//! Finds planted values wherever operators and other systems look.

use cxloop_domain::events::Outgoing;
use lambda_http::{Body, Response};

use crate::world::{Delivered, World, Written};

/// What every planted text begins with. No word of any language does.
pub(super) const STEM: &str = "qvz";

/// The planted phone number, whose digits stand for it in any spelling.
pub(super) const PHONE: &str = "+34 699 884 411";
const PHONE_DIGITS: &str = "699884411";

/// The texts that must hold no planted value, each with where it is from.
#[derive(Default)]
pub(super) struct Detector {
    texts: Vec<(&'static str, String)>,
}

impl Detector {
    pub(super) fn look_at(&mut self, place: &'static str, text: impl Into<String>) {
        self.texts.push((place, text.into()));
    }

    pub(super) fn look_at_event(&mut self, event: &Outgoing) {
        self.look_at("bus", format!("{} {}", event.name, event.detail));
    }

    pub(super) fn look_at_delivered(&mut self, delivered: &Delivered) {
        let places = [
            ("queue", &delivered.bodies),
            ("message sent again", &delivered.sent_again),
            ("dead letters", &delivered.failed),
        ];
        for (place, texts) in places {
            for text in texts {
                self.look_at(place, text);
            }
        }
    }

    pub(super) fn look_at_answer(&mut self, answer: &Response<Body>) {
        let body = String::from_utf8_lossy(answer.body().as_ref()).into_owned();
        let headers = format!("{:?}", answer.headers());
        self.look_at("HTTP answer", format!("{headers} {body}"));
    }

    /// The log, the metrics and the bus of a world.
    pub(super) fn look_at_world(&mut self, world: &World, log: &Written) {
        for line in log.lines() {
            self.look_at("log", line.to_string());
        }
        self.look_at("metrics", world.metrics.text());
        for event in world.bus.published() {
            self.look_at_event(&event);
        }
    }

    /// How many texts were looked at in a place.
    pub(super) fn seen(&self, place: &str) -> usize {
        self.texts.iter().filter(|(p, _)| *p == place).count()
    }

    /// Every text that holds a planted value, with its place.
    pub(super) fn leaks(&self) -> Vec<String> {
        let leaking = self.texts.iter().filter(|(_, text)| holds(text));
        leaking
            .map(|(place, text)| format!("{place}: {text}"))
            .collect()
    }
}

/// Whether a text holds a planted value, as it stands or behind the encodings of addresses and JSON.
pub(super) fn holds(text: &str) -> bool {
    let plain = without_escapes(&text.to_lowercase());
    let digits: String = plain
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')'))
        .collect();
    plain.contains(STEM) || digits.contains(PHONE_DIGITS)
}

/// Undoes `%71` and `\u0071`, which are the ways in which a plain letter may be hidden.
fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['%', '\\']) {
        let (before, escape) = rest.split_at(at);
        plain.push_str(before);
        let digits = if escape.starts_with('%') {
            escape.get(1..3)
        } else {
            escape.strip_prefix("\\u").and_then(|hex| hex.get(..4))
        };
        let byte = digits.and_then(|hex| u32::from_str_radix(hex, 16).ok());
        match byte.filter(|b| *b < 0x80).and_then(char::from_u32) {
            Some(c) => {
                plain.push(c.to_ascii_lowercase());
                let skipped = if escape.starts_with('%') { 3 } else { 6 };
                rest = &escape[skipped..];
            }
            None => {
                plain.push_str(&escape[..1]);
                rest = &escape[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}
