//! The query functions of the service, all of them.
//! Source: Microsoft Learn, 'Web API Query Function Reference' and 'Filter rows using OData'.

use serde_json::json;

use super::filters::{found, some_sales};
use super::organisation::{ACCOUNT, AGENT, IRIA, Organisation, XOAN};

/// The organisation's clock stands at 2026-05-28T20:26:40Z, a Thursday.
async fn with_dates() -> Organisation {
    let organisation = Organisation::start().await;
    for (subject, at) in [
        ("minuto", "2026-05-28T20:25:00Z"),
        ("hora", "2026-05-28T17:30:00Z"),
        ("onte", "2026-05-27T10:00:00Z"),
        ("domingo", "2026-05-24T00:00:00Z"),
        ("semana pasada", "2026-05-20T10:00:00Z"),
        ("abril", "2026-04-30T23:59:59Z"),
        ("março", "2026-03-31T12:00:00Z"),
        ("ano pasado", "2025-11-02T12:00:00Z"),
        ("amanhã", "2026-05-29T09:00:00Z"),
        ("semana que vén", "2026-06-02T09:00:00Z"),
        ("xullo", "2026-07-15T09:00:00Z"),
        ("ano que vén", "2027-02-01T09:00:00Z"),
    ] {
        let answer = organisation
            .post("tasks", json!({"subject": subject, "scheduledend": at}))
            .await;
        assert!(answer.status.is_success(), "{}", answer.text);
    }
    let answer = organisation
        .post("tasks", json!({"subject": "sen data"}))
        .await;
    assert!(answer.status.is_success(), "{}", answer.text);
    organisation
}

fn call(function: &str, parameters: &str) -> String {
    format!("Microsoft.Dynamics.CRM.{function}(PropertyName='scheduledend'{parameters})")
}

#[tokio::test]
async fn every_function_of_dates_finds_its_span() {
    let organisation = with_dates().await;
    let no = "";
    for (function, parameters, expected) in [
        ("Today", no, 2),
        ("Yesterday", no, 1),
        ("Tomorrow", no, 1),
        ("ThisWeek", no, 5),
        ("LastWeek", no, 1),
        ("NextWeek", no, 1),
        ("ThisMonth", no, 6),
        ("LastMonth", no, 1),
        ("NextMonth", no, 1),
        ("ThisYear", no, 10),
        ("LastYear", no, 1),
        ("NextYear", no, 1),
        ("Last7Days", no, 4),
        ("Next7Days", no, 4),
        ("LastXHours", ",PropertyValue=3", 2),
        ("NextXHours", ",PropertyValue=13", 1),
        ("LastXDays", ",PropertyValue=8", 5),
        ("NextXDays", ",PropertyValue=5", 2),
        ("LastXWeeks", ",PropertyValue=1", 4),
        ("NextXWeeks", ",PropertyValue=1", 2),
        ("LastXMonths", ",PropertyValue=2", 7),
        ("NextXMonths", ",PropertyValue=2", 3),
        ("LastXYears", ",PropertyValue=1", 8),
        ("NextXYears", ",PropertyValue=1", 4),
        ("OlderThanXMinutes", ",PropertyValue=1", 7),
        ("OlderThanXHours", ",PropertyValue=2", 7),
        ("OlderThanXDays", ",PropertyValue=4", 4),
        ("OlderThanXWeeks", ",PropertyValue=1", 4),
        ("OlderThanXMonths", ",PropertyValue=1", 2),
        ("OlderThanXYears", ",PropertyValue=1", 0),
        ("On", ",PropertyValue='2026-05-27'", 1),
        ("OnOrAfter", ",PropertyValue=2026-06-02", 3),
        ("OnOrBefore", ",PropertyValue='2026-03-31T00:00:00Z'", 2),
        ("ThisFiscalYear", no, 10),
        ("LastFiscalYear", no, 1),
        ("NextFiscalYear", no, 1),
        ("ThisFiscalPeriod", no, 8),
        ("LastFiscalPeriod", no, 1),
        ("NextFiscalPeriod", no, 1),
        ("LastXFiscalPeriods", ",PropertyValue=2", 2),
        ("NextXFiscalPeriods", ",PropertyValue=3", 2),
        ("LastXFiscalYears", ",PropertyValue=3", 1),
        ("NextXFiscalYears", ",PropertyValue=2", 1),
        ("InFiscalYear", ",PropertyValue=2025", 1),
        ("InFiscalPeriod", ",PropertyValue=1", 2),
        (
            "InFiscalPeriodAndYear",
            ",PropertyValue1=4,PropertyValue2=2025",
            1,
        ),
        (
            "InOrBeforeFiscalPeriodAndYear",
            ",PropertyValue1=1,PropertyValue2=2026",
            2,
        ),
        (
            "InOrAfterFiscalPeriodAndYear",
            ",PropertyValue1=3,PropertyValue2=2026",
            2,
        ),
    ] {
        let path = format!(
            "tasks?$select=subject&$filter={}",
            call(function, parameters)
        );
        let subjects = found(&organisation, &path, "subject").await;
        assert_eq!(subjects.len(), expected, "{function}: {subjects:?}");
    }
}

#[tokio::test]
async fn values_are_compared_with_lists_and_pairs() {
    let organisation = Organisation::start().await;
    some_sales(&organisation).await;
    let full = |function: &str, rest: &str| {
        format!("Microsoft.Dynamics.CRM.{function}(PropertyName={rest})")
    };
    for (filter, expected) in [
        (
            full(
                "Between",
                "'numberofemployees',PropertyValues=[\"5\",\"11\"]",
            ),
            1,
        ),
        (
            full(
                "NotBetween",
                "'numberofemployees',PropertyValues=[\"5\",\"11\"]",
            ),
            1,
        ),
        (
            full("Between", "'revenue',PropertyValues=['9800','125000.5']"),
            2,
        ),
        (
            full(
                "Between",
                "'createdon',PropertyValues=[\"2026-05-28\",\"2026-05-29\"]",
            ),
            3,
        ),
        (
            full(
                "In",
                "@p1,PropertyValues=@p2)&@p1='name'&@p2=[\"ULTRAMARINOS A CAMELIA\",\"O'Brian\"]",
            )
            .replace("])", "]"),
            1,
        ),
        (
            full(
                "In",
                "'accountid',PropertyValues=[\"5a4db0c5-0004-4000-8000-000000000001\",\"5a4db0c5-0004-4000-8000-000000000003\"]",
            ),
            2,
        ),
        (full("In", "'statecode',PropertyValues=[0]"), 3),
        (
            full("NotIn", "'numberofemployees',PropertyValues=[\"5\"]"),
            1,
        ),
        (
            full("ContainValues", "'statuscode',PropertyValues=[\"1\",\"2\"]"),
            3,
        ),
        (
            full(
                "DoesNotContainValues",
                "'statuscode',PropertyValues=[\"1\"]",
            ),
            0,
        ),
        (
            full("In", "'name',PropertyValues=['Padaría Coração do Miño']")
                + " or revenue gt 100000",
            2,
        ),
    ] {
        let path = format!("accounts?$select=name&$filter={filter}");
        let names = found(&organisation, &path, "name").await;
        assert_eq!(names.len(), expected, "{filter}: {names:?}");
    }
}

#[tokio::test]
async fn functions_about_people_know_the_caller() {
    let organisation = Organisation::start().await;
    let of = |function: &str, property: &str| {
        format!("$filter=Microsoft.Dynamics.CRM.{function}(PropertyName='{property}')")
    };
    let users = |query: String| format!("systemusers?$select=fullname&{query}");
    let me = found(
        &organisation,
        &users(of("EqualUserId", "systemuserid")),
        "fullname",
    )
    .await;
    assert_eq!(me, ["cxloop (application)"]);
    let others = found(
        &organisation,
        &users(of("NotEqualUserId", "systemuserid")),
        "fullname",
    )
    .await;
    assert_eq!(others.len(), 4);
    let report = json!({"parentsystemuserid@odata.bind": "/systemusers(5a4db0c5-0001-4000-8000-000000000001)"});
    let answer = organisation
        .patch(&format!("systemusers({AGENT})"), report)
        .await;
    assert!(answer.status.is_success(), "{}", answer.text);
    for (function, property, expected) in [
        ("EqualUserOrUserHierarchy", "systemuserid", 2),
        ("EqualUserOrUserHierarchyAndTeams", "systemuserid", 2),
        ("EqualUserOrUserTeams", "systemuserid", 1),
        ("EqualUserTeams", "systemuserid", 0),
    ] {
        let names = found(&organisation, &users(of(function, property)), "fullname").await;
        assert_eq!(names.len(), expected, "{function}: {names:?}");
    }
    // Whoever is in a team owns what the team owns.
    let team = "5a4db0c5-0002-4000-8000-000000000001";
    let member = json!({"systemuserid": "5a4db0c5-0001-4000-8000-000000000001", "teamid": team});
    let joined = organisation.post("teammemberships", member).await;
    assert!(joined.status.is_success(), "{}", joined.text);
    let body = json!({"ownerid@odata.bind": format!("/teams({team})")});
    let owned = organisation.patch(&format!("contacts({IRIA})"), body).await;
    assert!(owned.status.is_success(), "{}", owned.text);
    for (function, expected) in [
        ("EqualUserTeams", 1),
        ("EqualUserOrUserTeams", 6),
        ("EqualUserOrUserHierarchyAndTeams", 6),
        ("EqualUserId", 5),
        ("NotEqualUserId", 1),
    ] {
        let path = format!("contacts?$select=fullname&{}", of(function, "ownerid"));
        let names = found(&organisation, &path, "fullname").await;
        assert_eq!(names.len(), expected, "{function}: {names:?}");
    }
    let related = "contacts?$select=fullname&$filter=parentcustomerid_account/Microsoft.Dynamics.CRM.EqualUserId(PropertyName='ownerid')";
    assert_eq!(found(&organisation, related, "fullname").await.len(), 3);
}

/// Source: Microsoft Learn, 'Query hierarchical data'.
#[tokio::test]
async fn rows_above_and_below_others_are_found() {
    let organisation = Organisation::start().await;
    let account = |number: u8| format!("5a4db0c5-0004-4000-8000-00000000000{number}");
    for (child, parent) in [(2, 1), (3, 2)] {
        let body = json!({"parentaccountid@odata.bind": format!("/accounts({})", account(parent))});
        let answer = organisation
            .patch(&format!("accounts({})", account(child)), body)
            .await;
        assert!(answer.status.is_success(), "{}", answer.text);
    }
    for (function, of, expected) in [
        ("Above", 3, 2),
        ("AboveOrEqual", 3, 3),
        ("Under", 1, 2),
        ("UnderOrEqual", 2, 2),
        ("NotUnder", 1, 1),
        ("Under", 3, 0),
    ] {
        let path = format!(
            "accounts?$select=name&$filter=Microsoft.Dynamics.CRM.{function}(PropertyName='accountid',PropertyValue='{}')",
            account(of)
        );
        let names = found(&organisation, &path, "name").await;
        assert_eq!(names.len(), expected, "{function}: {names:?}");
    }
    let contacts = format!(
        "contacts?$select=fullname&$filter=parentcustomerid_account/Microsoft.Dynamics.CRM.Under(PropertyName='accountid',PropertyValue='{ACCOUNT}')"
    );
    assert_eq!(found(&organisation, &contacts, "fullname").await.len(), 2);
    organisation
        .get(&format!("tasks?$filter=Microsoft.Dynamics.CRM.Under(PropertyName='activityid',PropertyValue='{ACCOUNT}')"))
        .await
        .is_refused(400, "0x80060888");
}

/// Source: Microsoft Learn, 'Use Web API functions' (limitations of query functions).
#[tokio::test]
async fn functions_are_never_negated_and_take_what_they_take() {
    let organisation = Organisation::start().await;
    let negated = organisation
        .get("contacts?$filter=not Microsoft.Dynamics.CRM.EqualUserId(PropertyName=@p1)&@p1='ownerid'")
        .await;
    negated.is_refused(400, "0x80060888");
    assert!(
        negated.text.contains(
            "Not operator along with the Custom Named Condition operators is not allowed"
        )
    );
    for filter in [
        "Microsoft.Dynamics.CRM.LastXDays(PropertyName='createdon')",
        "Microsoft.Dynamics.CRM.LastXDays(PropertyName='createdon',PropertyValue=0)",
        "Microsoft.Dynamics.CRM.LastXDays(PropertyName='createdon',PropertyValue=9223372036854775807)",
        "Microsoft.Dynamics.CRM.LastXDays(PropertyName='fullname',PropertyValue=1)",
        "Microsoft.Dynamics.CRM.LastXDays(createdon,1)",
        "Microsoft.Dynamics.CRM.Between(PropertyName='createdon',PropertyValues=[\"2026-05-28\"])",
        "Microsoft.Dynamics.CRM.In(PropertyName='fullname',PropertyValues=[])",
        "Microsoft.Dynamics.CRM.In(PropertyName='lastname',PropertyValues=['O'Brian'])",
        "Microsoft.Dynamics.CRM.In(PropertyName='statecode',PropertyValues=['Active'])",
        "Microsoft.Dynamics.CRM.ContainValues(PropertyName='fullname',PropertyValues=['1'])",
        "Microsoft.Dynamics.CRM.Contains(PropertyName='fullname',PropertyValue='x')",
        "Microsoft.Dynamics.CRM.InFiscalPeriod(PropertyName='createdon',PropertyValue=5)",
        "Microsoft.Dynamics.CRM.NextXDecades(PropertyName='createdon',PropertyValue=5)",
        "LastXDays(PropertyName='createdon',PropertyValue=5)",
    ] {
        organisation
            .get(&format!("contacts?$filter={filter}"))
            .await
            .is_refused(400, "0x80060888");
    }
    organisation
        .get("contacts?$filter=Microsoft.Dynamics.CRM.Today(PropertyName='nada')")
        .await
        .is_refused(400, "0x0");
    let filter = format!(
        "Microsoft.Dynamics.CRM.In(PropertyName='contactid',PropertyValues=[\"{IRIA}\",\"{XOAN}\"])"
    );
    assert_eq!(
        found(
            &organisation,
            &format!("contacts?$filter={filter}"),
            "contactid"
        )
        .await,
        [IRIA, XOAN]
    );
}
