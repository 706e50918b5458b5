//! The official test suite, natively. The workspace's tests run it through
//! the component.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]
#![allow(clippy::indexing_slicing, reason = "as above")]

#[path = "support/suite.rs"]
mod suite;

use json_schema::{Given, JsonSchema};
use tollgate_sdk::signature::Signature as _;

/// Where the suite is, from this crate.
const SUITE: &str = "tests";

#[test]
fn the_suite_agrees_but_for_named_exceptions() {
    let outcome = suite::run(|settings| {
        let given: Given = serde_json::from_str(settings).map_err(|error| error.to_string())?;
        let plugin = JsonSchema::configure(given).map_err(|findings| format!("{findings:?}"))?;
        Ok(Box::new(move |payload| {
            Ok(plugin.check(payload).iter().all(|finding| suite::is_remark(&finding.rule)))
        }))
    });
    suite::judge(&outcome, true);
}
