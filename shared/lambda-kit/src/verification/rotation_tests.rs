//! A token that is changed: the one before is taken as long as the secret holds it.

use cxloop_domain::configuration;
use cxloop_ports::Secrets;

use super::*;
use crate::test_doubles::FixedSecrets;

const NOW: &str = "2026-11-22T10:00:00Z";

async fn taken(secrets: &dyn Secrets, token: &str) -> Result<Verified, Refusal> {
    let text = "connections:\n  wxm: { kind: wxm, secret: cxloop/wxm }\n";
    let configuration = configuration::read(text).unwrap();
    let name = "wxm".parse().unwrap();
    let unverified = Unverified {
        connection: "wxm".parse().unwrap(),
        token: Some(token.to_owned()),
        headers: SignatureHeaders::default(),
        dataverse: DataverseProof::default(),
        body: b"{}".to_vec(),
    };
    let connection = &configuration.connections[&name];
    verify(unverified, connection, secrets, NOW.parse().unwrap()).await
}

#[tokio::test]
async fn both_tokens_are_taken_while_one_is_changed_and_only_the_new_one_after() {
    let new = ("cxloop/wxm", "webhook_token", "chave-nova");
    let old = ("cxloop/wxm", "previous_webhook_token", "chave-vella");
    let both = FixedSecrets::of(&[new, old]);
    for token in ["chave-nova", "chave-vella"] {
        assert!(taken(&both, token).await.is_ok(), "{token}");
    }
    for (secrets, token) in [(&both, "outra"), (&FixedSecrets::of(&[new]), "chave-vella")] {
        let refused = taken(secrets, token).await.unwrap_err();
        assert!(
            matches!(refused, Refusal::Unauthorized { .. }),
            "{refused:?}"
        );
    }
    // An unfit current token is our own trouble, and no reason to call a sender a stranger.
    let unfit = FixedSecrets::of(&[("cxloop/wxm", "webhook_token", "con espazo"), old]);
    let refused = taken(&unfit, "chave-vella").await.unwrap_err();
    assert!(matches!(refused, Refusal::SecretTrouble(_)), "{refused:?}");
}

#[tokio::test]
async fn both_secrets_of_dynamics_are_taken_while_one_is_changed() {
    const NEW: &str = "chave-nova-de-vinte-letras";
    const OLD: &str = "chave-vella-de-vinte-letras";
    let text = "connections:\n  dynamics: { kind: dynamics, url: \"https://contoso.crm4.dynamics.com\", secret: cxloop/dynamics }\n";
    let configuration = configuration::read(text).unwrap();
    let connection = &configuration.connections[&"dynamics".parse().unwrap()];
    let both = FixedSecrets::of(&[
        ("cxloop/dynamics", "webhook_secret", NEW),
        ("cxloop/dynamics", "previous_webhook_secret", OLD),
    ]);
    let one = FixedSecrets::of(&[("cxloop/dynamics", "webhook_secret", NEW)]);
    for (secrets, given, is_right) in [
        (&both, NEW, true),
        (&both, OLD, true),
        (&both, "outra-chave-de-vinte-letras", false),
        (&one, NEW, true),
        (&one, OLD, false),
    ] {
        let unverified = Unverified {
            connection: "dynamics".parse().unwrap(),
            token: None,
            headers: SignatureHeaders::default(),
            dataverse: DataverseProof {
                header: Some(given.to_owned()),
                ..DataverseProof::default()
            },
            body: b"{}".to_vec(),
        };
        let verified = verify(unverified, connection, secrets, NOW.parse().unwrap()).await;
        assert_eq!(verified.is_ok(), is_right, "{given}");
    }
}
