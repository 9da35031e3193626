//! What a million responses cost, in whole pico-dollars, so that nothing is rounded before it is shown.

use serde::Serialize;

/// A millionth of a millionth of a dollar.
const PICO: u64 = 1_000_000_000_000;

/// List prices without any free tier, in pico-dollars.
///
/// Source: the AWS pricing pages of Lambda (Arm), API Gateway (HTTP APIs), DynamoDB (on-demand), EventBridge (custom
/// events) and SQS (standard queues), US East (N. Virginia), as in force since November 2024.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceList {
    /// A gigabyte-second of an Arm function: $0.0000133334.
    pub lambda_gigabyte_second: u64,
    /// An invocation: $0.20 a million.
    pub lambda_request: u64,
    /// A call of an HTTP API up to 512 KB: $1.00 a million.
    pub http_api_request: u64,
    /// A DynamoDB write request unit: $0.625 a million.
    pub write_unit: u64,
    /// A DynamoDB read request unit: $0.125 a million.
    pub read_unit: u64,
    /// A custom event of up to 64 KB: $1.00 a million.
    pub event: u64,
    /// A request to a standard queue: $0.40 a million.
    pub queue_request: u64,
}

/// The prices that the table is reckoned with.
pub const PRICES: PriceList = PriceList {
    lambda_gigabyte_second: 13_333_400,
    lambda_request: PICO / 5 / 1_000_000,
    http_api_request: PICO / 1_000_000,
    write_unit: 625_000,
    read_unit: 125_000,
    event: PICO / 1_000_000,
    queue_request: 400_000,
};

/// A queue's message is sent, received and deleted.
pub const QUEUE_REQUESTS_PER_MESSAGE: u64 = 3;

/// Megabytes of memory at which Lambda gives one whole virtual processor.
/// Source: AWS Lambda Developer Guide, "Configure Lambda function memory".
const MEGABYTES_PER_PROCESSOR: u64 = 1_769;

/// What is assumed of the outside systems, in microseconds: how long a function waits for one answer, network and TLS
/// included. Assumptions, not measurements: on this machine everything is a loopback away.
#[derive(Debug, Clone, Copy)]
pub struct Waits {
    /// DynamoDB.
    pub dynamodb: u64,
    /// EventBridge.
    pub event_bridge: u64,
    /// Dynamics or the survey platform.
    pub outside: u64,
}

/// What the table assumes.
pub const WAITS: Waits = Waits {
    dynamodb: 4_000,
    event_bridge: 10_000,
    outside: 200_000,
};

/// What one response takes of one function, on average.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Run {
    /// The function's memory in MB.
    pub memory_megabytes: u64,
    /// Processor time in microseconds.
    pub cpu_microseconds: u64,
    /// Waiting for answers in microseconds.
    pub waiting_microseconds: u64,
}

impl Run {
    /// How long Lambda bills, in microseconds: the processor's share is the memory's, so little memory makes the same work
    /// last longer.
    #[must_use]
    pub fn billed_microseconds(&self) -> u64 {
        let share = self.memory_megabytes.clamp(1, MEGABYTES_PER_PROCESSOR);
        self.cpu_microseconds * MEGABYTES_PER_PROCESSOR / share + self.waiting_microseconds
    }

    /// Megabyte-microseconds.
    fn memory_time(&self) -> u64 {
        self.memory_megabytes * self.billed_microseconds()
    }
}

/// What a number of responses took.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    /// How many responses.
    pub responses: u64,
    /// Runs of one response, one per function.
    pub runs: Vec<Run>,
    /// Calls of the HTTP API.
    pub http_requests: u64,
    /// Half read request units: an eventually consistent read takes half of one.
    pub half_read_units: u64,
    /// Write request units.
    pub write_units: u64,
    /// Events published.
    pub events: u64,
    /// Messages that came through queues.
    pub messages: u64,
    /// Further requests to queues, such as messages sent again.
    pub queue_requests: u64,
}

/// What a million responses cost, in cents of a dollar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Bill {
    /// Lambda's time.
    pub lambda_time: u64,
    /// Lambda's invocations.
    pub lambda_requests: u64,
    /// API Gateway.
    pub http_api: u64,
    /// DynamoDB's writes.
    pub writes: u64,
    /// DynamoDB's reads.
    pub reads: u64,
    /// EventBridge.
    pub events: u64,
    /// SQS.
    pub queues: u64,
}

impl Bill {
    /// The bill for a million responses that take what these took on average.
    #[must_use]
    pub fn of_a_million(taken: &Taken, prices: &PriceList) -> Self {
        let responses = u128::from(taken.responses.max(1));
        // A cent is PICO / 100 pico-dollars; counts are for all responses that were measured.
        let cents = |count: u64, price: u64| {
            rounded(
                u128::from(count) * u128::from(price) * 1_000_000 * 100,
                responses * u128::from(PICO),
            )
        };
        let memory_time: u64 = taken.runs.iter().map(Run::memory_time).sum();
        // Megabyte-microseconds to gigabyte-seconds: 1,024 times a million.
        let lambda_time = rounded(
            u128::from(memory_time) * u128::from(prices.lambda_gigabyte_second) * 1_000_000 * 100,
            1_024 * 1_000_000 * u128::from(PICO),
        );
        Self {
            lambda_time,
            lambda_requests: cents(
                taken.runs.len() as u64 * taken.responses,
                prices.lambda_request,
            ),
            http_api: cents(taken.http_requests, prices.http_api_request),
            writes: cents(taken.write_units, prices.write_unit),
            reads: cents(taken.half_read_units, prices.read_unit) / 2,
            events: cents(taken.events, prices.event),
            queues: cents(
                taken.messages * QUEUE_REQUESTS_PER_MESSAGE + taken.queue_requests,
                prices.queue_request,
            ),
        }
    }

    /// Everything together, in cents.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.lambda_time
            + self.lambda_requests
            + self.http_api
            + self.writes
            + self.reads
            + self.events
            + self.queues
    }
}

fn rounded(dividend: u128, divisor: u128) -> u64 {
    u64::try_from((dividend + divisor / 2) / divisor).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_of_each_costs_its_list_price() {
        let taken = Taken {
            responses: 1_000,
            runs: vec![Run::default()],
            http_requests: 1_000,
            half_read_units: 2_000,
            write_units: 1_000,
            events: 1_000,
            messages: 1_000,
            queue_requests: 0,
        };
        let expected = Bill {
            lambda_time: 0,
            lambda_requests: 20,
            http_api: 100,
            // $0.625 and $0.125, half a cent rounded up and cut.
            writes: 63,
            reads: 12,
            events: 100,
            queues: 120,
        };
        let bill = Bill::of_a_million(&taken, &PRICES);
        assert_eq!(bill, expected);
        assert_eq!(bill.total(), 415);
    }

    #[test]
    fn a_gigabyte_that_works_for_a_second_costs_a_gigabyte_second() {
        let run = Run {
            memory_megabytes: 1_024,
            cpu_microseconds: 0,
            waiting_microseconds: 1_000_000,
        };
        let taken = Taken {
            responses: 1,
            runs: vec![run],
            ..Taken::default()
        };
        // $13.33 a million.
        assert_eq!(Bill::of_a_million(&taken, &PRICES).lambda_time, 1_333);
    }

    #[test]
    fn little_memory_makes_the_same_work_last_longer() {
        let run = |memory_megabytes| Run {
            memory_megabytes,
            cpu_microseconds: 1_000,
            waiting_microseconds: 500,
        };
        assert_eq!(run(1_769).billed_microseconds(), 1_500);
        assert_eq!(run(4_000).billed_microseconds(), 1_500);
        assert_eq!(run(128).billed_microseconds(), 13_820 + 500);
    }
}
