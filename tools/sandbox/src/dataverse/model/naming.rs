//! Schema names and identifiers of definitions, where model files do not give them.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The schema name of a standard table or column. It differs from the logical name in its capitals only, which the label
/// shows where it has the same letters (`Account Number`, `accountnumber`).
pub(super) fn schema(logical: &str, label: Option<&str>) -> String {
    let letters: String = label
        .unwrap_or_default()
        .split_whitespace()
        .map(capitalised)
        .collect();
    if letters.to_lowercase() == logical {
        letters
    } else if logical.contains('_') {
        logical.to_owned()
    } else {
        capitalised(logical)
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// What one row is called where all of them are called `collection`.
pub(super) fn singular(collection: &Option<String>, logical: &str) -> String {
    let Some(collection) = collection else {
        return capitalised(logical);
    };
    if let Some(stem) = collection.strip_suffix("ies") {
        format!("{stem}y")
    } else {
        collection
            .strip_suffix('s')
            .unwrap_or(collection)
            .to_owned()
    }
}

/// The identifier of a definition. It follows from the names alone, so that every run of a sandbox has the same ones.
pub(crate) fn metadata_id(parts: &[&str]) -> Uuid {
    let digest = Sha256::digest(parts.join("/"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schema_names_take_their_capitals_from_the_label() {
        assert_eq!(
            schema("accountnumber", Some("Account Number")),
            "AccountNumber"
        );
        assert_eq!(schema("ticketnumber", Some("Case Number")), "Ticketnumber");
        assert_eq!(schema("msdyn_alerttoken", None), "msdyn_alerttoken");
        assert_eq!(
            singular(&Some("Queue Items".to_owned()), "queueitem"),
            "Queue Item"
        );
        assert_eq!(
            singular(&Some("Activities".to_owned()), "activitypointer"),
            "Activity"
        );
    }
}
