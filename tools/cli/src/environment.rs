//! The environment's variables: the process's own, or those that the running sandbox noted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cxloop_domain::configuration::Configuration;
use cxloop_sandbox::launch;

use crate::Error;
use crate::arguments::SandboxChoice;

/// The folder in which a running sandbox notes its addresses.
const STATE: &str = ".sandbox";

/// The emulator's port is the sandbox's port and this.
const EMULATOR: u16 = 10;

/// Variables of which each says that the process works on a place of its own.
const NAMING: [&str; 4] = [
    "CXLOOP_TABLE",
    "CXLOOP_SECRETS",
    "AWS_PROFILE",
    "AWS_ACCESS_KEY_ID",
];

/// Variables by name.
#[derive(Debug, Clone)]
pub(crate) enum Environment {
    /// The process's own.
    Process,
    /// Those of the sandbox, and no others: an account that the process knows must not be touched by mistake.
    Sandbox(BTreeMap<String, String>),
}

impl Environment {
    /// The environment that the arguments choose: the sandbox that is asked for; without one asked for, the process's own
    /// where that names a place, else the sandbox that runs here.
    pub(crate) fn chosen(choice: &SandboxChoice) -> Result<Self, Error> {
        Self::chosen_beside(choice, false)
    }

    /// As [`chosen`](Self::chosen); `named` says that an option names a place other than the sandbox.
    pub(crate) fn chosen_beside(choice: &SandboxChoice, named: bool) -> Result<Self, Error> {
        let Some(port) = choice.port else {
            let named = named || NAMING.iter().any(|name| Self::Process.get(name).is_some());
            let sandbox = (!named).then(Self::noted_sandbox).flatten();
            return Ok(sandbox.unwrap_or(Self::Process));
        };
        let Some(folder) = state_folder() else {
            let what = format!(
                "There is no {STATE}/env here or above: no sandbox was started in this folder."
            );
            return Err(Error::with_mend(
                what,
                "Start one with `make run` or `cxloop sandbox`.",
            ));
        };
        let path = folder.join("env");
        let variables = read(&path)?;
        let endpoint = variables
            .get("AWS_ENDPOINT_URL")
            .cloned()
            .unwrap_or_default();
        let is_there = port.is_none_or(|port| {
            let expected = format!(":{}", port.saturating_add(EMULATOR));
            endpoint.trim_end_matches('/').ends_with(&expected)
        });
        if !is_there {
            let what = format!(
                "{} speaks of a sandbox at {endpoint}, not of the one on port {}.",
                path.display(),
                port.unwrap_or_default()
            );
            return Err(Error::with_mend(what, "Give its port, or none: --sandbox."));
        }
        Ok(Self::Sandbox(variables))
    }

    /// The sandbox that is noted here or above, whatever its port.
    pub(crate) fn noted_sandbox() -> Option<Self> {
        let variables = read(&state_folder()?.join("env")).ok()?;
        Some(Self::Sandbox(variables))
    }

    /// The value of a variable, unless it is blank.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let value = match self {
            Self::Process => std::env::var(name).ok(),
            Self::Sandbox(variables) => variables.get(name).cloned(),
        };
        value
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    /// The start page of the sandbox, where it is one.
    pub(crate) fn sandbox(&self) -> Option<String> {
        match self {
            Self::Process => None,
            Self::Sandbox(_) => self.get("CXLOOP_SANDBOX_URL"),
        }
    }

    /// A configuration as the sandbox takes it: with the addresses of its own stand-ins in place of those of a sandbox on
    /// the default port.
    pub(crate) fn at_home(&self, configuration: Configuration) -> Configuration {
        let address = |name| self.sandbox().and_then(|_| self.get(name));
        let dynamics = address("CXLOOP_SANDBOX_DYNAMICS_URL");
        let survey = address("CXLOOP_SANDBOX_SURVEY_URL");
        match (dynamics, survey) {
            (Some(dynamics), Some(survey)) => launch::moved(configuration, &dynamics, &survey),
            _ => configuration,
        }
    }

    /// A setting from its option, else from its variable.
    pub(crate) fn setting(
        &self,
        given: Option<&str>,
        option: &str,
        variable: &str,
    ) -> Result<String, Error> {
        given
            .map(str::to_owned)
            .or_else(|| self.get(variable))
            .ok_or_else(|| {
                Error::with_mend(
                    format!("Neither {option} nor {variable} is given."),
                    "The stack's outputs name it; for the sandbox add --sandbox.",
                )
            })
    }
}

/// What the sandbox noted for one function, such as its queue. `instead` names the options that say it too.
pub(crate) fn of_function(
    function: &str,
    instead: &str,
) -> Result<BTreeMap<String, String>, Error> {
    let Some(folder) = state_folder() else {
        let what = format!(
            "The queue of {function} is not known: there is no {STATE}/{function}.env here or above."
        );
        return Err(Error::with_mend(
            what,
            format!("Start the sandbox, or give {instead}."),
        ));
    };
    read(&folder.join(format!("{function}.env")))
}

fn state_folder() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors()
        .map(|folder| folder.join(STATE))
        .find(|folder| folder.join("env").is_file())
}

fn read(path: &Path) -> Result<BTreeMap<String, String>, Error> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::unusable(&format!("{} cannot be read.", path.display()), error))?;
    Ok(parse(&text))
}

/// Lines of `NAME=value`; blank lines and those that begin with `#` say nothing.
fn parse(text: &str) -> BTreeMap<String, String> {
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'));
    let pairs =
        lines.filter_map(|line| line.strip_prefix("export ").unwrap_or(line).split_once('='));
    pairs
        .map(|(name, value)| (name.trim().to_owned(), unquoted(value.trim()).to_owned()))
        .collect()
}

fn unquoted(value: &str) -> &str {
    let inside = |quote| {
        value
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
    };
    inside('"').or_else(|| inside('\'')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_variables_is_read_line_by_line() {
        let read = parse(
            "# sandbox\n\nCXLOOP_TABLE=cxloop-Table\nexport A=\"b=c\"\n NAME = 'Antía' \nnothing\n",
        );
        let pairs: Vec<_> = read
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [
                ("A", "b=c"),
                ("CXLOOP_TABLE", "cxloop-Table"),
                ("NAME", "Antía")
            ]
        );
    }

    #[test]
    fn the_sandbox_knows_nothing_of_the_processes_own_account() {
        let sandbox = Environment::Sandbox(BTreeMap::from([(
            "CXLOOP_TABLE".to_owned(),
            " ".to_owned(),
        )]));
        assert_eq!(sandbox.get("PATH"), None);
        assert_eq!(sandbox.get("CXLOOP_TABLE"), None);
        let missing = sandbox
            .setting(None, "--table", "CXLOOP_TABLE")
            .unwrap_err();
        assert_eq!(
            missing.to_string(),
            "Neither --table nor CXLOOP_TABLE is given."
        );
        assert_eq!(
            sandbox
                .setting(Some("t"), "--table", "CXLOOP_TABLE")
                .unwrap(),
            "t"
        );
    }
}
