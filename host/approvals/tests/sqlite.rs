//! The store in a file.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails panics"
)]

#[path = "common/stores.rs"]
mod stores;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use stores::{asks, says};
use tollgate_approvals::{RequestId, Says, Store, StoreError};

fn open(path: &Path) -> Result<Store, StoreError> {
    Store::open(&format!("sqlite:{}", path.display()))
}

/// A store with one request.
fn store() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("approvals.db");
    open(&path).unwrap().request(&asks("churn", "kim", '3')).unwrap();
    (folder, path)
}

const ID: &str = "churn-v8-Production";

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn it_behaves_as_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("approvals.db");
    stores::behaves(&|| open(&path).unwrap());
}

#[test]
fn many_may_be_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("approvals.db");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| open(&path).unwrap());
        }
    });
}

#[test]
fn the_file_is_its_owners_and_no_link() {
    let (folder, path) = store();
    assert_eq!(mode(&path), 0o600);
    let link = folder.path().join("link.db");
    symlink(&path, &link).unwrap();
    let refused = |path: &Path| match open(path) {
        Err(StoreError::Unsafe { problem, .. }) => problem,
        other => panic!("{other:?}"),
    };
    assert!(refused(&link).contains("a link"));
    let dangling = folder.path().join("dangling.db");
    symlink(folder.path().join("none"), &dangling).unwrap();
    assert!(refused(&dangling).contains("a link"));
    assert!(!folder.path().join("none").exists());
    assert!(refused(folder.path()).contains("no regular file"));
    assert!(refused(&folder.path().join("no/such/folder.db")).contains("there is no folder"));
    for open_to_others in [0o620, 0o602, 0o666] {
        fs::set_permissions(&path, fs::Permissions::from_mode(open_to_others)).unwrap();
        assert!(refused(&path).contains("others can write"));
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(open(&path).unwrap().revisions(&RequestId::new(ID)).unwrap().len(), 1);
    // A folder may be a link; the file is none.
    let elsewhere = tempfile::tempdir().unwrap();
    let through = elsewhere.path().join("folder");
    symlink(folder.path(), &through).unwrap();
    assert_eq!(open(&through.join("approvals.db")).unwrap().all().unwrap().0.len(), 1);
}

#[test]
fn a_lock_is_waited_for_and_then_told() {
    let (_folder, path) = store();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let wait = std::thread::spawn({
        let path = path.clone();
        move || open(&path).map(drop)
    });
    let error = wait.join().unwrap().unwrap_err();
    assert!(matches!(error, StoreError::Locked { .. }), "{error}");
    other.execute_batch("COMMIT").unwrap();
    // A lock that is let go while it is waited for is nobody's business.
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let wait = std::thread::spawn({
        let path = path.clone();
        move || open(&path).unwrap().vote(&says(ID, None, "dana", Says::Approved)).unwrap()
    });
    std::thread::sleep(std::time::Duration::from_millis(300));
    other.execute_batch("COMMIT").unwrap();
    wait.join().unwrap();
    assert_eq!(open(&path).unwrap().votes(&RequestId::new(ID)).unwrap().len(), 1);
}

#[test]
fn a_damaged_file_is_told_and_left_as_it_is() {
    let (_folder, path) = store();
    let whole = fs::read(&path).unwrap();
    let mut damaged: Vec<Vec<u8>> = vec![
        b"not a database".to_vec(),
        vec![0; 4096],
        whole[..whole.len() / 2].to_vec(),
        whole[..100].to_vec(),
    ];
    for page in 1..whole.len() / 4096 {
        let mut bytes = whole.clone();
        bytes[page * 4096..(page + 1) * 4096].fill(0xa5);
        damaged.push(bytes);
    }
    for bytes in damaged {
        fs::write(&path, &bytes).unwrap();
        let told = open(&path).and_then(|mut store| store.all());
        let error = told.unwrap_err();
        assert!(
            matches!(error, StoreError::Corrupt { .. } | StoreError::Foreign { .. }),
            "{error:?}"
        );
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
}

#[test]
fn what_is_not_ours_or_newer_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let foreign = folder.path().join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE users (name TEXT)").unwrap();
    let before = fs::read(&foreign).unwrap();
    assert!(matches!(open(&foreign), Err(StoreError::Foreign { .. })));
    assert_eq!(fs::read(&foreign).unwrap(), before);

    let (_folder, path) = store();
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 2").unwrap();
    let error = open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 2, known: 1, .. }), "{error}");
}

#[test]
fn rows_stay_as_they_are() {
    let (_folder, path) = store();
    open(&path).unwrap().vote(&says(ID, None, "dana", Says::Rejected)).unwrap();
    let connection = Connection::open(&path).unwrap();
    for change in [
        "UPDATE tollgate_approval_votes SET vote = 'approved'",
        "DELETE FROM tollgate_approval_votes",
        "UPDATE tollgate_approval_requests SET person = 'x'",
        "DELETE FROM tollgate_approval_requests",
    ] {
        let error = connection.execute(change, []).unwrap_err().to_string();
        assert!(error.contains("are never"), "{change}: {error}");
    }
    assert_eq!(open(&path).unwrap().votes(&RequestId::new(ID)).unwrap().len(), 1);
}

#[test]
fn a_row_that_nobody_wrote_is_no_answer() {
    let (_folder, path) = store();
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "INSERT INTO tollgate_approval_votes (request_key, request, revision, person, role, \
             vote, note, model_digest, policy_digest, report_digest, issuer, subject, at_us) \
             VALUES ('churn-v8-production', 'churn-v8-Production', 1, 'dana', 'r', 'approved', '', \
             'x', 'x', 'x', 'i', 's', 1)",
        )
        .unwrap();
    let error = open(&path).unwrap().facts(&RequestId::new(ID)).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
}

#[test]
fn a_clock_that_was_wrong_is_told() {
    let (_folder, path) = store();
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "INSERT INTO tollgate_approval_requests SELECT NULL, request_key, request, 2, model, \
             version, stage, person, role, reason, model_digest, policy_digest, model_digest, \
             issuer, subject, 4102444800000000 FROM tollgate_approval_requests",
        )
        .unwrap();
    let error = open(&path).unwrap().vote(&says(ID, Some(2), "dana", Says::Approved)).unwrap_err();
    assert!(matches!(error, StoreError::Clock { .. }), "{error}");
}
