//! Transactions, and the synchronous steps in them: they are called before the end, and one that fails undoes everything.
//!
//! While a receiver is asked, nothing of the transaction is to be seen, the rows that it changed wait for its end, and all
//! others go on.
//! Source: Microsoft Learn, "Use webhooks to create external handlers for server events" (synchronous webhooks).

use super::super::Dataverse;
use super::super::refusal::Refusal;
use super::super::rows::{Organisation, Suspended};
use super::delivery::{Call, Failure};
use super::events::Execution;

/// How a run of a transaction ended.
enum Run<T> {
    /// It is over.
    Ended(Result<T, Refusal>),
    /// Steps are to be called first.
    Asks(Vec<Execution>, Box<(T, Suspended)>),
    /// Steps are to be called although the transaction was refused: they came before what refused it.
    Refused(Vec<Execution>, Refusal),
    /// A row is held by another transaction.
    Waits,
}

impl Dataverse {
    /// Carries out one change as a whole: it is committed, or taken back when it or a synchronous step is refused. `run` may be
    /// called again from the start when a row that it changes is held by another transaction.
    pub(crate) async fn transaction<T>(
        &self,
        mut run: impl FnMut(&mut Organisation) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        loop {
            let released = self.shared.released.notified();
            match self.attempt(&mut run) {
                Run::Ended(outcome) => return outcome,
                Run::Waits => released.await,
                Run::Refused(executions, refusal) => {
                    // What they answer makes no difference any more.
                    let _answer = self.ask(&executions).await;
                    return Err(refusal);
                }
                Run::Asks(executions, held) => {
                    let (value, suspended) = *held;
                    let asking = Held::new(self, suspended);
                    let answer = self.ask(&executions).await;
                    return asking.end(answer, executions).map(|()| value);
                }
            }
        }
    }

    fn attempt<T>(&self, run: &mut impl FnMut(&mut Organisation) -> Result<T, Refusal>) -> Run<T> {
        let mut organisation = self.writing();
        let before = organisation.savepoint();
        let outcome = run(&mut organisation);
        let asks = organisation.events.asks();
        match outcome {
            Err(refusal) => {
                let executions = if asks {
                    organisation.events.take()
                } else {
                    Vec::new()
                };
                organisation.roll_back(before);
                let ended = organisation.commit();
                if executions.is_empty() || ended.is_err() {
                    Run::Ended(ended.and(Err(refusal)))
                } else {
                    Run::Refused(executions, refusal)
                }
            }
            Ok(_) if organisation.holds_any_since(before) => {
                organisation.roll_back(before);
                Run::Waits
            }
            Ok(value) if asks => {
                let executions = organisation.events.take();
                match organisation.suspend(before) {
                    Some(suspended) => Run::Asks(executions, Box::new((value, suspended))),
                    None => Run::Ended(Err(Refusal::invalid_argument(
                        "Definitions and rows that synchronous steps watch cannot change together.",
                    ))),
                }
            }
            Ok(value) => Run::Ended(self.commit(&mut organisation).map(|()| value)),
        }
    }

    /// Calls the synchronous steps one after another until one fails.
    async fn ask(&self, executions: &[Execution]) -> Result<(), Refusal> {
        let jobs = &self.shared.jobs;
        let (client, time_out, domain) = (jobs.client(), jobs.time_out(), jobs.domain());
        for execution in executions
            .iter()
            .filter(|execution| !execution.step.asynchronous)
        {
            let call = {
                let endpoint = execution.step.endpoint;
                Call::of(&self.reading(), endpoint, &execution.context, &domain)
            };
            let answer = match call {
                Err(failure) => Err(failure),
                Ok(call) => match call.send(client, time_out).await {
                    Err(failure) if failure.is_passing() => call.send(client, time_out).await,
                    answer => answer,
                },
            };
            answer.map_err(refused)?;
        }
        Ok(())
    }
}

fn refused(failure: Failure) -> Refusal {
    Refusal::new(400, failure.code(), failure.message())
}

/// A transaction whose steps are being asked. Its rows are let go also when the caller gives up.
struct Held {
    dataverse: Dataverse,
    suspended: Option<Suspended>,
}

impl Held {
    fn new(dataverse: &Dataverse, suspended: Suspended) -> Self {
        Self {
            dataverse: dataverse.clone(),
            suspended: Some(suspended),
        }
    }

    /// Takes the transaction up again, and commits it when its steps agreed.
    fn end(
        mut self,
        answer: Result<(), Refusal>,
        executions: Vec<Execution>,
    ) -> Result<(), Refusal> {
        let Some(suspended) = self.suspended.take() else {
            return answer;
        };
        let ended = {
            let mut organisation = self.dataverse.writing();
            organisation.let_go(&suspended);
            answer.and_then(|()| {
                organisation.resume(suspended)?;
                organisation.events.put_back(executions);
                self.dataverse.commit(&mut organisation)
            })
        };
        self.dataverse.shared.released.notify_waiters();
        ended
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(suspended) = self.suspended.take() {
            self.dataverse.writing().let_go(&suspended);
            self.dataverse.shared.released.notify_waiters();
        }
    }
}
