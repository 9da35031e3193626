//! The sandbox's ports, which follow from the first.

use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};

use anyhow::{Context, Result};
use tokio::net::TcpListener;

use crate::front::Addresses;

/// How far behind the first port the others are.
const DYNAMICS: u16 = 1;
const SURVEY: u16 = 2;
const TEXT_MESSAGES: u16 = 3;
const EMULATOR: u16 = 10;

/// The ports, all on loopback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ports {
    pub(super) front: u16,
    pub(super) dynamics: u16,
    pub(super) survey: u16,
    pub(super) text_messages: u16,
    pub(super) emulator: u16,
}

/// The listeners of what is served by this process. The emulator opens its port itself.
pub(super) struct Listeners {
    pub(super) front: TcpListener,
    pub(super) dynamics: TcpListener,
    pub(super) survey: TcpListener,
    pub(super) text_messages: TcpListener,
}

impl Ports {
    pub(super) fn from(first: u16) -> Result<Self> {
        let at = |offset: u16| {
            first.checked_add(offset).with_context(|| {
                format!("port {first} is too high: the emulator is on the tenth port after it")
            })
        };
        Ok(Self {
            front: first,
            dynamics: at(DYNAMICS)?,
            survey: at(SURVEY)?,
            text_messages: at(TEXT_MESSAGES)?,
            emulator: at(EMULATOR)?,
        })
    }

    pub(super) async fn listen(self) -> Result<Listeners> {
        Ok(Listeners {
            front: listen(self.front, "start page").await?,
            dynamics: listen(self.dynamics, "stand-in of Dynamics").await?,
            survey: listen(self.survey, "stand-in of the survey platform").await?,
            text_messages: listen(self.text_messages, "stand-in of End User Messaging").await?,
        })
    }

    pub(super) fn front_url(self) -> String {
        url(self.front)
    }

    pub(super) fn dynamics_url(self) -> String {
        url(self.dynamics)
    }

    pub(super) fn survey_url(self) -> String {
        url(self.survey)
    }

    pub(super) fn text_messages_url(self) -> String {
        url(self.text_messages)
    }

    /// Where the survey platform sends its notifications.
    pub(super) fn webhook_url(self) -> String {
        format!("{}/webhooks/wxm/sandbox", self.front_url())
    }

    pub(super) fn emulator_address(self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.emulator))
    }

    pub(super) fn addresses(self, emulator: &str) -> Addresses {
        Addresses {
            front: self.front_url(),
            dynamics: self.dynamics_url(),
            survey: self.survey_url(),
            text_messages: self.text_messages_url(),
            emulator: emulator.to_owned(),
        }
    }
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

async fn listen(port: u16, whose: &str) -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .with_context(|| {
            format!(
                "port {port} of the {whose} is taken: end what listens there or choose another PORT"
            )
        })
}

/// A first port with which all ports of a sandbox are free just now, for tests that run beside one another.
///
/// # Errors
/// When none is found among many tries.
pub fn free_base_port() -> Result<u16> {
    for _ in 0..100 {
        let found = StdListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free")?;
        let first = found
            .local_addr()
            .context("a listener has no address")?
            .port();
        let Ok(ports) = Ports::from(first) else {
            continue;
        };
        let others = [
            ports.dynamics,
            ports.survey,
            ports.text_messages,
            ports.emulator,
        ];
        if others
            .iter()
            .all(|port| StdListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        {
            return Ok(first);
        }
    }
    anyhow::bail!("no five ports beside one another are free")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_named_with_what_it_is_for() {
        let first = free_base_port().unwrap();
        let _taken = StdListener::bind((Ipv4Addr::LOCALHOST, first + 1)).unwrap();
        let refused = Ports::from(first).unwrap().listen().await.err().unwrap();
        let expected = format!("port {} of the stand-in of Dynamics is taken", first + 1);
        assert!(refused.to_string().starts_with(&expected), "{refused}");
    }

    #[test]
    fn a_port_without_room_for_the_others_is_refused() {
        assert!(Ports::from(65_530).is_err());
    }
}
