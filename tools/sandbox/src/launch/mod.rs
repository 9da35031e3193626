//! The launcher: the whole sandbox in one process and its children, in the order in which each part needs the
//! others, and its end.
//!
//! Nothing is rewired for it: the template, the functions and the configuration are what a deployment takes;
//! only addresses differ.

mod configuration;
mod environment;
mod options;
mod ports;
mod progress;
mod secrets;
mod set_up;
mod stand_ins;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use cxloop_domain::configuration::Configuration;
use http::HeaderValue;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::dataverse::Dataverse;
use crate::emulator::{Deployment, Emulator, EmulatorOptions, Stack};
use crate::front::{self, Addresses, Front, Gateway, Parts};
use crate::stand_in::{Calls, Faults};
use crate::wxm::Wxm;

pub use configuration::moved;
use environment::EnvironmentFiles;
pub use options::{DEFAULT_PORT, Options, Tell};
use ports::Ports;
pub use ports::free_base_port;
use progress::Progress;
pub use secrets::WEBHOOK_SECRET;
pub use set_up::dynamics as set_up_dynamics;
use stand_ins::StandIns;

/// The domain of every address in the company and in the texts, from and to which e-mails may be sent.
const MAIL_DOMAIN: &str = "example.com";
/// The stack's name on the emulator.
const STACK: &str = "cxloop";

/// A running sandbox. It ends, with every process that it started, when this value is dropped.
///
/// The fields are dropped in their order: nobody is served any more before the emulator ends.
pub struct Sandbox {
    _serving: Serving,
    _files: EnvironmentFiles,
    addresses: Addresses,
    stack: Stack,
    stand_ins: StandIns,
    environment: BTreeMap<String, String>,
    emulator: Emulator,
}

/// Tasks that end with this value.
struct Serving(Vec<JoinHandle<()>>);

impl Drop for Serving {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}

impl Sandbox {
    /// Starts everything and returns once the first survey can be answered. What is done, and how long it took,
    /// is told to `options.tell`.
    ///
    /// # Errors
    /// When a port is taken, the functions or tools are missing, the configuration has mistakes, or the emulator
    /// refuses; the message says what and how to mend it. What had been started is ended.
    pub async fn start(options: Options) -> Result<Self> {
        let progress = Progress::new(Arc::clone(&options.tell));
        let functions = built_functions(&options)?;
        let ports = Ports::from(options.port)?;
        let listeners = ports.listen().await?;
        let configuration = configuration::read(&options.configuration, ports)?;

        let kept = if options.keep {
            std::fs::create_dir_all(&options.state_dir)?;
            Some(options.state_dir.join("dynamics.jsonl"))
        } else {
            None
        };
        let stand_ins = StandIns::new(ports, options.empty, kept.as_deref())?;
        let mut serving = Serving(vec![
            stand_ins.serve_dynamics(listeners.dynamics),
            stand_ins.serve_survey(listeners.survey),
            stand_ins.serve_text_messages(listeners.text_messages),
        ]);
        progress.tell(&format!(
            "stand-ins are ready: Dynamics at {}, survey platform at {}",
            ports.dynamics_url(),
            ports.survey_url()
        ));

        let starting = Emulator::start(EmulatorOptions {
            port: ports.emulator,
            // A folder for each port: an emulator ends the one that an earlier run left in its folder.
            state_dir: options
                .state_dir
                .join(format!("emulator-{}", ports.emulator)),
            tools: options.tools.clone(),
            environment: environment::endpoints(ports),
        });
        let emulator = progress.step("emulator", starting).await?;

        let deployment = Deployment {
            template: options.root.join("infra/template.yaml"),
            stack: STACK.to_owned(),
            parameters: parameters(&options),
        };
        let what = format!("deployment of {} functions", functions.len());
        let deploying = emulator.deploy(&deployment, |news| tracing::debug!(news, "deploying"));
        let stack = progress.step(&what, deploying).await?;

        let storing = async {
            secrets::put(&stack).await?;
            stack.verify_domain(MAIL_DOMAIN).await?;
            configuration::apply(&configuration, &stack, &emulator).await
        };
        progress.step("secrets and configuration", storing).await?;
        stand_ins.notify(&ports.webhook_url())?;
        if options.prepare && !options.empty {
            prepare(&configuration, ports, &progress).await;
        }

        let addresses = ports.addresses(emulator.endpoint());
        let front = Front::new(Parts {
            survey: stand_ins.survey.clone(),
            dynamics: stand_ins.dynamics.clone(),
            faults: stand_ins.faults.clone(),
            calls: stand_ins.calls.clone(),
            gateway: Gateway {
                address: ports.emulator_address(),
                host: HeaderValue::from_str(&stack.api_host()?)
                    .context("the API's host is no header")?,
            },
            work: Arc::new(stack.clone()),
            outbox: Arc::new(stack.clone()),
            texts: stand_ins.texts.clone(),
            addresses: addresses.clone(),
            webhook_secret: WEBHOOK_SECRET.to_owned(),
        });
        serving
            .0
            .push(tokio::spawn(front::serve_on(listeners.front, front)));
        let environment = environment::of(&emulator, &stack, &addresses)?;
        let files = EnvironmentFiles::write(&options.state_dir, &environment, &functions, &stack)?;
        progress.done(&addresses, files.shared());
        Ok(Self {
            _serving: serving,
            _files: files,
            addresses,
            stack,
            stand_ins,
            environment,
            emulator,
        })
    }

    /// Where everything is reached.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// The start page, and for every other path the deployed API.
    pub fn front_url(&self) -> &str {
        &self.addresses.front
    }

    /// The stand-in of Dynamics 365.
    pub fn dynamics_url(&self) -> &str {
        &self.addresses.dynamics
    }

    /// The stand-in of the survey platform.
    pub fn survey_url(&self) -> &str {
        &self.addresses.survey
    }

    /// The AWS emulator, for all services.
    pub fn emulator_url(&self) -> &str {
        &self.addresses.emulator
    }

    /// The signing secret of the connection `generic`.
    pub fn webhook_secret(&self) -> &str {
        WEBHOOK_SECRET
    }

    /// The variables under which AWS's SDKs and the functions work with this sandbox; the file `env` holds them.
    pub fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    /// The deployed stack: its outputs, queues, logs and functions.
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// The stand-in of Dynamics 365, to look into.
    pub fn dynamics(&self) -> &Dataverse {
        &self.stand_ins.dynamics
    }

    /// The stand-in of the survey platform, to look into.
    pub fn survey(&self) -> &Wxm {
        &self.stand_ins.survey
    }

    /// The faults that are ordered.
    pub fn faults(&self) -> &Faults {
        &self.stand_ins.faults
    }

    /// What was asked of the stand-ins.
    pub fn calls(&self) -> &Calls {
        &self.stand_ins.calls
    }

    /// The emulator, to end functions in the middle of their work.
    pub fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    /// The emulator's log, in which the functions' failures are found too.
    pub fn log_file(&self) -> PathBuf {
        self.emulator.log_file()
    }
}

/// Starts the sandbox and keeps it until the process is asked to end, by Ctrl-C or otherwise, also while it is
/// still starting; then ends everything.
///
/// # Errors
/// As [`Sandbox::start`].
pub async fn run(options: Options) -> Result<()> {
    let tell = Arc::clone(&options.tell);
    let mut interrupt = signal(SignalKind::interrupt()).context("Ctrl-C cannot be watched")?;
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be watched")?;
    let mut hang_up = signal(SignalKind::hangup()).context("signals cannot be watched")?;
    let running = async {
        let _sandbox = Sandbox::start(options).await?;
        std::future::pending::<Result<()>>().await
    };
    // Dropping `running` is what ends the sandbox, however far it had come.
    tokio::select! {
        ended = running => return ended,
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    tell("the sandbox has ended");
    Ok(())
}

/// Sets Dynamics up, so that what agents do there is told. A configuration or kept rows of somebody's own may be in the way
/// of that, which is no reason not to start: without it the sweep finds what changed.
async fn prepare(configuration: &Configuration, ports: Ports, progress: &Progress) {
    let began = Instant::now();
    let told = match set_up::dynamics(configuration, &ports.front_url()).await {
        Ok(steps) => format!(
            "Dynamics is set up, {steps} steps tell what agents do: {:.1} s",
            began.elapsed().as_secs_f32()
        ),
        Err(why) => format!(
            "Dynamics is not set up, so the sweep alone finds what agents do, within five minutes: {why:#}"
        ),
    };
    progress.tell(&told);
}

/// The names of the functions, each of which has been built.
fn built_functions(options: &Options) -> Result<Vec<String>> {
    let folder = options.root.join("functions");
    let entries = std::fs::read_dir(&folder).with_context(|| {
        format!(
            "{} cannot be read: is this the project's folder?",
            folder.display()
        )
    })?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok())
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    for name in &names {
        let program = options.root.join(format!("target/lambda/{name}/bootstrap"));
        if !program.is_file() {
            bail!(
                "{} is missing: run `make functions` in the project's folder",
                program.display()
            );
        }
    }
    Ok(names)
}

/// The template's parameters for a sandbox: pages without sign-in, and retries that a person can wait for.
fn parameters(options: &Options) -> BTreeMap<String, String> {
    let mut parameters: BTreeMap<String, String> = [
        ("Architecture", Deployment::host_architecture()),
        ("ExposeConsole", "true"),
        ("FunctionTimeout", "10"),
        ("QueueFunctionTimeout", "10"),
        ("RetryAfterSeconds", "10"),
        ("MaximumConcurrency", "small"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    parameters.extend(options.parameters.clone());
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn functions_that_were_not_built_are_answered_with_the_command_that_builds_them() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("functions/webhooks")).unwrap();
        let refused = Sandbox::start(Options::at(root.path()))
            .await
            .err()
            .unwrap();
        let told = refused.to_string();
        assert!(
            told.contains("webhooks/bootstrap") && told.contains("make functions"),
            "{told}"
        );
    }
}
