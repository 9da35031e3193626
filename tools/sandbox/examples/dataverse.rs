//! The Dataverse stand-in alone, for clients in other languages: `cargo run -p cxloop-sandbox --example dataverse -- --port 0`.
//!
//! It prints its address on one line and answers until it is ended. The token is `sandbox`. `--empty` leaves the company out;
//! `--limit N` allows so many requests within 300 seconds.

#![expect(
    clippy::print_stdout,
    reason = "the address is what this program is started for"
)]

use anyhow::{Context, Result, bail};
use cxloop_sandbox::dataverse::{Dataverse, Model, serve_on};
use cxloop_sandbox::stand_in::wall_clock;

#[tokio::main]
async fn main() -> Result<()> {
    let (mut port, mut limit, mut empty) = (0_u16, None, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--port" => port = number(arguments.next(), "--port")?,
            "--limit" => limit = Some(number(arguments.next(), "--limit")?),
            "--empty" => empty = true,
            other => {
                bail!("unknown argument {other}; usage: dataverse [--port N] [--empty] [--limit N]")
            }
        }
    }
    let mut dataverse = Dataverse::new(Model::customer_service()?, wall_clock());
    if !empty {
        dataverse = dataverse.with_company();
    }
    if let Some(limit) = limit {
        dataverse.limit_requests(limit);
    }
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}/", listener.local_addr()?);
    serve_on(listener, dataverse).await;
    Ok(())
}

fn number<N: std::str::FromStr>(text: Option<String>, option: &str) -> Result<N> {
    text.and_then(|text| text.parse().ok())
        .with_context(|| format!("{option} needs a number"))
}
