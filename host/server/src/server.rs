//! The server: from its configuration to its end.

mod inside;
mod listeners;
mod signals;

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tollgate::document::suggestion::suggestion;
use tollgate::plugins::Plugins;
use tollgate::text::visible;
use tollgate_telemetry::Spans;

pub use self::inside::{Abort, Inside, Judging, Rest};
use self::listeners::{Doors, Listeners};
use self::signals::{Signal, Signals};
use crate::answer::App;
use crate::config::{Config, DecideOn};
use crate::door::{Behind, Door, Room};
use crate::envoy;
use crate::error::ServerError;
use crate::judges::Judges;
use crate::metrics::Metrics;
use crate::openapi::description;
use crate::registry::Registry;
use crate::route::Port;
use crate::routes::{ROUTES, router};
use crate::service::Service;
use crate::tls::Tls;

/// How often certificates are looked at, which are renewed days before they
/// end, and how soon it is told what went live.
const LOOK: Duration = Duration::from_secs(1);

/// How often documents and pins are looked at, where nobody says it.
const WATCH: Duration = Duration::from_secs(2);

/// The plugins of a server, in two engines.
pub struct Engines {
    /// One that configures each instance, so that the server is ready at once.
    pub quick: Plugins,
    /// One that freezes what is dear to configure, which takes seconds, and
    /// answers several times as fast from then on.
    pub frozen: Plugins,
}

/// A server that has taken its addresses and serves nobody yet.
pub struct Server {
    runtime: Runtime,
    listeners: Listeners,
    service: Arc<Service>,
    engines: Engines,
    tls: Option<Arc<Tls>>,
}

/// The OpenAPI description of all routes, as `GET /openapi.json` gives it.
#[must_use]
pub fn openapi() -> String {
    format!("{:#}\n", description(ROUTES))
}

/// Loads all that a configuration names, and serves none of it.
///
/// # Errors
/// What of it could not be served.
pub fn check(config: Config, plugins: &Plugins) -> Result<(), ServerError> {
    config.tls.as_ref().map(Tls::open).transpose()?;
    let service = service(config, plugins, &Spans::default());
    service.judges.open(plugins, None)?;
    service.judges.open_counters()?;
    let unloaded = service.judges.unloaded();
    if !unloaded.is_empty() {
        return Err(ServerError::Some(unloaded));
    }
    names(&service)
}

fn service(config: Config, plugins: &Plugins, spans: &Spans) -> Service {
    let (config, metrics) = (Arc::new(config), Arc::new(Metrics::new(spans)));
    let judges = Judges::new(Arc::clone(&config), Arc::clone(&metrics));
    let registry = config.registry.clone().map(|it| Registry::new(it, plugins.clone()));
    Service::new(config, judges, metrics, Bytes::from(openapi()), registry)
}

/// Whether policies have the actions, and read the scores and the masked
/// inputs, that are named for them.
fn names(service: &Service) -> Result<(), ServerError> {
    for (auth, rule) in &service.config.auth {
        let named = rule.allow.iter().chain(&rule.unauthorized);
        actions(service, &format!("auth: {auth}"), &rule.policy, named)?;
    }
    masks(service)?;
    if let Some(registry) = &service.registry {
        registry.check().map_err(|error| ServerError::Registry(error.to_string()))?;
    }
    for route in service.config.envoy.iter().flat_map(|envoy| &envoy.routes) {
        let Some(rule) = &route.decide else { continue };
        let place = format!("envoy: {}", route.at.text());
        actions(service, &place, &rule.policy, rule.allow.iter())?;
        if let DecideOn::Exchange { score, .. } = &rule.on {
            reads(service, place, &rule.policy, score)?;
        }
    }
    Ok(())
}

/// Whether some policy reads each input that is to be masked: what was meant
/// would be logged as it is.
fn masks(service: &Service) -> Result<(), ServerError> {
    let Some(settings) = &service.config.decision_log else { return Ok(()) };
    let policies: Vec<_> =
        service.config.policies.keys().filter_map(|name| service.judges.policy(name)).collect();
    // Where one is not loaded, nobody knows yet what it reads.
    if policies.len() < service.config.policies.len() {
        return Ok(());
    }
    let deciders = || policies.iter().flat_map(|policy| policy.deciders());
    let inputs = deciders().flat_map(|decider| &decider.policy().surface().inputs);
    let inputs: Vec<&str> = inputs.map(|input| input.name.as_str()).collect();
    match *settings.masks.unread(inputs.iter().copied()) {
        [] => Ok(()),
        [unread, ..] => Err(ServerError::Mask {
            input: unread.to_owned(),
            help: suggestion(unread, inputs.iter().copied()),
        }),
    }
}

fn actions<'a>(
    service: &Service,
    place: &str,
    name: &str,
    mut named: impl Iterator<Item = &'a String>,
) -> Result<(), ServerError> {
    let Some(policy) = service.judges.policy(name) else { return Ok(()) };
    let known = &policy.decider.policy().surface().actions;
    match named.find(|action| !known.contains(action)) {
        None => Ok(()),
        Some(action) => Err(ServerError::Action {
            place: place.to_owned(),
            action: action.clone(),
            policy: name.to_owned(),
            help: suggestion(action, known.iter().map(String::as_str)),
        }),
    }
}

/// Whether a policy reads a member of this name.
fn reads(service: &Service, place: String, name: &str, score: &str) -> Result<(), ServerError> {
    let Some(policy) = service.judges.policy(name) else { return Ok(()) };
    let document = policy.decider.document();
    let inputs = policy.decider.policy().surface().inputs.iter().map(|input| input.name.as_str());
    // One that is mapped to a place is found there, whatever its name.
    let is_read = |input: &str| match document.input(input).and_then(|it| it.pointer.as_ref()) {
        Some(pointer) => *pointer == format!("/{score}"),
        None => input == score,
    };
    if inputs.clone().any(is_read) {
        return Ok(());
    }
    let help = suggestion(score, inputs);
    Err(ServerError::Score { place, score: score.to_owned(), policy: name.to_owned(), help })
}

impl Server {
    /// Takes the addresses. `spans` is what becomes of spans, for the metrics.
    ///
    /// # Errors
    /// When one is taken already, or a certificate cannot be used.
    pub fn bind(config: Config, engines: Engines, spans: &Spans) -> Result<Self, ServerError> {
        let tls = config.tls.as_ref().map(Tls::open).transpose()?.map(Arc::new);
        #[cfg(unix)]
        // Each connection is a file; with fewer than that, fewer are taken.
        let _ = rlimit::increase_nofile_limit(u64::MAX);
        let runtime = Builder::new_multi_thread()
            .enable_all()
            .thread_name("tollgate-serve")
            .max_blocking_threads(config.limits.concurrency + config.limits.streams + 8)
            .build()?;
        let listeners = runtime.block_on(Listeners::bind(&config.listen))?;
        let service = Arc::new(service(config, &engines.quick, spans));
        Ok(Self { runtime, listeners, service, engines, tls })
    }

    /// Where it listens: what for, and the address.
    pub fn addresses(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.listeners.addresses(self.tls.is_some())
    }

    /// Serves until a signal to end, and then until the requests under way are
    /// answered. What is configured is loaded meanwhile.
    ///
    /// # Errors
    /// When nothing of what is configured can be served, or the system refuses
    /// what a server needs.
    pub fn run(self) -> Result<(), ServerError> {
        let Self { runtime, listeners, service, engines, tls } = self;
        let ended = runtime.block_on(run(listeners, service, engines, tls));
        // A plugin that hangs ends by its deadline, and nobody waits for it.
        runtime.shutdown_background();
        ended
    }
}

async fn run(
    listeners: Listeners,
    service: Arc<Service>,
    Engines { quick, frozen }: Engines,
    tls: Option<Arc<Tls>>,
) -> Result<(), ServerError> {
    let mut signals = Signals::listen()?;
    let limits = service.config.limits;
    let (stop, stopping) = watch::channel(false);
    let (stop_admin, stopping_admin) = watch::channel(false);
    let metrics = &service.metrics;
    let connections = Arc::new(Semaphore::new(limits.connections));
    let behind = |port, name| {
        let app = App::new(router(port, Arc::clone(&service)), name, &limits, Arc::clone(metrics));
        app.behind(&limits)
    };
    let room = |connections| Room {
        connections,
        handshake: limits.head_timeout,
        metrics: Arc::clone(metrics),
    };
    // What a socket is for is on the same machine, whose files say who may.
    let doors = |behind: Behind| {
        let room = room(Arc::clone(&connections));
        let plain = Door::new(behind.clone(), None, room.clone());
        (Door::new(behind, tls.clone(), room), plain)
    };
    let (http, unix) = doors(behind(Port::Requests, "requests"));
    let envoy = service.config.envoy.as_ref();
    let envoy = envoy.map(|rules| doors(envoy::behind(Arc::clone(&service), rules)));
    let (grpc, grpc_unix) = envoy.unzip();
    // The admin port has room of its own, so that a full server can be seen.
    let admin = Semaphore::new(ADMIN_CONNECTIONS);
    let admin = Door::new(behind(Port::Admin, "admin"), None, room(Arc::new(admin)));
    let doors = Doors { http, unix, grpc, grpc_unix, admin };
    let _sockets = listeners.open(doors, &stopping, &stopping_admin);
    let loader = Arc::clone(&service);
    let watch = service.config.watch.unwrap_or(WATCH);
    service.judges.open_counters()?;
    service.judges.open_log()?;
    let opened = tokio::task::spawn_blocking(move || loader.judges.open(&quick, Some(watch)));
    let mut opened = std::pin::pin!(opened);
    let mut is_loaded = false;
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::spawn(tend(Arc::clone(&service)));
    loop {
        tokio::select! {
            loaded = opened.as_mut(), if !is_loaded => {
                is_loaded = true;
                loaded.map_err(io::Error::other)??;
                service.judges.tell();
                let state = service.judges.state().unwrap_or_default();
                let ready = state.iter().filter(|(_, state)| state.is_ready()).count();
                if ready == 0 {
                    return Err(ServerError::Nothing(service.judges.unloaded()));
                }
                names(&service)?;
                tracing::info!(judges = ready, of = state.len(), "serving");
                if state.len() <= MOST_FROZEN {
                    freeze(Arc::clone(&service), frozen.clone(), watch)?;
                } else {
                    tracing::info!("too many judges to freeze: what is asked often can be baked");
                }
            }
            signal = signals.next() => match signal {
                Signal::End => break,
                Signal::Reload => {
                    tracing::info!("told to reload");
                    let loader = Arc::clone(&service);
                    tokio::task::spawn_blocking(move || {
                        loader.judges.reload();
                        loader.judges.tell();
                    });
                    renew(tls.as_deref());
                }
            },
            _ = look.tick() => renew(tls.as_deref()),
        }
    }
    tracing::info!("told to end: requests under way are answered, and no more are taken");
    service.drain();
    // Nobody waits for these, and no send can fail that anybody waits for.
    let _ = stop.send(true);
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    tokio::select! {
        drained = timeout(limits.drain, connections.acquire_many(all)) => match drained {
            Ok(_) => tracing::info!("all are answered"),
            Err(_) => {
                let left = limits.connections - connections.available_permits();
                tracing::warn!(left, "the time to drain is over, and connections are cut off");
            }
        },
        () = signals.next_end() => tracing::warn!("told to end again: no more is waited for"),
    }
    if let Some(registry) = &service.registry {
        // One that is under way is recoverable, and better whole.
        let _ = timeout(limits.drain, registry.promotions.acquire()).await;
    }
    let closer = Arc::clone(&service);
    let closed = tokio::task::spawn_blocking(move || closer.judges.close_log()).await;
    let _ = stop_admin.send(true);
    closed.map_err(io::Error::other)?.map_err(ServerError::Unlogged)
}

/// Tells what went live, and lets rollouts go on.
async fn tend(service: Arc<Service>) {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut guard = interval(GUARD);
    guard.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = guard.tick(), if !service.config.rollouts.is_empty() => {
                let checker = Arc::clone(&service);
                tokio::task::spawn_blocking(move || checker.judges.check_rollouts());
            }
            _ = look.tick() => service.judges.tell(),
        }
    }
}

/// How often it is looked whether the guardrails of a rollout are due.
const GUARD: Duration = Duration::from_secs(1);
/// So many judges are frozen at most: each takes seconds of one processor.
const MOST_FROZEN: usize = 32;

/// Opens all judges again, frozen, in a thread that nobody waits for.
fn freeze(service: Arc<Service>, plugins: Plugins, watch: Duration) -> io::Result<()> {
    let thread = thread::Builder::new().name("tollgate-freeze".to_owned());
    thread.spawn(move || match service.judges.open(&plugins, Some(watch)) {
        Ok(()) => tracing::info!("frozen judges are served"),
        Err(error) => tracing::warn!(%error, "judges stay as they are, and configure each call"),
    })?;
    Ok(())
}

/// Connections of the admin address: a scraper, probes and a few people.
const ADMIN_CONNECTIONS: usize = 64;

/// Looks at the certificates.
fn renew(tls: Option<&Tls>) {
    match tls.map(Tls::reload) {
        None | Some(Ok(false)) => {}
        Some(Ok(true)) => tracing::info!("new certificates are served"),
        Some(Err(error)) => {
            let problem = error.to_string();
            tracing::error!(problem = %visible(&problem), "the certificates stay as they were");
        }
    }
}
