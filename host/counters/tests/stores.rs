//! The same questions to each store, and what becomes of one that is gone.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails panics")]

use std::env;
use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant as Moment};

use jiff::tz::TimeZone;
use tempfile::TempDir;
use tollgate::facts::Instant;
use tollgate::input::Outside;
use tollgate_counters::{Counter, Counters, Location, Measure, StoreError};

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn counters() -> Vec<Counter> {
    let counter = |name: &str, measure| Counter {
        name: name.to_owned(),
        actions: vec!["block".to_owned()],
        measure,
    };
    vec![
        counter("customer_blocks_today", Measure::Today(TimeZone::UTC)),
        counter("blocks_this_hour", Measure::ThisHour),
        counter("blocks", Measure::Total),
        counter("hours_since_block", Measure::HoursSince),
    ]
}

/// What a case gets beside it, as text: it is made to be read by a policy.
fn told(counters: &Counters, key: &str, now: &str) -> Result<String, StoreError> {
    let mut outside = Outside::default();
    counters.tell(key, at(now), &mut outside)?;
    Ok(format!("{outside:?}"))
}

fn same_everywhere(counters: &Counters) {
    let count = |key: &str, action: &str, when| counters.count(key, action, at(when)).unwrap();
    let nothing = told(counters, "c-17", "2026-11-30T10:00:00Z").unwrap();
    assert!(nothing.contains(r#""customer_blocks_today": Integer(0)"#), "{nothing}");
    assert!(!nothing.contains("hours_since_block"), "{nothing}");
    count("c-17", "allow", "2026-11-30T10:00:00Z");
    assert_eq!(told(counters, "c-17", "2026-11-30T10:00:00Z").unwrap(), nothing);
    count("c-17", "block", "2026-11-30T10:00:00Z");
    count("c-17", "block", "2026-11-30T11:30:00Z");
    let now = told(counters, "c-17", "2026-11-30T12:00:00Z").unwrap();
    for part in [
        r#""customer_blocks_today": Integer(2)"#,
        r#""blocks_this_hour": Integer(0)"#,
        r#""blocks": Integer(2)"#,
        r#""hours_since_block": Number(0.5)"#,
    ] {
        assert!(now.contains(part), "{part} in {now}");
    }
    let tomorrow = told(counters, "c-17", "2026-12-01T00:00:00Z").unwrap();
    assert!(tomorrow.contains(r#""customer_blocks_today": Integer(0)"#), "{tomorrow}");
    // Set back by a day: nothing is forgotten.
    count("c-17", "block", "2026-11-29T10:00:00Z");
    let back = told(counters, "c-17", "2026-11-29T10:00:00Z").unwrap();
    assert!(back.contains(r#""customer_blocks_today": Integer(3)"#), "{back}");
    assert!(back.contains(r#""hours_since_block": Number(0.0)"#), "{back}");
    assert_eq!(told(counters, "c-18", "2026-11-30T10:00:00Z").unwrap(), nothing);
    assert_eq!(told(counters, "c-17 ", "2026-11-30T10:00:00Z").unwrap(), nothing);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..25 {
                    count("c-19", "block", "2026-11-30T10:00:00Z");
                }
            });
        }
    });
    let all = told(counters, "c-19", "2026-11-30T10:00:00Z").unwrap();
    assert!(all.contains(r#""blocks": Integer(200)"#), "{all}");
}

#[test]
fn memory_counts() {
    let counters = Counters::open("fraud", counters(), &Location::Memory).unwrap();
    same_everywhere(&counters);
}

#[test]
fn sqlite_counts_for_two_policies_and_after_a_restart() {
    let folder = TempDir::new().unwrap();
    let location = Location::Sqlite(folder.path().join("counters.db"));
    let open = |space| Counters::open(space, counters(), &location).unwrap();
    same_everywhere(&open("fraud"));
    let again = told(&open("fraud"), "c-19", "2026-11-30T10:00:00Z").unwrap();
    assert!(again.contains(r#""blocks": Integer(200)"#), "{again}");
    same_everywhere(&open("credit"));
}

#[test]
fn what_is_no_database_of_counters_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("others.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE people (name TEXT)").unwrap();
    drop(other);
    let before = fs::read(&path).unwrap();
    let error = Counters::open("fraud", counters(), &Location::Sqlite(path.clone())).unwrap_err();
    assert!(error.to_string().ends_with("it is the database of another program"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
    fs::write(
        &path,
        "no database at all, and longer than its header of a hundred bytes ".repeat(4),
    )
    .unwrap();
    let error = Counters::open("fraud", counters(), &Location::Sqlite(path)).unwrap_err();
    assert!(error.to_string().contains("not a database"), "{error}");
    let nowhere = Location::Sqlite(folder.path().join("no/such/folder.db"));
    assert!(Counters::open("fraud", counters(), &nowhere).is_err());
}

/// Another program holds the file: nobody waits for long, and nothing is zero.
#[test]
fn a_locked_database_is_unknown_and_not_zero() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("counters.db");
    let counters = Counters::open("fraud", counters(), &Location::Sqlite(path.clone())).unwrap();
    counters.count("c-17", "block", at("2026-11-30T10:00:00Z")).unwrap();
    let holder = rusqlite::Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = counters.count("c-17", "block", at("2026-11-30T10:00:01Z")).unwrap_err();
    assert!(matches!(error, StoreError::Down { .. }), "{error}");
    holder.execute_batch("ROLLBACK").unwrap();
    drop(holder);
    counters.count("c-17", "block", at("2026-11-30T10:00:02Z")).unwrap();
    let now = told(&counters, "c-17", "2026-11-30T10:00:02Z").unwrap();
    assert!(now.contains(r#""blocks": Integer(2)"#), "{now}");
}

/// A real server, on a socket of its own.
struct Server {
    child: Child,
    socket: PathBuf,
}

impl Server {
    fn start(program: &str, folder: &Path) -> Self {
        let socket = folder.join("redis.sock");
        let child = Command::new(program)
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(&socket)
            .current_dir(folder)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { child, socket };
        let until = Moment::now() + Duration::from_secs(20);
        while UnixStream::connect(&server.socket).is_err() {
            assert!(Moment::now() < until, "the server does not listen");
            thread::sleep(Duration::from_millis(20));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let _ = fs::remove_file(&self.socket);
    }
}

#[test]
fn redis_counts_goes_away_and_comes_back() {
    let Ok(program) = env::var("TOLLGATE_REDIS") else {
        println!("no TOLLGATE_REDIS: `cargo xtask test` gives one");
        return;
    };
    let folder = TempDir::new().unwrap();
    let url = format!("redis+unix://{}", folder.path().join("redis.sock").display());
    // Nobody is there yet, which is no reason not to start.
    let counters = Counters::open("fraud", counters(), &Location::Redis(url)).unwrap();
    let gone = told(&counters, "c-17", "2026-11-30T10:00:00Z").unwrap_err();
    assert!(matches!(gone, StoreError::Down { .. }), "{gone}");
    let server = Server::start(&program, folder.path());
    thread::sleep(Duration::from_millis(1100));
    same_everywhere(&counters);
    drop(server);
    let gone = told(&counters, "c-17", "2026-11-30T10:00:00Z").unwrap_err();
    assert!(gone.to_string().contains("does not answer"), "{gone}");
    let mut outside = Outside::default();
    assert!(counters.tell("c-17", at("2026-11-30T10:00:00Z"), &mut outside).is_err());
    assert!(format!("{outside:?}").contains("does not answer"), "nothing is zero: {outside:?}");
    let _server = Server::start(&program, folder.path());
    thread::sleep(Duration::from_millis(1100));
    let now = told(&counters, "c-17", "2026-11-30T10:00:00Z").unwrap();
    assert!(now.contains(r#""blocks": Integer(0)"#), "it was not saved: {now}");
}
