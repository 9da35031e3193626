//! What a configuration connects, in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use cxloop_domain::configuration::Applied;
use cxloop_domain::names::ConnectionName;
use cxloop_ports::{CaseDesk, CaseDesks, Failure, SurveyPlatform, SurveyPlatforms};

use super::{FakeCaseDesk, FakeSurveys};

/// Hands out one case desk, whatever the configuration says.
pub struct FakeDesks {
    desk: Option<Arc<FakeCaseDesk>>,
}

impl FakeDesks {
    /// The desk is connected.
    pub fn with(desk: &Arc<FakeCaseDesk>) -> Self {
        Self {
            desk: Some(Arc::clone(desk)),
        }
    }

    /// No CRM is connected.
    pub fn none() -> Self {
        Self { desk: None }
    }
}

impl CaseDesks for FakeDesks {
    fn desk(&self, _: &Applied) -> Result<(ConnectionName, Arc<dyn CaseDesk>), Failure> {
        let desk = self
            .desk
            .as_ref()
            .ok_or_else(|| Failure::mend("no CRM is connected", ""))?;
        Ok((
            desk.connection().clone(),
            Arc::clone(desk) as Arc<dyn CaseDesk>,
        ))
    }
}

/// Hands out survey platforms by connection, whatever the configuration says.
#[derive(Default)]
pub struct FakePlatforms {
    platforms: BTreeMap<ConnectionName, Arc<FakeSurveys>>,
}

impl FakePlatforms {
    /// The same with a further platform.
    #[must_use]
    pub fn with(mut self, platform: &Arc<FakeSurveys>) -> Self {
        self.platforms
            .insert(platform.connection().clone(), Arc::clone(platform));
        self
    }
}

impl SurveyPlatforms for FakePlatforms {
    fn platform(
        &self,
        _: &Applied,
        connection: &ConnectionName,
    ) -> Result<Arc<dyn SurveyPlatform>, Failure> {
        match self.platforms.get(connection) {
            Some(platform) => Ok(Arc::clone(platform) as Arc<dyn SurveyPlatform>),
            None => Err(Failure::park(
                format!("the connection {connection} is no survey platform"),
                "",
            )),
        }
    }
}
