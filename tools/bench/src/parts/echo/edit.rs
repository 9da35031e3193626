//! The edits, drawn by a seed.

use std::collections::BTreeSet;

use bytes::Bytes;
use cxloop_domain::names::ResponseKey;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Error;
use crate::events::{bad_rating, signed_call};
use crate::outside::{Agent, Outside};

/// One edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edit {
    /// Of a case, by an agent.
    OfAgent(OfAgent),
    /// A person's note on the response, with its number.
    Note(u64),
    /// A bad rating of the case, with its number.
    Rating(u64),
}

/// What an agent does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OfAgent {
    Status(u64),
    Kind(u64),
    Public(u64),
    Private(u64),
    Resolve,
    Activate,
}

impl OfAgent {
    /// Makes the edit; `false` when Dynamics does not allow it.
    pub(super) async fn make(self, agent: &Agent, case: Uuid) -> Result<bool, Error> {
        match self {
            Self::Status(value) => agent.set(case, &json!({ "statuscode": value })).await,
            Self::Kind(value) => agent.set(case, &json!({ "casetypecode": value })).await,
            Self::Public(number) => agent.note(case, "[public] Avaría", &comment(number)).await,
            Self::Private(number) => agent.note(case, "Interno", &comment(number)).await,
            Self::Resolve => agent.resolve(case).await,
            Self::Activate => {
                let active = json!({"statecode": 0, "statuscode": 1});
                agent.set(case, &active).await
            }
        }
    }
}

/// The text of a comment. The period tells 1 from 10.
pub(super) fn comment(number: u64) -> String {
    format!("Comentário {number}.")
}

/// The text of a person's note.
pub(super) fn note(number: u64) -> String {
    format!("Nota dunha persoa {number}.")
}

/// A bad rating of a case, as a signed webhook.
pub(super) fn rating(number: u64, case: Uuid, now: Timestamp) -> Bytes {
    // The calls of the responses before it had numbers of their own.
    signed_call(&bad_rating(number, case, now), 1_000_000 + number, now)
}

/// Draws edits, and knows those that were made of each case.
pub(super) struct Edits {
    drawn: u64,
    number: u64,
    made: Vec<Vec<Edit>>,
}

impl Edits {
    pub(super) fn new(seed: u64, cases: usize) -> Self {
        Self {
            drawn: seed,
            number: 0,
            made: vec![Vec::new(); cases],
        }
    }

    /// The next edit, and the place of its case.
    pub(super) fn next(&mut self) -> (usize, Edit) {
        self.number += 1;
        let number = self.number;
        let place = self.below(self.made.len() as u64);
        let place = usize::try_from(place).expect("a place in a list");
        let edit = match self.below(20) {
            0..6 => Edit::OfAgent(OfAgent::Status(1 + self.below(4))),
            6..8 => Edit::OfAgent(OfAgent::Kind(1 + self.below(3))),
            8..10 => Edit::OfAgent(OfAgent::Public(number)),
            10 => Edit::OfAgent(OfAgent::Private(number)),
            11..14 => Edit::OfAgent(OfAgent::Resolve),
            14 => Edit::OfAgent(OfAgent::Activate),
            15..18 => Edit::Note(number),
            _ => Edit::Rating(number),
        };
        (place, edit)
    }

    pub(super) fn made(&mut self, place: usize, edit: Edit) {
        self.made[place].push(edit);
    }

    /// What was made of the case in a place, in order.
    pub(super) fn of_case(&self, place: usize) -> &[Edit] {
        &self.made[place]
    }

    /// Holds that there was an edit of every sort.
    pub(super) fn hold_every_sort(&self) -> Result<(), Error> {
        let sort = |edit: &Edit| match edit {
            Edit::Note(_) => "notes of people",
            Edit::Rating(_) => "ratings",
            Edit::OfAgent(OfAgent::Status(_)) => "changes of the status",
            Edit::OfAgent(OfAgent::Kind(_)) => "changes of the type",
            Edit::OfAgent(OfAgent::Public(_) | OfAgent::Private(_)) => "comments",
            Edit::OfAgent(OfAgent::Resolve) => "resolutions",
            Edit::OfAgent(OfAgent::Activate) => "reactivations",
        };
        let made: BTreeSet<&str> = self.made.iter().flatten().map(sort).collect();
        if made.len() == 7 {
            return Ok(());
        }
        Err(Error::NotDone(format!(
            "there were edits of these sorts only: {made:?}"
        )))
    }

    /// SplitMix64, whose whole state is one number.
    fn below(&mut self, bound: u64) -> u64 {
        self.drawn = self.drawn.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.drawn;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// Somebody who looks at responses on the survey platform.
pub(super) struct Person {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Person {
    /// Signs in.
    pub(super) async fn start(outside: &Outside) -> Result<Self, Error> {
        let form = [
            ("grant_type", "password"),
            ("username", "sandbox"),
            ("password", "sandbox"),
        ];
        let url = outside.surveys_url.clone();
        let http = outside.http.clone();
        let asked = http.post(format!("{url}/api/LoginToken")).form(&form);
        let answer = asked.send().await.map_err(trouble)?;
        let answer: Value = answer.json().await.map_err(trouble)?;
        let token = answer["access_token"].as_str().unwrap_or_default();
        Ok(Self {
            token: token.to_owned(),
            http,
            url,
        })
    }

    /// Leaves a note on a response.
    pub(super) async fn note(&self, response: &ResponseKey, number: u64) -> Result<bool, Error> {
        let address = format!("{}/api/Answers/Note/{}", self.url, response.response);
        let body = json!({"note": note(number), "authorName": "Breixo"});
        let asked = self.http.post(address).bearer_auth(&self.token);
        let answer = asked.json(&body).send().await.map_err(trouble)?;
        let answer = answer.error_for_status().map_err(trouble)?;
        Ok(answer.status().is_success())
    }
}

fn trouble(error: reqwest::Error) -> Error {
    Error::unusable("the survey platform", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_edits_of_every_sort() {
        let draw = || {
            let mut edits = Edits::new(7, 3);
            (0..200).map(|_| edits.next()).collect::<Vec<_>>()
        };
        let drawn = draw();
        assert_eq!(drawn, draw());
        assert!(drawn.iter().all(|(place, _)| *place < 3));
        let has = |wanted: fn(&Edit) -> bool| drawn.iter().any(|(_, edit)| wanted(edit));
        assert!(has(|edit| matches!(edit, Edit::Note(_))));
        assert!(has(|edit| matches!(edit, Edit::Rating(_))));
        assert!(has(|edit| matches!(edit, Edit::OfAgent(OfAgent::Resolve))));
        assert!(has(|edit| matches!(
            edit,
            Edit::OfAgent(OfAgent::Status(_))
        )));
    }
}
