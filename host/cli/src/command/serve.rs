//! `tollgate serve`

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use miette::{IntoDiagnostic as _, Result, miette};
use tollgate::judge::Opened;
use tollgate_engine::{Engine, Limits};
use tollgate_server::{Config, Engines, Level, Log, Server};
use tollgate_telemetry::{Listener, Traces};
use tracing::level_filters::LevelFilter;

use crate::arguments::{Format, Shared};
use crate::exit::Exit;
use crate::output::{self, visible};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate serve policies/fraud.yaml
  tollgate serve policies/fraud.yaml --listen 0.0.0.0:8080
  tollgate serve -c tollgate.yaml
  tollgate serve -c tollgate.yaml --check

A policy alone is served under the name in its document, on 127.0.0.1:8080:
  curl -H 'content-type: application/json' -d @transaction.json \\
      http://127.0.0.1:8080/v1/decide/fraud_detector

A configuration names more, each by the name that it is asked for:
  listen:   { http: 0.0.0.0:8080, admin: 127.0.0.1:9901 }
  policies: { fraud: policies/fraud.yaml }      # POST /v1/decide/fraud
            # or the version that is pinned, see `tollgate pin`:
            # { fraud: { pins: pins.yaml, documents: policies/fraud } }
  checks:   { churn: { model: models/churn } }  # POST /v1/check/churn
  gates:    { offline: gates/offline.yaml }     # POST /v1/gate/offline
  auth:     { shop: { policy: fraud, allow: [allow] } }  # GET /auth/shop
With `listen: { grpc: 127.0.0.1:9001 }` an Envoy asks by ext_authz or ext_proc:
  envoy:    { routes: [{ path: /invocations, check: churn }] }
With `decision_log: { folder: decisions }` each decision is logged before it is
given, and `tollgate log` reads it; with `registry: { plan: promotion.yaml }`
versions are promoted by POST /models/NAME/versions/N/promote on the admin address.
All keys, limits, TLS, tokens and traces: policies/server.schema.json. All routes: GET
/openapi.json.

A decision is always 200, whatever it is: read its `action`. A check and a gate
are 200 when they pass and 422 when not. SIGTERM ends the server once the
requests under way are answered, and the exit code is 0. Documents, pins and
certificates that change are loaded, SIGHUP does so at once, and what cannot be
loaded leaves the last good one.")]
pub(crate) struct Serve {
    /// A policy document, or a component made by `tollgate bake`, to be served
    /// alone
    #[arg(value_name = "POLICY", required_unless_present = "config")]
    pub(crate) policy: Option<PathBuf>,
    /// A configuration, such as `tollgate.yaml`; its paths start at its folder
    #[arg(short, long, value_name = "FILE", conflicts_with = "policy")]
    pub(crate) config: Option<PathBuf>,
    /// Where a policy alone is served; port 0 takes a free one
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8080",
        conflicts_with = "config"
    )]
    pub(crate) listen: SocketAddr,
    /// Load all that is configured, and serve nothing
    #[arg(long)]
    pub(crate) check: bool,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

/// What one call may take to be configured, in operations, until it is worth
/// freezing: some microseconds, which is what a decision takes.
const DEAR: u64 = 10_000;

/// Instances beyond those of workers and streams: calls that are made at once,
/// one a thread, and those that are ready.
const BESIDE: usize = 64;

pub(crate) fn run(arguments: &Serve) -> Exit {
    output::shown("serve", Format::Human, || serve(arguments))
}

fn serve(arguments: &Serve) -> Result<Exit> {
    let read = arguments.config.as_deref().map(Config::read).transpose()?;
    let limits = read.as_ref().map(|config| config.limits).unwrap_or_default();
    let instances = limits.concurrency + limits.streams + BESIDE;
    let instances = u32::try_from(instances).unwrap_or(u32::MAX);
    let builder = Engine::builder().limits(Limits { instances, ..Limits::default() });
    let plugins = super::plugins_in(&arguments.shared, builder.clone())?;
    let (config, alone) = match (read, &arguments.policy) {
        (Some(config), _) => (config, None),
        (None, Some(path)) => {
            let name = Opened::open(&plugins, path)?.document().name.clone();
            (Config::of_policy(&name, path, arguments.listen), Some(name))
        }
        (None, None) => return Err(miette!("there is neither a policy nor a configuration")),
    };
    if arguments.check {
        tollgate_server::check(config, &plugins)?;
        output::page(|out| writeln!(out, "all that is configured can be served"));
        return Ok(Exit::Passed);
    }
    let listener = listen(config.log, config.telemetry.clone())?;
    let frozen = super::plugins_in(&arguments.shared, builder.bake_above(DEAR))?;
    let server = Server::bind(config, Engines { quick: plugins, frozen }, listener.spans())?;
    for (port, address) in server.addresses() {
        let address = visible(&address);
        tracing::info!(port, %address, "listening");
        if let Some(name) = &alone {
            output::note(|out| writeln!(out, "decides at {address}/v1/decide/{name}"));
        }
    }
    server.run()?;
    Ok(Exit::Passed)
}

/// Lets the server's words through to standard error, and its spans to a
/// collector.
fn listen(log: Log, traces: Option<Traces>) -> Result<Listener> {
    let level = match log.level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
    };
    let traces = Traces::wanted(traces, |name| std::env::var(name).ok());
    Listener::start(level, log.json, traces.as_ref()).into_diagnostic()
}
