//! What `tollgate.yaml` says.

mod besides;
mod decisions;
mod envoy;
mod limits;
mod registry;
mod tokens;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tollgate::document::suggestion::suggestion;
use tollgate::document::{DocumentError, shaped};
use tollgate::judge::{CheckerOptions, Mode, Part, Protocol};
use tollgate::mistake::{Gathered, Mistake};
use tollgate::source::{Content, Source};
use tollgate::tree::{Content as Value, Node};
use tollgate_engine::World;
use tollgate_live::settings::ScoredModel;
use tollgate_live::{Origin, Served};
use tollgate_telemetry::Traces;

pub use self::besides::{CountersConfig, RolloutConfig};
pub(crate) use self::envoy::is_normal;
pub use self::envoy::{DecideOn, Envoy, EnvoyDecide, EnvoyRoute, RoutePath};
pub use self::limits::Limits;
pub use self::registry::RegistryConfig;
pub use self::tokens::{Role, Tokens};

/// The JSON Schema of the configuration.
pub const SERVER_SCHEMA: &str = include_str!("../schemas/server.schema.json");

/// What the server listens on, what it judges by, and how much it lets anyone
/// use up.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Where requests come in.
    pub listen: Listen,
    /// Policies by name.
    pub policies: BTreeMap<String, Served>,
    /// How policies are rolled out, by the policy's name.
    pub rollouts: BTreeMap<String, RolloutConfig>,
    /// What is counted of policies' decisions, by the policy's name.
    pub counters: BTreeMap<String, CountersConfig>,
    /// What payloads are checked against, by name.
    pub checks: BTreeMap<String, Check>,
    /// Gate profiles by name.
    pub gates: BTreeMap<String, Vec<Served>>,
    /// Policies that answer forward-auth requests, by name.
    pub auth: BTreeMap<String, ForwardAuth>,
    /// What Envoy's requests are judged by.
    pub envoy: Option<Envoy>,
    /// How often documents and pins are looked at; none for two seconds.
    pub watch: Option<Duration>,
    /// How much may be used up.
    pub limits: Limits,
    /// Certificates of the addresses of HTTP and of Envoy's services.
    pub tls: Option<TlsFiles>,
    /// Who may use the admin address.
    pub tokens: Tokens,
    /// Where decisions are logged, and how.
    pub decision_log: Option<tollgate_decisions::Settings>,
    /// The registry that versions are promoted in.
    pub registry: Option<RegistryConfig>,
    /// What is exported of traces; none where the environment alone says it.
    pub telemetry: Option<Traces>,
    /// What is told of it.
    pub log: Log,
}

/// Where requests come in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listen {
    /// The address of HTTP.
    pub http: Option<SocketAddr>,
    /// The path of a Unix socket.
    pub unix: Option<PathBuf>,
    /// The address of Envoy's services.
    pub grpc: Option<SocketAddr>,
    /// The path of a Unix socket for them.
    pub grpc_unix: Option<PathBuf>,
    /// The address of metrics and of what changes the server.
    pub admin: Option<SocketAddr>,
}

/// What payloads are checked against.
#[derive(Debug, Clone)]
pub struct Check(Origin);

impl Check {
    /// What judges single payloads.
    #[must_use]
    pub fn served(&self) -> Served {
        Served::from(World::Signature, self.0.clone())
    }

    /// What judges rows: all that a batch has is told, to be merged.
    #[must_use]
    pub fn of_rows(&self) -> Served {
        let mut origin = self.0.clone();
        if let Origin::Model { options, .. } | Origin::Schema { options, .. } = &mut origin {
            *options = options.of_batches();
        }
        Served::from(World::Signature, origin)
    }
}

/// A policy that answers forward-auth requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardAuth {
    /// The policy's name.
    pub policy: String,
    /// The actions that let a request through.
    pub allow: Vec<String>,
    /// The actions that deny it with 401.
    pub unauthorized: Vec<String>,
    /// Whose headers say what the original request was; none for any.
    pub from: Option<OriginalIn>,
}

/// Which headers say what the original request was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginalIn {
    /// `X-Original-Method` and `X-Original-URI`.
    Original,
    /// `X-Forwarded-Method` and `X-Forwarded-Uri`.
    Forwarded,
}

/// Files of certificates, PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
    /// Who signs clients' certificates; none where clients show none.
    pub client_ca: Option<PathBuf>,
}

/// What the server tells of itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Log {
    /// The least that is told.
    pub level: Level,
    /// Whether each line is a JSON object.
    pub json: bool,
}

/// How much is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Level {
    /// What is broken.
    Error,
    /// What should not be so.
    Warn,
    /// What a person wants to know.
    #[default]
    Info,
    /// Each request.
    Debug,
}

impl Config {
    /// One policy on this address, and nothing else.
    #[must_use]
    pub fn of_policy(name: &str, path: &Path, http: SocketAddr) -> Self {
        Self {
            listen: Listen { http: Some(http), ..Listen::default() },
            policies: BTreeMap::from([(name.to_owned(), Served::policy(path))]),
            ..Self::default()
        }
    }

    /// Reads a configuration. Paths in it start at its folder; tokens come
    /// from the environment.
    ///
    /// # Errors
    /// When the file cannot be read, or with all its mistakes.
    pub fn read(path: &Path) -> Result<Self, DocumentError> {
        Self::read_for(path, Place::Server)
    }

    /// Reads what is judged inside of an Envoy: of the same file, what is
    /// listened on does not count, and may be left out.
    ///
    /// # Errors
    /// When the file cannot be read, or with all its mistakes.
    pub fn read_inside(path: &Path) -> Result<Self, DocumentError> {
        Self::read_for(path, Place::Inside)
    }

    fn read_for(path: &Path, place: Place) -> Result<Self, DocumentError> {
        let source = Source::read(path, Content::Document)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse_for(&source, folder, |name| std::env::var(name).ok(), place)
    }

    /// Reads a configuration from a text; paths in it start at `folder`, and
    /// `variable` gives the environment's variables.
    ///
    /// # Errors
    /// All its mistakes.
    pub fn parse(
        source: &Source,
        folder: &Path,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, DocumentError> {
        Self::parse_for(source, folder, variable, Place::Server)
    }

    fn parse_for(
        source: &Source,
        folder: &Path,
        variable: impl Fn(&str) -> Option<String>,
        place: Place,
    ) -> Result<Self, DocumentError> {
        let tree = shaped(source, "server configuration", SERVER_SCHEMA)?;
        let mut reader = Reader { source, folder, mistakes: Gathered::default() };
        let policies: BTreeMap<String, Served> = entries(&tree, "policies")
            .filter_map(|(name, node)| Some((name.to_owned(), reader.policy(node)?)))
            .collect();
        let rollouts = entries(&tree, "policies").filter_map(|(name, node)| {
            Some((name.to_owned(), reader.rollout(node.get("rollout")?)?))
        });
        let rollouts = rollouts.collect();
        let counters = entries(&tree, "policies").filter_map(|(name, node)| {
            let counters = node.get("counters")?;
            Some((name.to_owned(), besides::counters(&mut reader, counters)?))
        });
        let counters = counters.collect();
        let decision_log = decisions::read(&tree, &mut reader)?;
        let config = Self {
            rollouts,
            counters,
            listen: reader.listen(&tree),
            checks: entries(&tree, "checks")
                .filter_map(|(name, node)| Some((name.to_owned(), reader.check(node)?)))
                .collect(),
            gates: entries(&tree, "gates")
                .map(|(name, node)| {
                    let paths = node.items().unwrap_or(std::slice::from_ref(node));
                    let profile = |path| Some(Served::single(World::Gate, reader.path(path)?));
                    (name.to_owned(), paths.iter().filter_map(profile).collect())
                })
                .collect(),
            auth: entries(&tree, "auth")
                .filter_map(|(name, node)| Some((name.to_owned(), reader.auth(node, &policies)?)))
                .collect(),
            envoy: tree.get("envoy").map(|node| {
                let (policies, checks) = (entries(&tree, "policies"), entries(&tree, "checks"));
                let (policies, checks) =
                    (policies.map(|(name, _)| name), checks.map(|(name, _)| name));
                envoy::read(node, source, policies, checks, &mut reader.mistakes)
            }),
            watch: tree.get("watch").and_then(Node::text).and_then(limits::time),
            limits: Limits::read(tree.get("limits"), source, &mut reader.mistakes),
            tls: tree.get("tls").and_then(|node| {
                Some(TlsFiles {
                    certificate: reader.path(node.get("certificate")?)?,
                    key: reader.path(node.get("key")?)?,
                    client_ca: node.get("client_ca").and_then(|node| reader.path(node)),
                })
            }),
            tokens: Tokens::read(&tree, source, variable, &mut reader.mistakes),
            decision_log,
            registry: registry::read(&tree, &reader),
            telemetry: tree.get("telemetry").map(telemetry),
            log: log(&tree),
            policies,
        };
        reader.whole(&tree, &config, place);
        match reader.mistakes.finish() {
            None => Ok(config),
            Some(mistakes) => Err(mistakes.into()),
        }
    }
}

/// Where what is configured judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In a server of its own.
    Server,
    /// In an Envoy.
    Inside,
}

struct Reader<'a> {
    source: &'a Source,
    folder: &'a Path,
    mistakes: Gathered,
}

impl Reader<'_> {
    fn path(&self, node: &Node) -> Option<PathBuf> {
        Some(self.folder.join(node.text()?))
    }

    fn listen(&mut self, tree: &Node) -> Listen {
        let listen = tree.get("listen");
        let mut address = |key: &str| {
            let node = listen?.get(key)?;
            let address = node.text()?.parse().ok();
            if address.is_none() {
                let message = format!("`{}` is no IP address with a port", node.text()?);
                self.mistakes.push(
                    Mistake::new(self.source, node.span, message)
                        .suggest("such as `127.0.0.1:8080`, or `0.0.0.0:8080` for all interfaces"),
                );
            }
            address
        };
        let (http, grpc, admin) = (address("http"), address("grpc"), address("admin"));
        let socket = |key: &str| listen.and_then(|listen| self.path(listen.get(key)?));
        Listen { http, unix: socket("unix"), grpc, grpc_unix: socket("grpc_unix"), admin }
    }

    fn rollout(&self, node: &Node) -> Option<RolloutConfig> {
        Some(RolloutConfig {
            candidate: self.path(node.get("candidate")?)?,
            plan: self.path(node.get("plan")?)?,
            state: node.get("state").and_then(|node| self.path(node)),
        })
    }

    fn policy(&self, node: &Node) -> Option<Served> {
        let at = |key: &str| node.get(key).and_then(|node| self.path(node));
        let mut served = match (self.path(node), at("document")) {
            (Some(path), _) | (None, Some(path)) => Served::policy(path),
            (None, None) => Served::from(
                World::Policy,
                Origin::Pinned {
                    pins: at("pins")?,
                    name: node.get("name").and_then(Node::text).map(str::to_owned),
                    documents: at("documents")?,
                },
            ),
        };
        served.model =
            at("model").map(|signature| ScoredModel { signature, beside: texts(node, "beside") });
        Some(served)
    }

    fn check(&self, node: &Node) -> Option<Check> {
        let is = |key: &str, value: &str| node.get(key).and_then(Node::text) == Some(value);
        let options = CheckerOptions::default();
        let origin = if let Some(schema) = node.get("schema") {
            let formats = node.get("formats").is_some_and(Node::is_true);
            let (path, resources) = (self.path(schema)?, Vec::new());
            Origin::Schema { path, resources, formats, strict: false, options }
        } else if let Some(document) = node.get("document") {
            Origin::Single(self.path(document)?)
        } else {
            Origin::Model {
                path: self.path(node.get("model")?)?,
                part: if is("part", "outputs") { Part::Outputs } else { Part::Inputs },
                mode: if is("mode", "mlflow") { Mode::Mlflow } else { Mode::Strict },
                protocol: if is("protocol", "oip") { Protocol::Oip } else { Protocol::Mlflow },
                options,
            }
        };
        Some(Check(origin))
    }

    fn auth(&mut self, node: &Node, known: &BTreeMap<String, Served>) -> Option<ForwardAuth> {
        let policy = node.get("policy")?;
        let name = policy.text()?.to_owned();
        if !known.contains_key(&name) {
            let message = format!("there is no policy `{name}` under `policies`");
            let help = suggestion(&name, known.keys().map(String::as_str));
            self.mistakes.push(Mistake::new(self.source, policy.span, message).maybe_suggest(help));
        }
        let (allow, unauthorized) = (texts(node, "allow"), texts(node, "unauthorized"));
        for action in node.get("unauthorized").and_then(Node::items).unwrap_or_default() {
            if let Some(text) = action.text().filter(|text| allow.iter().any(|it| it == text)) {
                let message = format!("action `{text}` lets requests through and denies them");
                self.mistakes.push(
                    Mistake::new(self.source, action.span, message)
                        .suggest("name it under `allow` or under `unauthorized`"),
                );
            }
        }
        let from = node.get("from").and_then(Node::text).map(|from| match from {
            "original" => OriginalIn::Original,
            _ => OriginalIn::Forwarded,
        });
        Some(ForwardAuth { policy: name, allow, unauthorized, from })
    }

    /// What no part of it is wrong by itself.
    fn whole(&mut self, tree: &Node, config: &Config, place: Place) {
        if config.policies.is_empty() && config.checks.is_empty() && config.gates.is_empty() {
            let message = "there is nothing to judge by";
            self.mistakes.push(
                Mistake::new(self.source, tree.nearest("").span(), message)
                    .suggest("name documents under `policies`, `checks` or `gates`"),
            );
        }
        let mut lacks = |message, help| {
            let mistake = Mistake::new(self.source, tree.nearest("").span(), message);
            self.mistakes.push(mistake.suggest(help));
        };
        if place == Place::Inside {
            if config.envoy.is_none() {
                let message = "nothing says what Envoy's requests are judged by";
                lacks(message, "add `envoy: { routes: [...] }`");
            }
            return;
        }
        if tree.get("listen").is_none() {
            lacks("it is listened on nothing", "add `listen: { http: 127.0.0.1:8080 }`");
            return;
        }
        let listens = config.listen.grpc.is_some() || config.listen.grpc_unix.is_some();
        if listens != config.envoy.is_some() {
            let (place, message, help) = match &config.envoy {
                Some(_) => ("/envoy", "no Envoy can ask", "add `listen: { grpc: 127.0.0.1:9001 }`"),
                None => (
                    "/listen",
                    "nothing says what Envoy's requests are judged by",
                    "add `envoy: { routes: [...] }`",
                ),
            };
            let span = tree.nearest(place).span();
            self.mistakes.push(Mistake::new(self.source, span, message).suggest(help));
        }
        let Some(admin) = config.listen.admin else { return };
        let span = tree.nearest("/listen/admin").span();
        if config.listen.http == Some(admin) && admin.port() != 0 {
            let message = "the admin address is that of the requests";
            self.mistakes.push(
                Mistake::new(self.source, span, message).suggest("give it a port of its own"),
            );
        }
        if !admin.ip().is_loopback() && tree.get("admin").is_none() {
            let message = format!("others can reach `{admin}`, and no token is asked for");
            self.mistakes.push(Mistake::new(self.source, span, message).suggest(
                "listen on `127.0.0.1`, or add `admin: { tokens: [{ env: VARIABLE, role: read }] }`",
            ));
        }
    }
}

fn texts(node: &Node, key: &str) -> Vec<String> {
    let items = node.get(key).and_then(Node::items).unwrap_or_default();
    items.iter().filter_map(Node::text).map(str::to_owned).collect()
}

fn entries<'n>(
    tree: &'n Node,
    key: &str,
) -> impl Iterator<Item = (&'n str, &'n Node)> + Clone + use<'n> {
    let entries = tree.get(key).and_then(Node::entries).unwrap_or_default();
    entries.iter().map(|entry| (entry.key.as_str(), &entry.value))
}

fn telemetry(node: &Node) -> Traces {
    let text = |key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
    let sample = node.get("sample").and_then(|node| match &node.content {
        Value::Number(share) => share.as_f64(),
        _ => None,
    });
    Traces { endpoint: text("endpoint"), sample, service: text("service") }
}

fn log(tree: &Node) -> Log {
    let text = |key: &str| tree.get("log")?.get(key)?.text();
    Log {
        level: match text("level") {
            Some("error") => Level::Error,
            Some("warn") => Level::Warn,
            Some("debug") => Level::Debug,
            _ => Level::Info,
        },
        json: text("format") == Some("json"),
    }
}
