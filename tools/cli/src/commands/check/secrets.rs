//! The secrets that a check may use: given in a file or the environment, else read from AWS.

use std::collections::BTreeMap;
use std::path::Path;

use async_trait::async_trait;
use cxloop_lambda_kit::aws::SecretsManager;
use cxloop_ports::{Failure, Secrets};
use secrecy::SecretString;

use crate::Error;
use crate::aws::Aws;
use crate::environment::Environment;

/// The same JSON as the file of `--secrets`.
const VARIABLE: &str = "CXLOOP_SECRETS";

pub(crate) type Given = BTreeMap<String, BTreeMap<String, SecretString>>;

/// Secrets by name. What is given comes first; AWS is asked only when nothing is given.
pub(crate) enum GivenSecrets {
    Given(Given),
    Aws(Box<SecretsManager>),
}

impl GivenSecrets {
    pub(crate) async fn of(file: Option<&Path>, environment: Environment) -> Result<Self, Error> {
        if let Some(file) = file {
            let place = file.display().to_string();
            let text = std::fs::read_to_string(file)
                .map_err(|error| Error::unusable(&format!("{place} cannot be read."), error))?;
            return Ok(Self::Given(parse(&text, &place)?));
        }
        if let Some(text) = environment.get(VARIABLE) {
            return Ok(Self::Given(parse(&text, VARIABLE)?));
        }
        Ok(Self::Aws(Box::new(Aws::of(environment).await.secrets())))
    }
}

/// The error names the place and never the content.
fn parse(text: &str, place: &str) -> Result<Given, Error> {
    let given: BTreeMap<String, BTreeMap<String, String>> =
        serde_json::from_str(text).map_err(|error| {
            let what = format!(
                "{place}:{}:{}: the secrets cannot be read",
                error.line(),
                error.column()
            );
            Error::with_mend(
                what,
                r#"Expected JSON such as {"cxloop/wxm": {"username": "…", "password": "…"}}."#,
            )
        })?;
    let secret = |fields: BTreeMap<String, String>| {
        fields
            .into_iter()
            .map(|(name, value)| (name, value.into()))
            .collect()
    };
    Ok(given
        .into_iter()
        .map(|(name, fields)| (name, secret(fields)))
        .collect())
}

#[async_trait]
impl Secrets for GivenSecrets {
    async fn field(&self, secret: &str, field: &str) -> Result<SecretString, Failure> {
        match self {
            Self::Aws(aws) => aws.field(secret, field).await,
            Self::Given(given) => {
                let fields = given
                    .get(secret)
                    .ok_or_else(|| Failure::mend(format!("Secret {secret} is not given."), ""))?;
                let missing =
                    || Failure::mend(format!("Secret {secret} has no field {field}."), "");
                fields.get(field).cloned().ok_or_else(missing)
            }
        }
    }

    async fn forget(&self, secret: &str) {
        if let Self::Aws(aws) = self {
            aws.forget(secret).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_in_the_secrets_is_placed_and_not_quoted() {
        let error = parse("{\"cxloop/wxm\": {\"password\": 12345}}", "secrets.json")
            .err()
            .unwrap();
        assert!(error.to_string().starts_with("secrets.json:1:"), "{error}");
        assert!(!format!("{error:?}").contains("12345"));
    }
}
