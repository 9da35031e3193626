mod dataverse;

use cxloop_domain::configuration::{self, Configuration};
use cxloop_ports::Remedy;
use proptest::prelude::*;
use standardwebhooks::Webhook;

use super::*;
use crate::test_doubles::FixedSecrets;

/// 24 bytes that this test made up, in base64.
const SECRET: &str = "whsec_Y3hsb29wLXRlc3Qta2V5LTI0LWJ5dGUt";
const BODY: &str = "{\"comment\":\"Non volverei: a atención foi pésima\"}";
const SENT: i64 = 1_772_445_600;

fn connections() -> Configuration {
    configuration::read(
        "connections:\n  wxm: { kind: wxm, secret: cxloop/wxm }\n  generic: { kind: standard, secret: cxloop/generic }\n  crm: { kind: dynamics, url: \"https://contoso.crm4.dynamics.com\", secret: cxloop/crm }\n",
    )
    .unwrap()
}

fn secrets() -> FixedSecrets {
    FixedSecrets::of(&[
        ("cxloop/wxm", "webhook_token", "Abrete-sesamo_7"),
        ("cxloop/generic", "webhook_secret", SECRET),
    ])
}

fn sign(body: &[u8]) -> String {
    Webhook::new(SECRET)
        .unwrap()
        .sign("msg-1", SENT, body)
        .unwrap()
}

fn signed(body: &str, signature: &str) -> Unverified {
    Unverified {
        connection: "generic".parse().unwrap(),
        token: None,
        headers: SignatureHeaders {
            id: Some("msg-1".into()),
            timestamp: Some(SENT.to_string()),
            signature: Some(signature.into()),
        },
        dataverse: DataverseProof::default(),
        body: body.into(),
    }
}

async fn check(
    unverified: Unverified,
    secrets: &FixedSecrets,
    now: i64,
) -> Result<Verified, Refusal> {
    let configuration = connections();
    let connection = configuration.connections[&unverified.connection].clone();
    verify(
        unverified,
        &connection,
        secrets,
        Timestamp::from_second(now).unwrap(),
    )
    .await
}

async fn refusal(unverified: Unverified) -> &'static str {
    match check(unverified, &secrets(), SENT).await.unwrap_err() {
        Refusal::Unauthorized { reason, .. } => reason,
        Refusal::SecretTrouble(failure) => panic!("{failure:?}"),
    }
}

#[tokio::test]
async fn a_signature_made_by_another_implementation_is_ours() {
    let verified = check(signed(BODY, &sign(BODY.as_bytes())), &secrets(), SENT)
        .await
        .unwrap();
    assert_eq!(verified.delivery_id(), Some("msg-1"));
    assert_eq!(verified.connection().as_str(), "generic");
    assert_eq!(verified.body(), BODY.as_bytes());
}

#[tokio::test]
async fn one_right_signature_among_several_is_enough() {
    let list = format!(
        "v1a,AAAA v1,AAAA v2,{} {}",
        &sign(BODY.as_bytes())[3..],
        sign(BODY.as_bytes())
    );
    assert!(check(signed(BODY, &list), &secrets(), SENT).await.is_ok());
    let other_version = format!("v2,{}", &sign(BODY.as_bytes())[3..]);
    assert_eq!(
        refusal(signed(BODY, &other_version)).await,
        "no webhook-signature is ours"
    );
}

#[tokio::test]
async fn five_minutes_either_way_are_allowed_and_not_a_second_more() {
    for (now, fine) in [
        (SENT + 300, true),
        (SENT + 301, false),
        (SENT - 300, true),
        (SENT - 301, false),
    ] {
        let outcome = check(signed(BODY, &sign(BODY.as_bytes())), &secrets(), now).await;
        assert_eq!(outcome.is_ok(), fine, "{}", now - SENT);
    }
}

#[tokio::test]
async fn whatever_was_signed_must_be_as_it_was() {
    let signature = sign(BODY.as_bytes());
    assert_eq!(
        refusal(signed(&BODY.replace("pésima", "boa"), &signature)).await,
        "no webhook-signature is ours"
    );
    let mut other_id = signed(BODY, &signature);
    other_id.headers.id = Some("msg-2".into());
    assert_eq!(refusal(other_id).await, "no webhook-signature is ours");
    let mut other_time = signed(BODY, &signature);
    other_time.headers.timestamp = Some((SENT + 1).to_string());
    assert_eq!(refusal(other_time).await, "no webhook-signature is ours");
}

#[tokio::test]
async fn a_missing_or_garbled_header_is_a_refusal() {
    let headers = signed(BODY, &sign(BODY.as_bytes())).headers;
    let changes = [
        (
            SignatureHeaders {
                id: None,
                ..headers.clone()
            },
            "no webhook-id",
        ),
        (
            SignatureHeaders {
                id: Some(" ".into()),
                ..headers.clone()
            },
            "no webhook-id",
        ),
        (
            SignatureHeaders {
                timestamp: None,
                ..headers.clone()
            },
            "no webhook-timestamp",
        ),
        (
            SignatureHeaders {
                timestamp: Some("-1".into()),
                ..headers.clone()
            },
            "webhook-timestamp is no number of seconds",
        ),
        (
            SignatureHeaders {
                timestamp: Some("9".repeat(30)),
                ..headers.clone()
            },
            "webhook-timestamp is no number of seconds",
        ),
        (
            SignatureHeaders {
                signature: None,
                ..headers.clone()
            },
            "no webhook-signature",
        ),
        (
            SignatureHeaders {
                signature: Some("v1,".into()),
                ..headers.clone()
            },
            "no webhook-signature is ours",
        ),
        (
            SignatureHeaders {
                signature: Some("v1,ñ!".into()),
                ..headers
            },
            "no webhook-signature is ours",
        ),
    ];
    for (headers, reason) in changes {
        assert_eq!(
            refusal(Unverified {
                headers,
                ..signed(BODY, "")
            })
            .await,
            reason
        );
    }
}

#[tokio::test]
async fn a_body_that_is_no_text_can_be_signed_too() {
    let body = [0xff, 0xfe, b'{', 0x00];
    let mac = {
        use base64::Engine;
        use hmac::{Hmac, KeyInit, Mac};
        let key = base64::engine::general_purpose::STANDARD
            .decode(&SECRET["whsec_".len()..])
            .unwrap();
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("msg-1.{SENT}.").as_bytes());
        mac.update(&body);
        base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
    };
    let unverified = Unverified {
        body: body.to_vec(),
        ..signed("", &format!("v1,{mac}"))
    };
    assert!(check(unverified, &secrets(), SENT).await.is_ok());
}

fn by_token(token: Option<&str>) -> Unverified {
    Unverified {
        connection: "wxm".parse().unwrap(),
        token: token.map(str::to_owned),
        headers: SignatureHeaders::default(),
        dataverse: DataverseProof::default(),
        body: BODY.into(),
    }
}

#[tokio::test]
async fn a_sender_that_cannot_sign_is_known_by_the_token_in_its_address() {
    let verified = check(by_token(Some("Abrete-sesamo_7")), &secrets(), SENT)
        .await
        .unwrap();
    assert_eq!(verified.delivery_id(), None);
    for wrong in [
        "Abrete-sesamo_8",
        "Abrete-sesamo_",
        "Abrete-sesamo_7 ",
        "Abrete%2Dsesamo_7",
        "",
    ] {
        assert_eq!(
            refusal(by_token(Some(wrong))).await,
            "wrong token in the address",
            "{wrong:?}"
        );
    }
    assert_eq!(refusal(by_token(None)).await, "no token in the address");
}

#[tokio::test]
async fn an_unfit_secret_is_our_trouble_and_names_secret_and_field() {
    let cases = [
        (
            FixedSecrets::of(&[("cxloop/generic", "webhook_secret", "whsec_")]),
            signed(BODY, ""),
            "webhook_secret holds fewer than 24 bytes",
        ),
        (
            FixedSecrets::of(&[("cxloop/generic", "webhook_secret", "whsec_ñ")]),
            signed(BODY, ""),
            "webhook_secret is not whsec_ and base64",
        ),
        (
            FixedSecrets::of(&[("cxloop/wxm", "webhook_token", "")]),
            by_token(Some("")),
            "webhook_token is empty",
        ),
        (
            FixedSecrets::of(&[("cxloop/wxm", "webhook_token", "Ábrete-sésamo")]),
            by_token(Some("Ábrete-sésamo")),
            "webhook_token holds other characters than A-Z a-z 0-9 - _",
        ),
        (
            FixedSecrets::of(&[("cxloop/wxm", "webhook_token", "a/b")]),
            by_token(Some("a/b")),
            "webhook_token holds other characters than A-Z a-z 0-9 - _",
        ),
        (
            FixedSecrets::of(&[]),
            by_token(Some("x")),
            "webhook_token is missing",
        ),
    ];
    for (secrets, unverified, problem) in cases {
        match check(unverified, &secrets, SENT).await.unwrap_err() {
            Refusal::SecretTrouble(failure) => {
                assert_eq!(failure.remedy, Remedy::Mend);
                assert!(
                    failure.message.contains("cxloop/") && failure.message.contains(problem),
                    "{}",
                    failure.message
                );
            }
            Refusal::Unauthorized { reason, .. } => panic!("{reason}"),
        }
    }
}

#[test]
fn headers_are_found_whatever_their_case_and_unreadable_ones_count_as_missing() {
    let mut headers = HeaderMap::new();
    headers.insert("Webhook-Id", "msg-1".parse().unwrap());
    headers.insert(
        "webhook-timestamp",
        http::HeaderValue::from_bytes(b"\xff").unwrap(),
    );
    let found = SignatureHeaders::of(&headers);
    assert_eq!(
        found,
        SignatureHeaders {
            id: Some("msg-1".into()),
            ..SignatureHeaders::default()
        }
    );
}

#[test]
fn nothing_of_a_body_or_token_shows_when_printed() {
    let printed = format!("{:?}", by_token(Some("Abrete-sesamo_7")));
    assert!(
        !printed.contains("pésima") && !printed.contains("sesamo"),
        "{printed}"
    );
}

proptest! {
    #[test]
    fn no_other_body_or_key_passes(body in ".{0,80}", other in ".{0,80}", key in prop::collection::vec(any::<u8>(), 24..64)) {
        let now = Timestamp::from_second(SENT).unwrap();
        let headers = |signature| SignatureHeaders { id: Some("m".into()), timestamp: Some(SENT.to_string()), signature: Some(signature) };
        let signature = Webhook::from_bytes(key).unwrap().sign("m", SENT, body.as_bytes()).unwrap();
        let ours = standard::Key::read(SECRET).unwrap();
        prop_assert!(standard::verify(&ours, &headers(signature), body.as_bytes(), now).is_err());
        let own = Webhook::new(SECRET).unwrap().sign("m", SENT, body.as_bytes()).unwrap();
        prop_assert!(standard::verify(&ours, &headers(own.clone()), body.as_bytes(), now).is_ok());
        prop_assume!(body != other);
        prop_assert!(standard::verify(&ours, &headers(own), other.as_bytes(), now).is_err());
    }
}
