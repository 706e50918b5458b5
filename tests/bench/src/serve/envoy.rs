//! A decision in front of a model's server, through an Envoy: with the judge
//! inside, by ext_authz, and without any.
//!
//! All four hold the body of the request, pass it on to the same model, and
//! write the same log. The model and the client are in this process.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;

use anyhow::{Context as _, Result, ensure};

use super::post;
use super::requests::{Client, Percentile, Requests, until_it_decides};
use super::served::Server;
use crate::group::{Group, Row};
use crate::places::Places;

/// Names Envoy's program.
const ENVOY: &str = "TOLLGATE_ENVOY";

const ROWS: [(&str, &str); 4] = [
    ("serve-envoy/none", "no judge, the body held"),
    ("serve-envoy/module", "a fresh decision inside of Envoy"),
    ("serve-envoy/constant", "ext_authz, a constant answer"),
    ("serve-envoy/ext-authz", "ext_authz, a fresh decision"),
];

/// Whatever is decided passes, so that each request does the same.
const CONFIGURATION: &str = "\
policies: { fraud: fraud.yaml }
envoy:
  routes:
    - { path: /constant, pass: true }
    - { path: /decide, decide: fraud, allow: [allow, extra_verification, manual_review, block] }
";

const NO_JUDGE: &str = r#"- name: envoy.filters.http.buffer
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer
              max_request_bytes: 8388608
          "#;

pub(crate) fn group(places: &Places) -> Result<Group> {
    let rows = match std::env::var_os(ENVOY).map(PathBuf::from) {
        Some(program) => measured(places, &program)?,
        None => {
            let why = format!("no `{ENVOY}` names an Envoy");
            ROWS.iter().map(|(id, label)| Row::skipped(id, label, &why)).collect()
        }
    };
    Ok(Group {
        title: "A request through Envoy, kept alive, p50",
        unit: "request",
        reference: "serve-envoy/none",
        long: true,
        rows,
    })
}

fn measured(places: &Places, program: &Path) -> Result<Vec<Row>> {
    let folder = places.scratch("envoy")?;
    fs::copy(places.root.join("policies/fraud.yaml"), folder.join("fraud.yaml"))?;
    let model = model()?;
    let grpc = free_port()?;
    let file = folder.join("tollgate.yaml");
    fs::write(&file, format!("listen: {{ grpc: '127.0.0.1:{grpc}' }}\n{CONFIGURATION}"))?;
    let tollgate = Command::new(places.program("tollgate"))
        .args(["serve", "-c"])
        .arg(&file)
        .stderr(fs::File::create(folder.join("tollgate.log"))?)
        .spawn()
        .context("`tollgate` is not built")?;
    let tollgate = Arc::new(Server(tollgate));
    let deployed = places.root.join("host/server/deploy/envoy/ext_authz.yaml");
    let ext_authz =
        fs::read_to_string(deployed)?.replace("port_value: 9001", &format!("port_value: {grpc}"));
    let filter = |name: &str| ext_authz.find(name).context("a filter of the configuration");
    let (start, end) = (
        filter("- name: envoy.filters.http.ext_authz")?,
        filter("- name: envoy.filters.http.router")?,
    );
    let (before, after) = ext_authz.split_at(end);
    let none = format!("{}{NO_JUDGE}{after}", before.split_at(start).0);
    let library = places.program("libtollgate_envoy_module.so");
    ensure!(library.is_file(), "{} is not built", library.display());
    let module = fs::read_to_string(places.root.join("host/envoy-module/envoy.yaml"))?
        .replace("/usr/lib/tollgate/libtollgate_envoy_module.so", &library.to_string_lossy())
        .replace("/etc/tollgate/tollgate.yaml", &file.to_string_lossy());
    let envoy =
        |name: &str, configuration: &str| envoy(program, &folder, name, configuration, model);
    let none = envoy("none", &none)?;
    let module = envoy("module", &module)?;
    let ext_authz = envoy("ext_authz", &ext_authz)?;
    // What is measured is what they serve once they have settled.
    for log in ["tollgate.log", "module.log"] {
        settled(&folder.join(log))?;
    }
    let mut rows = Vec::new();
    for ((id, label), (path, (server, address))) in ROWS.into_iter().zip([
        ("/decide", &none),
        ("/decide", &module),
        ("/constant", &ext_authz),
        ("/decide", &ext_authz),
    ]) {
        let request = post(path);
        until_it_decides(address, &request)?;
        let servers = vec![Arc::clone(server), Arc::clone(&tollgate)];
        let of = Requests { _servers: servers, clients: vec![Client::connect(address)?], request };
        rows.push(Row::new(id, label, Percentile { of, percent: 50, pace: None, reloads: None }));
    }
    Ok(rows)
}

/// An Envoy that listens, and where.
fn envoy(
    program: &Path,
    folder: &Path,
    name: &str,
    configuration: &str,
    model: u16,
) -> Result<(Arc<Server>, String)> {
    let clients = free_port()?;
    let configuration = configuration
        .replace("port_value: 10000", &format!("port_value: {clients}"))
        .replace("port_value: 9902", &format!("port_value: {}", free_port()?))
        .replace("port_value: 5001", &format!("port_value: {model}"));
    let file = folder.join(name).with_extension("envoy.yaml");
    fs::write(&file, configuration)?;
    let log = fs::File::create(folder.join(name).with_extension("log"))?;
    let child = Command::new(program)
        .args(["--use-dynamic-base-id", "--concurrency", "1", "--log-level", "warning"])
        .args(["--component-log-level", "dynamic_modules:info", "-c"])
        .arg(&file)
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .context("cannot start Envoy")?;
    let address = format!("127.0.0.1:{clients}");
    let server = Arc::new(Server(child));
    for _ in 0..600 {
        if TcpStream::connect(&address).is_ok() {
            return Ok((server, address));
        }
        thread::sleep(std::time::Duration::from_millis(100));
    }
    anyhow::bail!("Envoy does not listen: see {}", folder.display())
}

/// Waits until a judge says that it is as quick as it will be.
fn settled(log: &Path) -> Result<()> {
    for _ in 0..600 {
        if fs::read_to_string(log)?.contains("frozen judges are served") {
            return Ok(());
        }
        thread::sleep(std::time::Duration::from_millis(100));
    }
    anyhow::bail!("nothing is frozen: see {}", log.display())
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A model's server, which answers all alike.
fn model() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(io::Result::ok) {
            // A connection that breaks off was Envoy's to end.
            thread::spawn(move || answer(&stream).ok());
        }
    });
    Ok(port)
}

fn answer(mut stream: &TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    let mut length = 0;
    let mut body = Vec::new();
    while reader.read_line(&mut line)? > 0 {
        if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
            length = text.trim().parse()?;
        }
        let is_whole = line == "\r\n";
        line.clear();
        if is_whole {
            body.resize(length, 0);
            reader.read_exact(&mut body)?;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")?;
        }
    }
    Ok(())
}
