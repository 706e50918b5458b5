//! Tollgate's judges behind HTTP: `tollgate serve`.
//!
//! | module | what it does |
//! | --- | --- |
//! | `config` | what `tollgate.yaml` says |
//! | `server` | from a configuration to the end of the process, or inside of another one |
//! | `door` | connections: limits, TLS, how they are shown out |
//! | `envoy` | Envoy's ext_authz and ext_proc, which are gRPC |
//! | `answer` | from a request to its response |
//! | `traced` | the trace of a request |
//! | `routes`, `route`, `openapi` | all routes in one table, of which router and description are made |
//! | `handle` | what each route does |
//! | `work` | where judges are called: at once, or by a worker |
//! | `judges` | what is served, with what is kept beside each |
//! | `counting`, `rolling` | counters of a policy, and versions beside each other |
//! | `logging` | the decision log, which a decision is in before it is told |
//! | `registry` | where versions stand in a registry, and how they are promoted |
//! | `judged`, `metrics`, `hour` | what is counted |
//! | `console/` | the page that shows it to people |
//!
//! It holds no second copy of what the judges of [`tollgate`] do.

mod answer;
mod body;
mod config;
mod counting;
mod door;
mod envoy;
mod error;
mod handle;
mod hour;
mod judged;
mod judges;
mod logging;
mod metrics;
mod openapi;
mod problem;
mod query;
mod registry;
mod rolling;
mod route;
mod routes;
mod server;
mod service;
mod tls;
mod traced;
mod work;

pub use self::config::{
    Check, Config, CountersConfig, DecideOn, Envoy, EnvoyDecide, EnvoyRoute, ForwardAuth, Level,
    Limits, Listen, Log, OriginalIn, RegistryConfig, Role, RolloutConfig, RoutePath, SERVER_SCHEMA,
    TlsFiles, Tokens,
};
pub use self::envoy::{
    Denial, Exchange, Field, Head, Header, METADATA, Next, OURS, OutOfPlace, Released, Told, passed,
};
pub use self::error::{Kind, ServerError, Unloaded};
pub use self::server::{Abort, Engines, Inside, Judging, Rest, Server, check, openapi};
