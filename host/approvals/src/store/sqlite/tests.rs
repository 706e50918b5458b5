#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

use super::*;
use crate::request::{Digests, Subject, Voucher};
use crate::store::NewRequest;

fn new(reason: &str) -> NewRequest {
    let digest = format!("sha256:{}", "1".repeat(64));
    NewRequest {
        subject: Subject::new("churn", "8", "Production").unwrap(),
        by: "kim".into(),
        role: "ml_engineer".into(),
        reason: reason.into(),
        digests: Digests::new(&digest, &digest, &digest).unwrap(),
        voucher: Voucher { issuer: "i".into(), subject: "s".into() },
    }
}

fn ask(sqlite: &mut Sqlite, reason: &str) -> Result<(), StoreError> {
    let now = jiff::Timestamp::now().as_microsecond();
    sqlite.write(|rows| rows::request(rows, &new(reason), now)).map(drop)
}

#[test]
fn a_full_disk_is_told_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("approvals.db");
    let mut sqlite = Sqlite::open(&path, false).unwrap();
    let pages = sqlite.number("PRAGMA page_count").unwrap();
    // SQLite's own word for a disk of so many pages.
    sqlite.connection.pragma_update(None, "max_page_count", pages).unwrap();
    let long = "x".repeat(4_000);
    // What fits may be written; the first that does not is told.
    let mut written = 0;
    let error = (0..100)
        .find_map(|letter| {
            let digest = format!("sha256:{letter:064x}");
            let now = jiff::Timestamp::now().as_microsecond();
            let new = NewRequest {
                digests: Digests::new(&digest, &digest, &digest).unwrap(),
                ..new(&long)
            };
            match sqlite.write(|rows| rows::request(rows, &new, now)) {
                Ok(_) => {
                    written += 1;
                    None
                }
                Err(error) => Some(error),
            }
        })
        .unwrap();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert_eq!(sqlite.read(|rows| rows.requests(None)).unwrap().len(), written);
    sqlite.connection.pragma_update(None, "max_page_count", 1_000).unwrap();
    sqlite.check().unwrap();
}

#[test]
fn a_store_that_can_only_be_read_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("approvals.db");
    let mut sqlite = Sqlite::open(&path, false).unwrap();
    ask(&mut sqlite, "because").unwrap();
    let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut sqlite = Sqlite { connection, path };
    sqlite.recognise().unwrap();
    assert_eq!(sqlite.read(|rows| rows.requests(None)).unwrap().len(), 1);
    let error = sqlite
        .write(|rows| {
            rows.insert(
                Table::Votes,
                (0..13)
                    .map(|at| {
                        if at == 2 || at == 12 { Cell::Integer(1) } else { Cell::Text("x".into()) }
                    })
                    .collect(),
            )
        })
        .unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
}
