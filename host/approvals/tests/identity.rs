//! Who a token names, and the many that name nobody: each is the one that is
//! accepted with one thing changed.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails panics"
)]

#[path = "common/tokens.rs"]
mod tokens;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;

use serde_json::{Value, json};
use tokens::{AUDIENCE, ISSUER, Signer, claims, hmac_token, message, now, with};
use tollgate::source::Source;
use tollgate_approvals::{Config, Identity, IdentityError, Right, identify};

fn config_of(issuer: &str, keys: Option<&str>, more: &str) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let keys = keys.map_or_else(String::new, |keys| {
        std::fs::write(folder.path().join("keys"), keys).unwrap();
        "keys: keys".to_owned()
    });
    let text = format!(
        "issuers:\n  - issuer: {issuer}\n    audience: {AUDIENCE}\n    person: login\n    {keys}\n{more}\nroles:\n  release_manager: [dana, lee]\n  ml_engineer: {{ people: [kim, Lee], groups: [ml] }}\n  service_account: [bot]\n"
    );
    let source = Source::new("approvals.yaml", &text);
    Config::parse(&source, folder.path()).unwrap_or_else(|error| panic!("{error:?}"))
}

fn config(keys: &str) -> Config {
    config_of(ISSUER, Some(keys), "")
}

fn said(config: &Config, token: &str) -> String {
    match identify(config, token) {
        Ok(identity) => identity.person,
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_token_of_each_algorithm_names_its_person() {
    for signer in [Signer::ed25519("a"), Signer::p256("a"), Signer::rsa("a")] {
        let config = config(&Signer::jwks(&[&signer]));
        let identity = identify(&config, &signer.token(&claims("dana"))).unwrap();
        assert_eq!(identity.person, "dana", "{}", signer.algorithm());
        assert_eq!(identity.voucher.issuer, ISSUER);
        assert_eq!(identity.voucher.subject, "user:dana");
        assert_eq!(identity.roles().collect::<Vec<_>>(), ["release_manager"]);
        // With another's key of the same kind and name it is forged.
        let forger = match signer.algorithm() {
            "EdDSA" => Signer::ed25519("a"),
            "ES256" => Signer::p256("a"),
            _ => continue,
        };
        let error = identify(&config, &forger.token(&claims("dana"))).unwrap_err();
        assert!(matches!(error, IdentityError::Forged { .. }), "{error}");
    }
    let signer = Signer::ed25519("a");
    let config = config(&signer.pem());
    assert_eq!(said(&config, &signer.token(&claims("dana"))), "dana", "a PEM file");
}

#[test]
fn what_is_changed_or_not_signed_names_nobody() {
    for signer in [Signer::ed25519("a"), Signer::p256("a"), Signer::rsa("a")] {
        let config = config(&Signer::jwks(&[&signer]));
        let right = signer.token(&claims("dana"));
        assert_eq!(said(&config, &right), "dana");
        let parts: Vec<&str> = right.split('.').collect();
        let header = json!({ "typ": "JWT", "alg": signer.algorithm(), "kid": "a" });
        let other = message(&header, &claims("lee"));
        let none = message(&json!({ "alg": "none", "kid": "a" }), &claims("dana"));
        let half = parts[2].get(..parts[2].len() / 2).unwrap();
        for forged in [
            format!("{other}.{}", parts[2]),
            format!("{}.{}.", parts[0], parts[1]),
            format!("{}.{}", parts[0], parts[1]),
            format!("{}.{}.{half}", parts[0], parts[1]),
            format!("{none}."),
            format!("{none}.{}", parts[2]),
            format!("{right}.x"),
            right.replace('.', " . "),
            String::new(),
            ".".repeat(20_000),
            "dana".to_owned(),
        ] {
            assert!(identify(&config, &forged).is_err(), "{forged}");
        }
    }
}

#[test]
fn what_everybody_knows_signs_nothing() {
    let signer = Signer::rsa("a");
    let jwks = Signer::jwks(&[&signer]);
    let of_jwks = config(&jwks);
    assert_eq!(said(&of_jwks, &signer.token(&claims("dana"))), "dana");
    let jwk = signer.jwk();
    for secret in [&jwks, jwk["n"].as_str().unwrap(), "", &jwk.to_string()] {
        let token = hmac_token(secret.as_bytes(), "a", &claims("dana"));
        let error = identify(&of_jwks, &token).unwrap_err();
        assert!(matches!(error, IdentityError::Algorithm { .. }), "{error}");
    }
    let signer = Signer::ed25519("a");
    let of_pem = config(&signer.pem());
    let token = hmac_token(signer.pem().as_bytes(), "a", &claims("dana"));
    assert!(matches!(identify(&of_pem, &token), Err(IdentityError::Algorithm { .. })));
    // The header says what the key is not.
    for algorithm in ["RS256", "ES256", "PS256", "RS512", "ES384", "HS512"] {
        let header = json!({ "alg": algorithm, "kid": "a" });
        let token = signer.sign(&header, &claims("dana"));
        let error = identify(&of_pem, &token).unwrap_err();
        assert!(matches!(error, IdentityError::Algorithm { .. }), "{algorithm}: {error}");
    }
    // And what must be understood is not.
    let header = json!({ "alg": "EdDSA", "kid": "a", "crit": ["b64"], "b64": false });
    assert!(identify(&of_pem, &signer.sign(&header, &claims("dana"))).is_err());
    // A key that the token brings itself is nobody's.
    let forger = Signer::ed25519("a");
    let header = json!({ "alg": "EdDSA", "kid": "a", "jwk": forger.jwk() });
    assert!(identify(&of_pem, &forger.sign(&header, &claims("dana"))).is_err());
}

#[test]
fn a_token_is_in_force_and_meant_for_us() {
    let signer = Signer::ed25519("a");
    let config = config(&Signer::jwks(&[&signer]));
    let says = |claim: &str, value: Value| {
        said(&config, &signer.token(&with(claims("dana"), claim, value)))
    };
    assert_eq!(says("exp", (now() + 600).into()), "dana");
    assert_eq!(says("exp", (now() - 30).into()), "dana", "clocks differ");
    for over in [json!(now() - 3600), json!(now() - 61 - 5), json!(1)] {
        assert_eq!(says("exp", over), "the token has expired");
    }
    for wrong in [Value::Null, json!("later"), json!((now() + 600).to_string()), json!(1.5e300)] {
        assert_eq!(says("exp", wrong), "the token has no claim `exp` that can be used");
    }
    for wrong in [json!([1]), json!(-1), json!(true), json!({})] {
        assert!(says("exp", wrong.clone()).starts_with("the token"), "{wrong}");
    }
    assert_eq!(says("nbf", now().into()), "dana");
    assert_eq!(says("nbf", (now() + 3600).into()), "the token is not in force yet");
    assert_eq!(says("nbf", json!("soon")), "the token has no claim `nbf` that can be used");

    assert_eq!(says("aud", json!(["other", AUDIENCE])), "dana");
    for other in [json!("other"), json!(["other"]), json!("Tollgate"), json!("tollgate ")] {
        assert_eq!(says("aud", other), "the token is not meant for `tollgate`");
    }
    for wrong in [Value::Null, json!(7), json!({ "tollgate": true })] {
        assert!(says("aud", wrong.clone()).contains("`aud`"), "{wrong}");
    }
    let unknown =
        format!("the token is of issuer `{ISSUER}/`, which the configuration does not name");
    assert_eq!(says("iss", json!(format!("{ISSUER}/"))), unknown);
    for wrong in [Value::Null, json!([ISSUER]), json!(7), json!("")] {
        assert!(says("iss", wrong.clone()).starts_with("the token is"), "{wrong}");
    }
}

#[test]
fn the_key_is_the_one_that_the_token_names() {
    let (one, two, other) = (Signer::ed25519("one"), Signer::p256("two"), Signer::ed25519("three"));
    let config = config(&Signer::jwks(&[&one, &two]));
    assert_eq!(said(&config, &one.token(&claims("dana"))), "dana");
    assert_eq!(said(&config, &two.token(&claims("dana"))), "dana");
    let unknown = format!("the token is signed with a key `three`, which `{ISSUER}` does not have");
    assert_eq!(said(&config, &other.token(&claims("dana"))), unknown);
    // Without a name it may be any of two.
    let token = one.sign(&json!({ "alg": "EdDSA" }), &claims("dana"));
    assert!(matches!(identify(&config, &token), Err(IdentityError::UnknownKey { .. })));
    // Another's name, and another's kind.
    let token = one.sign(&json!({ "alg": "EdDSA", "kid": "two" }), &claims("dana"));
    assert!(matches!(identify(&config, &token), Err(IdentityError::Algorithm { .. })));
}

#[test]
fn a_token_names_a_person() {
    let signer = Signer::ed25519("a");
    let config = config(&Signer::jwks(&[&signer]));
    let says = |value: Value| said(&config, &signer.token(&with(claims("dana"), "login", value)));
    assert_eq!(says(json!(" dana ")), "dana");
    for nobody in [
        Value::Null,
        json!(""),
        json!("  "),
        json!("unknown"),
        json!("None"),
        json!(7),
        json!(["dana"]),
        json!("dana\u{200b}"),
        json!("dana\nlee"),
        json!("d".repeat(300)),
    ] {
        assert_eq!(says(nobody), "the token's claim `login` names nobody");
    }
}

#[test]
fn a_token_says_what_else_it_must() {
    let signer = Signer::ed25519("a");
    let jwks = Signer::jwks(&[&signer]);
    let more = "    claims: { repository: [acme/models, acme/more], ref: refs/heads/main }";
    let config = config_of(ISSUER, Some(&jwks), more);
    let base = with(claims("dana"), "repository", json!("acme/models"));
    let base = with(base, "ref", json!("refs/heads/main"));
    assert_eq!(said(&config, &signer.token(&base)), "dana");
    for other in [json!("evil/models"), json!("acme/models2"), json!(["acme/models"]), Value::Null]
    {
        let token = signer.token(&with(base.clone(), "repository", other.clone()));
        assert!(matches!(identify(&config, &token), Err(IdentityError::Claim { .. })), "{other}");
    }
    let token = signer.token(&with(base, "ref", Value::Null));
    assert_eq!(
        said(&config, &token),
        "the token's claim `ref` says nothing, expected `refs/heads/main`"
    );
}

#[test]
fn an_address_counts_once_it_is_verified() {
    let signer = Signer::ed25519("a");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("keys"), Signer::jwks(&[&signer])).unwrap();
    let text = format!(
        "issuers: [{{ issuer: {ISSUER}, audience: {AUDIENCE}, person: email, keys: keys }}]"
    );
    let config = Config::parse(&Source::new("a.yaml", &text), folder.path()).unwrap();
    let base = with(claims("dana"), "email", json!("dana@acme.example"));
    let says =
        |value: Value| said(&config, &signer.token(&with(base.clone(), "email_verified", value)));
    assert_eq!(says(json!(true)), "dana@acme.example");
    assert_eq!(says(json!("true")), "dana@acme.example");
    for wrong in [json!(false), json!("false"), json!(1), json!("")] {
        assert_eq!(says(wrong), "the token's `email` is not verified by its issuer");
    }
}

fn identity(person: &str, groups: Value) -> Identity {
    let signer = Signer::ed25519("a");
    let config = config_of(ISSUER, Some(&Signer::jwks(&[&signer])), "    groups: groups");
    identify(&config, &signer.token(&with(claims(person), "groups", groups))).unwrap()
}

#[test]
fn roles_come_from_the_configuration_and_are_only_chosen_among() {
    let dana = identity("DANA", Value::Null);
    assert_eq!(dana.role(Right::Vote, None).unwrap(), "release_manager");
    assert_eq!(dana.role(Right::Vote, Some("release_manager")).unwrap(), "release_manager");
    let error = dana.role(Right::Vote, Some("ml_engineer")).unwrap_err().to_string();
    assert_eq!(error, "`DANA` cannot do this as `ml_engineer`; as: `release_manager`");
    // Two roles: it must be said in which.
    let lee = identity("lee", Value::Null);
    assert!(matches!(lee.role(Right::Vote, None), Err(IdentityError::WhichRole { .. })));
    assert_eq!(lee.role(Right::Vote, Some("ml_engineer")).unwrap(), "ml_engineer");
    // Who reads does nothing else, and who has no role neither.
    for nobody in [identity("bot", Value::Null), identity("sam", Value::Null)] {
        for right in [Right::Request, Right::Vote] {
            assert!(nobody.role(right, None).is_err() && nobody.role(right, Some("x")).is_err());
        }
    }
    assert!(identity("bot", Value::Null).role(Right::Vote, Some("service_account")).is_err());
    // By a group.
    for groups in [json!(["other", "ml"]), json!("ml")] {
        assert_eq!(identity("sam", groups).role(Right::Vote, None).unwrap(), "ml_engineer");
    }
    assert!(identity("sam", json!(["ML", "xml"])).role(Right::Vote, None).is_err());
}

/// Answers each path with its text, or with 404.
fn server(pages: impl Fn(&str) -> Vec<(&'static str, String)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let pages = pages(&address);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut first = String::new();
            reader.read_line(&mut first).unwrap();
            let mut line = String::new();
            while reader.read_line(&mut line).unwrap() > 2 {
                line.clear();
            }
            let path = first.split(' ').nth(1).unwrap();
            let page = pages.iter().find(|(known, _)| *known == path);
            let (status, body) = match page {
                Some((_, body)) if body.starts_with("302 ") => ("302 Found", body.as_str()),
                Some((_, body)) => ("200 OK", body.as_str()),
                None => ("404 Not Found", ""),
            };
            let location = body.strip_prefix("302 ").unwrap_or_default();
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nlocation: {location}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    address
}

const DISCOVERY: &str = "/.well-known/openid-configuration";

#[test]
fn keys_are_asked_of_the_issuer_itself() {
    let signer = Signer::p256("a");
    let jwks = Signer::jwks(&[&signer]);
    let document =
        |issuer: &str, uri: &str| json!({ "issuer": issuer, "jwks_uri": uri }).to_string();
    let ask = |issuer: &str| {
        let config = config_of(issuer, None, "");
        said(&config, &signer.token(&with(claims("dana"), "iss", json!(issuer))))
    };

    let good = server(|at| {
        vec![(DISCOVERY, document(at, &format!("{at}/keys"))), ("/keys", jwks.clone())]
    });
    assert_eq!(ask(&good), "dana");
    // A key that it does not have is still unknown.
    let config = config_of(&good, None, "");
    let other = Signer::p256("b").token(&with(claims("dana"), "iss", json!(good)));
    assert!(matches!(identify(&config, &other), Err(IdentityError::UnknownKey { .. })));

    // Down, or up with something else: nobody is named.
    let down = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    assert!(ask(&down).contains("cannot be asked, so the token names nobody"), "{}", ask(&down));
    let elsewhere = server(|_| {
        vec![(DISCOVERY, document("https://other.example", "https://other.example/keys"))]
    });
    assert!(ask(&elsewhere).contains("it speaks for `https://other.example`"));
    let plain = server(|at| vec![(DISCOVERY, document(at, "http://keys.example/keys"))]);
    assert!(ask(&plain).contains("the address has no https"), "{}", ask(&plain));
    for keys in ["", "{}", "[]", r#"{"keys":[]}"#, "<html>", &jwks.replace("EC", "oct")] {
        let bad = server(|at| {
            vec![(DISCOVERY, document(at, &format!("{at}/keys"))), ("/keys", keys.to_owned())]
        });
        assert!(ask(&bad).contains("cannot be asked"), "{keys}: {}", ask(&bad));
    }
    let gone = server(|at| vec![(DISCOVERY, document(at, &format!("{at}/keys")))]);
    assert!(ask(&gone).contains("it answers 404"), "{}", ask(&gone));
    let sends_on = server(|at| vec![(DISCOVERY, format!("302 {at}/x")), ("/x", document(at, at))]);
    assert!(ask(&sends_on).contains("it answers 302"), "{}", ask(&sends_on));
}

#[test]
fn without_issuers_nobody_is_anybody() {
    let signer = Signer::ed25519("a");
    let config =
        Config::parse(&Source::new("a.yaml", "roles: { a: [dana] }"), Path::new("")).unwrap();
    let error = identify(&config, &signer.token(&claims("dana"))).unwrap_err();
    assert!(matches!(error, IdentityError::NoIssuers));
}
