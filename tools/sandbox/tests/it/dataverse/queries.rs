//! Queries over a set.
//! Source: Microsoft Learn, "Use OData to query data", "Filter rows using OData" and "Select columns using OData".

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::organisation::{ACCOUNT, Answer, IRIA, NOWHERE, Organisation};

async fn names(organisation: &Organisation, query: &str) -> Vec<String> {
    let answer = organisation
        .get(&format!("contacts?$select=fullname&{query}"))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text);
    answer.json()["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["fullname"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn filters_find_what_they_say() {
    let organisation = Organisation::start().await;
    let cases = [
        ("$filter=emailaddress1 eq 'IRIA.FERNANDEZ@example.com'", 1),
        ("$filter=emailaddress1+eq+'iria.fernandez%40example.com'", 1),
        (
            "%24filter=lastname%20eq%20%27Pi%C3%B1eiro%20R%C3%ADos%27",
            1,
        ),
        ("$filter=mobilephone eq '%2B34600000202'", 1),
        (
            "$filter=contains(fullname,'ÁÑEZ') or startswith(firstname,'jo')",
            2,
        ),
        ("$filter=not endswith(emailaddress1,'@example.com')", 0),
        ("$filter=jobtitle eq null and statecode eq 0", 6),
        ("$filter=jobtitle ne null", 0),
        (
            "$filter=(firstname eq 'Inês' or firstname eq 'João') and not (lastname eq 'Conceição')",
            1,
        ),
        (
            "$filter=createdon ge 2026-05-28T20:26:40Z and createdon lt 2026-05-29",
            6,
        ),
        ("$filter=createdon gt 2026-05-28T20:26:40Z", 0),
        ("$filter=lastname eq 'O''Neill'", 0),
        (
            "$filter=_parentcustomerid_value eq 5a4db0c5-0004-4000-8000-000000000001",
            1,
        ),
        (
            "$filter=_parentcustomerid_value eq '5a4db0c5-0004-4000-8000-000000000001'",
            1,
        ),
        (
            "$filter=parentcustomerid_account/name eq 'ultramarinos a camelia'",
            1,
        ),
        (
            "$filter=contactid eq 5a4db0c5-0005-4000-8000-000000000001",
            1,
        ),
        ("$filter=statuscode eq 1 and donotemail eq false", 6),
        (
            "$filter=emailaddress1 eq @mail&@mail='iria.fernandez@example.com'",
            1,
        ),
        ("$filter=firstname ne lastname", 6),
        ("$filter=contains(mobilephone,'351%25204')", 1),
    ];
    for (query, expected) in cases {
        assert_eq!(names(&organisation, query).await.len(), expected, "{query}");
    }
}

#[tokio::test]
async fn wrong_queries_are_refused() {
    let organisation = Organisation::start().await;
    let unknown = organisation.get("contacts?$select=FullName").await;
    unknown.is_refused(400, "0x0");
    assert!(unknown.text.contains(
        "Could not find a property named 'FullName' on type 'Microsoft.Dynamics.CRM.contact'."
    ));
    organisation
        .get("contacts?$filter=mail eq 'x'")
        .await
        .is_refused(400, "0x0");
    organisation
        .get("incidents?$select=customerid")
        .await
        .is_refused(400, "0x0");
    organisation
        .get("incidents?$expand=customerid")
        .await
        .is_refused(400, "0x0");
    organisation
        .get("contacts?$orderby=nome")
        .await
        .is_refused(400, "0x0");
    for query in [
        "$filter=lastname eq",
        "$filter=lastname eq 'x",
        "$filter=statecode eq 'Active'",
        "$filter=lastname is 'x'",
        "$filter=(lastname eq 'x'",
        "$top=many",
        "$skip=2",
        "$search=x",
        "$filter=lastname eq 'x' lastname",
    ] {
        organisation
            .get(&format!("contacts?{query}"))
            .await
            .is_refused(400, "0x80060888");
    }
    organisation
        .get("contacts(lastname='x')")
        .await
        .is_refused(400, "0x80060890");
    organisation
        .get(&format!("contacts({NOWHERE})"))
        .await
        .is_refused(404, "0x80040217");
    let many = format!(
        "incidents?$expand={}",
        vec!["customerid_contact"; 16].join(",")
    );
    organisation.get(&many).await.is_refused(400, "0x80060888");
}

#[tokio::test]
async fn rows_are_ordered_cut_and_counted() {
    let organisation = Organisation::start().await;
    assert_eq!(
        names(&organisation, "$orderby=firstname desc&$top=2").await,
        ["Xoán Piñeiro Ríos", "João Simões Araújo"]
    );
    let counted = organisation
        .get("contacts?$select=contactid&$count=true&$top=2&$orderby=_parentcustomerid_value desc,firstname")
        .await
        .json();
    assert_eq!(
        (
            counted["@odata.count"].as_i64(),
            counted["value"].as_array().unwrap().len()
        ),
        (Some(6), 2)
    );
    let plain = organisation
        .get("contacts/$count?$filter=startswith(firstname,'Ir')")
        .await;
    assert_eq!(plain.text, "\u{feff}1");
}

#[tokio::test]
async fn pages_follow_each_other_until_the_last() {
    let organisation = Organisation::start().await;
    let mut next = format!(
        "{}/api/data/v9.2/contacts?$select=fullname&$orderby=firstname&$top=1",
        organisation.root
    );
    let mut found = Vec::new();
    loop {
        let answer = Answer::of(
            organisation
                .http
                .get(&next)
                .bearer_auth("sandbox")
                .header("Prefer", "odata.maxpagesize=4"),
        )
        .await;
        assert_eq!(
            (answer.status, answer.header("preference-applied")),
            (StatusCode::OK, "odata.maxpagesize=4")
        );
        let page = answer.json();
        found.extend(
            page["value"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["fullname"].as_str().unwrap().to_owned()),
        );
        match page["@odata.nextLink"].as_str() {
            Some(link) => next = link.to_owned(),
            None => break,
        }
    }
    assert_eq!(found.len(), 6);
    assert!(found.is_sorted());
}

#[tokio::test]
async fn annotations_are_given_when_they_are_asked_for() {
    let organisation = Organisation::start().await;
    let id = organisation.open_case("x").await;
    let path = format!(
        "incidents({id})?$select=prioritycode,_customerid_value,createdon,isescalated,title"
    );
    let all = Answer::of(
        organisation
            .request(Method::GET, &path)
            .header("Prefer", "odata.include-annotations=\"*\""),
    )
    .await
    .json();
    let formatted =
        |name: &str| all[format!("{name}@OData.Community.Display.V1.FormattedValue")].as_str();
    assert_eq!(
        (
            formatted("prioritycode"),
            formatted("isescalated"),
            formatted("title")
        ),
        (Some("Normal"), Some("No"), None)
    );
    assert_eq!(
        (formatted("_customerid_value"), formatted("createdon")),
        (Some("Iria Fernández Núñez"), Some("5/28/2026 8:26 PM"))
    );
    assert_eq!(
        all["_customerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"],
        "contact"
    );
    assert_eq!(
        all["_customerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty"],
        "customerid_contact"
    );
    let some = Answer::of(organisation.request(Method::GET, &path).header(
        "Prefer",
        "odata.include-annotations=OData.Community.Display.V1.FormattedValue",
    ))
    .await
    .json();
    assert!(
        some.get("_customerid_value@Microsoft.Dynamics.CRM.lookuplogicalname")
            .is_none()
    );
    let none = organisation.get(&path).await.json();
    assert!(
        none.as_object()
            .unwrap()
            .keys()
            .all(|key| !key.contains("FormattedValue"))
    );
}

#[tokio::test]
async fn related_rows_are_expanded_one_level_with_options() {
    let organisation = Organisation::start().await;
    let id = organisation.open_case("x").await;
    for (subject, text) in [
        ("b", "Non volverei"),
        ("a", "Não resolveram"),
        ("c", "outra"),
    ] {
        let note = json!({"subject": subject, "notetext": text, "objectid_incident@odata.bind": format!("/incidents({id})")});
        organisation.post("annotations", note).await;
    }
    let expand = "$expand=customerid_contact($select=fullname),customerid_account($select=name),Incident_Annotation($select=subject;$filter=contains(notetext,'o');$orderby=subject desc;$top=2),owninguser($select=fullname)";
    let row = organisation
        .get(&format!("incidents({id})?$select=title&{expand}"))
        .await
        .json();
    assert_eq!(
        (
            &row["customerid_contact"]["fullname"],
            &row["customerid_account"]
        ),
        (&json!("Iria Fernández Núñez"), &Value::Null)
    );
    let notes: Vec<&str> = row["Incident_Annotation"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note["subject"].as_str().unwrap())
        .collect();
    assert_eq!(
        (notes, &row["owninguser"]["fullname"]),
        (vec!["c", "b"], &json!("cxloop (application)"))
    );
    assert!(row.get("Incident_Annotation@odata.nextLink").is_none());
    let set = organisation
        .get("incidents?$select=title&$expand=Incident_Annotation($select=subject;$top=1)")
        .await
        .json();
    let first = &set["value"][0];
    assert_eq!(
        first["Incident_Annotation"][0]["_objectid_value"],
        id.as_str()
    );
    let link = first["Incident_Annotation@odata.nextLink"]
        .as_str()
        .unwrap();
    let followed = Answer::of(organisation.http.get(link).bearer_auth("sandbox"))
        .await
        .json();
    assert_eq!(followed["value"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_row_behind_a_lookup_has_an_address_of_its_own() {
    let organisation = Organisation::start().await;
    let account = organisation
        .get(&format!(
            "contacts({IRIA})/parentcustomerid_account?$select=name"
        ))
        .await
        .json();
    assert_eq!(
        (&account["accountid"], &account["name"]),
        (&json!(ACCOUNT), &json!("Ultramarinos A Camelia"))
    );
    assert_eq!(
        organisation
            .get(&format!("contacts({IRIA})/parentcustomerid_contact"))
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    let contacts = organisation
        .get(&format!(
            "accounts({ACCOUNT})/contact_customer_accounts?$select=fullname"
        ))
        .await
        .json();
    assert_eq!(contacts["value"][0]["fullname"], "Iria Fernández Núñez");
    organisation
        .get(&format!("contacts({IRIA})/Contact_annotation"))
        .await
        .is_refused(404, "0x8006088a");
}
