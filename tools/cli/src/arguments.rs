//! What can be written on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use cxloop_domain::names::{ConnectionName, InboxId, LoopId, ResponseKey};

mod setup;

pub(crate) use setup::{
    DoctorArgs, SetupArgs, SetupChoice, SetupDynamicsArgs, SetupSystem, SetupWxmArgs, WhereArgs,
};

/// Closes the loop between what customers say and what a company does about it.
#[derive(Debug, Parser)]
#[command(name = "cxloop", version, max_term_width = 110)]
pub(crate) struct Cli {
    /// Print the result as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find the mistakes in the configuration, each with its line and column
    ///
    /// Queues, owners and survey questions that the file names are looked for in the connected systems, as far as these
    /// can be reached. Exit code 1 when there are mistakes.
    Check(CheckArgs),
    /// Check the configuration and put it in force as the next version
    ///
    /// The functions follow within seconds; nothing is deployed. An equal configuration keeps its version.
    Apply(ApplyArgs),
    /// Prepare a connected system: make what cxloop needs there, or remove it
    ///
    /// A second run finds nothing to do. The plan is shown as a difference (+ made, ~ changed, - removed, = as it should
    /// be, ! in the way) and then carried out; with --dry-run it is only shown. Rows that are not ours are never touched.
    Setup(SetupArgs),
    /// Look at everything that must work together, and say what is wrong and how to mend it
    ///
    /// Exit code 0 when all is well, 1 when something failed, 2 when something could not be reached.
    Doctor(DoctorArgs),
    /// Send an event file: a webhook as the HTTP request it describes, queue messages to their function's queue
    Send(SendArgs),
    /// Have responses run again, by the rules of now; what is done already stays as it is
    ///
    /// With --dead-letters: messages that a queue gave up go back to it. In the sandbox the queues are known; of a
    /// deployed stack, name the dead letters and the queue that they go to by its outputs, such as CaseDeadLettersUrl
    /// and CaseQueueUrl, with --dead-letter-url and --to-queue-url.
    Replay(ReplayArgs),
    /// Print the JSON Schema of cxloop.yaml, for editors
    Schema,
    /// Run everything on this machine: the template on an AWS emulator, and stand-ins of the connected systems
    Sandbox(SandboxArgs),
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The configuration
    #[arg(default_value = "cxloop.yaml")]
    pub(crate) file: PathBuf,
    /// Ask no system: look at the file alone
    #[arg(long)]
    pub(crate) offline: bool,
    /// Hold the columns, choices and lookups that the file names against the tables of Dynamics
    ///
    /// The application user needs the right to read table definitions. What cannot be asked is told as not verified.
    #[arg(long, conflicts_with = "offline")]
    pub(crate) schema: bool,
    /// JSON file with the secrets by name, such as {"cxloop/wxm": {"username": "…", "password": "…"}}
    ///
    /// Without it: the same JSON in CXLOOP_SECRETS, else AWS Secrets Manager.
    #[arg(long, value_name = "FILE")]
    pub(crate) secrets: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) sandbox: SandboxChoice,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    #[command(flatten)]
    pub(crate) check: CheckArgs,
    /// The DynamoDB table [else CXLOOP_TABLE]
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// Say what would change and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SendArgs {
    /// The event: an API Gateway (payload 2.0) or SQS envelope, such as those in events/
    pub(crate) file: PathBuf,
    /// Where webhooks go: the root of the API [default: http://127.0.0.1:8686]
    #[arg(long, value_name = "URL")]
    pub(crate) to: Option<String>,
    /// Send through this connection instead of the one in the file
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<ConnectionName>,
    /// The secret (whsec_…) that signs; in the sandbox it is found by itself
    #[arg(
        long,
        value_name = "WHSEC",
        env = "CXLOOP_WEBHOOK_SECRET",
        hide_env_values = true
    )]
    pub(crate) secret: Option<String>,
    /// Keep the signature that is in the file; it is too old to be accepted
    #[arg(long)]
    pub(crate) as_is: bool,
    /// The queue for SQS envelopes [else that of the function that the file's folder is named after]
    #[arg(long, value_name = "URL")]
    pub(crate) queue_url: Option<String>,
    /// Say what would be sent and send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print the webhook's envelope with a fresh signature and send nothing, for `cargo lambda invoke --data-file`
    #[arg(long, conflicts_with_all = ["dry_run", "as_is"])]
    pub(crate) envelope: bool,
    #[command(flatten)]
    pub(crate) sandbox: SandboxChoice,
}

#[derive(Debug, Args)]
#[group(id = "what", required = true, multiple = false, args = ["response", "inbox", "loop_id", "failed", "dead_letters"])]
pub(crate) struct ReplayArgs {
    /// This response: the rules are held against it again
    #[arg(long, value_name = "CONNECTION/ID")]
    pub(crate) response: Option<ResponseKey>,
    /// This kept webhook: its response is fetched again
    #[arg(long, value_name = "ID")]
    pub(crate) inbox: Option<InboxId>,
    /// What failed in this loop
    #[arg(long = "loop", value_name = "ID")]
    pub(crate) loop_id: Option<LoopId>,
    /// What failed in any loop, newest first, and the webhooks that were put aside
    #[arg(long)]
    pub(crate) failed: bool,
    /// The messages that queues gave up, each sent to its queue again
    #[arg(long)]
    pub(crate) dead_letters: bool,
    /// Only the dead letters of this queue of the sandbox [else of all]
    #[arg(long, value_name = "NAME", conflicts_with_all = ["response", "inbox", "loop_id", "failed", "dead_letter_url"])]
    pub(crate) queue: Option<WorkQueue>,
    /// The queue with the dead letters
    #[arg(long, value_name = "URL", requires = "to_queue_url", conflicts_with_all = ["response", "inbox", "loop_id", "failed"])]
    pub(crate) dead_letter_url: Option<String>,
    /// The queue that its dead letters go to
    #[arg(long, value_name = "URL", requires = "dead_letter_url", conflicts_with_all = ["response", "inbox", "loop_id", "failed"])]
    pub(crate) to_queue_url: Option<String>,
    /// How many loops and webhooks --failed looks at, or how many messages of each queue --dead-letters takes
    #[arg(long, value_name = "N", default_value_t = 100, conflicts_with_all = ["response", "inbox", "loop_id"])]
    pub(crate) limit: usize,
    /// Say what would be run again and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The DynamoDB table [else CXLOOP_TABLE]
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// The event bus [else CXLOOP_BUS]
    #[arg(long, value_name = "NAME")]
    pub(crate) bus: Option<String>,
    #[command(flatten)]
    pub(crate) sandbox: SandboxChoice,
}

/// A queue that feeds a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WorkQueue {
    /// Webhooks whose response is to be fetched
    Intake,
    /// Responses that may become cases
    Case,
    /// Responses about cases
    Reopen,
    /// Changes of cases that responses are to hold
    WriteBack,
}

impl WorkQueue {
    /// The function that it feeds.
    pub(crate) fn function(self) -> &'static str {
        match self {
            Self::Intake => "response-intake",
            Self::Case => "response-to-case",
            Self::Reopen => "case-reopen",
            Self::WriteBack => "case-write-back",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct SandboxArgs {
    /// The start page's port; the stand-ins are on the next two, the emulator on this plus 10
    #[arg(long, default_value_t = 8686, value_parser = clap::value_parser!(u16).range(1024..=65_525))]
    pub(crate) port: u16,
    /// Start with no company, no questionnaires, and a Dynamics in which nothing is set up
    #[arg(long)]
    pub(crate) empty: bool,
    /// Keep the rows of Dynamics in .sandbox/dynamics.jsonl and go on with those of the last time
    #[arg(long)]
    pub(crate) keep: bool,
}

/// Whether a command works on the running sandbox.
#[derive(Debug, Clone, Args)]
pub(crate) struct SandboxChoice {
    /// Work on the running sandbox, whose addresses are in .sandbox/env; with PORT, only on the one on that port
    ///
    /// Also without it, where neither an option nor the environment (CXLOOP_TABLE, CXLOOP_SECRETS, AWS_PROFILE,
    /// AWS_ACCESS_KEY_ID) names another place.
    #[arg(long = "sandbox", value_name = "PORT", num_args = 0..=1, require_equals = true)]
    pub(crate) port: Option<Option<u16>>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_file_after_the_sandbox_switch_is_no_port() {
        let cli = Cli::try_parse_from(["cxloop", "apply", "--sandbox", "other.yaml"]).unwrap();
        let Command::Apply(apply) = cli.command else {
            panic!("{cli:?}")
        };
        assert_eq!(apply.check.sandbox.port, Some(None));
        assert_eq!(apply.check.file, PathBuf::from("other.yaml"));
    }

    #[test]
    fn a_replay_says_what_exactly_once() {
        assert!(Cli::try_parse_from(["cxloop", "replay"]).is_err());
        assert!(Cli::try_parse_from(["cxloop", "replay", "--failed", "--inbox", "i1"]).is_err());
        assert!(
            Cli::try_parse_from(["cxloop", "replay", "--limit", "3", "--inbox", "i1"]).is_err()
        );
        assert!(Cli::try_parse_from(["cxloop", "replay", "--response", "wxm/52c7"]).is_ok());
    }

    #[test]
    fn dead_letters_come_from_a_queue_by_name_or_by_address() {
        let parse = |arguments: &str| {
            let all = ["cxloop", "replay"].into_iter();
            Cli::try_parse_from(all.chain(arguments.split(' '))).is_ok()
        };
        assert!(parse("--dead-letters"));
        assert!(parse("--dead-letters --queue case --limit 3 --dry-run"));
        assert!(parse(
            "--dead-letters --dead-letter-url http://a --to-queue-url http://b"
        ));
        assert!(!parse("--dead-letters --queue cases"));
        assert!(!parse("--dead-letters --failed"));
        assert!(!parse("--queue case --failed"));
        assert!(!parse("--dead-letters --dead-letter-url http://a"));
        assert!(!parse("--dead-letters --to-queue-url http://b"));
        assert!(!parse(
            "--dead-letters --queue case --dead-letter-url http://a --to-queue-url http://b"
        ));
    }
}
