//! One set of connections for all AWS clients of a process.

use std::sync::OnceLock;

use aws_smithy_http_client::default_connector;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// Makes its connector once. The SDK's own client would make one when it is built, only to see whether it can, and another
/// one at its first request, each with all root certificates of the machine; three services read them six times.
#[derive(Debug, Default)]
pub(super) struct OneConnector(OnceLock<SharedHttpConnector>);

impl HttpClient for OneConnector {
    /// The first caller's time-outs hold for all: they share one configuration.
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.0.get_or_init(|| {
            default_connector(settings, components.sleep_impl())
                .expect("the TLS library is compiled in")
        });
        connector.clone()
    }
}
