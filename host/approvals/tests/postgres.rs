//! The store on a real server, which each test starts and ends.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails panics"
)]

#[path = "common/server.rs"]
mod server;
#[path = "common/stores.rs"]
mod stores;

use std::fs;

use server::{PASSWORD, Server};
use stores::{asks, says};
use tollgate_approvals::{Recorded, RequestId, Says, Store, StoreError};

const ID: &str = "churn-v8-Production";

fn refused(url: &str) -> StoreError {
    let error = Store::open(url).map(drop).unwrap_err();
    assert!(!error.to_string().contains(PASSWORD), "{error}");
    error
}

#[test]
fn it_behaves_as_a_store() {
    let Some(server) = Server::start() else { return };
    stores::behaves(&|| Store::open(&server.url("postgres")).unwrap());

    // Many may be the first.
    server.sql("CREATE DATABASE first");
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| Store::open(&server.url("first")).unwrap());
        }
    });
    let mut store = Store::open(&server.url("first")).unwrap();
    assert!(matches!(store.request(&asks("churn", "kim", '3')), Ok(Recorded::New(_))));

    // Nothing is ever changed.
    let mut client = server.client("first");
    store.vote(&says(ID, None, "dana", Says::Rejected)).unwrap();
    for change in [
        "UPDATE tollgate_approval_votes SET vote = 'approved'",
        "DELETE FROM tollgate_approval_votes",
        "TRUNCATE tollgate_approval_votes",
        "UPDATE tollgate_approval_requests SET person = 'x'",
        "TRUNCATE tollgate_approval_requests CASCADE",
    ] {
        let error = client.batch_execute(change).unwrap_err();
        let said = error.as_db_error().unwrap().message().to_owned();
        assert!(said.contains("never changed"), "{change}: {said}");
    }

    // The disk is full, as the server says it.
    client
        .batch_execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$; \
             CREATE TRIGGER full_disk BEFORE INSERT ON tollgate_approval_votes \
             FOR EACH ROW EXECUTE FUNCTION full_disk()",
        )
        .unwrap();
    let error = store.vote(&says(ID, None, "lee", Says::Approved)).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    client.batch_execute("DROP TRIGGER full_disk ON tollgate_approval_votes").unwrap();
    assert_eq!(store.votes(&RequestId::new(ID)).unwrap().len(), 1);

    // Somebody holds a lock: it is waited for, and then told.
    client
        .batch_execute("BEGIN; LOCK TABLE tollgate_approval_votes IN ACCESS EXCLUSIVE MODE")
        .unwrap();
    let error = store.vote(&says(ID, None, "lee", Says::Approved)).unwrap_err();
    assert!(matches!(error, StoreError::Locked { .. }), "{error}");
    client.batch_execute("COMMIT").unwrap();
    store.vote(&says(ID, None, "lee", Says::Approved)).unwrap();

    // A newer tollgate was here.
    client.batch_execute("INSERT INTO tollgate_approvals VALUES (2)").unwrap();
    let error = refused(&server.url("first"));
    assert!(matches!(error, StoreError::Newer { found: 2, known: 1, .. }), "{error}");
}

#[test]
fn who_may_not_is_told_so() {
    let Some(server) = Server::start() else { return };
    let url = server.url("postgres");
    Store::open(&url).unwrap().request(&asks("churn", "kim", '3')).unwrap();

    let wrong = url.replace(PASSWORD, "another");
    let error = refused(&wrong);
    assert!(matches!(error, StoreError::Denied { .. }), "{error}");
    assert!(!error.to_string().contains("another"));
    assert!(matches!(refused(&server.url("nowhere")), StoreError::Denied { .. }));
    assert!(matches!(
        refused(&url.replace("postgres://postgres:", "postgres://mallory:")),
        StoreError::Denied { .. }
    ));

    // Who may only look looks, and who may only add adds.
    server.sql(&format!("CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'"));
    server.sql(&format!("CREATE ROLE writer LOGIN PASSWORD '{PASSWORD}'"));
    server.sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader, writer");
    server.sql("GRANT INSERT ON tollgate_approval_requests, tollgate_approval_votes TO writer");
    let mut reader = Store::open(&server.url_of("reader", "postgres")).unwrap();
    assert_eq!(reader.revisions(&RequestId::new(ID)).unwrap().len(), 1);
    let error = reader.vote(&says(ID, None, "dana", Says::Approved)).unwrap_err();
    assert!(matches!(error, StoreError::Denied { .. }), "{error}");
    let mut writer = Store::open(&server.url_of("writer", "postgres")).unwrap();
    writer.vote(&says(ID, None, "dana", Says::Approved)).unwrap();
    writer.request(&asks("churn", "kim", '4')).unwrap();

    // A database that takes nothing, as a standby.
    server.sql("ALTER ROLE writer SET default_transaction_read_only = on");
    let mut standby = Store::open(&server.url_of("writer", "postgres")).unwrap();
    assert_eq!(standby.votes(&RequestId::new(ID)).unwrap().len(), 1);
    let error = standby.vote(&says(ID, Some(2), "lee", Says::Approved)).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");

    // Tables that are missing are made by who may.
    server.sql("CREATE DATABASE bare");
    let error = refused(&server.url_of("reader", "bare"));
    assert!(matches!(error, StoreError::Denied { .. }), "{error}");
}

#[test]
fn a_server_that_goes_away_loses_nothing() {
    let Some(mut server) = Server::start() else { return };
    let url = server.url("postgres");
    let mut store = Store::open(&url).unwrap();
    store.request(&asks("churn", "kim", '3')).unwrap();
    store.vote(&says(ID, None, "dana", Says::Approved)).unwrap();
    server.stop();
    let error = store.facts(&RequestId::new(ID)).unwrap_err();
    assert!(matches!(error, StoreError::Gone { .. }), "no facts are made of it: {error}");
    let error = store.vote(&says(ID, None, "lee", Says::Approved)).unwrap_err();
    assert!(matches!(error, StoreError::Gone { .. }), "{error}");
    assert!(matches!(refused(&url), StoreError::Gone { .. }));
    server.run();
    assert_eq!(Store::open(&url).unwrap().votes(&RequestId::new(ID)).unwrap().len(), 1);
}

#[test]
fn a_server_is_known_by_its_certificate() {
    let Some(server) = Server::start() else { return };
    let (ours, theirs) = (server.folder().join("ours.pem"), server.folder().join("theirs.pem"));
    fs::write(&theirs, server::certificates("localhost").0).unwrap();
    fs::write(&ours, server.speak_tls("localhost")).unwrap();
    let url =
        |host: &str, query: &str| server.url("postgres").replace("127.0.0.1", host) + "?" + query;
    let trusting =
        |path: &std::path::Path| format!("sslmode=verify-full&sslrootcert={}", path.display());
    let mut store = Store::open(&url("localhost", &trusting(&ours))).unwrap();
    store.request(&asks("churn", "kim", '3')).unwrap();
    // `require` is as strict.
    Store::open(&url("localhost", &trusting(&ours).replace("verify-full", "require"))).unwrap();
    for (host, query) in [
        ("localhost", trusting(&theirs)),
        ("localhost", "sslmode=verify-full".to_owned()),
        ("localhost", "sslmode=require".to_owned()),
        // The certificate is of another name.
        ("127.0.0.1", trusting(&ours)),
    ] {
        let error = refused(&url(host, &query));
        assert!(matches!(error, StoreError::Gone { .. }), "{query}: {error}");
    }
    for (query, problem) in [
        ("sslmode=prefer", "goes without TLS"),
        ("sslrootcert=/no/such/file", "TLS cannot be set up"),
    ] {
        let error = refused(&url("localhost", query));
        assert!(matches!(error, StoreError::Location(_)), "{error}");
        assert!(error.to_string().contains(problem), "{error}");
    }
    // On this machine nobody listens; without a word there is no TLS.
    Store::open(&server.url("postgres")).unwrap();
}

#[test]
fn an_address_that_is_none_says_what_is_wrong() {
    for (url, problem) in [
        ("postgres://", "names no host"),
        ("postgres://user:secret-word@/db", "names no host"),
        ("postgres://user:secret-word@host:port/db", "no address of PostgreSQL"),
        ("postgres://host/db?password=secret-word&nothing=1", "no address of PostgreSQL"),
    ] {
        let error = Store::open(url).map(drop).unwrap_err().to_string();
        assert!(error.contains(problem) && !error.contains("secret-word"), "{error}");
    }
}
