//! Where the pinned tools are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The folder that `make tools` fills: one Python environment per tool, because the emulator and the SAM CLI pin different
/// versions of the same libraries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tools {
    root: PathBuf,
}

impl Tools {
    /// The tools in `root`, a folder such as `.tools`.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder that `CXLOOP_TOOLS` names, else `.tools` in the current folder or the nearest one above it.
    ///
    /// # Errors
    /// When there is neither; the message says which command installs the tools.
    pub fn find() -> Result<Self> {
        if let Some(root) = env::var_os("CXLOOP_TOOLS") {
            return Ok(Self::at(root));
        }
        let here = env::current_dir().context("the current folder cannot be read")?;
        match here
            .ancestors()
            .map(|folder| folder.join(".tools"))
            .find(|folder| folder.is_dir())
        {
            Some(root) => Ok(Self::at(root)),
            None => {
                bail!("no folder .tools here or above: run `make tools` in the project's folder")
            }
        }
    }

    /// The emulator's program.
    ///
    /// # Errors
    /// When it is not installed.
    pub(super) fn ministack(&self) -> Result<PathBuf> {
        self.program("emulator/bin/ministack")
    }

    /// The AWS SAM CLI's program.
    ///
    /// # Errors
    /// When it is not installed.
    pub(super) fn sam(&self) -> Result<PathBuf> {
        self.program("sam/bin/sam")
    }

    fn program(&self, path: &str) -> Result<PathBuf> {
        let program = self.root.join(path);
        // Without links and dots: a process that an earlier run left behind is known by this path.
        fs::canonicalize(&program).with_context(|| {
            format!(
                "{} is missing: run `make tools` in the project's folder",
                program.display()
            )
        })
    }
}

/// `path` without links to the current folder, because the programs are started in another one.
pub(super) fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("{} is not a usable path", path.display()))
}
