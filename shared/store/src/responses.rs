//! Responses in normal form, with the notification names they came under.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use cxloop_domain::identity;
use cxloop_domain::names::ResponseKey;
use cxloop_domain::response::{Email, Response};
use cxloop_domain::response_to_case::customer_keys;
use cxloop_ports::{Failure, Responses, StoredResponse};
use uuid::Uuid;

use crate::error::classify;
use crate::item::{Key, Stored, expiry, failed_update, number, packed, text};
use crate::retention::RESPONSES_DAYS;
use crate::{Store, StoreError};

const WHAT: &str = "response";
const TRIES: u32 = 5;

fn key(response: &ResponseKey) -> Key {
    Key::new(format!("RESPONSE#{response}"), "NORMAL")
}

/// The derived id under which everything of one person is found for erasure, of the surest key that the response
/// carries; for a contact that cxloop created it is the contact's id.
fn person(response: &Response) -> Option<Uuid> {
    let keys = customer_keys(response);
    if let Some(external_id) = &keys.external_id {
        return Some(identity::contact("external id", external_id));
    }
    if let Some(email) = &keys.email {
        return Some(identity::contact("email", email));
    }
    if let Some(Email::Hashed(hash)) = &response.customer.email {
        return Some(identity::contact("hashed email", hash));
    }
    keys.phone.map(|phone| identity::contact("phone", &phone))
}

fn read(item: &Stored) -> Result<StoredResponse, StoreError> {
    Ok(StoredResponse {
        response: item.json("response")?,
        notifications: item.texts("notifications")?,
    })
}

#[async_trait]
impl Responses for Store {
    async fn keep(
        &self,
        response: &Response,
        notification: &str,
    ) -> Result<StoredResponse, Failure> {
        let key = key(&response.key);
        let body = packed(WHAT, response)?;
        let person = person(response);
        for _ in 0..TRIES {
            let now = self.clock.now();
            let mut expression = "SET #response = if_not_exists(#response, :response), \
                                  #expires = if_not_exists(#expires, :expires)"
                .to_owned();
            let mut update = self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(key.attributes()))
                .condition_expression("attribute_not_exists(#expires) OR #expires > :now")
                .expression_attribute_names("#response", "response")
                .expression_attribute_names("#expires", "expires_at")
                .expression_attribute_values(":response", body.clone())
                .expression_attribute_values(":expires", expiry(now, RESPONSES_DAYS))
                .expression_attribute_values(":now", number(now.as_second()))
                .return_values(ReturnValue::AllNew);
            if let Some(person) = &person {
                expression += ", #person = if_not_exists(#person, :person), #place = if_not_exists(#place, :place)";
                update = update
                    .expression_attribute_names("#person", "gsi1pk")
                    .expression_attribute_names("#place", "gsi1sk")
                    .expression_attribute_values(":person", text(format!("PERSON#{person}")))
                    .expression_attribute_values(
                        ":place",
                        text(format!("RESPONSE#{}", response.key)),
                    );
            }
            if !notification.is_empty() {
                expression += " ADD #notifications :notification";
                update = update
                    .expression_attribute_names("#notifications", "notifications")
                    .expression_attribute_values(
                        ":notification",
                        AttributeValue::Ss(vec![notification.to_owned()]),
                    );
            }
            match update.update_expression(expression).send().await {
                Ok(answer) => {
                    let item = Stored::new(WHAT, answer.attributes.unwrap_or_default());
                    return Ok(read(&item)?);
                }
                Err(error) if failed_update(&error).is_some() => {
                    // An expired response is in the way: this one takes its place, and its name in the next round.
                    let anew = key.with([
                        ("response", body.clone()),
                        ("expires_at", expiry(now, RESPONSES_DAYS)),
                    ]);
                    self.put_unless_there(WHAT, anew).await?;
                }
                Err(error) => return Err(classify("UpdateItem", &error).into()),
            }
        }
        Err(StoreError::Contended { what: WHAT }.into())
    }

    async fn load(&self, response: &ResponseKey) -> Result<Option<StoredResponse>, Failure> {
        let item = self.get(WHAT, &key(response)).await?;
        Ok(item.as_ref().map(read).transpose()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cxloop_testkit::samples;

    #[test]
    fn a_person_is_the_same_in_every_spelling_of_the_surest_key() {
        let mut response = samples::response("wxm/r-1", 3);
        response.customer.phone = None;
        let by_email = person(&response);
        response.customer.email = Email::read(" Antia@Example.com ");
        response.customer.phone = Some("+34 986 000 222".to_owned());
        assert_eq!(person(&response), by_email);
        response.customer.email = None;
        let by_phone = person(&response);
        response.customer.phone = Some("0034 986-000-222".to_owned());
        assert_eq!(person(&response), by_phone);
        assert_ne!(by_phone, by_email);
        response.customer.phone = None;
        assert_eq!(person(&response), None);
    }
}
