//! Which systems, from the environment.

use secrecy::SecretString;

/// The systems that are set.
pub(crate) struct Settings {
    pub(crate) dynamics: Option<Dynamics>,
    pub(crate) wxm: Option<Wxm>,
}

/// A trial organisation and an application user in it.
pub(crate) struct Dynamics {
    pub(crate) url: String,
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: SecretString,
    /// Where tokens come from, if not from Microsoft's public cloud.
    pub(crate) token_url: Option<String>,
    /// The user or team that owns a case; the application user unless given.
    pub(crate) owner: Option<String>,
}

/// An account of the survey platform.
pub(crate) struct Wxm {
    pub(crate) url: String,
    pub(crate) user: String,
    pub(crate) password: SecretString,
    /// The questionnaire that gets an answer.
    pub(crate) survey: String,
}

const DYNAMICS: [&str; 4] = [
    "CXLOOP_LIVE_DYNAMICS_URL",
    "CXLOOP_LIVE_DYNAMICS_TENANT",
    "CXLOOP_LIVE_DYNAMICS_CLIENT_ID",
    "CXLOOP_LIVE_DYNAMICS_CLIENT_SECRET",
];
const WXM: [&str; 4] = [
    "CXLOOP_LIVE_WXM_URL",
    "CXLOOP_LIVE_WXM_USER",
    "CXLOOP_LIVE_WXM_PASSWORD",
    "CXLOOP_LIVE_WXM_SURVEY",
];
const TOKEN_URL: &str = "CXLOOP_LIVE_DYNAMICS_TOKEN_URL";
const OWNER: &str = "CXLOOP_LIVE_DYNAMICS_OWNER";

impl Settings {
    /// Reads them, or says what to set.
    pub(crate) fn read(of: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let of = |name: &str| of(name).filter(|value| !value.trim().is_empty());
        let dynamics = group(&DYNAMICS, of)?.map(|[url, tenant, client_id, secret]| Dynamics {
            url,
            tenant,
            client_id,
            client_secret: SecretString::from(secret),
            token_url: of(TOKEN_URL),
            owner: of(OWNER),
        });
        let wxm = group(&WXM, of)?.map(|[url, user, password, survey]| Wxm {
            url,
            user,
            password: SecretString::from(password),
            survey,
        });
        if dynamics.is_none() && wxm.is_none() {
            return Err(format!(
                "nothing is set. For Dynamics set {}, and if needed {TOKEN_URL} and {OWNER}; for WXM set {}.",
                DYNAMICS.join(", "),
                WXM.join(", ")
            ));
        }
        Ok(Self { dynamics, wxm })
    }
}

/// All of a group, or none of it.
fn group(
    names: &[&str; 4],
    of: impl Fn(&str) -> Option<String>,
) -> Result<Option<[String; 4]>, String> {
    let missing: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| of(name).is_none())
        .collect();
    match missing.len() {
        0 => Ok(Some(names.map(|name| of(name).unwrap_or_default()))),
        4 => Ok(None),
        _ => Err(format!("also set {}", missing.join(", "))),
    }
}
