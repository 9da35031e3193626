//! What an organisation has.

use std::collections::{BTreeMap, BTreeSet};

use cxloop_dataverse::metadata;
use cxloop_domain::setup::dynamics::{
    CASE, EndpointFound, EndpointWanted, Filter as MessageFilter, Found, ImageFound, KeyFound,
    KeyState, PUBLISHER, SOLUTION, StepFound, TableFound, tables,
};
use cxloop_ports::Failure;
use serde_json::Value;
use uuid::Uuid;

use super::Organisation;
use crate::{Client, Error, Filter, Query, Record, Request};

/// A webhook. Source: Microsoft Learn, "ServiceEndpoint" (`contract`).
const WEBHOOK: i64 = 8;
/// English (United States), where an organisation does not say.
const ENGLISH: u32 = 1033;
/// The images of a step.
const IMAGES: &str = "sdkmessageprocessingstepid_sdkmessageprocessingstepimage";

impl Organisation {
    /// Everything that a plan is made from, as it stands now: about a dozen requests, most at once. `tables` names those
    /// that steps are registered on.
    ///
    /// # Errors
    /// The failure of a request.
    pub async fn look(
        &self,
        wanted: &EndpointWanted,
        tables: &BTreeSet<&str>,
    ) -> Result<Found, Failure> {
        let client = &self.client;
        let looked = async {
            let (language, publisher, solution, own, filters, endpoint) = tokio::try_join!(
                language(client),
                publisher(client),
                solution(client),
                own_tables(client),
                filters(client, tables),
                endpoint(client, wanted),
            )?;
            let steps = match &endpoint {
                Some(endpoint) => steps(client, endpoint.id).await?,
                None => Vec::new(),
            };
            Ok::<_, Error>(Found {
                language,
                publisher,
                solution,
                tables: own,
                filters,
                endpoint,
                steps,
            })
        };
        looked
            .await
            .map_err(|error| self.fail("look at what is set up", &error))
    }
}

/// The language in which labels are written: that of the application user, which the organisation has.
async fn language(client: &Client) -> Result<u32, Error> {
    let query = Query::new().select(["DisplayName"]);
    let table = match client.send(&metadata::table(CASE, &query)).await {
        Ok(answer) => answer.record(),
        // An organisation without cases is told as such, not as one that cannot be read.
        Err(Error::NotFound(_) | Error::Refused(_) | Error::Unexpected(_)) => None,
        Err(error) => return Err(error),
    };
    let label = table.and_then(|table| table.related("DisplayName"));
    let code = label.and_then(|label| {
        let first = label.related_rows("LocalizedLabels").into_iter().next();
        label
            .related("UserLocalizedLabel")
            .or(first)?
            .whole("LanguageCode")
    });
    Ok(code
        .and_then(|code| u32::try_from(code).ok())
        .unwrap_or(ENGLISH))
}

async fn publisher(client: &Client) -> Result<Option<(Uuid, String)>, Error> {
    let query = Query::new()
        .select(["publisherid", "uniquename", "customizationprefix"])
        .filter(Filter::eq("uniquename", PUBLISHER));
    let found = client.list("publishers", &query).await?;
    Ok(found
        .rows
        .first()
        .and_then(|row| Some((row.id("publisherid")?, text(row, "customizationprefix")))))
}

async fn solution(client: &Client) -> Result<Option<Uuid>, Error> {
    let query = Query::new()
        .select(["solutionid", "uniquename"])
        .filter(Filter::eq("uniquename", SOLUTION));
    let found = client.list("solutions", &query).await?;
    Ok(found.rows.first().and_then(|row| row.id("solutionid")))
}

/// The tables that our columns are in, as far as they are there.
async fn own_tables(client: &Client) -> Result<BTreeMap<String, TableFound>, Error> {
    let mut found = BTreeMap::new();
    for name in tables().iter().map(|table| table.name).chain([CASE]) {
        let query = Query::new()
            .select(["LogicalName"])
            .filter(Filter::eq("LogicalName", name));
        let there = client.list("EntityDefinitions", &query).await?;
        if there
            .rows
            .iter()
            .any(|row| row.text("LogicalName") == Some(name))
        {
            found.insert(name.to_owned(), table(client, name).await?);
        }
    }
    Ok(found)
}

async fn table(client: &Client, name: &str) -> Result<TableFound, Error> {
    let query = Query::new().select(["LogicalName", "AttributeType"]);
    let columns = rows(client, &metadata::columns(name, &query)).await?;
    let named = |row: &Record| (text(row, "LogicalName"), text(row, "AttributeType"));
    Ok(TableFound {
        columns: columns.iter().map(named).collect(),
        keys: keys(client, name).await?,
    })
}

/// The alternate keys of a table, by name.
pub(super) async fn keys(
    client: &Client,
    table: &str,
) -> Result<BTreeMap<String, KeyFound>, Error> {
    let query = Query::new().select(["LogicalName", "KeyAttributes", "EntityKeyIndexStatus"]);
    let found = rows(client, &metadata::keys(table, &query)).await?;
    Ok(found
        .iter()
        .map(|row| (text(row, "LogicalName"), key(row)))
        .collect())
}

fn key(row: &Record) -> KeyFound {
    let names = row.value("KeyAttributes").and_then(Value::as_array);
    let names = names.into_iter().flatten().filter_map(Value::as_str);
    KeyFound {
        columns: names.map(str::to_owned).collect(),
        state: match row.text("EntityKeyIndexStatus") {
            Some("Active") => KeyState::Active,
            Some("Failed") => KeyState::Failed,
            _ => KeyState::Building,
        },
    }
}

/// Definitions come as one page.
async fn rows(client: &Client, request: &Request) -> Result<Vec<Record>, Error> {
    let answer = client.send(request).await?;
    let whole = answer
        .record()
        .ok_or_else(|| Error::unavailable("the answer holds no rows"))?;
    Ok(whole.related_rows("value"))
}

/// What steps can be registered on.
async fn filters(
    client: &Client,
    tables: &BTreeSet<&str>,
) -> Result<BTreeMap<(String, String), MessageFilter>, Error> {
    let mut found = BTreeMap::new();
    for table in tables {
        let query = Query::new()
            .select([
                "sdkmessagefilterid",
                "primaryobjecttypecode",
                "iscustomprocessingstepallowed",
            ])
            .expand(
                "sdkmessageid",
                Query::new().select(["sdkmessageid", "name"]),
            )
            .filter(Filter::eq("primaryobjecttypecode", *table));
        let mut pages = client.pages("sdkmessagefilters", query);
        while let Some(page) = pages.next().await? {
            for row in page.rows {
                let allowed = row.boolean("iscustomprocessingstepallowed") != Some(false);
                let message = row.related("sdkmessageid").filter(|_| allowed);
                if let Some((message, filter)) = message.zip(row.id("sdkmessagefilterid"))
                    && let Some(id) = message.id("sdkmessageid")
                {
                    let of = ((*table).to_owned(), text(&message, "name"));
                    found.insert(
                        of,
                        MessageFilter {
                            message: id,
                            filter,
                        },
                    );
                }
            }
        }
    }
    Ok(found)
}

/// Our endpoint: the one with the derived id, else one with our address.
async fn endpoint(
    client: &Client,
    wanted: &EndpointWanted,
) -> Result<Option<EndpointFound>, Error> {
    let query = Query::new()
        .select([
            "serviceendpointid",
            "name",
            "url",
            "authtype",
            "isauthvalueset",
            "messageformat",
            "description",
        ])
        .filter(Filter::eq("contract", WEBHOOK));
    let mut pages = client.pages("serviceendpoints", query);
    let mut by_address = None;
    while let Some(page) = pages.next().await? {
        for row in &page.rows {
            let Some(id) = row.id("serviceendpointid") else {
                continue;
            };
            let found = EndpointFound {
                id,
                name: text(row, "name"),
                url: text(row, "url"),
                auth_type: row.whole("authtype").unwrap_or_default(),
                auth_is_set: row.boolean("isauthvalueset").unwrap_or_default(),
                message_format: row.whole("messageformat").unwrap_or_default(),
                description: text(row, "description"),
            };
            if id == wanted.id {
                return Ok(Some(found));
            }
            if !wanted.url.is_empty() && found.url == wanted.url {
                by_address.get_or_insert(found);
            }
        }
    }
    Ok(by_address)
}

/// The steps that tell an endpoint, with their images.
async fn steps(client: &Client, endpoint: Uuid) -> Result<Vec<StepFound>, Error> {
    let image = Query::new().select([
        "sdkmessageprocessingstepimageid",
        "imagetype",
        "entityalias",
        "messagepropertyname",
        "attributes",
    ]);
    let query = Query::new()
        .select([
            "sdkmessageprocessingstepid",
            "name",
            "stage",
            "mode",
            "asyncautodelete",
            "statecode",
            "filteringattributes",
        ])
        .filter(Filter::eq("_eventhandler_value", endpoint))
        .expand("sdkmessageid", Query::new().select(["name"]))
        .expand(
            "sdkmessagefilterid",
            Query::new().select(["primaryobjecttypecode"]),
        )
        .expand(IMAGES, image);
    let mut pages = client.pages("sdkmessageprocessingsteps", query);
    let mut found = Vec::new();
    while let Some(page) = pages.next().await? {
        found.extend(page.rows.iter().filter_map(step));
    }
    Ok(found)
}

fn step(row: &Record) -> Option<StepFound> {
    let below = |navigation: &str, column: &str| {
        row.related(navigation)
            .map(|related| text(&related, column))
            .unwrap_or_default()
    };
    Some(StepFound {
        id: row.id("sdkmessageprocessingstepid")?,
        name: text(row, "name"),
        table: below("sdkmessagefilterid", "primaryobjecttypecode"),
        message: below("sdkmessageid", "name"),
        stage: row.whole("stage").unwrap_or_default(),
        mode: row.whole("mode").unwrap_or_default(),
        deletes_successes: row.boolean("asyncautodelete").unwrap_or_default(),
        enabled: row.whole("statecode") == Some(0),
        filtering: names(row, "filteringattributes"),
        images: row.related_rows(IMAGES).iter().filter_map(image).collect(),
    })
}

fn image(row: &Record) -> Option<ImageFound> {
    Some(ImageFound {
        id: row.id("sdkmessageprocessingstepimageid")?,
        kind: row.whole("imagetype").unwrap_or_default(),
        alias: text(row, "entityalias"),
        property: text(row, "messagepropertyname"),
        columns: names(row, "attributes"),
    })
}

/// A list of names with commas.
fn names(row: &Record, column: &str) -> BTreeSet<String> {
    let names = row
        .text(column)
        .unwrap_or_default()
        .split(',')
        .map(str::trim);
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

fn text(row: &Record, column: &str) -> String {
    row.text(column).unwrap_or_default().to_owned()
}
