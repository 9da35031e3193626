//! Columns that a company names itself, and choices by label.

use cxloop_domain::columns::{ColumnValue, LookupTarget, RowKey};
use cxloop_ports::{CaseDesk, Remedy};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;
use wiremock::matchers::{method, path};

use super::opening::{draft, opened};
use super::{CONTACT, Organisation, answer_batch, desk, last_batch};

#[tokio::test]
async fn columns_are_written_as_the_web_api_takes_them() {
    let organisation = Organisation::start().await;
    answer_batch(&organisation, 200, &[opened()]).await;
    let lookup = |row| {
        ColumnValue::Lookup(LookupTarget {
            navigation: "cxl_Shop".parse().unwrap(),
            set: "cxl_shops".parse().unwrap(),
            row,
        })
    };
    let key = RowKey::Alternate {
        column: "cxl_code".parse().unwrap(),
        value: "A'Coruña".to_owned(),
    };
    let columns = [
        ("cxl_words", ColumnValue::Text("pésima\u{1}".to_owned())),
        ("cxl_score", ColumnValue::Whole(3)),
        ("cxl_share", ColumnValue::Decimal("-0.35".to_owned())),
        ("cxl_low", ColumnValue::YesNo(true)),
        (
            "cxl_at",
            ColumnValue::Moment("2026-11-22T10:00:00Z".parse().unwrap()),
        ),
        ("cxl_day", ColumnValue::Day("2026-11-22".to_owned())),
        ("cxl_reason", ColumnValue::Choice(100_000_001)),
        ("cxl_shop", lookup(key)),
    ];
    let mut case = draft();
    case.columns = columns
        .into_iter()
        .map(|(name, value)| (name.parse().unwrap(), value))
        .collect();
    desk(&organisation).open_case(&case).await.unwrap();
    let sent = last_batch(&organisation).await.swap_remove(0).1.unwrap();
    let own: Value = sent
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| name.starts_with("cxl_"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    assert_eq!(
        own,
        json!({
            "cxl_words": "pésima", "cxl_score": 3, "cxl_share": -0.35, "cxl_low": true,
            "cxl_at": "2026-11-22T10:00:00Z", "cxl_day": "2026-11-22", "cxl_reason": 100_000_001,
            "cxl_Shop@odata.bind": "/cxl_shops(cxl_code='A''Coruña')",
        })
    );

    answer_batch(&organisation, 200, &[opened()]).await;
    case.columns = [("cxl_shop".parse().unwrap(), lookup(RowKey::Id(CONTACT)))].into();
    desk(&organisation).open_case(&case).await.unwrap();
    let sent = last_batch(&organisation).await.swap_remove(0).1.unwrap();
    assert_eq!(
        sent["cxl_Shop@odata.bind"],
        format!("/cxl_shops({CONTACT})")
    );
}

#[tokio::test]
async fn choices_are_read_once_and_again_before_a_label_counts_as_unknown() {
    let organisation = Organisation::start().await;
    let option = |value: i64, label: &str| json!({"Value": value, "Label": {"UserLocalizedLabel": {"Label": label}}});
    let answer = |options: &[Value]| {
        let columns = json!({"value": [{
            "LogicalName": "cxl_reason", "OptionSet": null, "GlobalOptionSet": {"Options": options},
        }]});
        wiremock::Mock::given(method("GET"))
            .and(path("/api/data/v9.2/EntityDefinitions(LogicalName='incident')/Attributes/Microsoft.Dynamics.CRM.PicklistAttributeMetadata"))
            .respond_with(ResponseTemplate::new(200).set_body_json(columns))
    };
    let before = [option(1, "Tempo de espera"), option(2, "Prezo")];
    let first = answer(&before).up_to_n_times(1).expect(1);
    first.mount(&organisation.server).await;
    let desk = desk(&organisation);
    assert_eq!(desk.choice("cxl_reason", " tempo de ESPERA ").await, Ok(1));
    assert_eq!(desk.choice("cxl_reason", "Prezo").await, Ok(2));

    // Somebody adds a choice within the ten minutes for which the others are believed.
    let [espera, prezo] = before;
    let then = answer(&[espera, prezo, option(3, "Avaría")]).expect(2);
    then.mount(&organisation.server).await;
    assert_eq!(desk.choice("cxl_reason", "avaría").await, Ok(3));
    assert_eq!(desk.choice("cxl_reason", "Avaría").await, Ok(3));
    let failure = desk.choice("cxl_reason", "pésima").await.unwrap_err();
    assert_eq!(failure.remedy, Remedy::Park);
    assert!(
        failure.message.contains("avaría, prezo, tempo de espera"),
        "{failure:?}"
    );
    assert!(!failure.message.contains("pésima"), "{failure:?}");
}
