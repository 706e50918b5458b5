//! What a person reads: rules, places, counts and suggestions, as cases in
//! `cases/`.

use oip_signature::OipSignature;
use tollgate_test_support::findings::hold;

#[test]
fn findings_say_what_and_where() {
    let cases = hold::<OipSignature>(&[include_str!("cases/oip.json")]);
    assert!(cases > 50);
}
