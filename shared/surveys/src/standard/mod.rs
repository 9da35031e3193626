//! Any tool that signs its webhooks by the Standard Webhooks scheme and sends the generic body.
//!
//! The verified body is itself the response: there is nothing to fetch and nowhere to leave a note.
//! [`body`] documents the body.

pub mod body;
mod reader;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use cxloop_domain::case_write_back::{Intended, Settled};
use cxloop_domain::names::{ConnectionName, ResponseId};
use cxloop_domain::response::Response;
use cxloop_ports::{Capabilities, Failure, Hint, Noted, SurveyPlatform, Unparsable};

/// A sender of generic bodies.
pub struct StandardPlatform {
    name: ConnectionName,
}

impl StandardPlatform {
    /// The sender behind a connection.
    pub fn new(name: ConnectionName) -> Self {
        Self { name }
    }
}

#[async_trait]
impl SurveyPlatform for StandardPlatform {
    fn parse(&self, body: &[u8]) -> Result<Hint, Unparsable> {
        let response = body::response(&self.name, body)?;
        Ok(Hint {
            response: response.key.response.clone(),
            notification: String::new(),
            signed: Some(Box::new(response)),
        })
    }

    async fn fetch(&self, _response: &ResponseId) -> Result<Option<Response>, Failure> {
        let message = format!(
            "Responses of the connection {} come whole in their webhooks and cannot be fetched.",
            self.name
        );
        Err(Failure::park(message, "kind standard"))
    }

    async fn note(
        &self,
        _response: &ResponseId,
        _marker: &str,
        _text: &str,
    ) -> Result<Noted, Failure> {
        Ok(Noted::NotSupported)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            notes: false,
            fields: false,
        }
    }

    async fn write_back(
        &self,
        _response: &ResponseId,
        _intended: &Intended,
    ) -> Result<Settled, Failure> {
        let message = format!(
            "The connection {} takes neither notes nor fields.",
            self.name
        );
        Err(Failure::park(message, "kind standard"))
    }
}
