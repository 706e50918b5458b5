#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use std::time::Duration;

use super::*;

fn parse(text: &str) -> Result<Config, String> {
    let source = Source::new("tollgate.yaml", text);
    let variable = |name: &str| match name {
        "LONG" => Some("0123456789abcdef".to_owned()),
        "SHORT" => Some("0123".to_owned()),
        _ => None,
    };
    Config::parse(&source, Path::new("etc"), variable).map_err(|error| match error {
        DocumentError::Mistakes(mistakes) => mistakes.lines().collect::<Vec<_>>().join("\n"),
        error => error.to_string(),
    })
}

#[test]
fn paths_start_at_the_folder_and_limits_have_units() {
    let config = parse(
        "listen: { http: '127.0.0.1:8080', unix: t.sock, admin: '[::1]:0' }\n\
         policies: { fraud: fraud.yaml }\n\
         checks: { churn: { model: churn, part: outputs, mode: mlflow } }\n\
         gates: { all: [a.yaml, b.yaml] }\n\
         auth: { web: { policy: fraud, allow: [allow] } }\n\
         limits: { body: 1MiB, deadline: 250ms, queue: 0, streams: 2 }\n\
         admin: { tokens: [{ env: LONG, role: rollback }] }\n",
    )
    .unwrap();
    assert_eq!(config.policies["fraud"], Path::new("etc/fraud.yaml"));
    assert_eq!(config.listen.unix.unwrap(), Path::new("etc/t.sock"));
    assert_eq!(config.gates["all"], [Path::new("etc/a.yaml"), Path::new("etc/b.yaml")]);
    let Limits { body, deadline, queue, .. } = config.limits;
    assert_eq!((body, deadline, queue), (1 << 20, Duration::from_millis(250), 0));
    assert_eq!(config.tokens.role("0123456789abcdef"), Some(Role::Rollback));
    for wrong in ["", "0123456789abcde", "0123456789abcdef0"] {
        assert_eq!(config.tokens.role(wrong), None);
    }
}

#[test]
fn mistakes_are_told_at_once_with_near_names() {
    let told = [
        "{}",
        "listen: { admin: '127.0.0.1:1' }",
        "listen: { http: localhost }\npolicies: { a: a.yaml }",
        "listen: { http: '127.0.0.1:1' }",
        "listen: { http: '127.0.0.1:1' }\npolices: { a: a.yaml }",
        "listen: { http: '127.0.0.1:1' }\npolicies: { fraud: a.yaml }\n\
         auth: { a: { policy: fruad, allow: [allow] }, b: { policy: fraud, allow: [] } }",
        "listen: { http: '127.0.0.1:1' }\npolicies: { a: a.yaml }\n\
         auth: { a: { policy: a, allow: [allow], unauthorized: [allow] } }",
        "listen: { http: '127.0.0.1:1' }\nchecks: { a: { model: a, schema: b }, b: {} }",
        "listen: { http: '127.0.0.1:1' }\nchecks: { a: { schema: b, mode: strict } }",
        "listen: { http: '127.0.0.1:1', admin: '127.0.0.1:1' }\npolicies: { a: a.yaml }",
        "listen: { http: '127.0.0.1:1', admin: '0.0.0.0:2' }\npolicies: { a: a.yaml }",
        "listen: { http: '127.0.0.1:1' }\npolicies: { a: a.yaml }\n\
         admin: { tokens: [{ env: SHORT, role: read }, { env: NONE, role: read }] }",
        "listen: { http: '127.0.0.1:1' }\npolicies: { a: a.yaml }\n\
         limits: { body: 65MiB, bodies: 1KiB, header_bytes: 1KiB, deadline: 11s }",
        "listen: { http: '127.0.0.1:1' }\npolicies: { a: a.yaml }\nlimits: { body: 8MB }",
    ]
    .map(|text| format!("{text}\n=> {}\n", parse(text).unwrap_err()))
    .join("\n");
    insta::assert_snapshot!(told);
}
