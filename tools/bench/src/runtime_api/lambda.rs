//! One running process of a function.

use std::fs::OpenOptions;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cxloop_sandbox::stand_in::Now;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use super::server::{Invocation, Signal, serve};
use crate::Error;
use crate::process_figures::{cpu_nanoseconds, peak_memory_bytes};

/// How long a program may take over anything before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long an invocation may take by its own deadline, in milliseconds.
const DEADLINE_MILLISECONDS: i64 = 60_000;

/// How a function is started.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its name, for messages.
    pub name: String,
    /// The executable.
    pub executable: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The folder it starts in.
    pub folder: PathBuf,
    /// Its whole environment, without what Lambda itself adds.
    pub environment: Vec<(String, String)>,
    /// Where its output goes; what is there is kept.
    pub log: PathBuf,
    /// Its memory in MB, which it is told.
    pub memory_megabytes: u64,
}

/// What a function answered.
pub struct Answer {
    /// The answer.
    pub body: Value,
    /// From the moment the event was handed over until the whole answer was there.
    pub took: Duration,
}

/// A running process that waits for its next event. It ends with this value.
pub struct Lambda {
    program: Program,
    /// From the start of the process until it asked for its first event.
    pub init: Duration,
    child: Child,
    pid: u32,
    events: UnboundedSender<Invocation>,
    signals: UnboundedReceiver<Signal>,
    server: JoinHandle<()>,
    now: Now,
    invoked: u64,
}

impl Drop for Lambda {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Lambda {
    /// Starts the program and waits until it asks for its first event.
    ///
    /// # Errors
    /// It does not start, ends, says that it cannot start, or never asks.
    pub async fn start(program: Program, now: Now) -> Result<Self, Error> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(|error| Error::unusable("a port", error))?;
        let address = listener
            .local_addr()
            .map_err(|error| Error::unusable("a port", error))?;
        let (events, waiting) = unbounded_channel();
        let (told, mut signals) = unbounded_channel();
        let server = serve(listener, waiting, told);
        let mut command = command(&program, &address.to_string())?;
        let started = Instant::now();
        let mut child = command
            .spawn()
            .map_err(|error| Error::unusable(program.executable.display().to_string(), error))?;
        let pid = child
            .id()
            .ok_or_else(|| trouble(&program, "ended at once"))?;
        let init = match signal(&program, &mut child, &mut signals).await? {
            Signal::Asked(at) => at.duration_since(started),
            _ => return Err(trouble(&program, "did not ask for an event first")),
        };
        Ok(Self {
            program,
            init,
            child,
            pid,
            events,
            signals,
            server,
            now,
            invoked: 0,
        })
    }

    /// Hands over an event and waits for the answer, and until the process asks for another event.
    ///
    /// # Errors
    /// The function fails, ends or does not answer.
    pub async fn invoke(&mut self, payload: Bytes) -> Result<Answer, Error> {
        self.invoked += 1;
        let invocation = Invocation {
            id: self.invoked,
            payload,
            deadline: (self.now)().as_millisecond() + DEADLINE_MILLISECONDS,
        };
        if self.events.send(invocation).is_err() {
            return Err(trouble(&self.program, "asks for nothing any more"));
        }
        let Signal::Handed(handed) = self.signal().await? else {
            return Err(trouble(&self.program, "did not take the event"));
        };
        let Signal::Answered { at, body, failed } = self.signal().await? else {
            return Err(trouble(&self.program, "did not answer the event"));
        };
        let Signal::Asked(_) = self.signal().await? else {
            return Err(trouble(&self.program, "did not ask for another event"));
        };
        if failed {
            return Err(self.wrong(&String::from_utf8_lossy(&body)));
        }
        Ok(Answer {
            body: serde_json::from_slice(&body)
                .map_err(|_| self.wrong(&String::from_utf8_lossy(&body)))?,
            took: at.duration_since(handed),
        })
    }

    /// The error for an answer that is not the expected one.
    #[must_use]
    pub fn wrong(&self, answer: &str) -> Error {
        Error::Answer {
            program: self.program.name.clone(),
            answer: answer.chars().take(300).collect(),
        }
    }

    /// Processor time so far, in nanoseconds.
    #[must_use]
    pub fn cpu_nanoseconds(&self) -> u64 {
        cpu_nanoseconds(self.pid).unwrap_or(0)
    }

    /// The most memory so far, in bytes.
    #[must_use]
    pub fn peak_memory_bytes(&self) -> u64 {
        peak_memory_bytes(self.pid).unwrap_or(0)
    }

    async fn signal(&mut self) -> Result<Signal, Error> {
        signal(&self.program, &mut self.child, &mut self.signals).await
    }
}

async fn signal(
    program: &Program,
    child: &mut Child,
    signals: &mut UnboundedReceiver<Signal>,
) -> Result<Signal, Error> {
    tokio::select! {
        biased;
        signal = signals.recv() => match signal {
            Some(Signal::CannotStart(why)) => {
                Err(trouble(program, &format!("cannot start: {}", String::from_utf8_lossy(&why))))
            }
            Some(signal) => Ok(signal),
            None => Err(trouble(program, "lost its Runtime API")),
        },
        ended = child.wait() => {
            let how = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
            Err(trouble(program, &format!("ended: {how}")))
        }
        () = tokio::time::sleep(PATIENCE) => Err(trouble(program, "says nothing")),
    }
}

fn trouble(program: &Program, what: &str) -> Error {
    Error::Program {
        program: program.name.clone(),
        what: what.to_owned(),
        log: program.log.display().to_string(),
    }
}

fn command(program: &Program, runtime_api: &str) -> Result<Command, Error> {
    let unusable = |error| Error::unusable(program.log.display().to_string(), error);
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&program.log)
        .map_err(unusable)?;
    let errors = log.try_clone().map_err(unusable)?;
    let mut command = Command::new(&program.executable);
    command
        .args(&program.arguments)
        .current_dir(&program.folder)
        .env_clear()
        .envs(program.environment.iter().cloned())
        .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
        .env("AWS_LAMBDA_FUNCTION_NAME", &program.name)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env(
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            program.memory_megabytes.to_string(),
        )
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/cxloop-bench")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .kill_on_drop(true);
    Ok(command)
}
