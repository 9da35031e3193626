//! Whether addresses answer at all, and what their clocks say.

use cxloop_domain::configuration::Connection;
use cxloop_domain::doctor::{clocks, seconds_ahead};
use cxloop_domain::setup::address;
use reqwest::header::DATE;

use super::Patient;
use super::findings::Findings;
use crate::aws::clock;

/// Asks an address without proving who we are: any answer shows that somebody is there, and tells the time.
pub(super) async fn address(
    patient: &Patient<'_>,
    check: &str,
    url: &str,
    mend: &str,
    findings: &mut Findings,
) -> bool {
    match patient.http.get(url).send().await {
        Ok(answer) => {
            findings.ok(&format!("{check} address"), "answers");
            let date = answer
                .headers()
                .get(DATE)
                .and_then(|date| date.to_str().ok());
            let ahead = date.and_then(|date| seconds_ahead(date, clock().now()));
            if let Some(ahead) = ahead {
                let judged = clocks(ahead);
                findings.judged(
                    &format!("{check} clock"),
                    judged,
                    "as ours",
                    "set the clock of this machine",
                );
            }
            true
        }
        Err(error) => {
            let told = if error.is_timeout() {
                "no answer in time"
            } else {
                "no connection"
            };
            findings.unreachable(
                &format!("{check} address"),
                format!("{url}: {told}"),
                Some(mend),
            );
            false
        }
    }
}

/// Whether our own webhooks answer where the systems outside call them.
pub(super) async fn our_api(patient: &Patient<'_>) -> Findings {
    let mut findings = Findings::default();
    let Some(root) = &patient.api else {
        findings.warning(
            "api",
            "nobody says where it is",
            "cxloop doctor --to <the output ApiEndpoint>",
        );
        return findings;
    };
    let mend = "is the stack deployed, and is the address right? make deploy";
    if !address(patient, "api", &format!("{root}/"), mend, &mut findings).await {
        return findings;
    }
    for (name, connection) in &patient.configured.configuration.connections {
        // Without its proof a webhook is refused; one that is not known at all was never deployed or applied.
        let url = address::webhook(root, name);
        let check = format!("{name} webhook");
        match patient.http.post(&url).body("{}").send().await {
            Ok(answer) if answer.status().as_u16() == 401 || answer.status().is_success() => {
                findings.ok(&check, "is there and asks who calls");
            }
            Ok(answer) => findings.failed(
                &check,
                format!(
                    "answers {} to a caller without proof, not 401",
                    answer.status().as_u16()
                ),
                match connection {
                    Connection::Dynamics(_) => "cxloop apply, after make deploy",
                    _ => "cxloop apply",
                },
            ),
            Err(_) => findings.unreachable(&check, "no answer", Some(mend)),
        }
    }
    findings
}
