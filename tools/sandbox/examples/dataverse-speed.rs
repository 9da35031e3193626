//! Measures the Dataverse stand-in: single creates a second over HTTP, and what a row costs in memory.
//!
//! `target/harness/examples/dataverse-speed [rows] [connections] [file to keep them in]`

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use cxloop_sandbox::dataverse::{Dataverse, Model, serve_on};
use cxloop_sandbox::stand_in::wall_clock;

const CONTACT: &str = "5a4db0c5-0005-4000-8000-000000000001";

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let rows: usize = arguments
        .next()
        .map_or(Ok(100_000), |text| text.parse())
        .context("the first argument is the number of rows")?;
    let connections: usize = arguments
        .next()
        .map_or(Ok(8), |text| text.parse())
        .context("the second argument is the number of connections")?;
    let mut dataverse = Dataverse::new(Model::customer_service()?, wall_clock()).with_company();
    if let Some(file) = arguments.next() {
        dataverse = dataverse.kept_in(Path::new(&file))?;
    }
    dataverse.limit_requests(usize::MAX);
    dataverse.limit_concurrency(usize::MAX);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}/api/data/v9.2", listener.local_addr()?);
    tokio::spawn(serve_on(listener, dataverse));

    let mut out = std::io::stdout();
    let client = reqwest::Client::builder().no_proxy().build()?;
    // The first thousand fill pools and caches that belong to no row.
    create(&client, &address, 1000, connections).await?;
    let (before, start) = (resident_bytes()?, Instant::now());
    create(&client, &address, rows, connections).await?;
    let (seconds, after) = (start.elapsed().as_secs_f64(), resident_bytes()?);
    writeln!(
        out,
        "{rows} cases over {connections} connections: {:.0} creates/s, {} bytes a row",
        rows as f64 / seconds,
        after.saturating_sub(before) / rows.max(1)
    )?;
    for (what, query) in [
        (
            "by an indexed column",
            format!("$filter=_customerid_value eq {CONTACT}&$top=1"),
        ),
        (
            "by looking at every row",
            "$filter=contains(description,'ningures')".to_owned(),
        ),
        ("count", "$count=true&$top=1".to_owned()),
    ] {
        let start = Instant::now();
        let answer = client
            .get(format!("{address}/incidents?$select=title&{query}"))
            .bearer_auth("sandbox")
            .send()
            .await?;
        if !answer.status().is_success() {
            bail!("the query was refused: {}", answer.text().await?);
        }
        answer.bytes().await?;
        writeln!(
            out,
            "{what}: {:.1} ms",
            start.elapsed().as_secs_f64() * 1000.0
        )?;
    }
    Ok(())
}

async fn create(
    client: &reqwest::Client,
    address: &str,
    rows: usize,
    connections: usize,
) -> Result<()> {
    let next = Arc::new(AtomicUsize::new(0));
    let tasks = (0..connections).map(|_| {
        let (client, next, address) = (client.clone(), Arc::clone(&next), format!("{address}/incidents"));
        tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= rows {
                    return Ok(());
                }
                let body = format!(
                    "{{\"title\":\"Avaría número {number}\",\"description\":\"A caldeira non prende pola mañá.\",\
                     \"customerid_contact@odata.bind\":\"/contacts({CONTACT})\",\"prioritycode\":1,\"caseorigincode\":3}}"
                );
                let answer = client
                    .post(&address)
                    .bearer_auth("sandbox")
                    .header("Content-Type", "application/json")
                    .body(body)
                    .send()
                    .await?;
                if answer.status().as_u16() != 204 {
                    bail!("a create was refused: {}", answer.text().await?);
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await??;
    }
    Ok(())
}

/// The memory that this process has in use, its client included.
fn resident_bytes() -> Result<usize> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("VmRSS is not told")?;
    let kibibytes: usize = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kibibytes * 1024)
}
