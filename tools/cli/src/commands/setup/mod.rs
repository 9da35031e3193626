//! `cxloop setup`: what cxloop needs in the connected systems.

mod dynamics;
mod telling;
mod webhook_secret;
mod wxm;

use crate::arguments::{SetupArgs, SetupSystem};
use crate::{Error, Report};

pub(crate) use webhook_secret::WebhookSecret;
pub(crate) use wxm::{Account, rule_wanted};

pub(crate) async fn run(arguments: &SetupArgs, json: bool) -> Result<Report, Error> {
    match &arguments.system {
        SetupSystem::Dynamics(arguments) => dynamics::run(arguments, json).await,
        SetupSystem::Wxm(arguments) => wxm::run(arguments, json).await,
    }
}
