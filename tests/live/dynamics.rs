//! A Dynamics organisation: the case desk's contract, the open questions, and clearing up.

use async_trait::async_trait;
use cxloop_dataverse::{Call, Client, Condition, Connection, Error, Filter, Query, Row, Timeouts};
use cxloop_dynamics::case_desk::{DynamicsCaseDesk, TAG};
use cxloop_sandbox::stand_in::wall_clock;
use cxloop_testkit::contract::{self, CaseDeskFixture};
use uuid::Uuid;

use crate::{probes, report::Report, settings::Dynamics};

/// What every row of a run is named with. Clearing up goes by it, so that a run also clears up after
/// one that was killed.
const OURS: &str = "cxloop live-";
/// The start of the addresses that the suite makes up.
const MADE_UP: &str = "d'antas.live-";

/// An organisation with a contact and a queue of this run's own.
pub(crate) struct Organisation {
    pub(crate) client: Client,
    pub(crate) run: String,
    pub(crate) contact: Uuid,
    pub(crate) queue: Uuid,
    owner: String,
}

/// Runs everything and clears up, whatever happened.
pub(crate) async fn run(settings: &Dynamics, run: &str, report: &mut Report) {
    let client = match client(settings) {
        Ok(client) => client,
        Err(error) => return report.broken("dynamics: reach it", &error.to_string()),
    };
    match Organisation::prepare(client.clone(), settings, run).await {
        Ok(organisation) => {
            report.kept("dynamics: reach it, and make a contact and a queue");
            keep_the_contract(&organisation, report).await;
            probes::look(&organisation, report).await;
        }
        Err(error) => report.broken(
            "dynamics: reach it, and make a contact and a queue",
            &told(&error),
        ),
    }
    let cleared = clear_up(&client).await;
    let rows = cleared.rows;
    match cleared.left.as_slice() {
        [] => report.kept(&format!("dynamics: clear up ({rows} rows)")),
        left => report.broken(
            &format!("dynamics: clear up ({rows} rows)"),
            &left.join("; "),
        ),
    }
}

async fn keep_the_contract(organisation: &Organisation, report: &mut Report) {
    let name = "dynamics".parse().expect("a connection name");
    let desk = DynamicsCaseDesk::new(organisation.client.clone(), name);
    report
        .check(
            "dynamics: finds customers",
            Box::pin(contract::finds_customers(&desk, organisation)),
        )
        .await;
    report
        .check(
            "dynamics: finds queues and owners",
            Box::pin(contract::finds_queues_and_owners(&desk, organisation)),
        )
        .await;
    report
        .check(
            "dynamics: opens one case",
            Box::pin(contract::opens_one_case(&desk, organisation)),
        )
        .await;
    report
        .check(
            "dynamics: reopens a resolved case",
            Box::pin(contract::reopens_a_resolved_case(&desk, organisation)),
        )
        .await;
    report
        .check(
            "dynamics: leaves changed cases alone",
            Box::pin(contract::leaves_changed_cases_alone(&desk, organisation)),
        )
        .await;
}

fn client(settings: &Dynamics) -> Result<Client, Error> {
    let connection = Connection::new(
        &settings.url,
        &settings.tenant,
        &settings.client_id,
        settings.client_secret.clone(),
        TAG,
    )?;
    let connection = match &settings.token_url {
        Some(token_url) => connection.with_token_url(token_url)?,
        None => connection,
    };
    let http = Connection::http_client(Timeouts::default())?;
    Ok(Client::new(http, connection, wall_clock()))
}

/// An error with status and code, and the service's words: rows of a trial hold nobody's data but ours.
pub(crate) fn told(error: &Error) -> String {
    match error.detail() {
        Some(detail) => format!(
            "{error} ({} {:?} {})",
            detail.status, detail.code, detail.message
        ),
        None => error.to_string(),
    }
}

impl Organisation {
    async fn prepare(client: Client, settings: &Dynamics, run: &str) -> Result<Self, Error> {
        let owner = match &settings.owner {
            Some(owner) => owner.clone(),
            None => {
                let user = client.who_am_i().await?.user;
                let query = Query::new().select(["fullname"]);
                let user = client.get("systemusers", user, &query).await?;
                user.text("fullname").unwrap_or_default().to_owned()
            }
        };
        let contact = Row::new()
            .set("firstname", "Peña")
            .set("lastname", format!("cxloop {run}"))
            .set("emailaddress1", format!("{run}@example.com"));
        let contact = client.create("contacts", contact).await?;
        let queue = Row::new().set("name", format!("cxloop {run}"));
        let queue = client.create("queues", queue).await?;
        Ok(Self {
            client,
            run: run.to_owned(),
            contact,
            queue,
            owner,
        })
    }

    /// A case of this run's contact, outside the contract.
    pub(crate) async fn case(&self, title: &str) -> Result<Uuid, Error> {
        let case =
            Row::new()
                .set("title", title)
                .bind("customerid_contact", "contacts", self.contact);
        self.client.create("incidents", case).await
    }

    pub(crate) async fn close(&self, case: Uuid) -> Result<(), Error> {
        let resolution = Row::new()
            .of_table("incidentresolution")
            .set("subject", "Chamamos á cliente")
            .bind("incidentid", "incidents", case);
        let parameters = Row::new()
            .set("IncidentResolution", resolution)
            .set("Status", 5);
        let call = Call::unbound("CloseIncident", parameters);
        self.client.execute(call).await.map(drop)
    }
}

#[async_trait]
impl CaseDeskFixture for Organisation {
    fn contact(&self) -> Uuid {
        self.contact
    }

    fn contact_email(&self) -> String {
        format!("{}@example.com", self.run)
    }

    fn queue(&self) -> String {
        format!("cxloop {}", self.run)
    }

    fn owner(&self) -> String {
        self.owner.clone()
    }

    fn run(&self) -> String {
        self.run.clone()
    }

    async fn resolve(&self, case: Uuid) {
        if let Err(error) = self.close(case).await {
            panic!("the case cannot be resolved: {}", told(&error));
        }
    }

    async fn cancel(&self, case: Uuid) {
        let cancelled = Row::new().set("statecode", 2).set("statuscode", 6);
        let changed = self
            .client
            .update("incidents", case, &Condition::Exists, cancelled)
            .await;
        if let Err(error) = changed {
            panic!("the case cannot be cancelled: {}", told(&error));
        }
    }

    async fn delete(&self, case: Uuid) {
        if let Err(error) = clear_case(&self.client, case).await {
            panic!("the case cannot be deleted: {}", told(&error));
        }
    }
}

/// What clearing up has come to.
#[derive(Default)]
struct Cleared {
    rows: usize,
    /// What could not be found or deleted, as it is told.
    left: Vec<String>,
}

impl Cleared {
    fn deleted(&mut self, outcome: Result<usize, Error>) {
        match outcome {
            Ok(rows) => self.rows += rows,
            Err(error) => self.left.push(told(&error)),
        }
    }

    fn found(&mut self, outcome: Result<Vec<Uuid>, Error>) -> Vec<Uuid> {
        outcome.unwrap_or_else(|error| {
            self.left.push(told(&error));
            Vec::new()
        })
    }
}

/// Deletes what runs have made, from the leaves to the root, and goes on after what cannot be deleted.
async fn clear_up(client: &Client) -> Cleared {
    let mut cleared = Cleared::default();
    let ours =
        Filter::starts_with("lastname", OURS).or(Filter::starts_with("emailaddress1", MADE_UP));
    for contact in cleared.found(found(client, "contacts", "contactid", ours).await) {
        let cases = Filter::eq("_customerid_value", contact);
        for case in cleared.found(found(client, "incidents", "incidentid", cases).await) {
            cleared.deleted(clear_case(client, case).await);
        }
        cleared.deleted(delete(client, "contacts", contact).await);
    }
    // The case without a customer, should a system have accepted it.
    let stray = Filter::starts_with("title", OURS);
    for case in cleared.found(found(client, "incidents", "incidentid", stray).await) {
        cleared.deleted(clear_case(client, case).await);
    }
    let queues = Filter::starts_with("name", OURS);
    for queue in cleared.found(found(client, "queues", "queueid", queues).await) {
        let items = Filter::eq("_queueid_value", queue);
        cleared.deleted(delete_all(client, "queueitems", "queueitemid", items).await);
        cleared.deleted(delete(client, "queues", queue).await);
    }
    cleared
}

async fn clear_case(client: &Client, case: Uuid) -> Result<usize, Error> {
    let about = || Filter::eq("_objectid_value", case);
    let notes = delete_all(client, "annotations", "annotationid", about()).await?;
    let items = delete_all(client, "queueitems", "queueitemid", about()).await?;
    Ok(notes + items + delete(client, "incidents", case).await?)
}

async fn delete_all(
    client: &Client,
    set: &str,
    key: &'static str,
    filter: Filter,
) -> Result<usize, Error> {
    let mut deleted = 0;
    for id in found(client, set, key, filter).await? {
        deleted += delete(client, set, id).await?;
    }
    Ok(deleted)
}

/// A row that went with another is gone too.
async fn delete(client: &Client, set: &str, id: Uuid) -> Result<usize, Error> {
    match client.delete(set, id, &Condition::Exists).await {
        Ok(()) => Ok(1),
        Err(Error::NotFound(_)) => Ok(0),
        Err(error) => Err(error),
    }
}

async fn found(
    client: &Client,
    set: &str,
    key: &'static str,
    filter: Filter,
) -> Result<Vec<Uuid>, Error> {
    let mut ids = Vec::new();
    let mut pages = client.pages(
        set,
        Query::new().select([key]).filter(filter).page_size(100),
    );
    while let Some(page) = pages.next().await? {
        ids.extend(page.rows.iter().filter_map(|row| row.id(key)));
    }
    Ok(ids)
}
