//! A client of the Microsoft Dataverse Web API, version 9.2.
//!
//! The client sends one request at a time, never sleeps and never retries on its own, save for
//! one renewal of its token after a 401. What a failure means for the caller is read from
//! [`classify()`].
//!
//! Layers, each usable without the next: [`Connection`] says where an organisation is and how to
//! sign in; [`Request`] describes what to ask, with [`Query`], [`Row`], [`Key`], [`Call`] and
//! [`Function`]; [`Client`] sends it, alone or in a [`batch`]; [`Pages`], [`changes`] and [`bulk`]
//! stand on top, and [`metadata`] describes tables.
//!
//! ```
//! use std::sync::Arc;
//! use cxloop_dataverse::{Action, Client, Connection, Error, Query, Row, Timeouts, classify};
//! # use wiremock::{Mock, MockServer, ResponseTemplate, matchers::{method, path_regex}};
//! # use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! # let server = MockServer::start().await;
//! # let token = json!({"access_token": "t", "expires_in": 3599, "token_type": "Bearer"});
//! # Mock::given(method("POST")).respond_with(ResponseTemplate::new(200).set_body_json(token)).mount(&server).await;
//! # let exists = json!({"error": {"code": "0x80040237", "message": "A record with matching key values already exists."}});
//! # Mock::given(method("PATCH")).respond_with(ResponseTemplate::new(412).set_body_json(exists)).mount(&server).await;
//! # let row = json!({"incidentid": "5f0c6a52-9c2d-5a53-8d2a-0d6a4f1f7b11", "title": "Avaría", "ticketnumber": "CAS-01042-B7M9Z3"});
//! # Mock::given(path_regex("incidents")).respond_with(ResponseTemplate::new(200).set_body_json(row)).mount(&server).await;
//! # let (url, tenant, client_id, secret) = (server.uri(), "contoso", "app", secrecy::SecretString::from("s".to_owned()));
//! let connection = Connection::new(&url, tenant, client_id, secret, "my-integration")?;
//! # let connection = connection.with_token_url(&format!("{url}/token"))?;
//! let http = Connection::http_client(Timeouts::default())?;
//! let client = Client::new(http, connection, Arc::new(jiff::Timestamp::now));
//!
//! // Under an id that is derived from what the case is about, a repeat makes no second case.
//! let id = uuid::uuid!("5f0c6a52-9c2d-5a53-8d2a-0d6a4f1f7b11");
//! let case = Row::new()
//!     .set("title", "Avaría")
//!     .bind("customerid_contact", "contacts", uuid::uuid!("9b9d1c0e-77f1-5d0e-9a52-3a4f1c2b7d22"));
//! if let Err(error) = client.create_with_id("incidents", id, case).await {
//!     // The first attempt went through, though its answer was lost.
//!     assert_eq!(classify(&error).action, Action::LookForOurRow);
//!     let ours = client.get("incidents", id, &Query::new().select(["ticketnumber"])).await?;
//!     assert_eq!(ours.text("ticketnumber"), Some("CAS-01042-B7M9Z3"));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Source for the protocol throughout: Microsoft Learn, "Compose HTTP requests and handle errors"
//! (Microsoft Dataverse Web API, version 9.2), and the pages that each item names.

mod answer;
pub mod batch;
pub mod bulk;
mod call;
pub mod changes;
mod classify;
mod client;
mod connection;
mod error;
mod filter;
mod key;
mod literal;
mod meaning;
pub mod metadata;
mod options;
mod pages;
mod query;
mod record;
mod request;
mod row;
mod rows;
mod service_code;
mod token;
mod transport;

#[cfg(test)]
mod tests;

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use answer::{Answer, Written};
pub use call::{Call, Function};
pub use classify::{Action, FailureKind, Verdict, classify};
pub use client::{Client, HeaderHook};
pub use connection::{Connection, Now, Timeouts};
pub use error::{Detail, Error};
pub use filter::Filter;
pub use key::{AlternateKey, Key};
pub use literal::Literal;
pub use meaning::retry_after_seconds;
pub use options::Bypassed;
pub use pages::{Page, Pages};
pub use query::{Direction, Query};
pub use record::{Etag, Record};
pub use request::{Condition, Request};
pub use row::Row;
pub use rows::WhoAmI;
pub use service_code::ServiceCode;
