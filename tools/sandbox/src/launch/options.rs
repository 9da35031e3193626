//! What a sandbox is started with.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};

use crate::emulator::Tools;

/// The first port of a sandbox unless another is asked for.
pub const DEFAULT_PORT: u16 = 8686;

/// Takes the lines that tell a person how far the start has come.
pub type Tell = Arc<dyn Fn(&str) + Send + Sync>;

/// What a sandbox is started with.
#[derive(Clone)]
pub struct Options {
    /// The first port. The stand-ins of Dynamics and of the survey platform take the next two, the emulator the
    /// tenth after it.
    pub port: u16,
    /// Whether the stand-ins start without a company and without questionnaires.
    pub empty: bool,
    /// Whether Dynamics is set up as `cxloop setup dynamics` does it. An empty sandbox never is.
    pub prepare: bool,
    /// Whether the stand-in of Dynamics keeps its rows in the folder for what the sandbox writes, and goes on with those of
    /// the last time.
    pub keep: bool,
    /// The project's folder, in which the functions have been built.
    pub root: PathBuf,
    /// The folder for the environment files and what the emulator writes; made when absent.
    pub state_dir: PathBuf,
    /// The configuration to apply, written for the default ports.
    pub configuration: PathBuf,
    /// Where the emulator and the SAM CLI are.
    pub tools: Tools,
    /// Values for parameters of the template, which go before the sandbox's own.
    pub parameters: BTreeMap<String, String>,
    /// Takes the lines that tell how far the start has come.
    pub tell: Tell,
}

impl Options {
    /// The usual sandbox of the project in `root`, told to nobody. Tools are looked for where `CXLOOP_TOOLS` says,
    /// else in `.tools`; what it writes goes where `CXLOOP_STATE` says, else into `.sandbox`.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        let tools = env::var_os("CXLOOP_TOOLS").map_or_else(|| root.join(".tools"), PathBuf::from);
        Self {
            port: DEFAULT_PORT,
            empty: false,
            prepare: true,
            keep: false,
            state_dir: env::var_os("CXLOOP_STATE")
                .map_or_else(|| root.join(".sandbox"), PathBuf::from),
            configuration: root.join("tools/sandbox/cxloop.yaml"),
            tools: Tools::at(tools),
            parameters: BTreeMap::new(),
            tell: Arc::new(|_| {}),
            root,
        }
    }

    /// The usual sandbox of the project that the current folder belongs to.
    ///
    /// # Errors
    /// When the current folder belongs to none.
    pub fn find() -> Result<Self> {
        let here = env::current_dir().context("the current folder cannot be read")?;
        let root = here
            .ancestors()
            .find(|folder| folder.join("infra/template.yaml").is_file())
            .context(
                "no infra/template.yaml here or above: start the sandbox in the project's folder",
            )?;
        Ok(Self::at(root))
    }
}
