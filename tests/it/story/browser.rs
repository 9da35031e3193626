//! Headless Chromium, driven over WebDriver. Both listen and talk on loopback only.

use std::process::Stdio;
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long a page may take to show what is waited for.
const PATIENCE: Duration = Duration::from_secs(90);

pub(crate) struct Browser {
    pub(crate) client: Client,
    driver: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Opens a browser with a profile of its own. The programs are those that `make browser` installs.
    pub(crate) async fn open() -> Self {
        let program = |variable: &str, usual: &str| {
            std::env::var(variable)
                .ok()
                .filter(|p| !p.is_empty())
                .unwrap_or_else(|| usual.to_owned())
        };
        let chromium = program("CXLOOP_CHROMIUM", "/usr/bin/chromium");
        let mut driver = Command::new(program("CXLOOP_CHROMEDRIVER", "/usr/bin/chromedriver"))
            .args(["--port=0", "--allowed-ips=127.0.0.1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| {
                panic!("chromedriver does not start ({error}): run `make browser`")
            });
        let port = port_of(&mut driver).await;
        let profile = tempfile::tempdir().unwrap();
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1100,1400",
            &format!("--user-data-dir={}", profile.path().display()),
        ]
        .map(str::to_owned);
        let options = json!({ "args": arguments, "binary": chromium });
        let capabilities = [("goog:chromeOptions".to_owned(), options)]
            .into_iter()
            .collect();
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap_or_else(|error| panic!("Chromium does not start: {error}"));
        Self {
            client,
            driver,
            _profile: profile,
        }
    }

    pub(crate) async fn close(mut self) {
        let _ = self.client.close().await;
        let _ = self.driver.kill().await;
    }

    pub(crate) async fn goto(&self, url: &str) -> Result<(), CmdError> {
        self.client.goto(url).await
    }

    /// The element of an id, once it is there.
    pub(crate) async fn element(&self, id: &str) -> Result<Element, CmdError> {
        self.client
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Id(id))
            .await
    }

    pub(crate) async fn text(&self, id: &str) -> Result<String, CmdError> {
        self.element(id).await?.text().await
    }

    pub(crate) async fn click(&self, id: &str) -> Result<(), CmdError> {
        self.element(id).await?.click().await
    }

    pub(crate) async fn fill(&self, id: &str, text: &str) -> Result<(), CmdError> {
        self.element(id).await?.send_keys(text).await
    }

    /// Loads a page again and again until the whole of it says something, and returns it.
    pub(crate) async fn until_page_says(&self, url: &str, words: &str) -> Result<String, CmdError> {
        let begin = std::time::Instant::now();
        loop {
            self.goto(url).await?;
            let text = self.client.find(Locator::Css("body")).await?.text().await?;
            if text.contains(words) {
                return Ok(text);
            }
            assert!(
                begin.elapsed() < PATIENCE,
                "{url} never says {words:?}; it says:\n{text}"
            );
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
}

/// The port that chromedriver chose, from its own words.
async fn port_of(driver: &mut Child) -> u16 {
    let mut lines = BufReader::new(driver.stdout.take().expect("its output is piped")).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some((_, rest)) = line.split_once("started successfully on port ") {
            let port = rest.trim_end_matches('.').parse().unwrap();
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return port;
        }
    }
    panic!("chromedriver ended without naming its port");
}
