//! Percentiles by the nearest rank: always a value that was measured, never one between two.

use std::time::Duration;

/// The smallest value that at least `percent` of 100 of all values do not exceed; nothing of nothing.
///
/// `percent` above 100 counts as 100, and 0 gives the smallest value.
#[must_use]
pub fn percentile<T: Ord + Copy>(values: &[T], percent: usize) -> Option<T> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent.min(100)).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

/// Whole microseconds of a duration.
#[must_use]
pub fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let values = [40, 10, 30, 20];
        assert_eq!(percentile(&values, 50), Some(20));
        assert_eq!(percentile(&values, 51), Some(30));
        assert_eq!(percentile(&values, 99), Some(40));
        assert_eq!(percentile(&values, 0), Some(10));
        assert_eq!(percentile(&values, 400), Some(40));
    }

    #[test]
    fn the_99th_of_a_thousand_leaves_ten_above_it() {
        let values: Vec<u32> = (1..=1000).collect();
        assert_eq!(percentile(&values, 99), Some(990));
    }

    #[test]
    fn nothing_has_no_percentile() {
        assert_eq!(percentile::<u64>(&[], 50), None);
    }

    #[test]
    fn durations_are_cut_to_whole_microseconds() {
        assert_eq!(microseconds(Duration::from_nanos(1_999)), 1);
    }
}
