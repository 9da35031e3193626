//! What a system proves its webhooks with: a field of the connection's own secret, beside the credentials.
//!
//! Source: AWS Secrets Manager API Reference, "GetSecretValue" and "PutSecretValue".

use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use cxloop_domain::setup::secret::{self, Fields, Keeping, Known};
use cxloop_domain::setup::{Line, Mark};
use cxloop_ports::Secrets as _;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use crate::Error;
use crate::aws::Aws;
use crate::commands::check::GivenSecrets;
use crate::environment::Environment;

/// What a connection's webhooks are proved with, as it is kept.
pub(crate) struct WebhookSecret {
    name: String,
    of: Fields,
    current: Option<SecretString>,
    previous: Option<SecretString>,
    since: Option<Timestamp>,
    /// Whether a person put two into one field, and nobody knows when.
    is_split: bool,
    /// Where it can be written; secrets that are given are not ours to write.
    store: Option<Client>,
}

impl WebhookSecret {
    /// Reads it. A secret that lacks the fields is one that has none yet.
    pub(crate) async fn read(
        name: &str,
        of: Fields,
        secrets: &GivenSecrets,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let mut read = Self {
            name: name.to_owned(),
            of,
            current: None,
            previous: None,
            since: None,
            is_split: false,
            store: None,
        };
        if let GivenSecrets::Given(_) = secrets {
            read.current = secrets.field(name, of.current).await.ok();
            read.previous = secrets.field(name, of.previous).await.ok();
        } else {
            let store = Aws::of(environment.clone()).await.secret_values();
            let fields = read.fields(&store).await?;
            let text = |field: &str| fields.get(field).and_then(Value::as_str);
            read.current = text(of.current).map(SecretString::from);
            read.previous = text(of.previous).map(SecretString::from);
            read.since = text(of.since).and_then(|since| since.parse().ok());
            read.store = Some(store);
        }
        // The token of the survey platform is part of an address, where a second one has no place.
        if of == secret::OF_DYNAMICS {
            read.split();
        }
        match read
            .current
            .as_ref()
            .and_then(|current| secret::problem(current.expose_secret()))
        {
            None => Ok(read),
            Some(problem) => Err(Error::with_mend(
                format!("Secret {name}: the field {} {problem}.", of.current),
                "Remove the field: setup makes a new one.",
            )),
        }
    }

    /// Two in one field, with a space between them, are the current one and the one before.
    fn split(&mut self) {
        let Some(both) = self.current.take() else {
            return;
        };
        match both.expose_secret().split_whitespace().collect::<Vec<_>>()[..] {
            [current, previous] => {
                self.current = Some(current.into());
                self.previous.get_or_insert_with(|| previous.into());
                self.is_split = true;
            }
            _ => self.current = Some(both),
        }
    }

    /// What is known of it without telling it.
    pub(crate) fn known(&self) -> Known {
        let print = |secret: &SecretString| secret::fingerprint(secret.expose_secret());
        Known {
            current: self.current.as_ref().map(print),
            previous: self.previous.as_ref().map(print),
            since: self.since,
        }
    }

    /// Whether one before the current one is accepted too.
    pub(crate) fn is_rotating(&self) -> bool {
        self.previous.is_some()
    }

    /// The line of the plan that says what becomes of it.
    pub(crate) fn line(&self, keeping: Keeping) -> Line<()> {
        let (mark, which) = match keeping {
            Keeping::Nothing => (Mark::There, ""),
            Keeping::Make => (Mark::Create, ""),
            Keeping::Rotate => (Mark::Change, ""),
            Keeping::Drop => (Mark::Remove, " before the current one"),
        };
        let line = Line::idle(mark, format!("{}{which} in {}", self.of.name, self.name));
        match keeping {
            Keeping::Rotate => {
                line.because("a new one; the one before stays accepted until the next run")
            }
            Keeping::Nothing if self.is_rotating() => line.because("a rotation is under way"),
            _ => line,
        }
    }

    /// Waits until no function can know the one before alone. Whoever interrupts it loses nothing: the next run goes on.
    pub(crate) async fn wait_until_accepted(
        &self,
        now: Timestamp,
        believed_seconds: i64,
        progress: impl Fn(&str),
    ) {
        let seconds = if self.is_split {
            believed_seconds
        } else {
            secret::wait_seconds(&self.known(), now, believed_seconds)
        };
        if let Ok(seconds @ 1..) = u64::try_from(seconds) {
            progress(&format!(
                "waiting {seconds} s until every function accepts the new {}; Ctrl-C is harmless, the next run goes on",
                self.of.name
            ));
            tokio::time::sleep(Duration::from_secs(seconds)).await;
        }
    }

    /// The one to be sent.
    pub(crate) fn current(&self) -> Option<&SecretString> {
        self.current.as_ref()
    }

    /// Carries out what was decided, in one write of the whole secret: its other fields stay.
    pub(crate) async fn keep(&mut self, keeping: Keeping, now: Timestamp) -> Result<(), Error> {
        let (current, previous) = match keeping {
            Keeping::Nothing => return Ok(()),
            Keeping::Make => (Some(new()?), None),
            Keeping::Rotate => (Some(new()?), self.current.clone()),
            Keeping::Drop => (self.current.clone(), None),
        };
        let Some(store) = &self.store else {
            return Err(Error::with_mend(
                format!("Secret {} is given and cannot be written.", self.name),
                format!(
                    "Add the field {} to what is given, 20 to 200 of A-Z a-z 0-9 - _, or leave --secrets and CXLOOP_SECRETS out.",
                    self.of.current
                ),
            ));
        };
        // Read again right before it is written: somebody may have changed another field meanwhile.
        let mut fields = self.fields(store).await?;
        let mut set = |field: &str, value: Option<&SecretString>| match value {
            Some(value) => drop(fields.insert(field.to_owned(), value.expose_secret().into())),
            None => drop(fields.remove(field)),
        };
        set(self.of.current, current.as_ref());
        set(self.of.previous, previous.as_ref());
        if keeping != Keeping::Drop {
            fields.insert(self.of.since.to_owned(), now.to_string().into());
            self.since = Some(now);
        }
        let text = Value::Object(fields).to_string();
        let put = store
            .put_secret_value()
            .secret_id(&self.name)
            .secret_string(text)
            .send();
        put.await
            .map_err(|error| self.refused("PutSecretValue", &error))?;
        (self.current, self.previous) = (current, previous);
        self.is_split = false;
        Ok(())
    }

    async fn fields(&self, store: &Client) -> Result<Map<String, Value>, Error> {
        let answer = store.get_secret_value().secret_id(&self.name).send().await;
        let answer = answer.map_err(|error| self.refused("GetSecretValue", &error))?;
        let fields = answer
            .secret_string()
            .and_then(|text| serde_json::from_str(text).ok());
        fields.ok_or_else(|| Error::Unusable {
            what: format!("Secret {} is no JSON object.", self.name),
            mend: None,
        })
    }

    fn refused<E>(&self, asked: &str, error: &SdkError<E>) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        match error.code() {
            Some(code) => Error::Unusable {
                what: format!("Secret {}: {asked} is refused ({code}).", self.name),
                mend: None,
            },
            None => Error::NotReachable {
                what: format!(
                    "Secrets Manager cannot be reached ({}).",
                    DisplayErrorContext(error)
                ),
                mend: Some(
                    "Are there credentials and a region? For the sandbox add --sandbox.".to_owned(),
                ),
            },
        }
    }
}

fn new() -> Result<SecretString, Error> {
    let mut bytes = [0; secret::BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::unusable("The system gives no random bytes.", error))?;
    Ok(secret::from_chance(bytes).into())
}
