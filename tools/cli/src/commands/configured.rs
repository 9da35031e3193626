//! The configuration that a command works by, and the place that it works in.

use std::path::{Path, PathBuf};

use cxloop_domain::configuration::{
    self, Configuration, Connection, DynamicsConnection, WxmConnection,
};
use cxloop_domain::names::ConnectionName;
use cxloop_domain::setup::address;
use cxloop_ports::Configurations as _;

use super::check;
use crate::Error;
use crate::arguments::WhereArgs;
use crate::aws::Aws;
use crate::environment::Environment;

/// The file that is looked for when none is named.
const USUAL: &str = "cxloop.yaml";

/// A configuration and where it is from.
pub(crate) struct Configured {
    /// The place.
    pub(crate) environment: Environment,
    /// What it says, with the sandbox's own addresses in the sandbox.
    pub(crate) configuration: Configuration,
    /// The file it was read from; `None` when it is the one in force.
    pub(crate) file: Option<PathBuf>,
}

impl Configured {
    /// Reads the file that is named, else the usual one, else what is in force.
    pub(crate) async fn read(place: &WhereArgs) -> Result<Self, Error> {
        let named = place.secrets.is_some() || place.table.is_some();
        let environment = Environment::chosen_beside(&place.sandbox, named)?;
        let usual = Path::new(USUAL);
        let file = match &place.file {
            Some(file) => Some(file.clone()),
            None => usual.is_file().then(|| usual.to_owned()),
        };
        let configuration = match &file {
            Some(file) => from_file(file)?,
            None => in_force(place, &environment).await?,
        };
        Ok(Self {
            configuration: environment.at_home(configuration),
            environment,
            file,
        })
    }

    /// The root of our API, as systems outside reach it; `None` when nobody says.
    pub(crate) fn api(&self, place: &WhereArgs) -> Result<Option<String>, Error> {
        let given = place
            .to
            .clone()
            .or_else(|| self.environment.get("CXLOOP_API"));
        let root = given.or_else(|| self.environment.sandbox());
        let checked = root.map(|root| address::root(&root)).transpose();
        checked.map_err(|error| Error::Unusable {
            what: format!("{error}."),
            mend: None,
        })
    }

    /// The connections of a kind, of which `named` is one where it is given.
    pub(crate) fn connections<'c, C>(
        &'c self,
        named: Option<&ConnectionName>,
        of_kind: impl Fn(&'c Connection) -> Option<&'c C>,
    ) -> Vec<(&'c ConnectionName, &'c C)> {
        let all = self.configuration.connections.iter();
        all.filter(|(name, _)| named.is_none_or(|named| named == *name))
            .filter_map(|(name, connection)| Some((name, of_kind(connection)?)))
            .collect()
    }

    /// The one connection of a kind.
    pub(crate) fn connection<'c, C>(
        &'c self,
        kind: &str,
        named: Option<&ConnectionName>,
        of_kind: impl Fn(&'c Connection) -> Option<&'c C>,
    ) -> Result<(&'c ConnectionName, &'c C), Error> {
        match self.connections(named, of_kind).as_slice() {
            [one] => Ok(*one),
            [] => Err(Error::Unusable {
                what: match named {
                    Some(named) => {
                        format!("The configuration has no connection {named} of kind {kind}.")
                    }
                    None => format!("The configuration has no connection of kind {kind}."),
                },
                mend: Some("Add it to connections in cxloop.yaml.".to_owned()),
            }),
            several => {
                let names: Vec<String> = several.iter().map(|(name, _)| name.to_string()).collect();
                Err(Error::with_mend(
                    format!("The configuration has several connections of kind {kind}."),
                    format!("Name one with --connection: {}.", names.join(", ")),
                ))
            }
        }
    }
}

/// The connection, when it is one of Dynamics.
pub(crate) fn of_dynamics(connection: &Connection) -> Option<&DynamicsConnection> {
    match connection {
        Connection::Dynamics(dynamics) => Some(dynamics),
        _ => None,
    }
}

/// The connection, when it is one of Webex Experience Management.
pub(crate) fn of_wxm(connection: &Connection) -> Option<&WxmConnection> {
    match connection {
        Connection::Wxm(wxm) => Some(wxm),
        _ => None,
    }
}

fn from_file(file: &Path) -> Result<Configuration, Error> {
    configuration::read(&check::read(file)?).map_err(|mistakes| {
        let first = mistakes
            .first()
            .map(ToString::to_string)
            .unwrap_or_default();
        Error::with_mend(
            format!("{}:{first}", file.display()),
            format!("cxloop check {} tells every mistake.", file.display()),
        )
    })
}

async fn in_force(place: &WhereArgs, environment: &Environment) -> Result<Configuration, Error> {
    let aws = Aws::of(environment.clone()).await;
    let store = aws.store(place.table.as_deref()).map_err(|_| {
        Error::with_mend(
            format!("There is no {USUAL} here, and neither --table nor CXLOOP_TABLE names the one in force."),
            "Name the file, the table, or for the sandbox add --sandbox.",
        )
    })?;
    Ok(store.current().await?.configuration.clone())
}
