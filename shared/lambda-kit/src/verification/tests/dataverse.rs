//! The shared secret of Dataverse's webhooks.

use cxloop_domain::configuration::{Connection, DynamicsConnection};
use cxloop_domain::signals::RefusalKind;
use cxloop_ports::Remedy;

use super::super::*;
use crate::test_doubles::FixedSecrets;

fn secret(value: &str) -> FixedSecrets {
    FixedSecrets::of(&[("cxloop/crm", "webhook_secret", value)])
}

fn connection() -> DynamicsConnection {
    DynamicsConnection::new("https://contoso.crm4.dynamics.com", "cxloop/crm")
}

fn request(headers: &[(&'static str, &str)], query: Option<&str>) -> Unverified {
    asked(headers, query, &connection())
}

fn asked(
    headers: &[(&'static str, &str)],
    query: Option<&str>,
    connection: &DynamicsConnection,
) -> Unverified {
    let pairs = headers
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    let headers: HeaderMap = pairs.collect();
    Unverified {
        connection: "crm".parse().unwrap(),
        token: None,
        headers: SignatureHeaders::default(),
        dataverse: DataverseProof::of(&headers, query, connection),
        body: "{\"MessageName\":\"Update\"}".into(),
    }
}

async fn check(
    unverified: Unverified,
    connection: DynamicsConnection,
    secrets: &FixedSecrets,
) -> Result<Verified, Refusal> {
    let connection = Connection::Dynamics(connection);
    verify(unverified, &connection, secrets, Timestamp::UNIX_EPOCH).await
}

async fn refusal(unverified: Unverified, connection: DynamicsConnection) -> RefusalKind {
    match check(unverified, connection, &secret("nova_1")).await {
        Err(Refusal::Unauthorized { kind, .. }) => kind,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_secret_in_the_header_or_in_the_address_is_enough() {
    for (headers, query) in [
        (&[("x-cxloop-secret", "nova_1")][..], None),
        (&[][..], Some("code=nova_1")),
        (&[][..], Some("a=1&code=nova_1&b=2")),
        (&[("x-cxloop-secret", "outra")][..], Some("code=nova_1")),
    ] {
        let verified = check(request(headers, query), connection(), &secret("nova_1")).await;
        let verified =
            verified.unwrap_or_else(|refusal| panic!("{headers:?} {query:?}: {refusal}"));
        assert_eq!(verified.delivery_id(), None);
    }
}

#[tokio::test]
async fn anything_else_is_refused() {
    for (headers, query) in [
        (&[][..], None),
        (&[][..], Some("")),
        (&[][..], Some("code=")),
        (&[][..], Some("kode=nova_1")),
        (&[][..], Some("code=nova_")),
        (&[][..], Some("code=nova_12")),
        (&[][..], Some("code=nova%5F1")),
        (&[("x-cxloop-secret", "")][..], None),
        (&[("x-other", "nova_1")][..], None),
        (&[("x-cxloop-secret", "nova_1 vella_1")][..], None),
    ] {
        let kind = refusal(request(headers, query), connection()).await;
        assert_eq!(kind, RefusalKind::Token, "{headers:?} {query:?}");
    }
}

#[tokio::test]
async fn while_it_is_changed_the_new_secret_and_the_old_one_are_both_right() {
    let both = secret("nova_1 vella_1");
    for (code, fine) in [("nova_1", true), ("vella_1", true), ("vella_2", false)] {
        let query = format!("code={code}");
        let outcome = check(request(&[], Some(&query)), connection(), &both).await;
        assert_eq!(outcome.is_ok(), fine, "{code}");
    }
}

#[tokio::test]
async fn the_header_has_the_name_that_the_connection_gives_it() {
    let mut renamed = connection();
    renamed.webhook_header = "x-chave".parse().unwrap();
    let right = asked(&[("X-Chave", "nova_1")], None, &renamed);
    let wrong = asked(&[("x-cxloop-secret", "nova_1")], None, &renamed);
    assert!(
        check(right, renamed.clone(), &secret("nova_1"))
            .await
            .is_ok()
    );
    assert_eq!(refusal(wrong, renamed).await, RefusalKind::Token);
}

#[tokio::test]
async fn another_organisation_is_refused_where_the_connection_names_its_own() {
    let mut named = connection();
    named.organization_domain = Some("contoso.crm4.dynamics.com".to_owned());
    let from = |domain: &str| {
        let headers = [
            ("x-cxloop-secret", "nova_1"),
            ("x-ms-dynamics-organization", domain),
        ];
        request(&headers, None)
    };
    let own = from("Contoso.crm4.dynamics.com");
    assert!(check(own, named.clone(), &secret("nova_1")).await.is_ok());
    let copy = from("contoso-copia.crm4.dynamics.com");
    assert!(
        check(copy.clone(), connection(), &secret("nova_1"))
            .await
            .is_ok()
    );
    assert_eq!(
        refusal(copy, named.clone()).await,
        RefusalKind::Organization
    );
    let silent = request(&[("x-cxloop-secret", "nova_1")], None);
    assert!(check(silent, named, &secret("nova_1")).await.is_ok());
}

#[tokio::test]
async fn an_unfit_secret_is_our_trouble_and_only_for_who_brings_one() {
    for (value, problem) in [
        ("", "webhook_secret is empty"),
        ("un dous tres", "webhook_secret holds more than two secrets"),
        ("contrasinal-ñ", "webhook_secret holds other characters"),
    ] {
        match check(request(&[], Some("code=x")), connection(), &secret(value)).await {
            Err(Refusal::SecretTrouble(failure)) => {
                assert_eq!(failure.remedy, Remedy::Mend);
                assert!(failure.message.contains(problem), "{}", failure.message);
            }
            other => panic!("{other:?}"),
        }
    }
    let missing = check(
        request(&[], Some("code=x")),
        connection(),
        &FixedSecrets::of(&[]),
    )
    .await;
    assert!(matches!(missing, Err(Refusal::SecretTrouble(_))));
    let stranger = check(request(&[], None), connection(), &FixedSecrets::of(&[])).await;
    assert!(matches!(stranger, Err(Refusal::Unauthorized { .. })));
}
