//! Why a function cannot start or keep running.

/// Why a function cannot start or keep running.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An environment variable that the function needs is not set.
    #[error("the environment variable {0} is not set")]
    MissingSetting(&'static str),
    /// An environment variable holds something else than expected.
    #[error("the environment variable {name} is {given:?}: expected {expected}")]
    WrongSetting {
        /// The variable.
        name: &'static str,
        /// Its value.
        given: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// The HTTP client's TLS could not start.
    #[error("no HTTP client: {0}")]
    HttpClient(#[source] reqwest::Error),
    /// The Lambda runtime ended.
    #[error("the Lambda runtime ended: {0}")]
    Runtime(#[source] lambda_runtime::Error),
}
