//! E-mails and text messages against a scripted service.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use cxloop_domain::configuration::{SmsMessage, SmsService};
use cxloop_domain::survey_trigger::Words;
use cxloop_ports::{Email, Failure, Mail, Remedy, TextMessage, TextMessages};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;
use uuid::Uuid;
use wiremock::{MockServer, ResponseTemplate};

use super::{refusal, service};
use crate::aws::{Ses, Sms};
use crate::settings::{self, Settings};

/// Long enough for a connection on this machine, and soon over.
const A_MOMENT: Duration = Duration::from_millis(800);

fn email() -> Email {
    Email {
        invitation: Uuid::from_u128(7),
        from: "opinions@example.com".into(),
        reply_to: Some("axuda@example.com".into()),
        to: "antia@example.com".into(),
        words: Words {
            subject: "Como foi a avaría?".into(),
            text: "Díganos: https://nps.bz/DM-1".into(),
            html: Some("<p>Díganos</p>".into()),
        },
    }
}

fn text(through: SmsService, from: Option<&str>) -> TextMessage {
    TextMessage {
        invitation: Uuid::from_u128(7),
        to: "+34600000201".into(),
        settings: SmsMessage {
            through,
            from: from.map(str::to_owned),
            text: "{{ link }}".into(),
        },
        text: "Como foi a avaría? https://nps.bz/DM-1".into(),
    }
}

fn settings_of(more: &[(&str, &str)]) -> Settings {
    let all = [(settings::TABLE, "t"), (settings::REGION, "eu-west-1")];
    let find = |name: &str| {
        let mut known = all.iter().chain(more);
        known
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    };
    Settings::read(find).unwrap()
}

async fn only_request(server: &MockServer) -> wiremock::Request {
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1, "nothing is sent twice");
    requests[0].clone()
}

#[tokio::test]
async fn an_e_mail_goes_out_with_its_words_its_tag_and_its_configuration_set() {
    let (server, config) =
        service(ResponseTemplate::new(200).set_body_json(json!({ "MessageId": "m" }))).await;
    let ses = Ses::new(&config, Some("cxloop".into()));
    ses.send(&email()).await.unwrap();
    let request = only_request(&server).await;
    assert_eq!(request.url.path(), "/v2/email/outbound-emails");
    let sent: Value = request.body_json().unwrap();
    assert_eq!(
        sent,
        json!({
            "FromEmailAddress": "opinions@example.com",
            "ReplyToAddresses": ["axuda@example.com"],
            "Destination": { "ToAddresses": ["antia@example.com"] },
            "ConfigurationSetName": "cxloop",
            "EmailTags": [{ "Name": "cxloop-invitation", "Value": Uuid::from_u128(7) }],
            "Content": { "Simple": {
                "Subject": { "Data": "Como foi a avaría?", "Charset": "UTF-8" },
                "Body": {
                    "Text": { "Data": "Díganos: https://nps.bz/DM-1", "Charset": "UTF-8" },
                    "Html": { "Data": "<p>Díganos</p>", "Charset": "UTF-8" },
                },
            } },
        })
    );
}

#[tokio::test]
async fn a_text_message_carries_its_invitation_where_the_service_can() {
    let (server, config) =
        service(ResponseTemplate::new(200).set_body_json(json!({ "MessageId": "m" }))).await;
    let elsewhere = server.uri();
    let config = config
        .into_builder()
        .endpoint_url("http://127.0.0.1:1")
        .build();
    let settings = settings_of(&[
        (settings::SMS_ENDPOINT, &elsewhere),
        (settings::SMS_CONFIGURATION_SET, "texts"),
    ]);
    let message = text(SmsService::EndUserMessaging, Some("CXLOOP"));
    Sms::new(&config, &settings).send(&message).await.unwrap();
    let request = only_request(&server).await;
    assert_eq!(
        request.headers["x-amz-target"],
        "PinpointSMSVoiceV2.SendTextMessage"
    );
    let sent: Value = request.body_json().unwrap();
    assert_eq!(
        sent,
        json!({
            "DestinationPhoneNumber": "+34600000201", "OriginationIdentity": "CXLOOP", "MessageType": "TRANSACTIONAL",
            "MessageBody": "Como foi a avaría? https://nps.bz/DM-1", "ConfigurationSetName": "texts",
            "Context": { "cxloop-invitation": Uuid::from_u128(7) },
        })
    );
}

#[tokio::test]
async fn sns_is_told_the_number_the_words_and_who_it_is_from() {
    let answer = "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>";
    for (from, name) in [
        ("Contoso", "AWS.SNS.SMS.SenderID"),
        ("+34600000000", "AWS.MM.SMS.OriginationNumber"),
    ] {
        let (server, config) =
            service(ResponseTemplate::new(200).set_body_raw(answer, "text/xml")).await;
        let sms = Sms::new(&config, &settings_of(&[]));
        sms.send(&text(SmsService::Sns, Some(from))).await.unwrap();
        let request = only_request(&server).await;
        let form = String::from_utf8(request.body.clone()).unwrap();
        for part in [
            "PhoneNumber=%2B34600000201",
            "Message=Como%20foi%20a%20avar%C3%ADa",
            "StringValue=Transactional",
            name,
        ] {
            assert!(form.contains(part), "{part} is not in {form}");
        }
    }
}

async fn mailed(answer: ResponseTemplate) -> (usize, Failure) {
    let (server, config) = service(answer).await;
    // The SDK's own repeats would send twice.
    let eager = aws_config::retry::RetryConfig::standard().with_max_attempts(3);
    let config = config.into_builder().retry_config(eager).build();
    let failure = Ses::new(&config, None).send(&email()).await.unwrap_err();
    (server.received_requests().await.unwrap().len(), failure)
}

#[tokio::test]
async fn a_refused_e_mail_says_whether_it_may_have_gone_out_and_is_never_repeated() {
    let come_back = |after_seconds| Remedy::ComeBack { after_seconds };
    for (status, code, remedy) in [
        (429, "TooManyRequestsException", come_back(10)),
        (400, "LimitExceededException", come_back(900)),
        (400, "MessageRejected", Remedy::Mend),
        (400, "SendingPausedException", Remedy::Mend),
        (400, "BadRequestException", Remedy::Park),
        (500, "InternalFailure", Remedy::Retry),
        (503, "ServiceUnavailable", Remedy::Retry),
    ] {
        let body = json!({ "message": "antia@example.com is not good" }).to_string();
        let answer = ResponseTemplate::new(status)
            .insert_header("x-amzn-errortype", code)
            .set_body_raw(body, "application/json");
        let (requests, failure) = mailed(answer).await;
        assert_eq!((requests, &failure.remedy), (1, &remedy), "{code}");
        assert!(!format!("{failure:?}").contains("antia"), "{failure:?}");
    }
}

/// Whoever sends through an address where there is no connection knows that nothing went out.
async fn nothing_goes_out(config: &SdkConfig) {
    let sms = Sms::new(config, &settings_of(&[]));
    let failures = [
        Ses::new(config, None).send(&email()).await,
        sms.send(&text(SmsService::EndUserMessaging, None)).await,
        sms.send(&text(SmsService::Sns, None)).await,
    ];
    for failure in failures.map(Result::unwrap_err) {
        assert_eq!(failure.remedy, Remedy::Mend, "{failure:?}");
    }
}

#[tokio::test]
async fn a_service_that_nobody_reaches_took_nothing() {
    let (_, config) = service(ResponseTemplate::new(500)).await;
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", unused.local_addr().unwrap());
    drop(unused);
    let config = config.into_builder().endpoint_url(nobody).build();
    nothing_goes_out(&config).await;
}

/// An address where connections are neither taken nor refused, for as long as what is returned is kept: as many wait there as
/// may wait.
async fn nobody_answers() -> (String, Vec<TcpStream>, TcpListener) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(connected) = timeout(A_MOMENT, TcpStream::connect(address)).await {
        waiting.push(connected.unwrap());
        assert!(waiting.len() < 100, "the listener refuses to be full");
    }
    (format!("http://{address}"), waiting, listener)
}

#[tokio::test]
async fn a_service_that_does_not_answer_the_call_took_nothing() {
    let (nobody, _waiting, _listener) = nobody_answers().await;
    let (_, config) = service(ResponseTemplate::new(500)).await;
    let timeouts = TimeoutConfig::builder().connect_timeout(A_MOMENT);
    let config = config.into_builder().endpoint_url(nobody);
    let config = config.timeout_config(timeouts.build()).build();
    nothing_goes_out(&config).await;
}

#[tokio::test]
async fn an_answer_that_does_not_come_leaves_everybody_in_doubt() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("http://{}", listener.local_addr().unwrap());
    let (_, config) = service(ResponseTemplate::new(500)).await;
    for timeouts in [
        TimeoutConfig::builder().read_timeout(A_MOMENT),
        TimeoutConfig::builder().operation_attempt_timeout(A_MOMENT),
    ] {
        let config = config.clone().into_builder().endpoint_url(&silent);
        let config = config.timeout_config(timeouts.build()).build();
        let failure = Ses::new(&config, None).send(&email()).await.unwrap_err();
        assert_eq!(failure.remedy, Remedy::Retry, "{failure:?}");
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_leaves_everybody_in_doubt() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let cutting = format!("http://{}", listener.local_addr().unwrap());
    let cut = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut heard = [0; 1024];
        let _ = tokio::io::AsyncReadExt::read(&mut connection, &mut heard).await;
    });
    let (_, config) = service(ResponseTemplate::new(500)).await;
    let config = config.into_builder().endpoint_url(cutting).build();
    let failure = Ses::new(&config, None).send(&email()).await.unwrap_err();
    cut.await.unwrap();
    assert_eq!(failure.remedy, Remedy::Retry, "{failure:?}");
}

/// A refusal of End User Messaging with the reason that it gives.
fn refused_for(code: &str, reason: &str) -> ResponseTemplate {
    let body = json!({ "__type": code, "Message": "+34600000201", "Reason": reason });
    ResponseTemplate::new(400).set_body_raw(body.to_string(), "application/x-amz-json-1.0")
}

#[tokio::test]
async fn a_refused_text_message_says_whether_it_lies_in_the_number_or_in_our_set_up() {
    for (answer, remedy) in [
        (
            refused_for("ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT"),
            Remedy::Park,
        ),
        (
            refused_for("ConflictException", "NO_ORIGINATION_IDENTITIES_FOUND"),
            Remedy::Park,
        ),
        (
            refused_for("ValidationException", "SENDER_ID_NOT_REGISTERED"),
            Remedy::Mend,
        ),
        (refusal(400, "ServiceQuotaExceededException"), Remedy::Mend),
        (
            refusal(400, "ThrottlingException"),
            Remedy::ComeBack { after_seconds: 10 },
        ),
    ] {
        let (_server, config) = service(answer).await;
        let sms = Sms::new(&config, &settings_of(&[]));
        let message = text(SmsService::EndUserMessaging, None);
        let failure = sms.send(&message).await.unwrap_err();
        assert_eq!(failure.remedy, remedy);
        assert!(!format!("{failure:?}").contains("600000201"), "{failure:?}");
    }
}
