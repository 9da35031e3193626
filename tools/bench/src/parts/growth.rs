//! Whether the ten-thousandth response costs as much as the tenth.

use std::time::Instant;

use serde::Serialize;

use super::Measuring;
use super::job::{Arrival, calls, cases_are, cpu, per_response};
use super::stages::{Kind, Stages};
use crate::Error;
use crate::outside::{Outside, System};
use crate::percentile::microseconds;

/// Responses before the counted ones: processes that have just started say nothing about growth.
const WARMUP: u64 = 10;

/// What was measured while the responses grew from the step before to this one.
#[derive(Debug, Clone, Serialize)]
pub struct GrowthStep {
    /// How many responses there were in all at its end.
    pub responses: u64,
    /// Microseconds per response, by the clock.
    pub microseconds_per_response: u64,
    /// Processor time per response, in nanoseconds.
    pub cpu_per_response_nanoseconds: u64,
    /// DynamoDB's requests per response, in hundredths.
    pub dynamodb_hundredths: u64,
    /// DynamoDB's write units per response, in hundredths.
    pub write_units_hundredths: u64,
    /// Dynamics's requests per response, in hundredths.
    pub dynamics_hundredths: u64,
    /// The most memory that any function had resident, in bytes.
    pub peak_memory_bytes: u64,
}

/// Lets the responses grow by tens.
///
/// # Errors
/// A function fails, or there is not one case for each response.
pub async fn growth(measuring: &Measuring<'_>) -> Result<Vec<GrowthStep>, Error> {
    let mut outside = Outside::start().await?;
    let mut stages = Stages::start(Kind::Ours, measuring, &outside).await?;
    let warmup = calls(0..WARMUP, Arrival::Signed, &outside);
    stages.run(warmup, &mut outside).await?;
    let mut steps = Vec::new();
    let mut there = WARMUP;
    for target in targets(measuring.times.growth) {
        (measuring.tell)(&format!("growth: up to {target} responses"));
        let (before, cpu_before) = (outside.meter.read(), cpu(&stages));
        let first = there;
        let began = Instant::now();
        // A signature is good for five minutes, so calls are made as they are needed.
        while there < target + WARMUP {
            let next = (there + 1_000).min(target + WARMUP);
            let part = calls(there..next, Arrival::Signed, &outside);
            stages.run(part, &mut outside).await?;
            there = next;
        }
        let took = began.elapsed();
        let responses = there - first;
        let asked = outside.meter.read().since(&before);
        let cpu: u64 = cpu(&stages).iter().sum::<u64>() - cpu_before.iter().sum::<u64>();
        let dynamodb = asked.of(System::Dynamodb, None);
        let peaks = stages
            .lambdas
            .iter()
            .map(crate::runtime_api::Lambda::peak_memory_bytes);
        steps.push(GrowthStep {
            responses: target,
            microseconds_per_response: microseconds(took) / responses,
            cpu_per_response_nanoseconds: cpu / responses,
            dynamodb_hundredths: per_response(dynamodb.requests, responses),
            write_units_hundredths: per_response(dynamodb.write_units, responses),
            dynamics_hundredths: per_response(asked.of(System::Dynamics, None).requests, responses),
            peak_memory_bytes: peaks.max().unwrap_or_default(),
        });
    }
    cases_are(there, &outside).await?;
    Ok(steps)
}

/// 10, 100, 1,000 … up to the most.
fn targets(most: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(10_u64), |target| target.checked_mul(10))
        .take_while(move |target| *target <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_goes_by_tens_up_to_the_most() {
        assert_eq!(
            targets(10_000).collect::<Vec<_>>(),
            [10, 100, 1_000, 10_000]
        );
        assert_eq!(targets(100).collect::<Vec<_>>(), [10, 100]);
    }
}
