//! Entitlements. Source: Microsoft Learn, "Create an entitlement to define the support terms for a customer" and "Web service
//! error codes".

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::organisation::{ACCOUNT, Answer, IRIA, Organisation};

/// The values of `decreaseremainingon`.
const ON_RESOLUTION: i64 = 0;
const ON_CREATION: i64 = 1;
const DAY: i64 = 86_400;

impl Organisation {
    /// An entitlement of Iria's in draft, with what `row` adds.
    async fn draft(&self, on: i64, row: Value) -> String {
        let mut body = json!({
            "name": "Soporte", "totalterms": 3, "allocationtypecode": 0, "decreaseremainingon": on,
            "startdate": "2026-01-01", "enddate": "2026-12-31", "customerid_contact@odata.bind": format!("/contacts({IRIA})"),
        });
        body.as_object_mut()
            .unwrap()
            .extend(row.as_object().unwrap().clone());
        let made = self.post("entitlements", body).await;
        assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
        made.key()
    }

    async fn to_state(&self, entitlement: &str, state: i64) -> Answer {
        self.patch(
            &format!("entitlements({entitlement})"),
            json!({ "statecode": state }),
        )
        .await
    }

    /// An entitlement of Iria's that holds.
    async fn active(&self, on: i64, row: Value) -> String {
        let id = self.draft(on, row).await;
        let activated = self.to_state(&id, 1).await;
        assert_eq!(
            activated.status,
            StatusCode::NO_CONTENT,
            "{}",
            activated.text
        );
        id
    }

    async fn case_on(&self, entitlement: &str, row: Value) -> Answer {
        let mut body = json!({
            "title": "Pregunta", "customerid_contact@odata.bind": format!("/contacts({IRIA})"),
            "entitlementid@odata.bind": format!("/entitlements({entitlement})"),
        });
        body.as_object_mut()
            .unwrap()
            .extend(row.as_object().unwrap().clone());
        self.post("incidents", body).await
    }

    async fn remaining(&self, entitlement: &str) -> f64 {
        let row = self
            .get(&format!("entitlements({entitlement})"))
            .await
            .json();
        row["remainingterms"].as_f64().unwrap()
    }

    async fn to(&self, case: &str, state: i64) {
        let path = format!("incidents({case})");
        let done = self.patch(&path, json!({ "statecode": state })).await;
        assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text);
    }
}

macro_rules! remains {
    ($organisation:expr, $entitlement:expr, $expected:expr) => {
        assert!(
            ($organisation.remaining(&$entitlement).await - f64::from($expected)).abs() < 1e-9,
            "{} remain, not {}",
            $organisation.remaining(&$entitlement).await,
            $expected
        )
    };
}

#[tokio::test]
async fn on_creation_a_case_costs_one_term_until_it_is_cancelled() {
    let organisation = Organisation::start().await;
    let entitlement = organisation.active(ON_CREATION, json!({})).await;
    remains!(organisation, entitlement, 3);
    let case = organisation.case_on(&entitlement, json!({})).await.key();
    remains!(organisation, entitlement, 2);
    organisation.close_case(&case).await;
    remains!(organisation, entitlement, 2);
    organisation.to(&case, 0).await;
    remains!(organisation, entitlement, 2);
    organisation.to(&case, 2).await;
    remains!(organisation, entitlement, 3);
    organisation.to(&case, 0).await;
    remains!(organisation, entitlement, 2);
}

#[tokio::test]
async fn on_resolution_a_case_costs_one_term_until_it_is_opened_again() {
    let organisation = Organisation::start().await;
    let entitlement = organisation.active(ON_RESOLUTION, json!({})).await;
    let case = organisation.case_on(&entitlement, json!({})).await.key();
    remains!(organisation, entitlement, 3);
    organisation.close_case(&case).await;
    remains!(organisation, entitlement, 2);
    organisation.to(&case, 0).await;
    remains!(organisation, entitlement, 3);
    organisation.to(&case, 2).await;
    remains!(organisation, entitlement, 3);
}

#[tokio::test]
async fn an_allocation_of_hours_counts_the_time_of_the_resolution() {
    let organisation = Organisation::start().await;
    let hours = json!({"allocationtypecode": 1, "totalterms": 10});
    let entitlement = organisation.active(ON_RESOLUTION, hours).await;
    let case = organisation.case_on(&entitlement, json!({})).await.key();
    let resolution = json!({"subject": "Feito", "timespent": 90, "incidentid@odata.bind": format!("/incidents({case})")});
    organisation
        .post(
            "CloseIncident",
            json!({"IncidentResolution": resolution, "Status": 5}),
        )
        .await;
    remains!(organisation, entitlement, 8.5);
    organisation.to(&case, 0).await;
    remains!(organisation, entitlement, 10);
}

#[tokio::test]
async fn a_case_may_be_given_an_entitlement_later_lose_it_and_be_exempt() {
    let organisation = Organisation::start().await;
    let entitlement = organisation.active(ON_CREATION, json!({})).await;
    let case = organisation.open_case("sen dereito").await;
    remains!(organisation, entitlement, 3);
    let path = format!("incidents({case})");
    let bind = json!({"entitlementid@odata.bind": format!("/entitlements({entitlement})")});
    organisation.patch(&path, bind).await;
    remains!(organisation, entitlement, 2);
    organisation
        .patch(&path, json!({"entitlementid@odata.bind": null}))
        .await;
    remains!(organisation, entitlement, 3);
    let exempt = json!({"decremententitlementterm": false});
    organisation.case_on(&entitlement, exempt).await;
    remains!(organisation, entitlement, 3);
}

#[tokio::test]
async fn a_restricted_entitlement_refuses_the_case_that_is_one_too_many_and_another_goes_below_zero()
 {
    let organisation = Organisation::start().await;
    let few = |restrict: bool| json!({"totalterms": 1, "restrictcasecreation": restrict});
    let strict = organisation.active(ON_CREATION, few(true)).await;
    let lax = organisation.active(ON_CREATION, few(false)).await;
    for entitlement in [&strict, &lax] {
        let first = organisation.case_on(entitlement, json!({})).await;
        assert_eq!(first.status, StatusCode::NO_CONTENT, "{}", first.text);
    }
    organisation
        .case_on(&strict, json!({}))
        .await
        .is_refused(400, "0x80060609");
    organisation.case_on(&lax, json!({})).await;
    remains!(organisation, lax, -1);
    remains!(organisation, strict, 0);
}

#[tokio::test]
async fn a_channel_has_terms_of_its_own() {
    let organisation = Organisation::start().await;
    let entitlement = organisation
        .draft(ON_CREATION, json!({"restrictcasecreation": true}))
        .await;
    let channel = |terms: i64| {
        json!({
            "name": "Web", "channel": 3, "totalterms": terms, "remainingterms": terms,
            "entitlementid@odata.bind": format!("/entitlements({entitlement})"),
        })
    };
    let made = organisation.post("entitlementchannels", channel(1)).await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
    organisation.to_state(&entitlement, 1).await;
    organisation
        .post("entitlementchannels", channel(1))
        .await
        .is_refused(400, "0x80060603");
    let web = json!({"caseorigincode": 3});
    let case = organisation.case_on(&entitlement, web.clone()).await.key();
    let path = format!("entitlementchannels({})", made.key());
    let left = async || organisation.get(&path).await.json()["remainingterms"].as_f64();
    assert_eq!(left().await, Some(0.0));
    remains!(organisation, entitlement, 2);
    organisation
        .case_on(&entitlement, web)
        .await
        .is_refused(400, "0x80060609");
    let phone = organisation
        .case_on(&entitlement, json!({"caseorigincode": 1}))
        .await;
    assert_eq!(phone.status, StatusCode::NO_CONTENT, "{}", phone.text);
    organisation.to(&case, 2).await;
    assert_eq!(left().await, Some(1.0));
}

#[tokio::test]
async fn a_default_entitlement_is_that_of_every_new_case_of_its_customer() {
    let organisation = Organisation::start().await;
    let entitlement = organisation
        .active(ON_CREATION, json!({"isdefault": true}))
        .await;
    let case = organisation.open_case("x").await;
    let row = organisation.get(&format!("incidents({case})")).await.json();
    assert_eq!(row["_entitlementid_value"], entitlement.as_str());
    remains!(organisation, entitlement, 2);
    let other =
        json!({"title": "x", "customerid_account@odata.bind": format!("/accounts({ACCOUNT})")});
    let other = organisation.post("incidents", other).await.key();
    let row = organisation
        .get(&format!("incidents({other})"))
        .await
        .json();
    assert_eq!(row["_entitlementid_value"], Value::Null);
}

#[tokio::test]
async fn only_an_active_entitlement_of_the_same_customer_is_given_to_a_case() {
    let organisation = Organisation::start().await;
    let draft = organisation.draft(ON_CREATION, json!({})).await;
    organisation
        .case_on(&draft, json!({}))
        .await
        .is_refused(400, "0x80060616");
    let case = organisation.open_case("x").await;
    let bind = |id: &str| json!({"entitlementid@odata.bind": format!("/entitlements({id})")});
    organisation
        .patch(&format!("incidents({case})"), bind(&draft))
        .await
        .is_refused(400, "0x80060611");
    let active = organisation.active(ON_CREATION, json!({})).await;
    let foreign = json!({
        "title": "x", "customerid_account@odata.bind": format!("/accounts({ACCOUNT})"),
        "entitlementid@odata.bind": format!("/entitlements({active})"),
    });
    organisation
        .post("incidents", foreign)
        .await
        .is_refused(400, "0x8004f866");
}

#[tokio::test]
async fn an_entitlement_is_edited_as_a_draft_only_and_changes_state_by_its_rules() {
    let organisation = Organisation::start().await;
    let id = organisation.active(ON_CREATION, json!({})).await;
    let path = format!("entitlements({id})");
    organisation
        .patch(&path, json!({"totalterms": 5}))
        .await
        .is_refused(400, "0x80060613");
    let delete = Answer::of(organisation.request(Method::DELETE, &path)).await;
    delete.is_refused(400, "0x80060601");
    organisation
        .to_state(&id, 3)
        .await
        .is_refused(400, "0x80060618");
    assert_eq!(
        organisation.to_state(&id, 2).await.status,
        StatusCode::NO_CONTENT
    );
    organisation
        .to_state(&id, 1)
        .await
        .is_refused(400, "0x80060606");
    organisation
        .to_state(&id, 0)
        .await
        .is_refused(400, "0x80060608");
    let draft = organisation.draft(ON_CREATION, json!({})).await;
    organisation
        .to_state(&draft, 2)
        .await
        .is_refused(400, "0x80060607");
    let path = format!("entitlements({draft})");
    for (row, code) in [
        (json!({"enddate": "2025-12-31"}), "0x80060600"),
        (json!({"totalterms": 2.5}), "0x80060619"),
        (json!({"remainingterms": 4}), "0x80060624"),
    ] {
        organisation.patch(&path, row).await.is_refused(400, code);
    }
    let gone = Answer::of(organisation.request(Method::DELETE, &path)).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text);
}

#[tokio::test]
async fn the_clock_lets_an_entitlement_begin_and_end() {
    let organisation = Organisation::start().await;
    let id = organisation
        .draft(
            ON_CREATION,
            json!({"startdate": "2026-06-01", "enddate": "2026-06-10"}),
        )
        .await;
    let states = async || {
        let row = organisation
            .get(&format!("entitlements({id})"))
            .await
            .json();
        (
            row["statecode"].as_i64().unwrap(),
            row["statuscode"].as_i64().unwrap(),
        )
    };
    organisation.to_state(&id, 1).await;
    assert_eq!(states().await, (4, 1200), "it waits for its day");
    organisation
        .case_on(&id, json!({}))
        .await
        .is_refused(400, "0x80060616");
    organisation.pass(4 * DAY);
    assert_eq!(states().await, (1, 1));
    organisation.pass(10 * DAY);
    assert_eq!(states().await, (3, 3));
    let over = json!({"startdate": "2026-01-01", "enddate": "2026-05-01"});
    let over = organisation.draft(ON_CREATION, over).await;
    organisation
        .to_state(&over, 1)
        .await
        .is_refused(400, "0x80060617");
}
