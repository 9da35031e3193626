//! Service protection: so many requests of one user within a sliding window of 300 seconds, and so many at once.
//! Source: Microsoft Learn, "Service protection API limits".

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;
use uuid::Uuid;

/// The documented length of the window in seconds.
const WINDOW_SECONDS: i64 = 300;

/// The documented limits: requests within the window, and requests at once.
pub(crate) const DEFAULT_LIMIT: usize = 6000;
pub(crate) const DEFAULT_CONCURRENCY: usize = 52;

/// Counts the requests of each user.
#[derive(Debug)]
pub(crate) struct Throttle {
    limit: usize,
    window_seconds: i64,
    /// Requests by second, oldest first, and their sum.
    users: HashMap<Uuid, (VecDeque<(i64, usize)>, usize)>,
    concurrency: usize,
    /// Requests that are being worked on.
    in_flight: HashMap<Uuid, usize>,
}

/// What the throttle says about one request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Go on; so many more are allowed now.
    Allowed { remaining: usize },
    /// Come back after so many seconds.
    Refused { retry_after_seconds: i64 },
}

impl Throttle {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            window_seconds: WINDOW_SECONDS,
            users: HashMap::new(),
            concurrency: DEFAULT_CONCURRENCY,
            in_flight: HashMap::new(),
        }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    pub(crate) fn set_window(&mut self, seconds: u32) {
        self.window_seconds = i64::from(seconds.max(1));
    }

    pub(crate) fn concurrency(&self) -> usize {
        self.concurrency
    }

    pub(crate) fn set_concurrency(&mut self, limit: usize) {
        self.concurrency = limit;
    }

    /// Lets a request begin unless its user has as many at work as are allowed; every one let in must [`Self::leave`].
    pub(crate) fn enter(&mut self, user: Uuid) -> bool {
        let at_work = self.in_flight.entry(user).or_default();
        if *at_work >= self.concurrency {
            return false;
        }
        *at_work += 1;
        true
    }

    /// Ends a request that was let in.
    pub(crate) fn leave(&mut self, user: Uuid) {
        if let Some(at_work) = self.in_flight.get_mut(&user) {
            *at_work = at_work.saturating_sub(1);
        }
    }

    /// Counts one request. A refused one is not counted.
    pub(crate) fn take(&mut self, user: Uuid, now: Timestamp) -> Verdict {
        let second = now.as_second();
        let (seconds, sum) = self.users.entry(user).or_default();
        while let Some((at, count)) = seconds
            .front()
            .copied()
            .filter(|(at, _)| *at <= second - self.window_seconds)
        {
            debug_assert!(at <= second);
            *sum -= count;
            seconds.pop_front();
        }
        if *sum >= self.limit {
            let oldest = seconds.front().map_or(second, |(at, _)| *at);
            return Verdict::Refused {
                retry_after_seconds: (oldest + self.window_seconds - second).max(1),
            };
        }
        match seconds.back_mut() {
            Some((at, count)) if *at == second => *count += 1,
            _ => seconds.push_back((second, 1)),
        }
        *sum += 1;
        Verdict::Allowed {
            remaining: self.limit - *sum,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides() {
        let mut throttle = Throttle::new(2);
        let (user, at) = (Uuid::from_u128(1), |second| {
            Timestamp::from_second(second).unwrap()
        });
        assert_eq!(
            throttle.take(user, at(1000)),
            Verdict::Allowed { remaining: 1 }
        );
        assert_eq!(
            throttle.take(user, at(1100)),
            Verdict::Allowed { remaining: 0 }
        );
        assert_eq!(
            throttle.take(user, at(1200)),
            Verdict::Refused {
                retry_after_seconds: 100
            }
        );
        assert_eq!(
            throttle.take(Uuid::from_u128(2), at(1200)),
            Verdict::Allowed { remaining: 1 }
        );
        assert_eq!(
            throttle.take(user, at(1300)),
            Verdict::Allowed { remaining: 0 }
        );
        assert_eq!(
            throttle.take(user, at(1301)),
            Verdict::Refused {
                retry_after_seconds: 99
            }
        );
    }
}
