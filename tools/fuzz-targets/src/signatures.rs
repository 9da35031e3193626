//! Signatures of webhooks.

use cxloop_domain::configuration::Connection;
use cxloop_lambda_kit::verification::{DataverseProof, SignatureHeaders, Unverified, verify};

use crate::connections::{FixedSecrets, applied, name};

/// Verifies a webhook: id, time, signature and token in the first four lines of the input, then the body. What is taken has the
/// bytes that were sent.
pub(crate) fn verified(bytes: &[u8]) {
    let mut rest = bytes;
    let mut line = || {
        let (head, body) = crate::head_and_body(rest);
        rest = body;
        (!head.is_empty()).then_some(head)
    };
    let headers = SignatureHeaders {
        id: line(),
        timestamp: line(),
        signature: line(),
    };
    let token = line();
    let applied = applied("http://127.0.0.1:1");
    for connection in ["wxm", "generic", "dynamics"] {
        let connection = name(connection);
        let configured = &applied.configuration.connections[&connection];
        let unverified = Unverified {
            connection,
            token: token.clone(),
            headers: headers.clone(),
            dataverse: DataverseProof {
                header: headers.id.clone(),
                code: token.clone(),
                organization: headers.timestamp.clone(),
            },
            body: rest.to_vec(),
        };
        let verified = verify(unverified, configured, &FixedSecrets, crate::now());
        let Ok(verified) = futures::executor::block_on(verified) else {
            continue;
        };
        assert_eq!(verified.body(), rest, "the body stays as it was sent");
        let signed = matches!(configured, Connection::Standard(_));
        assert_eq!(verified.delivery_id().is_some(), signed);
        let known = Some(crate::connections::WEBHOOK_TOKEN);
        let in_header =
            matches!(configured, Connection::Dynamics(_)) && headers.id.as_deref() == known;
        assert!(signed || in_header || token.as_deref() == known);
    }
}
