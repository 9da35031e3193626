//! A stand-in of the Dataverse Web API with the customer-service tables of Dynamics 365, in memory.
//!
//! It answers as the documentation says the service does, and refuses what the service refuses: wrong navigation names, states
//! that do not fit, missing rows, stale entity tags. Tables come from model files ([`Model`]); only what cases and queues *do*
//! is code. It must not know anything about the programs that talk to it.

mod access;
mod activity;
mod address;
mod agent_case;
mod agent_consents;
mod agent_contacts;
mod agent_page;
mod agent_sales;
mod alternate;
mod batch;
mod caller;
mod change;
mod company;
mod composite;
mod computed;
mod decimal;
mod drawn;
mod entitlement;
mod formatted;
mod http;
mod incident;
mod keep;
mod message;
mod metadata;
mod model;
mod operations;
mod party;
mod payload;
mod preferences;
mod query;
mod queue;
mod refusal;
mod render;
mod row;
mod rows;
mod sdk_messages;
mod service;
mod state;
mod steps;
mod throttle;
mod token;
mod typed;
mod value;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::stand_in::Now;
use access::Access;
use caller::Caller;
pub use model::{Model, ModelError};
use rows::Organisation;
pub use rows::{LogError, Operation, Write};
pub use steps::AsyncService;
use steps::{Jobs, Origin};
use throttle::Throttle;
use token::Tokens;

/// What the browser of a person at the agent page calls itself.
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64)";

/// One organisation with its Web API, its token endpoint and its agent page. Clones share everything.
#[derive(Clone)]
pub struct Dataverse {
    shared: Arc<Shared>,
}

struct Shared {
    now: Now,
    organisation: RwLock<Organisation>,
    tokens: Mutex<Tokens>,
    throttle: Mutex<Throttle>,
    access: Mutex<Access>,
    /// The second up to which everything has happened that the clock brings about.
    followed: AtomicI64,
    /// What waits for the asynchronous service.
    jobs: Jobs,
    /// Told whenever a transaction lets its rows go.
    released: Notify,
}

impl Dataverse {
    /// An organisation with the tables of `model` and nothing in them but the application user that callers act as. `now` is
    /// the only clock.
    pub fn new(model: Model, now: Now) -> Self {
        let mut organisation = Organisation::new(Arc::new(model));
        sdk_messages::add(&mut organisation);
        company::add_platform(&mut organisation, now());
        company::add_application_user(&mut organisation, now());
        let shared = Shared {
            now,
            organisation: RwLock::new(organisation),
            tokens: Mutex::default(),
            throttle: Mutex::default(),
            access: Mutex::default(),
            followed: AtomicI64::default(),
            jobs: Jobs::new(),
            released: Notify::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Adds a small company: users, teams, queues, accounts, contacts and purposes of consent, always with the same keys.
    #[must_use]
    pub fn with_company(self) -> Self {
        let now = self.now();
        company::add(&mut self.writing(), now);
        self
    }

    /// The Web API, the token endpoint and the agent page, to be mounted at the root of a host.
    pub fn router(&self) -> axum::Router {
        http::router(self)
    }

    /// Makes every token that was granted so far invalid, so that the next request with one answers 401.
    pub fn revoke_tokens(&self) {
        lock(&self.shared.tokens).revoke_all();
    }

    /// Adds a program with a user of its own: from now on the token endpoint grants `client` tokens for `secret`. Returns the
    /// key of the application user, whom limits and privileges concern apart from every other.
    /// Source: Microsoft Learn, "Use single-tenant server-to-server authentication".
    pub fn add_application(&self, client: &str, secret: &str) -> Uuid {
        let user = company::add_another_application(&mut self.writing(), client, self.now());
        lock(&self.shared.tokens).add_client(client, secret, user);
        user
    }

    /// Takes a privilege such as `prvCreateIncident` from a user, whose requests for it are answered 403 from now on.
    /// Source: Microsoft Learn, "Security roles and privileges".
    ///
    /// # Panics
    /// No request here asks for a privilege of this name, so that nothing would ever be refused for it.
    pub fn deny(&self, user: Uuid, privilege: &str) {
        let known = access::is_known(self.reading().model(), privilege);
        assert!(known, "no request asks for the privilege '{privilege}'");
        lock(&self.shared.access).deny(user, privilege);
    }

    /// Gives a privilege back that was taken with [`Self::deny`].
    pub fn allow(&self, user: Uuid, privilege: &str) {
        lock(&self.shared.access).allow(user, privilege);
    }

    /// Sets how many requests a user may send within the window before the answer is 429; 6000 at first.
    /// Source: Microsoft Learn, "Service protection API limits".
    pub fn limit_requests(&self, requests: usize) {
        lock(&self.shared.throttle).limits.requests = requests;
    }

    /// Sets how long the requests of a user within the window may take together before the answer is 429; 20 minutes at
    /// first. What a request is taken to cost, [`Self::cost_of_requests`] says.
    /// Source: Microsoft Learn, "Service protection API limits".
    pub fn limit_execution_time(&self, time: SignedDuration) {
        lock(&self.shared.throttle).limits.milliseconds = throttle::milliseconds(time);
    }

    /// Sets what each request counts against the execution time; nothing at first, because the speed of this stand-in says
    /// nothing about the service's.
    pub fn cost_of_requests(&self, time: SignedDuration) {
        lock(&self.shared.throttle).limits.cost_milliseconds = throttle::milliseconds(time);
    }

    /// Sets how many requests of a user may be in flight at once before another is answered 429; 52 at first.
    /// Source: Microsoft Learn, "Service protection API limits".
    pub fn limit_concurrency(&self, requests: usize) {
        lock(&self.shared.throttle).limits.concurrency = requests;
    }

    /// Sets the length of the window that requests and execution time are counted in; 300 seconds at first.
    /// Source: Microsoft Learn, "Service protection API limits".
    pub fn limit_window(&self, window: SignedDuration) {
        lock(&self.shared.throttle).limits.window_seconds = window.as_secs().max(1);
    }

    /// Lets alternate keys be used only once their index is made, which takes some seconds or some questions for its state. At
    /// first a key can be used at once, because the tables of a sandbox are small.
    pub fn wait_for_key_indexes(&self) {
        self.writing().keys_wait = true;
    }

    /// The writes that took effect, oldest first, with the `tag` of the request that made them. The last 50,000 at least are kept.
    pub fn writes(&self) -> Vec<Write> {
        self.reading().writes().to_vec()
    }

    fn now(&self) -> Timestamp {
        (self.shared.now)()
    }

    /// Lets happen what the clock brings about, before a request is answered.
    fn follow_the_clock(&self) {
        let caller = self.caller();
        let second = caller.now.as_second();
        if self.shared.followed.swap(second, Ordering::Relaxed) == second
            || entitlement::due(&self.reading(), &caller).is_empty()
        {
            return;
        }
        let mut organisation = self.writing();
        entitlement::settle(&mut organisation, &caller);
        // What could not be kept is due again when the clock is next looked at.
        if self.commit(&mut organisation).is_err() {
            self.shared.followed.store(0, Ordering::Relaxed);
        }
    }

    fn reading(&self) -> RwLockReadGuard<'_, Organisation> {
        self.shared
            .organisation
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn writing(&self) -> RwLockWriteGuard<'_, Organisation> {
        self.shared
            .organisation
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The application user, whom every token stands for.
    fn caller(&self) -> Caller {
        Caller::new(company::APPLICATION_USER, self.now())
    }

    /// The person at the agent page, whose work is not that of the programs behind the application
    /// user; without the company there is nobody else than that user.
    fn agent(&self) -> Caller {
        let mut caller = self.caller();
        let organisation = self.reading();
        let users = organisation.model().by_name("systemuser");
        if users.is_some_and(|users| organisation.row(users, company::AGENT).is_some()) {
            caller.user = company::AGENT;
        }
        caller.origin = Some(Arc::new(Origin {
            user_agent: Some(BROWSER.to_owned()),
            accept_language: Some("gl-ES,gl;q=0.9,pt;q=0.8".to_owned()),
            app: Some("msdyn_CustomerServiceHub"),
            ..Origin::default()
        }));
        caller
    }
}

/// Serves an organisation on a listener until the task is dropped.
pub async fn serve_on(listener: tokio::net::TcpListener, dataverse: Dataverse) {
    if let Err(error) = axum::serve(listener, dataverse.router()).await {
        tracing::error!(%error, "the Dataverse stand-in stopped");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
