//! Which call goes wrong, and how.

use std::sync::Mutex;

use cxloop_ports::Failure;

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It has no effect and fails.
    Before,
    /// It has its effect, and the answer is lost.
    After,
    /// It is carried out twice, as when a client sends it again after a lost answer; the second answer counts.
    Twice,
}

/// One call that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interruption {
    /// Which outgoing call, counted from 0 over all deliveries.
    pub call: usize,
    /// How.
    pub way: Way,
}

#[derive(Debug, Default)]
struct State {
    watching: bool,
    planned: Vec<Interruption>,
    calls: Vec<&'static str>,
    happened: usize,
}

/// Counts the outgoing calls of a world and lets the planned ones go wrong. Shared by all
/// [`Interrupted`](crate::Interrupted) roles of the world.
#[derive(Debug, Default)]
pub struct Interruptions {
    state: Mutex<State>,
}

impl Interruptions {
    /// No interruption: the calls are only counted.
    pub fn none() -> Self {
        Self::default()
    }

    /// Lets these calls go wrong.
    pub fn planned(planned: Vec<Interruption>) -> Self {
        Self {
            state: Mutex::new(State {
                planned,
                ..State::default()
            }),
        }
    }

    /// Counts from now on. The harness does this around each delivery, so that setting up a world and
    /// looking at its end do not count.
    pub fn watch(&self, watching: bool) {
        self.state.lock().expect(LOCK).watching = watching;
    }

    /// The calls so far, in order, such as `case_desk.open_case`.
    pub fn calls(&self) -> Vec<&'static str> {
        self.state.lock().expect(LOCK).calls.clone()
    }

    /// How many planned interruptions have happened.
    pub fn happened(&self) -> usize {
        self.state.lock().expect(LOCK).happened
    }

    fn next(&self, name: &'static str) -> Option<Way> {
        let mut state = self.state.lock().expect(LOCK);
        if !state.watching {
            return None;
        }
        let number = state.calls.len();
        state.calls.push(name);
        let way = state
            .planned
            .iter()
            .find(|planned| planned.call == number)
            .map(|planned| planned.way);
        state.happened += usize::from(way.is_some());
        way
    }

    /// Makes a call, or lets it go wrong when its turn has come.
    pub async fn around<T, F, Answer>(&self, name: &'static str, call: F) -> Result<T, Failure>
    where
        F: Fn() -> Answer,
        Answer: Future<Output = Result<T, Failure>>,
    {
        // Fakes never wait. Giving way here lets copies that run at once overtake each other between any two calls.
        tokio::task::yield_now().await;
        match self.next(name) {
            None => call().await,
            Some(Way::Before) => Err(Failure::retry("interrupted", format!("before {name}"))),
            Some(Way::After) => {
                call().await?;
                Err(Failure::retry("interrupted", format!("after {name}")))
            }
            Some(Way::Twice) => {
                call().await?;
                call().await
            }
        }
    }
}

const LOCK: &str = "nobody panics while counting";
