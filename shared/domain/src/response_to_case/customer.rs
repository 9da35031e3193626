//! Whose case it is.

use serde::{Deserialize, Serialize};

use crate::cases::{ContactDraft, CustomerKeys, CustomerRef};
use crate::configuration::Customers;
use crate::customers::{Found, choose};
use crate::identity;
use crate::response::{Email, Response, normalised_phone};
use crate::texts;

/// Whose case it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whose {
    /// The row that the case belongs to.
    pub customer: CustomerRef,
    /// The contact to be created first, when it is a new one.
    pub new_contact: Option<ContactDraft>,
    /// The configured stand-in for whoever is unknown, and so nobody in particular.
    pub stand_in: bool,
    /// Why this customer, for the case's note, where it is not plain.
    pub why: Option<String>,
}

/// The keys by which the customer of a response can be found.
pub fn customer_keys(response: &Response) -> CustomerKeys {
    let customer = &response.customer;
    let text = |value: &Option<String>| {
        value
            .as_deref()
            .map(str::trim)
            .filter(|v| !v.is_empty())
            .map(str::to_owned)
    };
    CustomerKeys {
        external_id: text(&customer.external_id),
        email: customer
            .email
            .as_ref()
            .and_then(Email::address)
            .map(str::to_lowercase),
        phone: customer.phone.as_deref().and_then(normalised_phone),
        email_hash: customer
            .email
            .as_ref()
            .and_then(Email::hash)
            .map(str::to_owned),
    }
}

/// Whose case it is: who matched, else a new contact under the id of their surest key, else the configured stand-in.
pub fn whose(
    response: &Response,
    found: Option<&Found>,
    customers: &Customers,
) -> Result<Whose, String> {
    if let Some(chosen) = found.and_then(|found| choose(found, customers)) {
        return Ok(Whose {
            customer: chosen.customer,
            new_contact: None,
            stand_in: chosen.stand_in,
            why: chosen.why,
        });
    }
    if customers.create
        && let Some(contact) = new_contact(response)
    {
        return Ok(Whose {
            customer: CustomerRef::Contact(contact.id),
            new_contact: Some(contact),
            stand_in: false,
            why: None,
        });
    }
    match &customers.otherwise {
        Some(customer) => Ok(Whose {
            customer: customer.clone(),
            new_contact: None,
            stand_in: true,
            why: Some(
                "Nobody in the CRM matches. The customer for such cases was taken (customers.otherwise)."
                    .to_owned(),
            ),
        }),
        None if customers.create => Err("nobody in the CRM matches, and the response carries no external id, e-mail \
             address or phone number to create a contact from; set customers.otherwise to give such cases a customer"
            .to_owned()),
        None => Err("nobody in the CRM matches, and contacts are not created; set customers.create or customers.otherwise"
            .to_owned()),
    }
}

fn new_contact(response: &Response) -> Option<ContactDraft> {
    let keys = customer_keys(response);
    let id = match (&keys.external_id, &keys.email, &keys.phone) {
        (Some(external_id), _, _) => identity::contact("external id", external_id),
        (None, Some(email), _) => identity::contact("email", email),
        (None, None, Some(phone)) => identity::contact("phone", phone),
        (None, None, None) => return None,
    };
    let name = response
        .customer
        .name
        .as_deref()
        .map(texts::one_line)
        .filter(|name| !name.is_empty());
    let (first_name, last_name) = match name {
        Some(name) => match name.split_once(' ') {
            Some((first, rest)) => (Some(texts::fit(first, 50).0), texts::fit(rest, 50).0),
            None => (None, texts::fit(&name, 50).0),
        },
        None => {
            let unnamed = keys
                .email
                .as_deref()
                .or(keys.external_id.as_deref())
                .or(keys.phone.as_deref());
            (None, texts::fit(unnamed.unwrap_or_default(), 50).0)
        }
    };
    Some(ContactDraft {
        id,
        first_name,
        last_name,
        email: keys.email,
        phone: keys.phone,
        external_id: keys.external_id,
    })
}
