//! Undoing writes, and keeping them.

use super::super::model::AlternateKey;
use super::*;

fn write(_: Operation) -> Write {
    Write {
        table: "contact".to_owned(),
        id: Uuid::nil(),
        operation: Operation::Create,
        tag: None,
        at: Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn a_rollback_restores_rows_indexes_and_the_list_of_writes() {
    let model = Arc::new(Model::customer_service().unwrap());
    let contact = model.by_set("contacts").unwrap();
    let table = model.table(contact);
    let email = table.column("emailaddress1").unwrap();
    let mut organisation = Organisation::new(Arc::clone(&model));
    let id = Uuid::from_u128(7);
    let mut row = Row::empty();
    row.set_at(email, Value::text("Iria@example.com"));
    organisation.put(contact, id, row.clone(), write);
    organisation.commit().unwrap();
    let before = organisation.savepoint();
    row.set_at(email, Value::text("outra@example.com"));
    organisation.put(contact, id, row, write);
    organisation.remove(contact, id, write);
    organisation.roll_back(before);
    organisation.commit().unwrap();
    assert_eq!(
        organisation.having(contact, email, &Value::text("IRIA@EXAMPLE.COM")),
        vec![id]
    );
    assert!(
        organisation
            .having(contact, email, &Value::text("outra@example.com"))
            .is_empty()
    );
    assert_eq!(organisation.writes().len(), 1);
}

#[test]
fn a_key_whose_deletion_is_taken_back_finds_its_rows_again() {
    let model = Arc::new(Model::customer_service().unwrap());
    let contact = model.by_name("contact").unwrap();
    let mut organisation = Organisation::new(Arc::clone(&model));
    let column = model.table(contact).column("employeeid").unwrap();
    organisation.change_table(contact, |table| {
        let [name, schema, label] = ["new_numero", "new_Numero", "Número"].map(str::to_owned);
        let key = AlternateKey::new(name, schema, label, vec![column], 0, false);
        table.keys.push(key);
    });
    let id = Uuid::from_u128(9);
    let mut row = Row::empty();
    row.set_at(column, Value::text("Ñ-1"));
    organisation.put(contact, id, row, write);
    organisation.commit().unwrap();
    let found =
        |organisation: &Organisation| organisation.by_key(contact, 0, &[Value::text("Ñ-1")]);
    assert_eq!(found(&organisation), Some(id));
    let before = organisation.savepoint();
    organisation.change_table(contact, |table| table.keys.clear());
    organisation.roll_back(before);
    assert_eq!(found(&organisation), Some(id));
}

#[test]
fn what_cannot_be_written_to_the_file_is_refused_and_taken_back() {
    let model = Arc::new(Model::customer_service().unwrap());
    let contact = model.by_name("contact").unwrap();
    let mut organisation = Organisation::new(model);
    let (kept, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    organisation.put(contact, kept, Row::empty(), write);
    organisation.commit().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dynamics.jsonl");
    std::fs::write(&path, "").unwrap();
    // Opened for reading, so that every write to it fails.
    organisation.log_to(std::fs::File::open(&path).unwrap());
    organisation.put(contact, other, Row::empty(), write);
    organisation.remove(contact, kept, |operation| Write {
        id: kept,
        operation,
        ..write(operation)
    });
    assert_eq!(organisation.commit().unwrap_err().status, 500);
    assert!(organisation.row(contact, kept).is_some());
    assert!(organisation.row(contact, other).is_none());
    assert_eq!(organisation.writes().len(), 1);
    assert_eq!(organisation.deleted_since(contact, 0).count(), 0);
}
