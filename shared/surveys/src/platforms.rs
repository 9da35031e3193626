//! The survey platforms of a configuration.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use cxloop_domain::configuration::{Applied, Connection};
use cxloop_domain::names::ConnectionName;
use cxloop_ports::{
    Clock, Failure, Secrets, SurveyPlatform, SurveyPlatforms, SurveySender, SurveySenders,
};
use uuid::Uuid;

use crate::standard::StandardPlatform;
use crate::wxm::WxmPlatform;

/// The id under which the running work's requests are to be found again, when there is one.
pub type Correlation = Arc<dyn Fn() -> Option<Uuid> + Send + Sync>;

/// Builds the platform behind a connection and keeps it, with its token and its questions, for as long as
/// the connection is configured as it was.
pub struct Platforms {
    http: reqwest::Client,
    secrets: Arc<dyn Secrets>,
    clock: Arc<dyn Clock>,
    correlation: Correlation,
    built: Mutex<BTreeMap<ConnectionName, Built>>,
}

#[derive(Clone)]
struct Built {
    configured: Connection,
    platform: Arc<dyn SurveyPlatform>,
    /// The same as a sender, where it sends surveys.
    sender: Option<Arc<dyn SurveySender>>,
}

impl Platforms {
    /// Platforms that share one HTTP client. The client's time limits are those of every request; it must not
    /// follow redirects, which would carry a token elsewhere.
    pub fn new(http: reqwest::Client, secrets: Arc<dyn Secrets>, clock: Arc<dyn Clock>) -> Self {
        Self {
            http,
            secrets,
            clock,
            correlation: Arc::new(|| None),
            built: Mutex::default(),
        }
    }

    /// The same platforms, whose requests carry the id of the running work.
    #[must_use]
    pub fn correlated_by(self, correlation: Correlation) -> Self {
        Self {
            correlation,
            ..self
        }
    }

    fn build(&self, name: &ConnectionName, connection: &Connection) -> Result<Built, Failure> {
        let configured = connection.clone();
        match connection {
            Connection::Wxm(wxm) => {
                let platform = WxmPlatform::new(
                    name.clone(),
                    wxm.clone(),
                    self.http.clone(),
                    Arc::clone(&self.secrets),
                    Arc::clone(&self.clock),
                );
                let platform = Arc::new(platform.correlated_by(Arc::clone(&self.correlation)));
                Ok(Built {
                    configured,
                    sender: Some(Arc::clone(&platform) as Arc<dyn SurveySender>),
                    platform,
                })
            }
            Connection::Standard(_) => Ok(Built {
                configured,
                platform: Arc::new(StandardPlatform::new(name.clone())),
                sender: None,
            }),
            Connection::Dynamics(_) => Err(Failure::park(
                format!("The connection {name} is of kind dynamics and not a survey platform."),
                "",
            )),
        }
    }

    fn built(&self, applied: &Applied, connection: &ConnectionName) -> Result<Built, Failure> {
        let configured = applied
            .configuration
            .connections
            .get(connection)
            .ok_or_else(|| {
                let detail = format!("configuration version {}", applied.version);
                Failure::park(
                    format!("The configuration has no connection {connection}."),
                    detail,
                )
            })?;
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = built.get(connection)
            && known.configured == *configured
        {
            return Ok(known.clone());
        }
        let entry = self.build(connection, configured)?;
        built.insert(connection.clone(), entry.clone());
        Ok(entry)
    }
}

impl SurveyPlatforms for Platforms {
    fn platform(
        &self,
        applied: &Applied,
        connection: &ConnectionName,
    ) -> Result<Arc<dyn SurveyPlatform>, Failure> {
        Ok(self.built(applied, connection)?.platform)
    }
}

impl SurveySenders for Platforms {
    fn sender(
        &self,
        applied: &Applied,
        connection: &ConnectionName,
    ) -> Result<Arc<dyn SurveySender>, Failure> {
        self.built(applied, connection)?.sender.ok_or_else(|| {
            let detail = format!("configuration version {}", applied.version);
            Failure::park(
                format!("The connection {connection} sends no surveys."),
                detail,
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use cxloop_domain::configuration;
    use cxloop_ports::Remedy;

    use super::*;
    use crate::test_doubles::{FixedSecrets, HandClock};

    fn applied(version: u64, wxm_url: &str) -> Applied {
        let text = format!(
            "connections:\n  wxm: {{ kind: wxm, url: \"{wxm_url}\", secret: cxloop/wxm }}\n  generic: {{ kind: standard, secret: cxloop/generic }}\n  crm: {{ kind: dynamics, url: \"https://contoso.crm4.dynamics.com\", secret: cxloop/crm }}\n"
        );
        Applied {
            version,
            configuration: configuration::read(&text).unwrap(),
        }
    }

    fn platforms() -> Platforms {
        Platforms::new(
            reqwest::Client::new(),
            FixedSecrets::wxm(),
            HandClock::at("2026-03-02T10:00:00Z"),
        )
    }

    #[test]
    fn a_platform_is_kept_until_its_connection_is_configured_otherwise() {
        let (platforms, name) = (platforms(), "wxm".parse().unwrap());
        let first = platforms
            .platform(&applied(1, "https://one.example"), &name)
            .unwrap();
        let same = platforms
            .platform(&applied(2, "https://one.example"), &name)
            .unwrap();
        let other = platforms
            .platform(&applied(3, "https://two.example"), &name)
            .unwrap();
        assert!(Arc::ptr_eq(&first, &same));
        assert!(!Arc::ptr_eq(&first, &other));
    }

    #[test]
    fn only_a_platform_with_surveys_of_its_own_sends_them() {
        let applied = applied(1, "https://one.example");
        let platforms = platforms();
        assert!(platforms.sender(&applied, &"wxm".parse().unwrap()).is_ok());
        for name in ["generic", "crm", "nowhere"] {
            let sender = platforms.sender(&applied, &name.parse().unwrap());
            let failure = sender.err().unwrap();
            assert_eq!(failure.remedy, Remedy::Park, "{name}");
            assert!(failure.message.contains(name));
        }
    }

    #[test]
    fn an_unknown_connection_and_a_crm_are_parked() {
        let applied = applied(1, "https://one.example");
        for name in ["nowhere", "crm"] {
            let failure = platforms()
                .platform(&applied, &name.parse().unwrap())
                .err()
                .unwrap();
            assert_eq!(failure.remedy, Remedy::Park, "{name}");
            assert!(failure.message.contains(name));
        }
        assert!(
            platforms()
                .platform(&applied, &"generic".parse().unwrap())
                .is_ok()
        );
    }
}
