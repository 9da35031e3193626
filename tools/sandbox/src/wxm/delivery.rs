//! Sending notifications: nobody waits for them, and a URL that keeps failing is given up.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::oneshot;

use super::Wxm;
use crate::stand_in::{Faults, WebhookFault};

/// How long a receiver may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long a notification waits to be overtaken by another before it goes alone.
const HELD_FOR: Duration = Duration::from_secs(2);

/// What is on its way.
pub(super) struct Deliveries {
    client: reqwest::Client,
    faults: OnceLock<Faults>,
    pending: AtomicUsize,
    sent: AtomicUsize,
    held: Mutex<Vec<Held>>,
}

/// A notification that waits for a later one to overtake it.
struct Held {
    number: usize,
    overtaken: oneshot::Sender<()>,
}

impl Deliveries {
    pub(super) fn new() -> Self {
        // Receivers are on this machine: neither a proxy nor the machine's certificates have a part in it,
        // and a redirect is not the 200 that counts.
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()
            .expect("a client without certificates of its own has nothing to load");
        Self {
            client,
            faults: OnceLock::new(),
            pending: AtomicUsize::new(0),
            sent: AtomicUsize::new(0),
            held: Mutex::new(Vec::new()),
        }
    }

    /// Sets the faults to obey; the first call counts.
    pub(super) fn obey(&self, faults: Faults) {
        self.faults.get_or_init(|| faults);
    }

    pub(super) fn pending(&self) -> usize {
        self.pending.load(Ordering::SeqCst)
    }

    fn held(&self) -> MutexGuard<'_, Vec<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a notification as pending for as long as it lives, also when its task is cut short.
struct OnItsWay(Wxm);

impl OnItsWay {
    fn new(wxm: &Wxm) -> Self {
        wxm.shared.deliveries.pending.fetch_add(1, Ordering::SeqCst);
        Self(wxm.clone())
    }
}

impl Drop for OnItsWay {
    fn drop(&mut self) {
        self.0
            .shared
            .deliveries
            .pending
            .fetch_sub(1, Ordering::SeqCst);
    }
}

impl Wxm {
    /// Sends a notification in the background, unless a fault has other plans for it.
    pub(super) fn deliver(&self, url: String, body: Value) {
        let deliveries = &self.shared.deliveries;
        let fault = deliveries
            .faults
            .get()
            .and_then(|faults| faults.take_webhook("wxm", &url));
        if fault == Some(WebhookFault::Drop) {
            return;
        }
        // Both done before the sender of the answer hears back, so that "nothing pending" never comes early
        // and notifications are numbered in the order of their answers.
        let on_its_way = OnItsWay::new(self);
        let number = deliveries.sent.fetch_add(1, Ordering::SeqCst);
        let overtaken = (fault == Some(WebhookFault::Reorder)).then(|| {
            let (sender, receiver) = oneshot::channel();
            deliveries.held().push(Held {
                number,
                overtaken: sender,
            });
            receiver
        });
        tokio::spawn(async move {
            let wxm = &on_its_way.0;
            let reordered = overtaken.is_some();
            if let Some(overtaken) = overtaken {
                // Whether it was overtaken or waited in vain, it goes now.
                drop(tokio::time::timeout(HELD_FOR, overtaken).await);
            }
            if fault == Some(WebhookFault::Double) {
                futures::join!(wxm.send(&url, &body), wxm.send(&url, &body));
            } else {
                wxm.send(&url, &body).await;
            }
            if !reordered {
                wxm.release_held(number);
            }
        });
    }

    /// Source: Webex Experience Management developer documentation, "Real-time push": success is HTTP 200, and
    /// after failures it may stop sending to that URL. There is no signature and no second attempt.
    async fn send(&self, url: &str, body: &Value) {
        let sent = self
            .shared
            .deliveries
            .client
            .post(url)
            .json(body)
            .send()
            .await;
        let delivered = sent.is_ok_and(|response| response.status() == http::StatusCode::OK);
        let mut state = self.state();
        if delivered {
            // A URL given up in the meantime stays so until the settings are saved.
            if !state.is_stopped(url) {
                state.failures.insert(url.to_owned(), 0);
            }
        } else {
            *state.failures.entry(url.to_owned()).or_insert(0) += 1;
            tracing::warn!("a notification was not answered with 200");
        }
    }

    /// Lets go what was held back before the notification of this number was sent.
    fn release_held(&self, number: usize) {
        let mut held = self.shared.deliveries.held();
        let (earlier, later) = held.drain(..).partition(|one| one.number < number);
        *held = later;
        let earlier: Vec<Held> = earlier;
        for one in earlier {
            // A receiver that is gone has waited long enough and is being sent already.
            let _gone = one.overtaken.send(());
        }
    }
}
