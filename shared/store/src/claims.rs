//! Claims, leases and sets of members: each decided by one conditional write.

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use cxloop_ports::{Claims, Failure};
use jiff::Timestamp;

use crate::error::classify;
use crate::item::{Key, Stored, expiry_at, failed_put, text, written};
use crate::{Store, StoreError};

fn claim_key(key: &str) -> Key {
    Key::new(format!("CLAIM#{key}"), "HOLDER")
}

fn lease_key(key: &str) -> Key {
    Key::new(format!("LEASE#{key}"), "HOLDER")
}

fn set_key(key: &str) -> Key {
    Key::new(format!("SET#{key}"), "MEMBERS")
}

fn others_in(item: &Stored, member: &str) -> Result<u32, StoreError> {
    let others = item
        .texts("members")?
        .iter()
        .filter(|known| *known != member)
        .count();
    Ok(u32::try_from(others).unwrap_or(u32::MAX))
}

#[async_trait]
impl Claims for Store {
    async fn claim(&self, key: &str, holder: &str) -> Result<String, Failure> {
        let item = claim_key(key).with([("holder", text(holder))]);
        match self.put_unless_there("claim", item).await? {
            None => Ok(holder.to_owned()),
            Some(standing) => Ok(standing.text("holder")?.to_owned()),
        }
    }

    async fn take_over(&self, key: &str, from: &str, to: &str) -> Result<String, Failure> {
        let taken = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(claim_key(key).with([("holder", text(to))])))
            .condition_expression("attribute_not_exists(#holder) OR #holder = :from")
            .expression_attribute_names("#holder", "holder")
            .expression_attribute_values(":from", text(from))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = taken else {
            return Ok(to.to_owned());
        };
        let standing = failed_put(&error).ok_or_else(|| classify("PutItem", &error))?;
        Ok(Stored::new("claim", standing).text("holder")?.to_owned())
    }

    async fn lease(
        &self,
        key: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, Failure> {
        let item = lease_key(key).with([
            ("holder", text(holder)),
            ("until", text(written(until))),
            ("expires_at", expiry_at(until)),
        ]);
        let taken = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(
                "attribute_not_exists(#holder) OR #holder = :holder OR #until <= :now",
            )
            .expression_attribute_names("#holder", "holder")
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":holder", text(holder))
            .expression_attribute_values(":now", text(written(now)))
            .send()
            .await;
        match taken {
            Ok(_) => Ok(true),
            Err(error) if failed_put(&error).is_some() => Ok(false),
            Err(error) => Err(classify("PutItem", &error).into()),
        }
    }

    async fn release(&self, key: &str, holder: &str) -> Result<(), Failure> {
        let released = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(lease_key(key).attributes()))
            .condition_expression("#holder = :holder")
            .expression_attribute_names("#holder", "holder")
            .expression_attribute_values(":holder", text(holder))
            .send()
            .await;
        match released {
            Ok(_) => Ok(()),
            // Another's by now, or over.
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DeleteItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(classify("DeleteItem", &error).into()),
        }
    }

    async fn join(&self, key: &str, member: &str) -> Result<u32, Failure> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(set_key(key).attributes()))
            .update_expression("ADD #members :member")
            .expression_attribute_names("#members", "members")
            .expression_attribute_values(":member", AttributeValue::Ss(vec![member.to_owned()]))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(|error| classify("UpdateItem", &error))?;
        Ok(others_in(
            &Stored::new("set", answer.attributes.unwrap_or_default()),
            member,
        )?)
    }

    async fn leave(&self, key: &str, member: &str) -> Result<(), Failure> {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(set_key(key).attributes()))
            .update_expression("DELETE #members :member")
            .expression_attribute_names("#members", "members")
            .expression_attribute_values(":member", AttributeValue::Ss(vec![member.to_owned()]))
            .send()
            .await
            .map_err(|error| classify("UpdateItem", &error))?;
        Ok(())
    }

    async fn others(&self, key: &str, member: &str) -> Result<u32, Failure> {
        match self.get("set", &set_key(key)).await? {
            None => Ok(0),
            Some(item) => Ok(others_in(&item, member)?),
        }
    }
}
