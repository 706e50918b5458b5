//! The module: what only it has, and what it must not do to Envoy.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::setup::{Front, documents, program, rows, until};
use crate::common::{self, misbehaving};

/// The shared object, which cargo has put beside this program.
fn module() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    program.with_file_name("libtollgate_envoy_module.so")
}

/// The configuration that is ready to be deployed, with what is judged by in a
/// folder.
fn configuration(folder: &Path) -> String {
    let ready = common::root().join("host/envoy-module/envoy.yaml");
    let (module, config) = (module(), folder.join("tollgate.yaml"));
    let config = std::fs::read_to_string(ready)
        .unwrap()
        .replace("/usr/lib/tollgate/libtollgate_envoy_module.so", module.to_str().unwrap())
        .replace("/etc/tollgate/tollgate.yaml", config.to_str().unwrap());
    assert!(!config.contains("/etc/") && !config.contains("/usr/"), "{config}");
    config
}

/// An Envoy with the module inside, and no Tollgate beside it.
pub(super) fn front(program: &Path, routes: &str, change: impl FnOnce(String) -> String) -> Front {
    front_in(program, documents("", routes), change)
}

fn front_in(
    program: &Path,
    folder: tempfile::TempDir,
    change: impl FnOnce(String) -> String,
) -> Front {
    let config = change(configuration(folder.path()));
    Front::with(program, folder, None, config)
}

/// What an Envoy says that does not start with this configuration.
fn refused(program: &Path, mode: &[&str], folder: &Path, config: &str) -> String {
    let file = folder.join("envoy.yaml");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new(program);
    command.args(mode).arg("-c").arg(&file).args(["--log-level", "info", "--use-dynamic-base-id"]);
    let output = command.output().unwrap();
    let told = common::text(&output.stderr) + &common::text(&output.stdout);
    assert!(!output.status.success(), "{told}");
    told
}

const VALIDATE: [&str; 2] = ["--mode", "validate"];
const ROUTES: &str = "    \
    - { path: /invocations, check: transaction, decide: fraud, on: exchange, allow: [allow] }
    - { prefix: /v2/, decide: by_header, allow: [allow] }
";

#[test]
fn the_configuration_that_is_ready_is_valid() {
    let Some(program) = program("TOLLGATE_ENVOY") else { return };
    let folder = documents("", ROUTES);
    let file = folder.path().join("envoy.yaml");
    std::fs::write(&file, configuration(folder.path())).unwrap();
    let mut validate = Command::new(program);
    validate.args(VALIDATE).args(["--use-dynamic-base-id", "-c"]).arg(&file);
    let output = validate.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// Envoy does not start, and says where the mistake is.
#[test]
fn a_configuration_that_is_wrong_is_refused() {
    let Some(program) = program("TOLLGATE_ENVOY") else { return };
    let folder = documents("", ROUTES);
    let ready = configuration(folder.path());
    let file = folder.path().join("tollgate.yaml");
    let good = std::fs::read_to_string(&file).unwrap();
    let with = |from: &str, to: &str, expected: &[&str]| {
        assert!(good.contains(from), "{from}");
        std::fs::write(&file, good.replace(from, to)).unwrap();
        let told = refused(&program, &VALIDATE, folder.path(), &ready);
        for part in expected {
            assert!(told.contains(part), "`{part}` is not in {told}");
        }
    };
    with("decide: fraud,", "decide: froud,", &["no `froud` under `policies`", "tollgate.yaml:7:"]);
    with("allow: [allow] }\n    - {", "allow: [alow] }\n    - {", &["names action `alow`"]);
    with("fraud: fraud.yaml", "fraud: nowhere.yaml", &["policy `fraud`", "nowhere.yaml"]);
    with("envoy:", "envy:", &["envy"]);
    with(&good[good.find("envoy:").unwrap()..], "", &["nothing says what Envoy's requests"]);
    std::fs::write(&file, &good).unwrap();
    let fraud = folder.path().join("fraud.yaml");
    let policy = std::fs::read_to_string(&fraud).unwrap();
    std::fs::write(&fraud, policy.replace("block:", "blok:")).unwrap();
    let told = refused(&program, &VALIDATE, folder.path(), &ready);
    assert!(told.contains("fraud.yaml") && told.contains("blok"), "{told}");
    std::fs::write(&fraud, policy).unwrap();
    // Of the filter itself.
    for (from, to, expected) in [
        ("{ config:", "{ confg:", "unknown field `confg`"),
        ("tollgate.yaml }", "none.yaml }", "none.yaml"),
        ("libtollgate_envoy_module.so", "libnone.so", "libnone.so"),
    ] {
        assert!(ready.contains(from), "{from}");
        let told = refused(&program, &[], folder.path(), &ready.replace(from, to));
        assert!(told.contains(expected), "{told}");
    }
}

/// Endless loops, panics and memory without end: of the guests, not of Envoy.
#[test]
fn a_policy_that_fails_denies_and_keeps_nobody_waiting() {
    let Some(program) = program("TOLLGATE_ENVOY") else { return };
    let routes = "    \
    - { path: /loop, decide: loop, allow: [allow] }
    - { path: /panic, decide: panic, allow: [allow] }
    - { path: /memory, decide: memory, allow: [allow] }
    - { prefix: /v2/, decide: by_header, allow: [allow] }
";
    let folder = documents("", routes);
    let file = folder.path().join("tollgate.yaml");
    for (name, how) in [("loop", "loop"), ("panic", "panic"), ("memory", "allocate")] {
        misbehaving(folder.path(), name, how);
    }
    let config = std::fs::read_to_string(&file).unwrap();
    let config = config
        .replace(
            "policies: {",
            "policies: { loop: loop.yaml, panic: panic.yaml, memory: memory.yaml,",
        )
        .replace("body: 64KiB", "body: 64KiB, deadline: 3s, concurrency: 2, queue: 4");
    std::fs::write(&file, config).unwrap();
    let front = front_in(&program, folder, |config| config);
    let score = br#"{"score": 0.1}"#;
    for path in ["/panic", "/memory", "/panic"] {
        let response = front.post(path, score);
        assert_eq!(response.status, 403, "{response:?}");
        let answer = response.json();
        assert_eq!((&answer["action"], &answer["fallback"]), (&"block".into(), &true.into()));
    }
    let passes = || {
        let headers = [("x-score", "0.1"), ("content-type", "application/json")];
        front.client().send("POST", "/v2/a", &headers, b"{}").status == 200
    };
    let asked = Instant::now();
    let hang = || (front.post("/loop", score), asked.elapsed());
    std::thread::scope(|scope| {
        let hanging: Vec<_> = (0..4).map(|_| scope.spawn(hang)).collect();
        std::thread::sleep(Duration::from_millis(300));
        // Envoy has one thread, and it does not hang.
        let start = Instant::now();
        for _ in 0..20 {
            assert!(passes());
        }
        let took = start.elapsed();
        assert!(
            hanging.iter().any(|it| !it.is_finished()) && took < Duration::from_secs(2),
            "{took:?}"
        );
        for hung in hanging {
            let (response, took) = hung.join().unwrap();
            // Two are called at a time; for the others there may be no room in time.
            assert!([403, 503, 504].contains(&response.status), "{response:?}");
            assert!(took < Duration::from_secs(10), "{took:?}");
        }
    });
    // Who goes away is not waited for, and nothing is left of it.
    for _ in 0..3 {
        let mut client = front.client();
        let head =
            format!("POST /loop HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n", score.len());
        client.write(&[head.as_bytes(), score].concat()).unwrap();
        std::thread::sleep(Duration::from_millis(100));
    }
    until("it recovers", passes);
    assert_eq!(front.post("/panic", score).status, 403);
    assert!(!front.told().contains("Caught Segmentation fault"), "{}", front.told());
}

fn chunked(front: &Front, target: &str, parts: &[&str], trailer: &str) -> u16 {
    let mut client = front.client();
    let mut request = format!(
        "POST {target} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\n"
    );
    for part in parts {
        request += &format!("{:x}\r\n{part}\r\n", part.len());
        client.write(request.as_bytes()).unwrap();
        request.clear();
        // So that Envoy shows each by itself.
        std::thread::sleep(Duration::from_millis(50));
    }
    request += &format!("0\r\n{trailer}\r\n");
    client.write(request.as_bytes()).unwrap();
    client.response().unwrap().status
}

#[test]
fn bodies_in_parts_are_one_and_those_with_trailers_none() {
    let Some(program) = program("TOLLGATE_ENVOY") else { return };
    let front = front(&program, ROUTES, |config| {
        let clients = "codec_type: AUTO\n";
        let to_model = "  - name: model\n    type: STATIC\n";
        assert!(config.contains(clients) && config.contains(to_model), "{config}");
        config
            .replace(
                clients,
                "codec_type: AUTO\n          http_protocol_options: { enable_trailers: true }\n",
            )
            .replace(
                to_model,
                "  - name: model
    type: STATIC
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        \"@type\": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: { http_protocol_options: { enable_trailers: true } }
",
            )
    });
    let body = rows(1);
    let (first, rest) = body.split_at(40);
    let (second, third) = rest.split_at(40);
    let parts = [first, second, third];
    assert_eq!(chunked(&front, "/invocations?scores=0.1", &parts, ""), 200);
    assert_eq!(front.model.asked.lock().unwrap()[0].1, body.as_bytes(), "as it was sent");
    assert_eq!(chunked(&front, "/invocations?scores=0.9", &parts, ""), 403);
    assert_eq!(chunked(&front, "/invocations", &parts[..2], ""), 400);
    let count = front.model.count();
    for parts in [&parts[..], &parts[..1]] {
        assert_eq!(chunked(&front, "/invocations", parts, "x-more: 1\r\n"), 400);
    }
    assert_eq!(front.model.count(), count, "the model saw none of these");
    let answer = front.post("/invocations?scores=0.1&trailer=x-more:%201", body.as_bytes());
    assert_eq!(answer.status, 502, "{answer:?}");
    assert!(!answer.text().contains("predictions"), "{answer:?}");
}

#[test]
fn bodies_beyond_the_limits_are_not_judged() {
    let Some(program) = program("TOLLGATE_ENVOY") else { return };
    let kind = |response: &crate::client::Response| {
        response.json()["type"].as_str().unwrap().rsplit(':').next().unwrap().to_owned()
    };
    let front = front(&program, ROUTES, |config| config);
    let long = rows(1) + &" ".repeat(70_000);
    let response = front.post("/invocations", long.as_bytes());
    assert_eq!((response.status, kind(&response).as_str()), (413, "too-large"), "{response:?}");
    assert_eq!(front.model.count(), 0);
    // An answer, too.
    let response = front.post("/invocations?scores=0.1&pad=70000", rows(1).as_bytes());
    assert_eq!((response.status, kind(&response).as_str()), (502, "answer"), "{response:?}");
    let response = front.post("/invocations?scores=0.1&pad=60000", rows(1).as_bytes());
    assert_eq!(response.status, 200, "{response:?}");
    // What Envoy may hold is less.
    let small = self::front(&program, ROUTES, |config| {
        config.replace("limit_bytes: 9437184", "limit_bytes: 4096")
    });
    assert_eq!(small.post("/invocations", rows(1).as_bytes()).status, 200);
    assert_eq!(small.post("/invocations", rows(1000).as_bytes()).status, 413);
    let response = small.post("/invocations?scores=0.1&pad=60000", rows(1).as_bytes());
    assert_eq!(response.status, 500, "{response:?}");
    assert!(!response.text().contains("predictions"), "{response:?}");
    assert_eq!(small.model.count(), 2);
}

/// A document that changes is live, and one that is broken is not.
#[test]
fn policies_are_live() {
    let Some(program) = program("TOLLGATE_ENVOY") else { return };
    let front = front_in(&program, documents("watch: 100ms\n", ROUTES), |config| config);
    let document = front.folder().join("by_header.yaml");
    let good = std::fs::read_to_string(&document).unwrap();
    let status = || {
        let headers = [("x-score", "0.5"), ("content-type", "application/json")];
        front.client().send("POST", "/v2/a", &headers, b"{}").status
    };
    assert_eq!(status(), 403);
    let lax = good.replace("review: 0.4", "review: 0.6").replace("1.0.0", "1.1.0");
    std::fs::write(&document, &lax).unwrap();
    until("the new version is not live", || status() == 200);
    assert!(front.model.head().contains("by_header@1.1.0"), "{}", front.model.head());
    std::fs::write(&document, "name: [").unwrap();
    until("nothing is told", || front.told().contains("by_header"));
    assert_eq!(status(), 200, "the last good one serves");
    std::fs::write(&document, good.replace("1.0.0", "1.2.0")).unwrap();
    until("the next version is not live", || status() == 403);
}
