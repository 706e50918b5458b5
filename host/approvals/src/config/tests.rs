#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails panics")]

use super::*;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(&Source::new("approvals.yaml", text), Path::new("/base"))
}

/// What is wrong, `line:column: what; help`.
fn mistakes(text: &str) -> Vec<String> {
    match parse(text) {
        Err(ConfigError::Mistakes(mistakes)) => mistakes
            .lines()
            .map(|line| line.strip_prefix("approvals.yaml:").unwrap().to_owned())
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_configuration_says_where_who_and_what() {
    let config = parse(
        "store: sqlite:approvals.db
issuers:
  - issuer: https://token.actions.githubusercontent.com
    audience: tollgate
    person: actor
    claims: { repository_owner: acme, ref: [refs/heads/main, refs/heads/next] }
  - { issuer: https://login.acme.example, audience: gate, person: email, groups: groups }
roles:
  release_manager: [dana, lee]
  ml_engineer: { people: kim, groups: [ml] }
  data_scientist: [ada]
  auditor: { people: [eve], may: [] }
  service_account: { people: [ci], may: [request] }
",
    )
    .unwrap();
    assert_eq!(config.store.as_ref().unwrap().to_string(), "/base/approvals.db");
    let [github, login] = config.issuers.as_slice() else { panic!() };
    assert_eq!(github.claims.len(), 2);
    assert_eq!(login.groups.as_deref(), Some("groups"));
    let may = |person: &str| -> Vec<(String, Vec<Right>)> {
        let roles = config.roles_of(person, &[]);
        roles.into_iter().map(|role| (role.name.clone(), role.may.clone())).collect()
    };
    let both = vec![Right::Request, Right::Vote];
    assert_eq!(may("Dana "), [("release_manager".to_owned(), both.clone())]);
    assert_eq!(may("kim"), [("ml_engineer".to_owned(), both)]);
    assert_eq!(may("ada"), [("data_scientist".to_owned(), vec![])]);
    assert_eq!(may("eve"), [("auditor".to_owned(), vec![])]);
    assert_eq!(may("ci"), [("service_account".to_owned(), vec![Right::Request])]);
    assert_eq!(may("nobody"), []);
    assert_eq!(config.roles_of("nobody", &["ml".to_owned()]).len(), 1);
}

#[test]
fn mistakes_are_told_at_their_places_all_at_once() {
    assert_eq!(
        mistakes(
            "stores: a.db
issuers:
  - { issuer: 'https://a.example', audience: '', person: 7 }
  - { issuer: 'http://b.example', audience: x, person: sub }
  - { issuer: 'https://a.example', audience: x, person: sub, klaims: {} }
roles:
  release_manager: { people: [], my: [vote] }
  other: { people: [dana], may: [votes] }
  third: 7
"
        ),
        [
            "1:1: nothing reads `stores`; did you mean `store`?",
            "3:46: `audience` says nothing",
            "3:58: `person` must be text, found an integer",
            "4:15: `http://b.example` cannot be asked for its keys; give its public keys with \
             `keys`, or an address with https",
            "5:62: nothing reads `klaims`; did you mean `claims`?",
            "7:30: `people` is empty",
            "7:34: nothing reads `my`; did you mean `may`?",
            "8:34: there is no right `votes`; did you mean `vote`?",
            "9:10: expected a map with `people`, `groups` or `may`, found an integer",
        ]
    );
}

#[test]
fn what_would_let_anybody_in_is_a_mistake() {
    let public = |claims: &str| {
        format!(
            "issuers: [{{ issuer: 'https://token.actions.githubusercontent.com', audience: a, \
             person: actor{claims} }}]"
        )
    };
    assert!(mistakes(&public(""))[0].contains("everybody who has an account there"));
    assert!(mistakes(&public(", claims: {}"))[0].contains("everybody who has an account there"));
    assert!(mistakes(&public(", claims: { repository: [] }"))[0].contains("`repository` is empty"));
    assert!(parse(&public(", claims: { repository: acme/models }")).is_ok());
    let twice = "issuers: [{issuer: 'https://a.example', audience: a, person: sub}, \
                 {issuer: 'https://a.example', audience: b, person: sub}]";
    assert!(mistakes(twice)[0].contains("is given twice"));
}

#[test]
fn secrets_are_not_written_down() {
    let said = mistakes("store: postgres://dana:s3cret@host/db");
    assert_eq!(
        said,
        ["1:8: a password has no place in a file; leave it out, and set `PGPASSWORD`"]
    );
    assert!(parse("store: postgres://dana@host/db").is_ok());
}

#[test]
fn key_files_hold_public_keys() {
    let folder = tempfile::tempdir().unwrap();
    let said = |keys: &str| {
        std::fs::write(folder.path().join("keys"), keys).unwrap();
        let text = "issuers: [{issuer: desk, audience: a, person: sub, keys: keys}]";
        match Config::parse(&Source::new("a.yaml", text), folder.path()) {
            Ok(_) => "fine".to_owned(),
            Err(error) => error.to_string(),
        }
    };
    let key = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#;
    assert_eq!(said(&format!("{{\"keys\":[{key}}}]}}")), "fine");
    for (keys, problem) in [
        ("", "neither a JWKS"),
        ("{}", "no `keys`"),
        ("{", "no JSON"),
        ("{\"keys\":[]}", "without a key"),
        (&format!("{{\"keys\":[{key},\"d\":\"x\"}}]}}"), "a private or secret key"),
        ("{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}]}", "a private or secret key"),
        (&format!("{{\"keys\":[{key},\"use\":\"enc\"}}]}}"), "without a key"),
        (&format!("{{\"keys\":[{key},\"alg\":\"HS256\"}}]}}"), "without a key"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "a private key"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "no public key"),
    ] {
        assert!(said(keys).contains(problem), "{keys}: {}", said(keys));
    }
}
