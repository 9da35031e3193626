//! Service protection: so many requests and so much execution time of one user within a sliding window, and so many requests
//! at once.
//! Source: Microsoft Learn, "Service protection API limits".

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::refusal::Refusal;

/// What one user may ask of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Requests within the window.
    pub(crate) requests: usize,
    /// Milliseconds that the requests within the window may take together.
    pub(crate) milliseconds: i64,
    /// Requests that may be at work at once.
    pub(crate) concurrency: usize,
    /// Length of the window.
    pub(crate) window_seconds: i64,
    /// What each request is taken to cost, because the stand-in's own speed says nothing about the service's.
    pub(crate) cost_milliseconds: i64,
}

impl Default for Limits {
    /// The documented limits of one web server; no request costs time.
    fn default() -> Self {
        Self {
            requests: 6000,
            milliseconds: 1_200_000,
            concurrency: 52,
            window_seconds: 300,
            cost_milliseconds: 0,
        }
    }
}

impl Limits {
    /// The refusal of a request beyond a limit.
    pub(crate) fn refusal(&self, limit: Limit) -> Refusal {
        let window = self.window_seconds;
        match limit {
            Limit::Requests => Refusal::new(
                429,
                "0x80072322",
                format!(
                    "Number of requests exceeded the limit of {} over time window of {window} seconds.",
                    self.requests
                ),
            ),
            Limit::ExecutionTime => Refusal::new(
                429,
                "0x80072321",
                format!(
                    "Combined execution time of incoming requests exceeded limit of {} milliseconds over time window of {window} seconds. Decrease number of concurrent requests or reduce the duration of requests and try again later.",
                    grouped(self.milliseconds)
                ),
            ),
            Limit::Concurrency => Refusal::new(
                429,
                "0x80072326",
                format!(
                    "Number of concurrent requests exceeded the limit of {}.",
                    self.concurrency
                ),
            ),
        }
    }
}

/// Which of the limits refuses a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    Requests,
    ExecutionTime,
    Concurrency,
}

/// What the throttle says about one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Go on; so much more is allowed now.
    Allowed(Remaining),
    /// Come back after so many seconds.
    Refused {
        limit: Limit,
        retry_after_seconds: i64,
    },
}

/// What a user may still ask for within the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Remaining {
    pub(crate) requests: usize,
    pub(crate) milliseconds: i64,
}

/// What was asked within one second.
#[derive(Clone, Copy, Debug)]
struct Second {
    at: i64,
    requests: usize,
    milliseconds: i64,
}

/// A user who exceeded a limit waits until the end of this.
#[derive(Clone, Copy, Debug)]
struct Closed {
    limit: Limit,
    until: i64,
    /// When the user was refused last.
    refused: i64,
}

#[derive(Debug, Default)]
struct Usage {
    /// Oldest first.
    seconds: VecDeque<Second>,
    requests: usize,
    milliseconds: i64,
    in_flight: usize,
    closed: Option<Closed>,
}

/// Counts what each user asks for.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    pub(crate) limits: Limits,
    users: HashMap<Uuid, Usage>,
}

impl Throttle {
    /// Lets a request begin unless its user has as many at work as are allowed; every one let in must [`Self::leave`].
    pub(crate) fn enter(&mut self, user: Uuid) -> bool {
        let usage = self.users.entry(user).or_default();
        if usage.in_flight >= self.limits.concurrency {
            return false;
        }
        usage.in_flight += 1;
        true
    }

    /// Ends a request that was let in.
    pub(crate) fn leave(&mut self, user: Uuid) {
        if let Some(usage) = self.users.get_mut(&user) {
            usage.in_flight = usage.in_flight.saturating_sub(1);
        }
    }

    /// Counts one request. A refused one is not counted.
    pub(crate) fn take(&mut self, user: Uuid, now: Timestamp) -> Verdict {
        let (limits, second) = (self.limits, now.as_second());
        let usage = self.users.entry(user).or_default();
        usage.forget(second - limits.window_seconds);
        if let Some(verdict) = usage.still_closed(second, limits.window_seconds) {
            return verdict;
        }
        if let Some(closed) = usage.exceeded(&limits, second) {
            usage.closed = Some(closed);
            return Verdict::Refused {
                limit: closed.limit,
                retry_after_seconds: closed.until - second,
            };
        }
        usage.count(second, limits.cost_milliseconds);
        Verdict::Allowed(Remaining {
            requests: limits.requests - usage.requests,
            milliseconds: (limits.milliseconds - usage.milliseconds).max(0),
        })
    }
}

impl Usage {
    /// Drops what lies at or before `until`.
    fn forget(&mut self, until: i64) {
        while let Some(oldest) = self
            .seconds
            .front()
            .copied()
            .filter(|second| second.at <= until)
        {
            self.requests -= oldest.requests;
            self.milliseconds -= oldest.milliseconds;
            self.seconds.pop_front();
        }
    }

    /// Until the time named in `Retry-After` has passed, every request is refused, and whoever goes on asking meanwhile
    /// waits longer: one second for each, at most a whole window from now.
    fn still_closed(&mut self, second: i64, window: i64) -> Option<Verdict> {
        let closed = self.closed.as_mut()?;
        if closed.until <= second {
            self.closed = None;
            return None;
        }
        // Requests that were on their way when the first refusal was given are nobody's insistence.
        if second > closed.refused {
            closed.until = (closed.until + 1).min(second + window);
            closed.refused = second;
        }
        Some(Verdict::Refused {
            limit: closed.limit,
            retry_after_seconds: closed.until - second,
        })
    }

    fn exceeded(&self, limits: &Limits, second: i64) -> Option<Closed> {
        let limit = if self.requests >= limits.requests {
            Limit::Requests
        } else if self.milliseconds >= limits.milliseconds {
            Limit::ExecutionTime
        } else {
            return None;
        };
        let (mut requests, mut milliseconds) = (self.requests, self.milliseconds);
        let frees = self.seconds.iter().find(|oldest| {
            requests -= oldest.requests;
            milliseconds -= oldest.milliseconds;
            requests < limits.requests && milliseconds < limits.milliseconds
        });
        let until = frees.map_or(second, |oldest| oldest.at) + limits.window_seconds;
        Some(Closed {
            limit,
            until: until.max(second + 1),
            refused: second,
        })
    }

    fn count(&mut self, at: i64, milliseconds: i64) {
        match self.seconds.back_mut() {
            Some(second) if second.at == at => {
                second.requests += 1;
                second.milliseconds += milliseconds;
            }
            _ => self.seconds.push_back(Second {
                at,
                requests: 1,
                milliseconds,
            }),
        }
        self.requests += 1;
        self.milliseconds += milliseconds;
    }
}

/// The length of a time as limits count it, in milliseconds.
pub(crate) fn milliseconds(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A number with a comma between thousands.
pub(crate) fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let parts = digits.as_bytes().rchunks(3).rev();
    let parts: Vec<&str> = parts
        .filter_map(|part| std::str::from_utf8(part).ok())
        .collect();
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn throttle(limits: Limits) -> Throttle {
        Throttle {
            limits,
            users: HashMap::new(),
        }
    }

    fn wait(limit: Limit, seconds: i64) -> Verdict {
        Verdict::Refused {
            limit,
            retry_after_seconds: seconds,
        }
    }

    fn left(verdict: Verdict) -> (usize, i64) {
        match verdict {
            Verdict::Allowed(remaining) => (remaining.requests, remaining.milliseconds),
            refused @ Verdict::Refused { .. } => panic!("{refused:?}"),
        }
    }

    const USER: Uuid = Uuid::from_u128(1);

    #[test]
    fn the_window_slides() {
        let mut throttle = throttle(Limits {
            requests: 2,
            ..Limits::default()
        });
        assert_eq!(left(throttle.take(USER, at(1000))).0, 1);
        assert_eq!(left(throttle.take(USER, at(1100))).0, 0);
        assert_eq!(throttle.take(USER, at(1200)), wait(Limit::Requests, 100));
        let other = throttle.take(Uuid::from_u128(2), at(1200));
        assert_eq!(left(other).0, 1, "every user has a window of its own");
        assert_eq!(left(throttle.take(USER, at(1300))).0, 0);
        assert_eq!(throttle.take(USER, at(1301)), wait(Limit::Requests, 99));
    }

    #[test]
    fn execution_time_is_a_limit_of_its_own() {
        let mut throttle = throttle(Limits {
            milliseconds: 5000,
            cost_milliseconds: 2000,
            ..Limits::default()
        });
        assert_eq!(left(throttle.take(USER, at(10))), (5999, 3000));
        assert_eq!(left(throttle.take(USER, at(20))), (5998, 1000));
        assert_eq!(
            left(throttle.take(USER, at(30))),
            (5997, 0),
            "the request that goes beyond the limit is still carried out"
        );
        assert_eq!(
            throttle.take(USER, at(40)),
            wait(Limit::ExecutionTime, 270),
            "once the first one is forgotten, 4 of 5 seconds are used"
        );
        assert_eq!(left(throttle.take(USER, at(310))).1, 0);
    }

    #[test]
    fn who_goes_on_asking_waits_longer_but_what_was_on_its_way_does_not_count() {
        let mut throttle = throttle(Limits {
            requests: 1,
            window_seconds: 10,
            ..Limits::default()
        });
        left(throttle.take(USER, at(0)));
        assert_eq!(throttle.take(USER, at(2)), wait(Limit::Requests, 8));
        assert_eq!(throttle.take(USER, at(2)), wait(Limit::Requests, 8));
        assert_eq!(throttle.take(USER, at(3)), wait(Limit::Requests, 8));
        assert_eq!(throttle.take(USER, at(9)), wait(Limit::Requests, 3));
        assert_eq!(left(throttle.take(USER, at(12))).0, 0);
    }

    #[test]
    fn so_many_at_once_and_no_more() {
        let mut throttle = throttle(Limits {
            concurrency: 1,
            ..Limits::default()
        });
        assert!(throttle.enter(USER) && !throttle.enter(USER));
        throttle.leave(USER);
        assert!(throttle.enter(USER));
    }
}
