//! The CRM set up to tell us of changes, and a receiver that hands what arrives to the function `webhooks`.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cxloop_domain::setup::address;
use cxloop_domain::setup::dynamics::{EndpointWanted, Wanted, plan, steps};
use cxloop_dynamics::setup::Organisation;
use cxloop_ports::Configurations;
use secrecy::SecretString;
use tokio::net::TcpListener;

use super::{CRM_SECRET, World};

/// What becomes of a body on its way in. `None` is answered 500 and never seen by anybody, so that the CRM gives up.
pub(crate) type OnTheWay = Arc<dyn Fn(Vec<u8>) -> Option<Vec<u8>> + Send + Sync>;

/// More than any body of a test.
const LARGEST: usize = 16 * 1024 * 1024;

impl World {
    /// Sets the CRM up as `cxloop setup dynamics` does. Its webhooks reach the function `webhooks`, each with the body that
    /// `on_the_way` leaves of it; faults that name webhooks of `dynamics` happen to them.
    pub(crate) async fn tells_of_changes(&self, on_the_way: OnTheWay) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let deps = Arc::new(self.webhooks());
        let receiver = Router::new().fallback(move |request: Request| {
            received(Arc::clone(&deps), Arc::clone(&on_the_way), request)
        });
        tokio::spawn(async move { axum::serve(listener, receiver).await });
        self.dataverse.allow_loopback_webhooks();
        // The first call counts, and clones share it.
        let _ = self.dataverse.clone().with_faults(self.faults.clone());
        self.set_up(&root).await;
    }

    async fn set_up(&self, root: &str) {
        let applied = self.store.current().await.unwrap();
        let (name, connection) = applied.configuration.dynamics().unwrap();
        let clock = self.clock.clone();
        let organisation =
            Organisation::connect(name, connection, self.secrets.as_ref(), clock).await;
        let organisation = organisation.unwrap();
        let secret = SecretString::from(CRM_SECRET.split(' ').next().unwrap());
        let wanted = Wanted {
            endpoint: EndpointWanted::of(name, &address::webhook(root, name), None)
                .in_header(&connection.webhook_header),
            steps: steps(&applied.configuration),
        };
        let tables: BTreeSet<&str> = wanted.steps.iter().map(|it| it.table.as_str()).collect();
        let found = organisation.look(&wanted.endpoint, &tables).await.unwrap();
        for action in plan(&wanted, &found).actions() {
            let done = organisation.carry_out(action, found.language, Some(&secret));
            done.await.unwrap();
        }
    }
}

async fn received(deps: Arc<webhooks::Deps>, on_the_way: OnTheWay, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, LARGEST).await.unwrap();
    let Some(body) = on_the_way(body.to_vec()) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let request = lambda_http::Request::from_parts(parts, lambda_http::Body::Binary(body));
    webhooks::handle(&deps, request)
        .await
        .status()
        .into_response()
}
