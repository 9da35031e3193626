//! The customers whom Dynamics knows before anything is measured.

use serde_json::json;

use crate::Error;

/// How many there are; responses come from one after another.
pub const CUSTOMERS: u64 = 100;

/// The e-mail address of a customer, by the number of the response.
#[must_use]
pub fn email_of(response: u64) -> String {
    format!("cliente-{}@example.com", response % CUSTOMERS)
}

pub(super) async fn make_known(client: &reqwest::Client, dynamics_url: &str) -> Result<(), Error> {
    for number in 0..CUSTOMERS {
        let contact = json!({
            "firstname": "Uxía", "lastname": format!("Bóveda {number}"), "emailaddress1": email_of(number),
        });
        let answer = client
            .post(format!("{dynamics_url}/api/data/v9.2/contacts"))
            .bearer_auth("sandbox")
            .json(&contact)
            .send()
            .await
            .map_err(|error| Error::unusable("the stand-in of Dynamics", error))?;
        if !answer.status().is_success() {
            let status = answer.status();
            return Err(Error::unusable(
                "the stand-in of Dynamics",
                format!("it refuses a contact with {status}"),
            ));
        }
    }
    Ok(())
}
