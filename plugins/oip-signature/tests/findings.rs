//! What a person reads: rules, places, counts and suggestions, as cases in
//! `cases/`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed test is what is wanted")]

use oip_signature::OipSignature;
use tollgate_sdk::Outcome;
use tollgate_sdk::signature::{Manner, Signature as _};
use tollgate_test_support::findings::hold;

#[test]
fn findings_say_what_and_where() {
    let cases = hold::<OipSignature>(&[include_str!("cases/oip.json")]);
    assert!(cases > 50);
}

/// Whoever asks, and whatever is in the rows.
#[test]
fn rows_are_no_pass() {
    let settings = r#"{"signature":{"inputs":[{"type":"long","name":"a"}]}}"#;
    let plugin = OipSignature::configure(serde_json::from_str(settings).unwrap()).unwrap();
    assert_eq!(plugin.rows(), Manner::None);
    let found = plugin.check_columns(1, &[]);
    assert_eq!((found[0].rule.as_str(), found[0].outcome), ("not-rows", Outcome::Inconclusive));
}
