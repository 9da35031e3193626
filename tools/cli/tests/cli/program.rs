//! Runs the built program in an empty folder with nothing of the caller's environment.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

/// A folder to run in, with the variables that the program sees.
pub(crate) struct Place {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// What the program did.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn fine(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Credentials and a region that no service looks at.
    pub(crate) fn with_account(self) -> Self {
        self.with("AWS_REGION", "eu-west-1")
            .with("AWS_ACCESS_KEY_ID", "test")
            .with("AWS_SECRET_ACCESS_KEY", "test")
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) async fn cxloop(&self, arguments: &[&str]) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_cxloop"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Run {
            code: output.status.code().unwrap(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}

/// The folder with the event files.
pub(crate) fn events() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events")
}

/// A configuration whose systems are at these addresses.
pub(crate) fn configuration(dynamics: &str, wxm: &str) -> String {
    format!(
        r#"connections:
  wxm: {{ kind: wxm, url: "{wxm}", secret: cxloop/wxm, questions: {{ nps: nps, comment: Comments }} }}
  generic: {{ kind: standard, secret: cxloop/generic }}
  dynamics: {{ kind: dynamics, url: "{dynamics}", token_url: "{dynamics}/sandbox/oauth2/v2.0/token", secret: cxloop/dynamics }}
case_rules:
  - name: detractor
    when: nps <= 6
    case:
      title: "{{{{ customer.name }}}} scored {{{{ nps }}}}"
      description: "{{{{ comment }}}}"
      queue: Recovery
      owner: Avarias
    open_case: attach
reopen:
  - {{ name: not-solved, metric: csat, below: 3, within: 14d, at_most: 2, otherwise: follow-up }}
"#
    )
}

/// The sandbox's secrets.
pub(crate) const SECRETS: &str = r#"{
  "cxloop/wxm": { "username": "sandbox", "password": "sandbox" },
  "cxloop/dynamics": { "tenant": "sandbox", "client_id": "sandbox", "client_secret": "sandbox" }
}"#;

/// A port where nobody listens.
pub(crate) const NOBODY: &str = "http://127.0.0.1:1";
