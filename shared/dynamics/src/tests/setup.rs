//! The requests of setup, and which refusals of them are none.

use std::collections::BTreeSet;

use cxloop_domain::setup::dynamics::{
    Action, EndpointWanted, Filter, ImageKind, ImageWanted, StepWanted,
};
use cxloop_ports::Remedy;
use secrecy::SecretString;
use serde_json::{Value, json};
use uuid::Uuid;
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

use super::Organisation as Server;
use crate::setup::Organisation;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn secret() -> SecretString {
    SECRET.to_owned().into()
}

fn organisation(server: &Server) -> Organisation {
    Organisation::new(server.client.clone(), "dynamics".parse().unwrap())
}

impl Server {
    async fn answers_at(&self, verb: &str, at: &str, answer: ResponseTemplate) {
        Mock::given(method(verb))
            .and(path(format!("/api/data/v9.2/{at}")))
            .respond_with(answer)
            .mount(&self.server)
            .await;
    }

    /// Body and solution of each request that was sent to a set.
    async fn sent_to(&self, set: &str) -> Vec<(Value, String)> {
        let requests = self.server.received_requests().await.unwrap();
        let sent = requests
            .iter()
            .filter(|request| request.url.path().ends_with(set));
        sent.map(|request| {
            let solution = request.headers.get("MSCRM.SolutionUniqueName");
            let solution = solution.map(|name| name.to_str().unwrap().to_owned());
            (
                serde_json::from_slice(&request.body).unwrap(),
                solution.unwrap_or_default(),
            )
        })
        .collect()
    }
}

fn endpoint() -> EndpointWanted {
    let name = "dynamics".parse().unwrap();
    EndpointWanted::of(
        &name,
        "https://abc.example/webhooks/dynamics",
        Some("00ff".into()),
    )
}

#[tokio::test]
async fn an_endpoint_proves_itself_by_a_header_and_belongs_to_the_solution() {
    let server = Server::start().await;
    server
        .answers_at("POST", "serviceendpoints", ResponseTemplate::new(204))
        .await;
    let made = Action::MakeEndpoint(endpoint());
    organisation(&server)
        .carry_out(&made, 1033, Some(&secret()))
        .await
        .unwrap();
    let (body, solution) = server.sent_to("serviceendpoints").await.remove(0);
    assert_eq!(solution, "cxloop");
    let settings =
        format!("<settings><setting name=\"x-cxloop-secret\" value=\"{SECRET}\" /></settings>");
    assert_eq!(body["authvalue"], settings);
    assert_eq!(
        (&body["contract"], &body["authtype"], &body["messageformat"]),
        (&json!(8), &json!(5), &json!(2))
    );
    assert!(
        body["description"]
            .as_str()
            .unwrap()
            .ends_with("Secret: 00ff")
    );
    let named = endpoint().in_header(&"x-chave".parse().unwrap());
    organisation(&server)
        .carry_out(&Action::MakeEndpoint(named), 1033, Some(&secret()))
        .await
        .unwrap();
    let (body, _) = server.sent_to("serviceendpoints").await.remove(1);
    let settings = body["authvalue"].as_str().unwrap();
    assert!(settings.contains("name=\"x-chave\""), "{settings}");
    let without = organisation(&server)
        .carry_out(&made, 1033, None)
        .await
        .unwrap_err();
    assert_eq!(without.remedy, Remedy::Mend);
}

#[tokio::test]
async fn a_step_is_bound_by_names_in_small_letters_and_gets_its_image() {
    let server = Server::start().await;
    server
        .answers_at(
            "POST",
            "sdkmessageprocessingsteps",
            ResponseTemplate::new(204),
        )
        .await;
    server
        .answers_at(
            "POST",
            "sdkmessageprocessingstepimages",
            ResponseTemplate::new(204),
        )
        .await;
    let columns = BTreeSet::from(["statecode".to_owned(), "ownerid".to_owned()]);
    let image = ImageWanted {
        kind: ImageKind::Post,
        property: "Target",
        columns: columns.clone(),
    };
    let step = StepWanted {
        table: "incident".into(),
        message: "Update",
        filtering: columns,
        image: Some(image),
    };
    let id = |number| Uuid::from_u128(number);
    let filter = Filter {
        message: id(3),
        filter: id(4),
    };
    let made = Action::MakeStep {
        id: id(1),
        endpoint: id(2),
        filter,
        step,
    };
    organisation(&server)
        .carry_out(&made, 1033, None)
        .await
        .unwrap();
    let (body, solution) = server.sent_to("sdkmessageprocessingsteps").await.remove(0);
    assert_eq!(solution, "cxloop");
    assert_eq!(body["filteringattributes"], "ownerid,statecode");
    for (navigation, to) in [
        (
            "eventhandler_serviceendpoint",
            format!("/serviceendpoints({})", id(2)),
        ),
        ("sdkmessageid", format!("/sdkmessages({})", id(3))),
        (
            "sdkmessagefilterid",
            format!("/sdkmessagefilters({})", id(4)),
        ),
    ] {
        assert_eq!(body[format!("{navigation}@odata.bind")], to);
    }
    let (image, _) = server
        .sent_to("sdkmessageprocessingstepimages")
        .await
        .remove(0);
    assert_eq!(
        (&image["imagetype"], &image["entityalias"]),
        (&json!(1), &json!("PostImage"))
    );
    assert_eq!(image["attributes"], "ownerid,statecode");
}

#[tokio::test]
async fn what_is_there_already_and_what_is_gone_already_are_no_failures() {
    let server = Server::start().await;
    let refusal = |status: u16, code: &str| {
        let body = json!({"error": {"code": code, "message": "Xa existe"}});
        ResponseTemplate::new(status).set_body_json(body)
    };
    server
        .answers_at("POST", "publishers", refusal(412, "0x80040237"))
        .await;
    server
        .answers_at("POST", "solutions", refusal(403, "0x80040220"))
        .await;
    let id = Uuid::from_u128(7);
    let gone = format!("serviceendpoints({id})");
    server
        .answers_at("DELETE", &gone, refusal(404, "0x80040217"))
        .await;
    let organisation = organisation(&server);
    organisation
        .carry_out(&Action::MakePublisher, 1033, None)
        .await
        .unwrap();
    organisation
        .carry_out(&Action::RemoveEndpoint(id), 1033, None)
        .await
        .unwrap();
    let refused = organisation
        .carry_out(&Action::MakeSolution, 1033, None)
        .await
        .unwrap_err();
    assert_eq!(refused.remedy, Remedy::Mend);
    assert!(refused.message.contains("make the solution"), "{refused:?}");
}
