//! The emulator's process: start, readiness, end.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use super::api::Api;
use super::tools::{Tools, absolute};

/// The region that the emulator plays.
pub(super) const REGION: &str = "eu-west-1";

/// How long the emulator may take to answer its first health check.
const START_WITHIN: Duration = Duration::from_secs(60);

/// How long its processes may take to end by themselves before they are ended.
const STOP_WITHIN: Duration = Duration::from_secs(4);

/// Runs the program that follows it, beside a watcher that ends their process group once standard input closes. The other end
/// of that input is held by the launcher, and nobody but the kernel is needed to close it: a launcher that is killed cannot
/// end what it started.
const ENDING_WITH_ITS_PARENT: &str = r#"exec 3<&0 0</dev/null
{ read -r _ <&3; kill -KILL 0; } &
exec 3<&-
exec "$@""#;

/// How to start the emulator.
#[derive(Debug, Clone)]
pub struct EmulatorOptions {
    /// Port on loopback for every AWS service and for the deployed API.
    pub port: u16,
    /// Folder for logs, unpacked functions and everything else that the emulator writes; made when absent.
    pub state_dir: PathBuf,
    /// Where the pinned programs are.
    pub tools: Tools,
    /// Variables that functions find in their environment beside those of the emulator.
    pub environment: BTreeMap<String, String>,
}

/// A running emulator. It forgets everything when it ends, and it ends, with the functions that it started, when this value
/// is dropped.
#[derive(Debug)]
pub struct Emulator {
    child: Child,
    pid_file: PathBuf,
    pub(super) options: EmulatorOptions,
    pub(super) api: Api,
}

impl Emulator {
    /// Starts the emulator and waits until it answers. An emulator that an earlier, killed run left behind in the same
    /// `state_dir` is ended first.
    ///
    /// # Errors
    /// When the program is not installed, the port is taken, or the emulator does not answer within a minute; the last lines
    /// of its log are part of the message.
    pub async fn start(mut options: EmulatorOptions) -> Result<Self> {
        options.state_dir = absolute(&options.state_dir)?;
        let program = options.tools.ministack()?;
        let scratch = options.state_dir.join("tmp");
        fs::create_dir_all(&scratch)
            .with_context(|| format!("{} cannot be made", scratch.display()))?;

        let pid_file = options.state_dir.join("emulator.pid");
        end_left_over(&pid_file, &program);
        drop(TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).with_context(|| {
            format!("port {} of the emulator is taken: end what listens there or choose another PORT", options.port)
        })?);

        let endpoint = format!("http://127.0.0.1:{}", options.port);
        let log_file = options.state_dir.join("emulator.log");
        let log = File::create(&log_file)
            .with_context(|| format!("{} cannot be written", log_file.display()))?;
        let child = Command::new("/bin/sh")
            .args(["-c", ENDING_WITH_ITS_PARENT, "sh"])
            .arg(&program)
            .env_clear()
            .envs(bare_environment(&options.state_dir))
            .envs(aws_environment(&endpoint))
            .envs(&options.environment)
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", options.port.to_string())
            .env("MINISTACK_REGION", REGION)
            .env("STATE_DIR", options.state_dir.join("tmp/state"))
            .env("S3_DATA_DIR", options.state_dir.join("tmp/s3"))
            .env("PYTHONUNBUFFERED", "1")
            .current_dir(&options.state_dir)
            .stdin(Stdio::piped())
            .stdout(
                log.try_clone()
                    .context("the emulator's log cannot be shared")?,
            )
            .stderr(log)
            // A group of its own: the functions belong to it, and one signal ends all of them.
            .process_group(0)
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;

        let mut emulator = Self {
            api: Api::new(&endpoint)?,
            child,
            pid_file,
            options,
        };
        fs::write(&emulator.pid_file, emulator.child.id().to_string())
            .context("the emulator's process id cannot be noted")?;
        emulator.wait_until_healthy(&log_file).await?;
        Ok(emulator)
    }

    /// Address of every AWS service, e.g. `http://127.0.0.1:8696`. The deployed API has the same address; see
    /// [`Stack::api_host`](super::Stack::api_host).
    pub fn endpoint(&self) -> &str {
        self.api.endpoint()
    }

    /// The environment variables under which AWS's SDKs and tools talk to this emulator.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        aws_environment(self.endpoint())
    }

    /// The emulator's log, in which failures of functions are found too.
    pub fn log_file(&self) -> PathBuf {
        self.options.state_dir.join("emulator.log")
    }

    /// The process group of the emulator and of the functions that it starts.
    pub(super) fn process_group(&self) -> u32 {
        self.child.id()
    }

    async fn wait_until_healthy(&mut self, log_file: &Path) -> Result<()> {
        let deadline = Instant::now() + START_WITHIN;
        loop {
            if let Some(status) = self
                .child
                .try_wait()
                .context("the emulator's process cannot be observed")?
            {
                bail!(
                    "the emulator ended while starting ({status}):\n{}",
                    last_lines(log_file)
                );
            }
            if self.api.healthy().await {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!(
                    "the emulator did not answer within {START_WITHIN:?}:\n{}",
                    last_lines(log_file)
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let Some(group) = Pid::from_raw(self.child.id().cast_signed()) else {
            return;
        };
        // An error means that the group is gone already, which is what is wanted.
        let _ = kill_process_group(group, Signal::TERM);
        let deadline = Instant::now() + STOP_WITHIN;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(20));
        }
        // Functions that ignored the signal, and the emulator itself when it did.
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.pid_file);
    }
}

/// What every program is given whatever it does: nothing of the caller's but where programs are.
pub(super) fn bare_environment(state_dir: &Path) -> Vec<(&'static str, String)> {
    let state = state_dir.display();
    vec![
        (
            "PATH",
            env::var("PATH").unwrap_or_else(|_| "/usr/local/bin:/usr/bin:/bin".to_owned()),
        ),
        ("HOME", state.to_string()),
        ("TMPDIR", format!("{state}/tmp")),
        ("LANG", "C.UTF-8".to_owned()),
    ]
}

fn aws_environment(endpoint: &str) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ENDPOINT_URL", endpoint.to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", "sandbox".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "sandbox".to_owned()),
    ]
}

/// Ends the emulator whose id an earlier run noted, if that process is one: ids are given out again.
fn end_left_over(pid_file: &Path, program: &Path) {
    let Ok(noted) = fs::read_to_string(pid_file) else {
        return;
    };
    let Some(group) = noted.trim().parse().ok().and_then(Pid::from_raw) else {
        return;
    };
    let command = fs::read(format!("/proc/{}/cmdline", group.as_raw_nonzero())).unwrap_or_default();
    let mut arguments = command
        .split(|byte| *byte == 0)
        .map(String::from_utf8_lossy);
    if arguments.any(|argument| Path::new(argument.as_ref()) == program) {
        tracing::info!("ending the emulator of an earlier run");
        let _ = kill_process_group(group, Signal::KILL);
        // The port is free once the process is gone.
        thread::sleep(Duration::from_millis(200));
    }
}

/// The end of a log, for a message.
pub(super) fn last_lines(log_file: &Path) -> String {
    let log = fs::read(log_file).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
