//! A real Prometheus with known samples, and servers that are none.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The folder of `prometheus` and `promtool`; none where this run has none.
pub(crate) fn programs() -> Option<PathBuf> {
    let folder = std::env::var_os("TOLLGATE_PROMETHEUS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("not run: no `TOLLGATE_PROMETHEUS`; `cargo xtask test` brings one");
    }
    folder
}

/// A sample every 30 s from 10:00 to 12:00 of 2026-11-21, UTC.
const START: u64 = 1_795_255_200;
const STEPS: u64 = 240;

/// What is known: of `churn` 8 and 7, 20 predictions a minute; of 8 one error in
/// 200, of 7 one in 100; latencies whose p99 is 47.5 ms.
fn samples() -> String {
    let mut text = String::new();
    let mut series = |name: &str, labels: &str, value: &dyn Fn(u64) -> Option<String>| {
        for step in 0..=STEPS {
            if let Some(value) = value(step) {
                writeln!(text, "{name}{{{labels}}} {value} {}", START + 30 * step).unwrap();
            }
        }
    };
    let of = |version: u32| format!("model=\"churn\",version=\"{version}\"");
    for (version, errors) in [(8, 20), (7, 10)] {
        series("predictions", &of(version), &|step| Some((10 * step).to_string()));
        series("prediction_errors", &of(version), &|step| Some((step / errors).to_string()));
    }
    for (le, count) in [("0.01", 5), ("0.025", 9), ("0.05", 10), ("+Inf", 10)] {
        for version in [8, 7] {
            let labels = format!("{},le=\"{le}\"", of(version));
            series("latency_seconds_bucket", &labels, &|step| Some((count * step).to_string()));
        }
    }
    let feature = |name: &str| format!("{},feature=\"{name}\"", of(8));
    series("feature_psi", &feature("amount"), &|_| Some("0.05".to_owned()));
    series("feature_psi", &feature("age"), &|_| Some("0.02".to_owned()));
    series("feature_psi", &of(7), &|_| Some("NaN".to_owned()));
    // Of the last hour all, and of 7 the last third.
    series("queue", &of(8), &|step| (step >= 120).then(|| (step % 10).to_string()));
    series("queue", &of(7), &|step| (step > 200).then(|| "5".to_owned()));
    series("secret", "model=\"another\"", &|_| Some("0".to_owned()));
    text.push_str("# EOF\n");
    text
}

/// A server that ends with this value.
pub(crate) struct Prometheus {
    child: Child,
    pub(crate) address: String,
    _folder: tempfile::TempDir,
}

impl Prometheus {
    /// Starts one; `web` is its web configuration.
    pub(crate) fn start(programs: &Path, web: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("samples"), samples()).unwrap();
        fs::write(at("prometheus.yml"), "").unwrap();
        fs::write(at("web.yml"), web).unwrap();
        let made = Command::new(programs.join("promtool"))
            .args(["tsdb", "create-blocks-from", "openmetrics", "samples", "data"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(programs.join("prometheus"))
            .args(["--config.file=prometheus.yml", "--web.config.file=web.yml"])
            // What is known is old.
            .args(["--storage.tsdb.path=data", "--storage.tsdb.retention.time=100y"])
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(at("log")).unwrap())
            .spawn()
            .unwrap();
        let address = format!("http://127.0.0.1:{port}");
        let server = Self { child, address, _folder: folder };
        let start = Instant::now();
        while !is_ready(port) {
            let log = fs::read_to_string(server._folder.path().join("log")).unwrap_or_default();
            assert!(start.elapsed() < Duration::from_secs(60), "it does not start: {log}");
            thread::sleep(Duration::from_millis(100));
        }
        server
    }
}

/// Whether it answers, whatever it does.
fn is_ready(port: u16) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /-/ready HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.contains(" 200 ") || answer.contains(" 401 "))
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server that gives this answer to everybody, for as long as the test runs.
pub(crate) fn pretender(answer: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answer = answer.to_owned();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut question = [0; 4096];
            let _ = stream.read(&mut question);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

/// A success of HTTP with this body.
pub(crate) fn success(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}
