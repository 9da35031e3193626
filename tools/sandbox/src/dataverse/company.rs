//! The rows that an organisation starts with. Their keys are always the same, so that scripts may name them.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::caller::Caller;
use super::change;
use super::decimal::Decimal;
use super::payload::{self, References};
use super::rows::{Organisation, Row};
use super::value::Value;

/// The user that every token stands for.
pub(crate) const APPLICATION_USER: Uuid = key(1, 1);
/// The person who works on the agent page, once the company is there.
pub(crate) const AGENT: Uuid = key(1, 2);
pub(crate) const BUSINESS_UNIT: Uuid = key(9, 1);
pub(crate) const ORGANISATION: Uuid = key(9, 2);
/// The currency that amounts are in when none is named.
pub(crate) const CURRENCY: Uuid = key(9, 3);
const PUBLISHER: Uuid = key(10, 1);

/// The key of the nth row of a kind: 1 users, 2 teams, 3 queues, 4 accounts, 5 contacts, 9 single rows, 10 publishers,
/// 11 solutions, 12 purposes.
const fn key(kind: u128, number: u128) -> Uuid {
    Uuid::from_u128(0x5a4d_b0c5_0000_4000_8000_0000_0000_0000 | (kind << 80) | number)
}

/// What a purpose is for and who is asked for it. Source: Microsoft Learn, "Manage consent for email and text messages in
/// Customer Insights - Journeys".
const COMMERCIAL: i64 = 534_120_000;
const RESTRICTIVE: i64 = 534_120_000;
const NON_RESTRICTIVE: i64 = 534_120_001;

/// Acting as that user.
pub(crate) fn application_user(now: Timestamp) -> Caller {
    Caller::new(APPLICATION_USER, now)
}

/// What every organisation has: its business unit, its currency, the default publisher with its solutions.
pub(crate) fn add_platform(organisation: &mut Organisation, now: Timestamp) {
    let put = |organisation: &mut Organisation, name: &str, id: Uuid, values: &[(&str, Value)]| {
        let model = Arc::clone(organisation.model());
        let Some(table) = model.by_name(name) else {
            return;
        };
        let described = model.table(table);
        let mut row = Row::with_defaults(described);
        for (column, value) in values {
            row.set(described, column, value.clone());
        }
        for column in ["createdon", "modifiedon"] {
            row.set(described, column, Value::time(now));
        }
        application_user(now).put(organisation, table, id, row);
    };
    let text = Value::text;
    put(
        organisation,
        "businessunit",
        BUSINESS_UNIT,
        &[
            ("name", text("cxloop sandbox")),
            ("isdisabled", Value::Flag(false)),
        ],
    );
    put(
        organisation,
        "transactioncurrency",
        CURRENCY,
        &[
            ("currencyname", text("Euro")),
            ("isocurrencycode", text("EUR")),
            ("currencysymbol", text("€")),
            ("currencyprecision", Value::Whole(2)),
            ("exchangerate", Value::Decimal(Decimal::from(1))),
        ],
    );
    put(
        organisation,
        "publisher",
        PUBLISHER,
        &[
            ("friendlyname", text("Default Publisher")),
            ("uniquename", text("DefaultPublisher")),
            ("customizationprefix", text("new")),
            ("customizationoptionvalueprefix", Value::Whole(10_000)),
        ],
    );
    let Some(publishers) = organisation.model().by_name("publisher") else {
        return;
    };
    for (number, name) in [(1, "Active"), (2, "Default")] {
        put(
            organisation,
            "solution",
            key(11, number),
            &[
                ("friendlyname", text(name)),
                ("uniquename", text(name)),
                ("version", text("1.0")),
                ("ismanaged", Value::Flag(false)),
                ("isvisible", Value::Flag(number == 2)),
                ("publisherid", Value::Row(publishers, PUBLISHER)),
            ],
        );
    }
    organisation.settle_in();
}

/// The user without a licence through which programs work. Source: Microsoft Learn, "Use single-tenant server-to-server
/// authentication".
pub(crate) fn add_application_user(organisation: &mut Organisation, now: Timestamp) {
    let user = json!({
        "firstname": "cxloop", "lastname": "(application)", "domainname": "cxloop@example.com", "accessmode": 4,
        "applicationid": "5a4db0c5-0000-4000-8000-00000000a991",
    });
    add_rows(organisation, now, "systemusers", 1, &[user]);
}

/// The user of another program. Its key follows from the name of the client alone.
pub(crate) fn add_another_application(
    organisation: &mut Organisation,
    client: &str,
    now: Timestamp,
) -> Uuid {
    let user = Uuid::new_v5(&APPLICATION_USER, client.as_bytes());
    let row = json!({
        "firstname": client, "lastname": "(application)", "domainname": format!("{client}@example.com"), "accessmode": 4,
        "applicationid": Uuid::new_v5(&user, b"application").to_string(),
    });
    add_row(organisation, now, "systemusers", user, &row);
    organisation.settle_in();
    user
}

/// Users, teams, queues, accounts, contacts, and what people are asked for their consent to.
pub(crate) fn add(organisation: &mut Organisation, now: Timestamp) {
    let users = [
        ("Uxía", "Castiñeira", "Responsable de atención ao cliente"),
        ("Brais", "Outeiro", "Axente"),
        ("Catarina", "Magalhães", "Agente"),
        ("Duarte", "Gonçalves", "Agente"),
    ];
    let users: Vec<Json> = users
        .iter()
        .enumerate()
        .map(|(at, (first, last, job))| {
            let address = format!("agent{}@example.com", at + 1);
            json!({"firstname": first, "lastname": last, "jobtitle": job, "domainname": address, "internalemailaddress": address, "islicensed": true})
        })
        .collect();
    add_rows(organisation, now, "systemusers", 2, &users);
    let teams = [
        ("Atención ao cliente", "Cases of shops and deliveries"),
        ("Avarias", "Repairs and devices"),
    ];
    let teams: Vec<Json> = teams
        .iter()
        .map(|(name, description)| json!({"name": name, "description": description}))
        .collect();
    add_rows(organisation, now, "teams", 1, &teams);
    let queues = [
        ("Recovery", "Customers to win back"),
        ("Support", "Questions and problems"),
        ("Avarias", "Devices that do not work"),
        ("Complaints", "Formal complaints"),
    ];
    let queues: Vec<Json> = queues
        .iter()
        .map(|(name, description)| json!({"name": name, "description": description}))
        .collect();
    add_rows(organisation, now, "queues", 1, &queues);
    let accounts = [
        ("Ultramarinos A Camelia", "A-1001", "Vigo", "+34886000101"),
        ("Padaría Coração do Miño", "A-1002", "Tui", "+34886000102"),
        (
            "Construções São Brás, Lda.",
            "A-1003",
            "Braga",
            "+351253000103",
        ),
    ];
    let accounts: Vec<Json> = accounts
        .iter()
        .enumerate()
        .map(|(at, (name, number, city, phone))| {
            json!({"name": name, "accountnumber": number, "address1_city": city, "telephone1": phone, "emailaddress1": format!("empresa{}@example.com", at + 1)})
        })
        .collect();
    add_rows(organisation, now, "accounts", 1, &accounts);
    let contacts = [
        (
            "Iria",
            "Fernández Núñez",
            "iria.fernandez@example.com",
            "+34600000201",
            "C-2001",
            Some(1),
        ),
        (
            "Xoán",
            "Piñeiro Ríos",
            "xoan.pineiro@example.com",
            "+34600000202",
            "C-2002",
            None,
        ),
        (
            "Antía",
            "Souto Lugrís",
            "antia.souto@example.com",
            "+34600000203",
            "C-2003",
            Some(2),
        ),
        (
            "Inês",
            "Conceição",
            "ines.conceicao@example.com",
            "+351910000204",
            "C-2004",
            Some(3),
        ),
        (
            "João",
            "Simões Araújo",
            "joao.simoes@example.com",
            "+351910000205",
            "C-2005",
            None,
        ),
        (
            "Begoña",
            "Yáñez Otero",
            "begona.yanez@example.com",
            "+34600000206",
            "C-2006",
            None,
        ),
    ];
    let contacts: Vec<Json> = contacts
        .iter()
        .map(|(first, last, email, phone, external, account)| {
            let mut row = json!({"firstname": first, "lastname": last, "emailaddress1": email, "mobilephone": phone, "externaluseridentifier": external});
            if let Some(account) = account {
                row["parentcustomerid_account@odata.bind"] = Json::String(format!("/accounts({})", key(4, *account)));
            }
            row
        })
        .collect();
    add_rows(organisation, now, "contacts", 1, &contacts);
    let purposes = [
        ("Enquisas de satisfacción", NON_RESTRICTIVE),
        ("Ofertas e novidades", RESTRICTIVE),
    ];
    let purposes: Vec<Json> = purposes
        .iter()
        .map(|(name, by_email)| {
            json!({"msdynmkt_name": name, "msdynmkt_type": COMMERCIAL, "msdynmkt_enforcementmodel": by_email, "msdynmkt_topiccount": 0})
        })
        .collect();
    add_rows(organisation, now, "msdynmkt_purposes", 1, &purposes);
}

/// Adds rows of one set, numbered from `first`; what the model does not have is left out.
fn add_rows(
    organisation: &mut Organisation,
    now: Timestamp,
    set: &str,
    first: u128,
    rows: &[Json],
) {
    let model = Arc::clone(organisation.model());
    let kind = match set {
        "systemusers" => 1,
        "teams" => 2,
        "queues" => 3,
        "accounts" => 4,
        "msdynmkt_purposes" => 12,
        _ => 5,
    };
    if model.by_set(set).is_none() {
        return;
    }
    for (number, row) in (first..).zip(rows) {
        add_row(organisation, now, set, key(kind, number), row);
    }
    organisation.settle_in();
}

fn add_row(organisation: &mut Organisation, now: Timestamp, set: &str, id: Uuid, row: &Json) {
    let model = Arc::clone(organisation.model());
    let (Some(table), Json::Object(row)) = (model.by_set(set), row) else {
        return;
    };
    let caller = application_user(now);
    let made = payload::read(organisation, table, row, &References::default())
        .and_then(|changes| change::create(organisation, &caller, table, Some(id), &changes));
    if let Err(refusal) = made {
        tracing::error!(set, code = refusal.code, "a row of the company was refused");
    }
    if set == "systemusers" {
        // In the directory a user has another key than in the organisation.
        change::as_system(organisation, &caller, table, id, |table, row| {
            let object = Value::Guid(Uuid::new_v5(&id, b"directory"));
            row.set(table, "azureactivedirectoryobjectid", object);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Model;
    use super::*;

    #[test]
    fn the_company_is_complete_and_has_the_same_keys_every_time() {
        let mut organisation = Organisation::new(Arc::new(Model::customer_service().unwrap()));
        add_application_user(&mut organisation, Timestamp::UNIX_EPOCH);
        add(&mut organisation, Timestamp::UNIX_EPOCH);
        let model = Arc::clone(organisation.model());
        let count = |set: &str| organisation.rows(model.by_set(set).unwrap()).count();
        assert_eq!(
            [
                "systemusers",
                "teams",
                "queues",
                "accounts",
                "contacts",
                "msdynmkt_purposes"
            ]
            .map(count),
            [5, 2, 4, 3, 6, 2]
        );
        assert_eq!(
            key(5, 1).to_string(),
            "5a4db0c5-0005-4000-8000-000000000001"
        );
    }
}
