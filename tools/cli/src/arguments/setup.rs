//! What can be written after `cxloop setup` and `cxloop doctor`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use cxloop_domain::names::ConnectionName;
use cxloop_domain::setup::secret::BELIEVED_SECONDS;

use super::SandboxChoice;

#[derive(Debug, Args)]
pub(crate) struct SetupArgs {
    #[command(subcommand)]
    pub(crate) system: SetupSystem,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SetupSystem {
    /// The solution, columns, keys and table in Dynamics, and the webhook that tells cxloop of changes
    Dynamics(SetupDynamicsArgs),
    /// The notification that tells cxloop of responses, and the hidden questions that it fills in
    Wxm(SetupWxmArgs),
}

/// Which configuration and which place.
#[derive(Debug, Args)]
pub(crate) struct WhereArgs {
    /// The configuration [else cxloop.yaml, else the one in force]
    pub(crate) file: Option<PathBuf>,
    /// The root of the API, the output ApiEndpoint of the stack [else CXLOOP_API; in the sandbox its start page]
    #[arg(long, value_name = "URL")]
    pub(crate) to: Option<String>,
    /// JSON file with the secrets by name, as for `cxloop check` [else CXLOOP_SECRETS, else AWS Secrets Manager]
    #[arg(long, value_name = "FILE")]
    pub(crate) secrets: Option<PathBuf>,
    /// The DynamoDB table with the configuration in force [else CXLOOP_TABLE]
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,
    #[command(flatten)]
    pub(crate) sandbox: SandboxChoice,
}

/// What is done, and to which connection.
#[derive(Debug, Args)]
pub(crate) struct SetupChoice {
    #[command(flatten)]
    pub(crate) place: WhereArgs,
    /// The connection, where several are of this kind
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<ConnectionName>,
    /// Say what would change and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Remove what was set up; what holds data stays
    #[arg(long)]
    pub(crate) remove: bool,
    /// With --remove: also what holds data, with the data
    #[arg(long, requires = "remove")]
    pub(crate) with_data: bool,
    /// Give our webhook a new secret; the one before stays accepted until the next run
    #[arg(long, conflicts_with = "remove")]
    pub(crate) rotate_secret: bool,
    /// Drop the secret before the current one in this run, when it is sent no more
    #[arg(long, conflicts_with_all = ["remove", "rotate_secret"])]
    pub(crate) finish_rotation: bool,
    /// How long functions may believe an older secret: the system is given a new one only after that
    #[arg(long, value_name = "SECONDS", default_value_t = BELIEVED_SECONDS, value_parser = clap::value_parser!(i64).range(0..=3600))]
    pub(crate) accept_after: i64,
}

#[derive(Debug, Args)]
pub(crate) struct SetupDynamicsArgs {
    #[command(flatten)]
    pub(crate) choice: SetupChoice,
    /// How long to wait for the indexes of alternate keys
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(0..=86_400))]
    pub(crate) key_wait: u64,
}

#[derive(Debug, Args)]
pub(crate) struct SetupWxmArgs {
    #[command(flatten)]
    pub(crate) choice: SetupChoice,
    /// Save the settings also where nothing differs: the platform then calls an address again that it had given up
    #[arg(long, conflicts_with_all = ["remove", "dry_run"])]
    pub(crate) restart: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) place: WhereArgs,
    /// The stack, whose queues begin with its name
    #[arg(long, value_name = "NAME", default_value = "cxloop")]
    pub(crate) stack: String,
}
