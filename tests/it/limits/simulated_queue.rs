//! A queue as SQS is one, on a clock turned by hand.
//!
//! Source: Amazon SQS Developer Guide, "Amazon SQS visibility timeout", "Using dead-letter queues" and "Message timers".

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use cxloop_ports::{Clock, Failure, Postpone};
use cxloop_testkit::ManualClock;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// The longest delay that a queue takes, in seconds.
const LONGEST_DELAY_SECONDS: u32 = 900;
/// How long a message that was handed out is seen by nobody else: the template's default of `RetryAfterSeconds`.
const VISIBILITY: SignedDuration = SignedDuration::from_secs(360);
/// How often a message is handed out before the dead letters take it: the template's `maxReceiveCount`.
const MOST_RECEIVES: u32 = 8;

struct Message {
    body: String,
    visible_at: Timestamp,
    receives: u32,
}

#[derive(Default)]
struct State {
    messages: BTreeMap<u64, Message>,
    last_number: u64,
    dead: Vec<String>,
    most_receives_seen: u32,
    random: u64,
}

/// A standard queue with dead letters: at least once, in no order.
pub(super) struct SimulatedQueue {
    clock: Arc<ManualClock>,
    state: Mutex<State>,
}

impl SimulatedQueue {
    /// An empty queue. The order in which it hands messages out follows from `seed`.
    pub(super) fn new(clock: Arc<ManualClock>, seed: u64) -> Arc<Self> {
        let state = State {
            random: seed,
            ..State::default()
        };
        Arc::new(Self {
            clock,
            state: Mutex::new(state),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Puts a message in.
    pub(super) fn send(&self, body: String, delay_seconds: u32) {
        let visible_at = self.clock.now() + SignedDuration::from_secs(delay_seconds.into());
        let mut state = self.state();
        state.last_number += 1;
        let number = state.last_number;
        let message = Message {
            body,
            visible_at,
            receives: 0,
        };
        state.messages.insert(number, message);
    }

    /// Hands out up to so many messages that can be seen, as the records of an SQS event. Those handed out too often go
    /// to the dead letters instead.
    pub(super) fn receive(&self, most: usize) -> Vec<Value> {
        let now = self.clock.now();
        let mut state = self.state();
        let mut visible: Vec<u64> = state
            .messages
            .iter()
            .filter(|(_, message)| message.visible_at <= now)
            .map(|(number, _)| *number)
            .collect();
        let mut records = Vec::new();
        while records.len() < most && !visible.is_empty() {
            let place = usize::try_from(state.next_random()).unwrap() % visible.len();
            let number = visible.swap_remove(place);
            let message = state.messages.get_mut(&number).unwrap();
            if message.receives == MOST_RECEIVES {
                let dead = state.messages.remove(&number).unwrap();
                state.dead.push(dead.body);
                continue;
            }
            message.receives += 1;
            let receives = message.receives;
            message.visible_at = now + VISIBILITY;
            records.push(json!({
                "messageId": number.to_string(),
                "body": message.body,
                "attributes": { "ApproximateReceiveCount": message.receives.to_string() },
            }));
            state.most_receives_seen = state.most_receives_seen.max(receives);
        }
        records
    }

    /// Takes out what was handed out and did not fail; what failed is seen again when its time is over.
    pub(super) fn settle(&self, records: &[Value], failed: &[String]) {
        let mut state = self.state();
        for record in records {
            let id = record["messageId"].as_str().unwrap();
            if !failed.iter().any(|failed| failed == id) {
                state.messages.remove(&id.parse().unwrap());
            }
        }
    }

    /// When the next message can be seen; none when the queue is empty.
    pub(super) fn next_visible_at(&self) -> Option<Timestamp> {
        let state = self.state();
        state.messages.values().map(|m| m.visible_at).min()
    }

    /// How many messages ended in the dead letters.
    pub(super) fn dead_letters(&self) -> usize {
        self.state().dead.len()
    }

    /// The highest receive count that any copy of a message came to.
    pub(super) fn most_receives_seen(&self) -> u32 {
        self.state().most_receives_seen
    }
}

impl State {
    /// Numbers by xorshift, so that a seed gives one order.
    fn next_random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }
}

#[async_trait]
impl Postpone for SimulatedQueue {
    async fn send_again(&self, body: &str, delay_seconds: u32) -> Result<(), Failure> {
        assert!(delay_seconds <= LONGEST_DELAY_SECONDS, "{delay_seconds} s");
        self.send(body.to_owned(), delay_seconds);
        Ok(())
    }
}
