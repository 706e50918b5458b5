//! A decision over HTTP beside a constant answer of the same server.
//!
//! The client is in this process and shares the processors with the server:
//! what it costs is in both rows of a pair.

pub(crate) mod envoy;
mod requests;
mod served;
pub(crate) mod start;

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use self::requests::{Client, EACH, Percentile, Requests};
use self::served::{Reloads, Served};
use crate::group::{Group, Row};
use crate::measure::Subject as _;
use crate::places::Places;

/// Connections that keep the server busy.
const MANY: usize = 16;

const DECISION: &str = r#"{"score": 0.73, "amount": 120, "country": "US", "merchant_age_days": 400, "transactions_last_hour": 1}"#;

const CONSTANT: &str = "GET /health HTTP/1.1\r\nhost: bench\r\n\r\n";

/// [`DECISION`] asked for at a path.
fn post(path: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{DECISION}",
        DECISION.len()
    )
}

pub(crate) fn group(places: &Places) -> Result<Group> {
    let folder = places.scratch("serve")?;
    let own = places.root.join("policies/fraud.yaml");
    let policy = folder.join("fraud.yaml");
    fs::copy(&own, &policy)?;
    let text = |policy: &Path| {
        let policy = policy.display();
        format!("listen: {{ http: '127.0.0.1:0' }}\npolicies: {{ fraud: '{policy}' }}\n")
    };
    let (plain, logged) = (folder.join("plain.yaml"), folder.join("logged.yaml"));
    fs::write(&plain, text(&policy))?;
    fs::write(&logged, text(&own) + "decision_log: { folder: decisions }\n")?;
    let program = places.program("tollgate");
    let plain = Served::settled(&program, &[&"-c", &plain])?;
    let logged = Served::settled(&program, &[&"-c", &logged])?;

    let decide = post("/v1/decide/fraud");
    let requests = |served: &Served, count: usize, request: &str| -> Result<Requests> {
        let _servers = vec![served.server.clone()];
        let clients =
            (0..count).map(|_| Client::connect(&served.address)).collect::<Result<_>>()?;
        Ok(Requests { _servers, clients, request: request.to_owned() })
    };
    let mut rows = Vec::new();
    for (id, label, count, served, request) in [
        ("serve/constant", "a constant answer, one connection", 1, &plain, CONSTANT),
        ("serve/decide", "a fresh decision, one connection", 1, &plain, &*decide),
        ("serve/constant-many", "a constant answer, 16 connections", MANY, &plain, CONSTANT),
        ("serve/decide-many", "a fresh decision, 16 connections", MANY, &plain, &decide),
        ("serve/decide-logged", "the same, in the decision log", MANY, &logged, &decide),
    ] {
        let requests = requests(served, count, request)?;
        rows.push(Row::of_parts(id, label, requests, (count * EACH) as f64));
    }
    // How often a connection is asked at half of what comes to be answered.
    let half = |request: &str| -> Result<Duration> {
        let mut busy = requests(&plain, MANY, request)?;
        busy.run(10)?;
        Ok(busy.run(50)? / (50 * EACH as u32) * 2)
    };
    let (slow, slower) = (Some(half(CONSTANT)?), Some(half(&decide)?));
    let reloads = Reloads::of(&plain, &policy)?;
    for (id, label, request, pace, percent, reloads) in [
        ("serve/constant-p50", "a constant answer at half load, p50", CONSTANT, slow, 50, None),
        ("serve/decide-p50", "a fresh decision at half load, p50", &*decide, slower, 50, None),
        ("serve/constant-p99", "a constant answer at half load, p99", CONSTANT, slow, 99, None),
        ("serve/decide-p99", "a fresh decision at half load, p99", &decide, slower, 99, None),
        ("serve/full-p99", "a fresh decision at full load, p99", &decide, None, 99, None),
        (
            "serve/reload-p99",
            "the same while the policy is swapped again and again, p99",
            &decide,
            None,
            99,
            Some(reloads),
        ),
    ] {
        let of = requests(&plain, MANY, request)?;
        rows.push(Row::new(id, label, Percentile { of, percent, pace, reloads }));
    }
    Ok(Group {
        title: "A request over HTTP, kept alive",
        unit: "request",
        reference: "serve/constant",
        long: true,
        rows,
    })
}
