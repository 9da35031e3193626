//! From a process to a running function.
//!
//! ```no_run
//! use std::sync::Arc;
//! use cxloop_domain::events::ResponseHinted;
//! use cxloop_lambda_kit::start::{self, Parts};
//! # fn gates() -> Arc<dyn cxloop_ports::Gates> { unreachable!() }
//! # struct Deps;
//! # async fn handle(_: &Deps, _: ResponseHinted) -> Result<(), cxloop_ports::Failure> { Ok(()) }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), cxloop_lambda_kit::Error> {
//!     let parts = Parts::from_environment("response-intake")?;
//!     let worker = parts.queue_worker(gates())?;
//!     let deps = Deps;
//!     start::queue_function(worker, |event| handle(&deps, event)).await
//! }
//! ```

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_lambda_events::sqs::SqsEvent;
use cxloop_domain::events::Arriving;
use cxloop_ports::{
    Bus, Clock, Failure, Gates, Mail, Remedy, Secrets, Signals, TextMessages, WakeUps,
};
use futures::FutureExt;
use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use lambda_runtime::{Context, LambdaEvent, service_fn};
use serde_json::Value;
use tracing::level_filters::LevelFilter;

use crate::aws::{EventBridge, Schedules, SecretsManager, Ses, Sms, Sqs, WallClock, sdk_config};
use crate::logging::{self, fields, outcomes};
use crate::metrics::EmbeddedMetrics;
use crate::queue::{self, QueueWorker};
use crate::settings::Settings;
use crate::{Error, http_client};

/// How long a start may wait for what [`ahead`] does: Lambda gives a start ten seconds.
const AHEAD_AT_MOST: Duration = Duration::from_secs(2);

/// What a function's roles are built from. Clients that only some functions need are built by methods, because each
/// costs a cold start some milliseconds.
pub struct Parts {
    /// The function's name, for logs.
    pub function: &'static str,
    /// What the environment says.
    pub settings: Settings,
    /// What all AWS clients share.
    pub sdk: SdkConfig,
    /// Secrets.
    pub secrets: Arc<dyn Secrets>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Counts, on standard output.
    pub signals: Arc<dyn Signals>,
}

impl Parts {
    /// Starts logging and reads the environment.
    ///
    /// # Errors
    /// [`Error`] names the variable that is missing or wrong; it is logged too.
    pub fn from_environment(function: &'static str) -> Result<Self, Error> {
        let settings = Settings::from_environment();
        logging::start(
            settings
                .as_ref()
                .map_or(LevelFilter::INFO, |settings| settings.log),
        );
        let settings = settings.inspect_err(|error| {
            tracing::error!(
                { fields::FUNCTION } = function,
                { fields::OUTCOME } = outcomes::NOT_STARTED,
                { fields::REASON } = %error,
                "the function cannot start"
            );
        })?;
        let sdk = sdk_config(&settings);
        let clock: Arc<dyn Clock> = Arc::new(WallClock);
        let secrets = Arc::new(SecretsManager::new(&sdk, Arc::clone(&clock)));
        let signals = Arc::new(EmbeddedMetrics::on_standard_output(
            function,
            Arc::clone(&clock),
        ));
        Ok(Self {
            function,
            settings,
            sdk,
            secrets,
            clock,
            signals,
        })
    }

    /// The bus that `CXLOOP_BUS` names.
    ///
    /// # Errors
    /// [`Error::MissingSetting`].
    pub fn bus(&self) -> Result<Arc<dyn Bus>, Error> {
        Ok(Arc::new(EventBridge::new(
            &self.sdk,
            self.settings.bus()?,
            Arc::clone(&self.clock),
        )))
    }

    /// The runner of the messages of the queue that `CXLOOP_QUEUE_URL` names.
    ///
    /// # Errors
    /// [`Error::MissingSetting`].
    pub fn queue_worker(&self, gates: Arc<dyn Gates>) -> Result<QueueWorker, Error> {
        let postpone = Arc::new(Sqs::new(&self.sdk, self.settings.queue_url()?));
        Ok(QueueWorker {
            name: self.function,
            gates,
            postpone,
            signals: Arc::clone(&self.signals),
            clock: Arc::clone(&self.clock),
        })
    }

    /// What sends e-mails.
    pub fn mail(&self) -> Arc<dyn Mail> {
        let configuration_set = self.settings.email_configuration_set.clone();
        Arc::new(Ses::new(&self.sdk, configuration_set))
    }

    /// What sends text messages.
    pub fn text_messages(&self) -> Arc<dyn TextMessages> {
        Arc::new(Sms::new(&self.sdk, &self.settings))
    }

    /// What brings invitations back to the queue that `CXLOOP_QUEUE_URL` names.
    ///
    /// # Errors
    /// [`Error::MissingSetting`].
    pub fn wake_ups(&self) -> Result<Arc<dyn WakeUps>, Error> {
        let clock = Arc::clone(&self.clock);
        Ok(Arc::new(Schedules::new(&self.sdk, &self.settings, clock)?))
    }

    /// The client for outside systems; call it once and share it.
    ///
    /// # Errors
    /// [`Error::HttpClient`].
    pub fn http(&self) -> Result<reqwest::Client, Error> {
        http_client()
    }
}

/// Does in good time what the first event would wait for, such as reading the rules: until it asks for that event a process
/// has a whole processor, and afterwards only the share that its memory buys. Nothing when it fails or takes more than two
/// seconds: then the first event does it, and says what is wrong.
///
/// Source: AWS Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle" (init phase) and
/// "Configure Lambda function memory".
pub async fn ahead<T>(work: impl Future<Output = Result<T, Failure>>) -> Option<T> {
    tokio::time::timeout(AHEAD_AT_MOST, work).await.ok()?.ok()
}

/// Runs a function that a queue feeds, for as long as the process lives.
///
/// # Errors
/// [`Error::Runtime`] when the Lambda runtime ends.
pub async fn queue_function<E, F, Fut, O>(worker: QueueWorker, handle: F) -> Result<(), Error>
where
    E: Arriving,
    F: Fn(E) -> Fut,
    Fut: Future<Output = Result<O, Failure>>,
{
    let (worker, handle) = (&worker, &handle);
    let batches = service_fn(move |batch: LambdaEvent<SqsEvent>| async move {
        let outcome = queue::run(worker, batch.payload, deadline(&batch.context), handle).await;
        outcome
            .inspect_err(|_| queue::log_batch_refused(worker.name))
            .map_err(lambda_runtime::Error::from)
    });
    lambda_runtime::run(batches).await.map_err(Error::Runtime)
}

/// When Lambda ends the invocation. Source: AWS Lambda Developer Guide, "Using the Lambda runtime API"
/// (`Lambda-Runtime-Deadline-Ms`).
fn deadline(context: &Context) -> Timestamp {
    let milliseconds = i64::try_from(context.deadline).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
}

/// Runs a function that a schedule starts, which is told when Lambda ends the invocation. A failure fails the invocation; whether that is repeated is up to the schedule.
///
/// # Errors
/// [`Error::Runtime`] when the Lambda runtime ends.
pub async fn scheduled_function<F, Fut, O>(function: &'static str, handle: F) -> Result<(), Error>
where
    F: Fn(Timestamp) -> Fut,
    Fut: Future<Output = Result<O, Failure>>,
{
    let handle = &handle;
    let ticks = service_fn(move |tick: LambdaEvent<Value>| async move {
        handle(deadline(&tick.context))
            .await
            .map(|_| Value::Null)
            .map_err(|failure| {
                let failure = without_its_words(failure);
                tracing::error!(
                    { fields::FUNCTION } = function,
                    { fields::OUTCOME } = outcomes::FAILED,
                    { fields::REASON } = failure.message,
                    { fields::DETAIL } = failure.detail,
                    "a scheduled run failed"
                );
                lambda_runtime::Error::from(failure)
            })
    });
    lambda_runtime::run(ticks).await.map_err(Error::Runtime)
}

/// The message of what is refused for good is for the page of a loop: it may quote a far side's words, and those a row's
/// values. No page shows a scheduled run, and both its line and what Lambda is told are logs.
fn without_its_words(failure: Failure) -> Failure {
    match failure.remedy {
        Remedy::Park => Failure {
            message: "A far side refused a request.".to_owned(),
            ..failure
        },
        _ => failure,
    }
}

/// Runs a function that API Gateway calls. A panic is answered 503, the one answer after which senders try again.
///
/// # Errors
/// [`Error::Runtime`] when the Lambda runtime ends.
pub async fn http_function<F, Fut>(function: &'static str, handle: F) -> Result<(), Error>
where
    F: Fn(Request) -> Fut + Sync,
    Fut: Future<Output = Response<Body>> + Send,
{
    let handle = &handle;
    let requests = lambda_http::service_fn(move |request: Request| async move {
        Ok::<_, lambda_http::Error>(answered(function, handle, request).await)
    });
    lambda_http::run(requests).await.map_err(Error::Runtime)
}

async fn answered<F, Fut>(function: &'static str, handle: &F, request: Request) -> Response<Body>
where
    F: Fn(Request) -> Fut,
    Fut: Future<Output = Response<Body>>,
{
    let handled = AssertUnwindSafe(async { handle(request).await })
        .catch_unwind()
        .await;
    handled.unwrap_or_else(|_| {
        tracing::error!(
            { fields::FUNCTION } = function,
            { fields::OUTCOME } = outcomes::PANICKED,
            "a request failed"
        );
        let mut response = Response::new(Body::Text(
            r#"{"error":"not available, try again"}"#.to_owned(),
        ));
        *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
        response.headers_mut().insert(
            http::header::CONTENT_TYPE,
            http::HeaderValue::from_static("application/json"),
        );
        response
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_cannot_be_done_ahead_is_left_to_the_first_event() {
        assert_eq!(ahead(async { Ok("rules") }).await, Some("rules"));
        let failed = ahead(async { Err::<(), _>(Failure::retry("no", "no")) }).await;
        assert_eq!(failed, None);
    }

    #[tokio::test]
    async fn a_panic_behind_the_api_is_answered_503() {
        let handle = |request: Request| {
            assert_ne!(request.uri().path(), "/panic");
            async { Response::new(Body::Empty) }
        };
        let request = |path: &str| {
            http::Request::builder()
                .uri(path)
                .body(Body::Empty)
                .unwrap()
        };
        assert_eq!(
            answered("test", &handle, request("/panic")).await.status(),
            503
        );
        assert_eq!(answered("test", &handle, request("/")).await.status(), 200);
    }
}
