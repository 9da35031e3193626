//! Which piece of work the running code belongs to: a function and the trace of the webhook behind it.
//!
//! The runner of a queue's messages begins a piece of work for each message, a function behind the API one for each
//! request, the sweep one for each body. Whatever is awaited inside sees it: the log lines name it, events are published
//! under it, and requests to other systems carry it. It follows the task and not the process, so that two pieces of
//! work never see each other's.

use std::future::Future;
use std::sync::Arc;

use cxloop_domain::loops::{References, Step};
use cxloop_domain::trace::{HEADER, TraceId};
use cxloop_ports::Failure;
use lambda_http::{Request, RequestExt};
use uuid::Uuid;

/// A piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// The function's name.
    pub function: &'static str,
    /// The trace, where one is known.
    pub trace: Option<TraceId>,
}

tokio::task_local! {
    static WORK: Work;
}

/// Runs a future as a piece of work.
pub async fn scope<F: Future>(work: Work, future: F) -> F::Output {
    WORK.scope(work, future).await
}

/// Runs a closure as a piece of work.
pub fn within<T>(work: Work, run: impl FnOnce() -> T) -> T {
    WORK.sync_scope(work, run)
}

/// The piece of work that the running code belongs to.
pub fn work() -> Option<Work> {
    WORK.try_with(|work| *work).ok()
}

/// The trace that the running code belongs to.
pub fn current() -> Option<TraceId> {
    work().and_then(|work| work.trace)
}

/// What connectors ask for the id under which their requests are to be found again: the running trace as a GUID.
pub fn correlation() -> Arc<dyn Fn() -> Option<Uuid> + Send + Sync> {
    Arc::new(|| current().map(TraceId::guid))
}

/// The trace of a request that came through API Gateway: the one that it hands on, else the invocation's own
/// (`_X_AMZN_TRACE_ID`). Source: AWS Lambda Developer Guide, "Using the Lambda runtime API"
/// (`Lambda-Runtime-Trace-Id`).
pub fn of_request(request: &Request) -> Option<TraceId> {
    let header = request.headers().get(HEADER);
    header
        .and_then(|value| TraceId::of_header(value.to_str().ok()?))
        .or_else(|| {
            let context = request.lambda_context_ref()?;
            TraceId::of_header(context.xray_trace_id.as_deref()?)
        })
}

/// The step with the running trace, so that the loop's page leads to the logs.
pub fn traced(step: Step) -> Step {
    Step {
        references: References {
            trace: current(),
            ..step.references
        },
        ..step
    }
}

/// The step of a failure with the running trace and the far side's own id of the request.
pub fn traced_failure(step: Step, failure: &Failure) -> Step {
    Step {
        references: References {
            trace: current(),
            service_request_id: failure.service_request_id,
        },
        ..step
    }
}

#[cfg(test)]
mod tests {
    use lambda_http::{Body, Context};

    use super::*;

    const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";
    const OTHER: &str = "1-67891233-abcdef012345678912345678";

    fn work_of(trace: &str) -> Work {
        Work {
            function: "test",
            trace: Some(trace.parse().unwrap()),
        }
    }

    #[tokio::test]
    async fn two_pieces_of_work_at_once_never_see_each_others_trace() {
        let seen = |trace: &'static str| {
            scope(work_of(trace), async move {
                for _ in 0..3 {
                    tokio::task::yield_now().await;
                    assert_eq!(current().unwrap().to_string(), trace);
                }
            })
        };
        tokio::join!(seen(ROOT), seen(OTHER));
        assert_eq!(current(), None);
    }

    #[test]
    fn the_gateways_header_comes_before_the_invocations_own_trace() {
        let mut context = Context::default();
        context.xray_trace_id = Some(format!("Root={OTHER};Sampled=0"));
        let bare = lambda_http::http::Request::new(Body::Empty).with_lambda_context(context);
        assert_eq!(of_request(&bare).unwrap().to_string(), OTHER);

        let mut with_header = bare;
        let value = format!("Root={ROOT};Sampled=1").parse().unwrap();
        with_header.headers_mut().insert(HEADER, value);
        assert_eq!(of_request(&with_header).unwrap().to_string(), ROOT);

        let forged = "Root=Uxia-Boveda".parse().unwrap();
        with_header.headers_mut().insert(HEADER, forged);
        assert_eq!(of_request(&with_header).unwrap().to_string(), OTHER);

        let unknown = lambda_http::http::Request::new(Body::Empty);
        assert_eq!(of_request(&unknown), None);
    }
}
