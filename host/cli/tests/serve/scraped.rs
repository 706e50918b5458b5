//! A real Prometheus scrapes a real server, by the rules that are shipped.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::client::{Client, get};
use super::running::{Running, transaction};
use crate::POLICY;

struct Prometheus(Child);

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn monitoring(name: &str) -> PathBuf {
    crate::common::root().canonicalize().unwrap().join("host/server/monitoring").join(name)
}

#[test]
fn the_shipped_rules_and_panels_read_what_the_server_says() {
    let Some(programs) = std::env::var_os("TOLLGATE_PROMETHEUS").map(PathBuf::from) else {
        eprintln!("not run: no `TOLLGATE_PROMETHEUS`; `cargo xtask test` brings one");
        return;
    };
    let server = Running::start(POLICY);
    let folder = tempfile::tempdir().unwrap();
    let rules = monitoring("alerts.yaml");
    let config = format!(
        "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\n\
         rule_files: ['{}']\n\
         scrape_configs:\n  - job_name: tollgate\n    static_configs: [{{ targets: ['{}'] }}]\n",
        rules.display(),
        server.admin
    );
    fs::write(folder.path().join("prometheus.yml"), config).unwrap();
    let checked = Command::new(programs.join("promtool"))
        .args(["check", "config", "prometheus.yml"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let child = Command::new(programs.join("prometheus"))
        .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"])
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _prometheus = Prometheus(child);
    let address = format!("127.0.0.1:{port}");
    let listens = || std::net::TcpStream::connect(&address).is_ok();
    server.until(listens);
    server.until(|| get(&address, "/-/ready").status == 200);
    let query = |query: &str| -> Vec<Value> {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let answer = get(&address, &format!("/api/v1/query?query={encoded}")).json();
        assert_eq!(answer["status"], "success", "{query}: {answer}");
        answer["data"]["result"].as_array().cloned().unwrap_or_default()
    };
    let value = |text: &str| -> f64 {
        let found = query(text).first().and_then(|it| it["value"][1].as_str()?.parse().ok());
        found.unwrap_or(0.0)
    };
    let mut client = Client::connect(&server.http);
    for _ in 0..50 {
        client.post("/v1/decide/fraud", transaction(0.93).as_bytes());
        client.post("/v1/decide/fraud", b"{}");
    }
    server.until(|| value("tollgate_decisions_total{policy=\"fraud\",action=\"block\"}") == 50.0);
    assert_eq!(value("tollgate_undecided_total{policy=\"fraud\",cause=\"input\"}"), 50.0);
    assert_eq!(value("tollgate_decision_seconds_count{policy=\"fraud\"}"), 100.0);
    assert_eq!(value("tollgate_live{kind=\"policy\",name=\"fraud\",version=\"2.1.0\"}"), 1.0);
    server.write("fraud.yaml", "name: fraud_detector\n");
    server.until(|| value("tollgate_reloads_total{kind=\"policy\",outcome=\"refused\"}") > 0.0);
    let alerts = fs::read_to_string(&rules).unwrap();
    assert!(alerts.contains("tollgate_reloads_total{outcome=\"refused\"}"), "{alerts}");
    // Every metric that an alert or a panel names is there.
    let rules = fs::read_to_string(rules).unwrap();
    let panels = fs::read_to_string(monitoring("dashboard.json")).unwrap();
    let metrics = server.metrics();
    let mut named = 0;
    for text in [rules, panels] {
        for word in text.split(|it: char| !it.is_ascii_alphanumeric() && it != '_') {
            if let Some(rest) = word.strip_prefix("tollgate_") {
                let name =
                    ["_total", "_bucket", "_count"].iter().find_map(|it| rest.strip_suffix(it));
                let line = format!("# TYPE tollgate_{} ", name.unwrap_or(rest));
                assert!(metrics.contains(&line), "no metric `{word}`");
                named += 1;
            }
        }
    }
    assert!(named > 20, "{named}");
    // The alert on requests without a decision is on its way.
    server.until(|| {
        client.post("/v1/decide/fraud", b"{}");
        let alerts = get(&address, "/api/v1/alerts").json();
        alerts.to_string().contains("TollgateUndecided")
    });
}
