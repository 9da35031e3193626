//! Questions of `docs/unverified.md` that a look at the system answers.

use cxloop_dataverse::{
    Condition, Error, Filter, Query, Request, Row,
    batch::{Batch, ChangeSet, Outcome},
};
use futures::future::BoxFuture;
use uuid::Uuid;

use crate::{
    dynamics::{Organisation, told},
    report::Report,
};

type Look = for<'o> fn(&'o Organisation) -> BoxFuture<'o, Result<String, Error>>;

/// A question, what is assumed, and how to look.
pub(crate) struct Probe {
    /// The beginning of the question as the page has it.
    pub(crate) question: &'static str,
    assumed: &'static str,
    look: Look,
}

const fn probe(question: &'static str, assumed: &'static str, look: Look) -> Probe {
    Probe {
        question,
        assumed,
        look,
    }
}

pub(crate) const PROBES: &[Probe] = &[
    probe(
        "Does a failed change set echo the `Content-ID` of the failed part?",
        "yes",
        |o| Box::pin(content_id(o)),
    ),
    probe(
        "Do parts before a failed stand-alone request appear in the 400 answer?",
        "yes",
        |o| Box::pin(parts_before(o)),
    ),
    probe(
        "Code of writing to a resolved case",
        "400, 0x80044411",
        |o| Box::pin(resolved_case(o)),
    ),
    probe(
        "Writing a read-only column: refused or ignored",
        "refused",
        |o| Box::pin(read_only_column(o)),
    ),
    probe("A case without a customer: code", "400, 0x80044410", |o| {
        Box::pin(no_customer(o))
    }),
    probe("Does `eq` treat `%` and `_` as wildcards?", "no", |o| {
        Box::pin(wildcards(o))
    }),
    probe("Do column lengths count UTF-16 units?", "yes", |o| {
        Box::pin(utf16(o))
    }),
    probe(
        "Does a reactivated case get its old queue item back?",
        "no",
        |o| Box::pin(old_item(o)),
    ),
    probe(
        "An item for a queue that is not active: status",
        "400, 0x80040521",
        |o| Box::pin(inactive_queue(o)),
    ),
    probe(
        "Binding by a full address of another host or version: code",
        "400, 0x80060888",
        |o| Box::pin(other_host(o)),
    ),
    probe("Are accents compared in filters?", "yes", |o| {
        Box::pin(accents(o))
    }),
    probe("HTTP shape of `CloseIncident`", "both known forms", |o| {
        Box::pin(closing(o))
    }),
];

/// Answers every question and tells the answers.
pub(crate) async fn look(organisation: &Organisation, report: &mut Report) {
    for probe in PROBES {
        match (probe.look)(organisation).await {
            Ok(seen) => report.seen(probe.question, probe.assumed, &seen),
            Err(error) => report.open(probe.question, &told(&error)),
        }
    }
}

/// How a write was refused; what is no refusal answers no question.
fn refusal<T>(result: Result<T, Error>) -> Result<String, Error> {
    match result {
        Ok(_) => Ok("accepted".to_owned()),
        Err(error) => match error.detail() {
            Some(detail) if detail.status == 429 || detail.status >= 500 => Err(error),
            Some(detail) => Ok(match detail.code {
                Some(code) => format!("{}, {code}", detail.status),
                None => format!("{}, no code", detail.status),
            }),
            None => Err(error),
        },
    }
}

/// Whether a request was taken. A service that asks to wait or is away answers no question.
fn accepted<T>(result: Result<T, Error>) -> Result<bool, Error> {
    match result {
        Ok(_) => Ok(true),
        Err(error) => match error.detail() {
            Some(detail) if (400..500).contains(&detail.status) && detail.status != 429 => {
                Ok(false)
            }
            _ => Err(error),
        },
    }
}

fn yes(yes: bool) -> Result<String, Error> {
    Ok(if yes { "yes" } else { "no" }.to_owned())
}

async fn change_contact(o: &Organisation, row: Row) -> Result<(), Error> {
    o.client
        .update("contacts", o.contact, &Condition::Exists, row)
        .await
        .map(drop)
}

async fn change_case(o: &Organisation, case: Uuid, row: Row) -> Result<(), Error> {
    o.client
        .update("incidents", case, &Condition::Exists, row)
        .await
        .map(drop)
}

async fn content_id(o: &Organisation) -> Result<String, Error> {
    let write = |row| Request::update("contacts", o.contact, &Condition::Exists, row);
    let change_set = ChangeSet::new()
        .request(write(Row::new().set("firstname", "Peña")))
        .request(write(Row::new().set("lastname", "n".repeat(5_000))))
        .request(write(Row::new().set("firstname", "Peña")));
    match o.client.batch(&Batch::from(change_set)).await?.first() {
        Some(Outcome::Failed { part, .. }) => yes(*part == Some(1)),
        _ => Ok("the change set went through".to_owned()),
    }
}

async fn parts_before(o: &Organisation) -> Result<String, Error> {
    let read = |id| Request::get("contacts", id, &Query::new().select(["lastname"]));
    let batch = Batch::new()
        .request(read(o.contact))
        .request(read(Uuid::nil()))
        .request(read(o.contact));
    let outcomes = o.client.batch(&batch).await?;
    yes(matches!(outcomes.first(), Some(Outcome::Done(_))))
}

async fn resolved_case(o: &Organisation) -> Result<String, Error> {
    let case = o.case("Avaría pechada").await?;
    o.close(case).await?;
    refusal(change_case(o, case, Row::new().set("title", "Outra")).await)
}

async fn read_only_column(o: &Organisation) -> Result<String, Error> {
    let row = Row::new().set("createdon", "2020-01-01T00:00:00Z");
    let seen = refusal(change_contact(o, row).await)?;
    Ok(match seen.as_str() {
        "accepted" => "ignored",
        _ => "refused",
    }
    .to_owned())
}

async fn no_customer(o: &Organisation) -> Result<String, Error> {
    let case = Row::new().set("title", format!("cxloop {}", o.run));
    refusal(o.client.create("incidents", case).await)
}

async fn contacts(o: &Organisation, filter: Filter) -> Result<usize, Error> {
    let query = Query::new().select(["lastname"]).filter(filter).top(5);
    Ok(o.client.list("contacts", &query).await?.rows.len())
}

async fn wildcards(o: &Organisation) -> Result<String, Error> {
    let many = contacts(o, Filter::eq("lastname", "cxloop live-%")).await?;
    let one = o.run.replace("live-", "live_");
    let one = contacts(o, Filter::eq("lastname", format!("cxloop {one}").as_str())).await?;
    yes(many + one > 0)
}

async fn utf16(o: &Organisation) -> Result<String, Error> {
    let thirty_of_fifty = Row::new().set("middlename", "🙂".repeat(30));
    yes(refusal(change_contact(o, thirty_of_fifty).await)? != "accepted")
}

async fn old_item(o: &Organisation) -> Result<String, Error> {
    let case = o.case("Avaría na cola").await?;
    let item =
        Row::new()
            .bind("queueid", "queues", o.queue)
            .bind("objectid_incident", "incidents", case);
    o.client.create("queueitems", item).await?;
    o.close(case).await?;
    let active = Row::new().set("statecode", 0).set("statuscode", 1);
    change_case(o, case, active).await?;
    let standing = Filter::eq("_objectid_value", case).and(Filter::eq("statecode", 0));
    let query = Query::new().select(["queueitemid"]).filter(standing);
    yes(!o.client.list("queueitems", &query).await?.rows.is_empty())
}

async fn inactive_queue(o: &Organisation) -> Result<String, Error> {
    let name = format!("cxloop {} pechada", o.run);
    let queue = o
        .client
        .create("queues", Row::new().set("name", name))
        .await?;
    let inactive = Row::new().set("statecode", 1);
    o.client
        .update("queues", queue, &Condition::Exists, inactive)
        .await?;
    let case = o.case("Avaría sen cola").await?;
    let item =
        Row::new()
            .bind("queueid", "queues", queue)
            .bind("objectid_incident", "incidents", case);
    refusal(o.client.create("queueitems", item).await)
}

async fn other_host(o: &Organisation) -> Result<String, Error> {
    let case = o.case("Avaría noutro sitio").await?;
    let elsewhere = format!("https://example.com/api/data/v9.2/contacts({})", o.contact);
    let row = Row::new().set("primarycontactid@odata.bind", elsewhere);
    refusal(change_case(o, case, row).await)
}

async fn accents(o: &Organisation) -> Result<String, Error> {
    let ours = || Filter::eq("lastname", format!("cxloop {}", o.run).as_str());
    let plain = contacts(o, ours().and(Filter::eq("firstname", "Pena"))).await?;
    yes(plain == 0)
}

async fn closing(o: &Organisation) -> Result<String, Error> {
    let bound = o.case("Avaría pechada por enlace").await?;
    let bound = accepted(o.close(bound).await)?;
    let plain = o.case("Avaría pechada por id").await?;
    let resolution = Row::new()
        .of_table("incidentresolution")
        .set("subject", "Chamamos á cliente")
        .with_related(
            "incidentid",
            Row::new()
                .of_table("incident")
                .set("incidentid", plain.to_string()),
        );
    let parameters = Row::new()
        .set("IncidentResolution", resolution)
        .set("Status", 5);
    let call = cxloop_dataverse::Call::unbound("CloseIncident", parameters);
    let plain = accepted(o.client.execute(call).await)?;
    Ok(match (bound, plain) {
        (true, true) => "both known forms",
        (true, false) => "only incidentid@odata.bind",
        (false, true) => "only a nested incidentid",
        (false, false) => "neither form",
    }
    .to_owned())
}
