//! What is attested, and every way in which an attestation must not pass.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails panics")]

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::{Value, json};
use tollgate_engine::Digest;
use tollgate_engine::types::Outcome;
use tollgate_records::attest::{
    Envelope, PAYLOAD_TYPE, PublicKey, Signature, SigningKey, Statement, TestOutcome, attest, pae,
    verify,
};
use tollgate_records::record::{Draft, Record};

fn key_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys").join(name)
}

fn private(name: &str) -> SigningKey {
    let pem = std::fs::read(key_file(&format!("{name}.pem"))).unwrap();
    SigningKey::from_pem(name, &pem).unwrap()
}

fn public(name: &str) -> PublicKey {
    let pem = std::fs::read(key_file(&format!("{name}.pub.pem"))).unwrap();
    PublicKey::from_pem(name, &pem).unwrap()
}

fn digest(of: &str) -> String {
    Digest::of(of.as_bytes()).to_string()
}

/// The record of a run with these findings, `(rule, outcome)`.
fn record(verdict: &str, findings: &[(&str, &str)]) -> Record {
    let findings: Vec<Value> = findings
        .iter()
        .map(|(rule, outcome)| json!({ "rule": rule, "outcome": outcome, "message": "" }))
        .collect();
    let plugin = json!({
        "name": "metric-gate", "version": "0.1.0", "contract": "1.1.0", "digest": digest("plugin"),
    });
    let body = json!({
        "candidate": {
            "title": "churn v8", "name": "churn", "version": "8", "digest": digest("model"),
        },
        "profiles": [{
            "name": "offline", "version": "1.0.0", "digest": digest("policy"), "plugin": plugin,
        }],
        "report": {
            "verdict": verdict,
            "as_of": "2026-11-30T12:00:00Z",
            "champion": "churn v7",
            "profiles": [{ "name": "offline", "findings": findings }],
        },
    });
    of_body("gate", body)
}

fn of_body(kind: &str, body: Value) -> Record {
    let time = "2026-11-30T12:00:00Z".parse().unwrap();
    let (_, line) = Draft { time, host: "tollgate 0.1.0", kind, body }.sealed(None);
    Record::parse(line.trim_end().as_bytes()).unwrap()
}

fn passed() -> Record {
    record("pass", &[("auc", "pass"), ("recall", "pass")])
}

fn signed(record: &Record) -> Envelope {
    attest(record, &private("ed25519")).unwrap()
}

fn payload(envelope: &Envelope) -> Value {
    serde_json::from_slice(&STANDARD.decode(&envelope.payload).unwrap()).unwrap()
}

fn refusal(envelope: &Envelope, keys: &[PublicKey]) -> String {
    verify(envelope, keys).unwrap_err().to_string()
}

#[test]
fn a_statement_says_what_was_judged_and_how_it_came_out() {
    let findings = [
        ("auc", "pass"),
        ("auc", "fail"),
        ("psi", "warn"),
        ("p99", "inconclusive"),
        ("f1", "pass"),
    ];
    let record = record("fail", &findings);
    let envelope = signed(&record);
    assert_eq!(envelope.payload_type, "application/vnd.in-toto+json");
    let statement = payload(&envelope);
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(statement["predicateType"], "https://in-toto.io/attestation/test-result/v0.1");
    let hex = |of: &str| Value::from(Digest::of(of.as_bytes()).hex());
    let subjects = &statement["subject"];
    assert_eq!(subjects[0]["name"], "models:/churn/8");
    assert_eq!(subjects[0]["digest"]["sha256"], hex("model"));
    assert_eq!(subjects[1]["name"], "offline@1.0.0");
    assert_eq!(subjects[1]["digest"]["sha256"], hex("policy"));
    let predicate = &statement["predicate"];
    assert_eq!(predicate["result"], "FAILED");
    assert_eq!(predicate["passedTests"], json!(["offline/f1"]));
    assert_eq!(predicate["warnedTests"], json!(["offline/psi"]));
    assert_eq!(predicate["failedTests"], json!(["offline/auc", "offline/p99"]));
    let configuration = &predicate["configuration"];
    assert_eq!(configuration[0]["name"], "metric-gate@0.1.0");
    assert_eq!(configuration[0]["digest"]["sha256"], hex("plugin"));
    assert_eq!(configuration[1]["digest"]["sha256"], record.hash.hex());
    assert_eq!(configuration[1]["annotations"]["verdict"], "fail");
}

#[test]
fn what_a_key_signs_its_public_key_verifies() {
    let record = passed();
    for name in ["ed25519", "p256"] {
        let key = private(name);
        assert_eq!(*key.public(), public(name));
        let envelope = attest(&record, &key).unwrap();
        let again = Envelope::parse(&envelope.to_json()).unwrap();
        assert_eq!(again, envelope);
        let statement = verify(&again, &[public(name)]).unwrap();
        assert_eq!(statement.outcome(), Outcome::Pass);
        assert!(statement.is_of_model(Digest::of(b"model")));
        assert!(statement.is_of_policy(Digest::of(b"policy")));
        // Each by its role: a policy's digest is no model's.
        assert!(!statement.is_of_model(Digest::of(b"policy")));
        assert!(!statement.is_of_policy(Digest::of(b"plugin")));
        assert!(!statement.is_of_model(Digest::of(b"another")));
        let urls = Envelope { payload: to_urls(&envelope.payload), ..envelope };
        assert!(verify(&urls, &[public(name)]).is_ok(), "the other alphabet");
    }
}

fn to_urls(text: &str) -> String {
    URL_SAFE.encode(STANDARD.decode(text).unwrap())
}

#[test]
fn whatever_is_changed_is_not_signed() {
    let envelope = signed(&record("fail", &[("auc", "fail")]));
    let key = || [public("ed25519")];
    assert!(verify(&envelope, &key()).is_ok());
    let not_signed = |envelope: &Envelope| {
        let told = refusal(envelope, &key());
        assert!(told.contains("is of the key"), "{told}");
    };

    let said = payload(&envelope).to_string().replace("FAILED", "PASSED");
    let with = |payload: &str| Envelope { payload: STANDARD.encode(payload), ..envelope.clone() };
    not_signed(&with(&said));
    not_signed(&with(""));
    let original = STANDARD.decode(&envelope.payload).unwrap();
    not_signed(&with(&format!("{} ", String::from_utf8(original.clone()).unwrap())));
    for at in [0, original.len() / 2, original.len() - 1] {
        let mut changed = original.clone();
        changed[at] ^= 1;
        not_signed(&Envelope { payload: STANDARD.encode(changed), ..envelope.clone() });
    }

    let signature = |sig: &str| Envelope {
        signatures: vec![Signature { sig: sig.to_owned(), ..envelope.signatures[0].clone() }],
        ..envelope.clone()
    };
    let bytes = STANDARD.decode(&envelope.signatures[0].sig).unwrap();
    for at in [0, 31, 32, 63] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        not_signed(&signature(&STANDARD.encode(changed)));
    }
    not_signed(&signature(""));
    not_signed(&signature("no base 64!"));
    not_signed(&signature(&STANDARD.encode(&bytes[..63])));

    // Over the payload alone, without its type.
    let other = attest(&passed(), &private("other")).unwrap();
    not_signed(&Envelope { signatures: other.signatures, ..envelope.clone() });
    // Of another statement, by the same key.
    not_signed(&Envelope { signatures: signed(&passed()).signatures, ..envelope.clone() });
}

#[test]
fn another_key_has_not_signed_it_whatever_the_envelope_says() {
    let envelope = signed(&passed());
    for other in ["other", "p256"] {
        assert!(refusal(&envelope, &[public(other)]).contains("is of the key"));
        let mut named = envelope.clone();
        named.signatures[0].keyid = public(other).id();
        assert!(refusal(&named, &[public(other)]).contains("is of the key"));
        assert!(refusal(&envelope, &[public("ed25519"), public(other)]).contains("is of the key"));
    }
    // The id is a hint: without it, or with another's, the signature is as good.
    for keyid in ["", "someone"] {
        let mut named = envelope.clone();
        named.signatures[0].keyid = keyid.to_owned();
        assert!(verify(&named, &[public("ed25519")]).is_ok());
    }
    assert!(refusal(&envelope, &[]).contains("no key"));
}

#[test]
fn of_several_signatures_each_key_needs_its_own() {
    let record = passed();
    let (one, two) = (signed(&record), attest(&record, &private("other")).unwrap());
    let both = [one.signatures.clone(), two.signatures.clone()].concat();
    let both = Envelope { signatures: both, ..one.clone() };
    for keys in [&["ed25519"][..], &["other"], &["ed25519", "other"], &["ed25519", "ed25519"]] {
        let keys: Vec<PublicKey> = keys.iter().map(|name| public(name)).collect();
        assert!(verify(&both, &keys).is_ok());
    }
    // One that is bad does no harm to one that is good, and does no good either.
    let mut bad = both.clone();
    bad.signatures[1].sig = STANDARD.encode([7; 64]);
    assert!(verify(&bad, &[public("ed25519")]).is_ok());
    assert!(refusal(&bad, &[public("other")]).contains("none of its 2 signatures"));
    assert!(refusal(&bad, &[public("ed25519"), public("other")]).contains("none of its 2"));
    bad.signatures.reverse();
    assert!(verify(&bad, &[public("ed25519")]).is_ok());
    // Twice the same is once.
    let twice = [one.signatures.clone(), one.signatures.clone()].concat();
    let twice = Envelope { signatures: twice, ..one };
    assert!(verify(&twice, &[public("ed25519"), public("other")]).is_err());
}

#[test]
fn what_is_no_envelope_or_of_another_type_is_refused() {
    let key = || [public("ed25519")];
    let envelope = signed(&passed());
    let unsigned = Envelope { signatures: Vec::new(), ..envelope.clone() };
    assert_eq!(refusal(&unsigned, &key()), "the envelope has no signatures");
    for payload_type in ["application/json", "", "application/vnd.in-toto+json ", "APPLICATION/VND"]
    {
        let other = Envelope { payload_type: payload_type.to_owned(), ..envelope.clone() };
        assert!(refusal(&other, &key()).contains("the payload is of type"));
    }
    let undecodable = Envelope { payload: "%".to_owned(), ..envelope.clone() };
    assert!(refusal(&undecodable, &key()).contains("no DSSE envelope"));
    let text = envelope.to_json();
    for wrong in [
        String::new(),
        "[]".to_owned(),
        "{}".to_owned(),
        text.replace("\"signatures\"", "\"signed\""),
        text.replacen('{', "{\"payload\":\"\",", 1),
        text.clone() + &text,
    ] {
        assert!(Envelope::parse(&wrong).is_err(), "{wrong}");
    }
    // What later versions add is no matter.
    assert_eq!(Envelope::parse(&text.replacen('{', "{\"more\":1,", 1)).unwrap(), envelope);
}

/// Signed rightly, and no statement of this kind.
#[test]
fn what_is_signed_must_be_such_a_statement() {
    let key = ring_of("ed25519");
    let sign = |payload: &str| {
        let signature = key.sign(&pae(PAYLOAD_TYPE, payload.as_bytes()));
        let sig = STANDARD.encode(signature.as_ref());
        let signatures = vec![Signature { keyid: String::new(), sig }];
        let payload = STANDARD.encode(payload);
        verify(
            &Envelope { payload_type: PAYLOAD_TYPE.to_owned(), payload, signatures },
            &[public("ed25519")],
        )
    };
    let right = payload(&signed(&passed())).to_string();
    assert!(sign(&right).is_ok());
    for wrong in [
        "{}".to_owned(),
        "hello".to_owned(),
        right.replace("in-toto.io/Statement/v1", "in-toto.io/Statement/v0.1"),
        right.replace("test-result/v0.1", "vulns/v0.1"),
        right.replace("\"PASSED\"", "\"passed\""),
        right.replace("\"result\":", "\"outcome\":"),
        right.replacen("\"result\":\"PASSED\"", "\"result\":\"FAILED\",\"result\":\"PASSED\"", 1),
    ] {
        assert_ne!(wrong, right);
        let error = sign(&wrong).unwrap_err().to_string();
        assert!(error.contains("no statement of a test result"), "{error}");
    }
    // What contradicts itself, or judged nothing, has not passed.
    let outcome = |from: &str, to: &str| {
        let changed = right.replace(from, to);
        assert_ne!(changed, right);
        sign(&changed).unwrap().outcome()
    };
    let passed = r#""passedTests":["offline/auc","offline/recall"]"#;
    assert_eq!(outcome(passed, r#""passedTests":[]"#), Outcome::Inconclusive);
    assert_eq!(outcome(r#""failedTests":[]"#, r#""failedTests":["x"]"#), Outcome::Fail);
    assert_eq!(outcome(r#""warnedTests":[]"#, r#""warnedTests":["x"]"#), Outcome::Warn);
    assert_eq!(outcome("\"PASSED\"", "\"WARNED\""), Outcome::Warn);
    assert_eq!(outcome("\"PASSED\"", "\"FAILED\""), Outcome::Fail);
}

fn ring_of(name: &str) -> ring::signature::Ed25519KeyPair {
    use rustls_pki_types::PrivatePkcs8KeyDer;
    use rustls_pki_types::pem::PemObject as _;
    let pem = std::fs::read(key_file(&format!("{name}.pem"))).unwrap();
    let der = PrivatePkcs8KeyDer::from_pem_slice(&pem).unwrap();
    ring::signature::Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der()).unwrap()
}

#[test]
fn results_have_three_words_and_outcomes_four() {
    let come = |verdict: &str, findings: &[(&str, &str)]| -> (TestOutcome, Outcome) {
        let statement: Statement =
            verify(&signed(&record(verdict, findings)), &[public("ed25519")]).unwrap();
        (statement.predicate.result, statement.outcome())
    };
    assert_eq!(come("pass", &[("a", "pass")]), (TestOutcome::Passed, Outcome::Pass));
    assert_eq!(come("warn", &[("a", "warn")]), (TestOutcome::Warned, Outcome::Warn));
    assert_eq!(come("fail", &[("a", "fail")]), (TestOutcome::Failed, Outcome::Fail));
    let inconclusive = come("inconclusive", &[("a", "inconclusive")]);
    assert_eq!(inconclusive, (TestOutcome::Failed, Outcome::Inconclusive));
    assert_eq!(come("inconclusive", &[]), (TestOutcome::Failed, Outcome::Inconclusive));
}

#[test]
fn what_says_too_little_is_not_attested() {
    let told = |record: &Record| attest(record, &private("ed25519")).unwrap_err().to_string();
    let gate = "record 1 is of a `decision`, and gate runs alone are attested";
    assert_eq!(told(&of_body("decision", json!({}))), gate);
    let body = passed().body;
    for missing in ["candidate", "profiles", "report"] {
        let mut less = body.clone();
        less.as_object_mut().unwrap().remove(missing);
        let told = told(&of_body("gate", less));
        assert!(told.contains("says nothing of"), "{missing}: {told}");
    }
    for (pointer, value) in [
        ("/candidate/digest", json!("sha256:0")),
        ("/profiles", json!([])),
        ("/profiles/0/digest", json!(null)),
        ("/profiles/0/plugin/digest", json!(1)),
        ("/report/verdict", json!("passed")),
        ("/report/profiles/0/findings/0/outcome", json!("ok")),
    ] {
        let mut other = body.clone();
        *other.pointer_mut(pointer).unwrap() = value;
        let told = told(&of_body("gate", other));
        assert!(told.contains("says nothing of"), "{pointer}: {told}");
    }
}

#[test]
fn keys_that_cannot_be_used_say_what_would_do() {
    let read = |name: &str| std::fs::read(key_file(name)).unwrap();
    let private = |pem: &[u8]| SigningKey::from_pem("key.pem", pem).unwrap_err().to_string();
    let public = |pem: &[u8]| PublicKey::from_pem("key.pem", pem).unwrap_err().to_string();
    for pem in [read("ed25519.pub.pem"), read("p384.pem"), Vec::new(), b"key".to_vec()] {
        assert!(private(&pem).contains("is no private key for Ed25519 or P-256"));
    }
    for pem in [read("ed25519.pem"), read("p384.pub.pem"), Vec::new(), b"key".to_vec()] {
        assert!(public(&pem).contains("is no public key for Ed25519 or P-256"));
    }
    let half = String::from_utf8(read("ed25519.pub.pem")).unwrap();
    let half = half.replacen("MCow", "MCoa", 1);
    assert!(public(half.as_bytes()).contains("is no public key"));
    let shown = format!("{:?}", SigningKey::from_pem("key", &read("ed25519.pem")).unwrap());
    assert_eq!(shown.matches('"').count(), 2, "{shown}");
}

/// OpenSSL, which knows neither DSSE nor this program, verifies what was signed.
#[test]
fn openssl_verifies_the_signature() {
    if Command::new("openssl").arg("version").output().is_err() {
        println!("not run: there is no openssl");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["ed25519", "p256"] {
        let envelope = attest(&passed(), &private(name)).unwrap();
        let payload = STANDARD.decode(&envelope.payload).unwrap();
        // By the standard's words, not by this crate's function.
        let message = format!("DSSEv1 28 application/vnd.in-toto+json {} ", payload.len());
        let message = [message.as_bytes(), &payload].concat();
        let at = |file: &str| folder.path().join(file);
        let openssl = |message: &[u8]| {
            std::fs::write(at("message"), message).unwrap();
            let signature = STANDARD.decode(&envelope.signatures[0].sig).unwrap();
            std::fs::write(at("signature"), signature).unwrap();
            let mut openssl = Command::new("openssl");
            openssl.args(["pkeyutl", "-verify", "-pubin", "-inkey"]);
            openssl.arg(key_file(&format!("{name}.pub.pem"))).arg("-rawin");
            if name == "p256" {
                openssl.args(["-digest", "sha256"]);
            }
            openssl.arg("-in").arg(at("message")).arg("-sigfile").arg(at("signature"));
            openssl.output().unwrap().status.success()
        };
        assert!(openssl(&message), "{name}");
        assert!(!openssl(&[&message[..], b" "].concat()), "{name}");
    }
}
