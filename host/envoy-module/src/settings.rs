//! What the filter's configuration says.

use std::path::PathBuf;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use serde::Deserialize;
use thiserror::Error;
use tollgate::document::DocumentError;
use tollgate::plugins::{PluginError, Plugins};
use tollgate_engine::{CacheDirectory, Engine, EngineBuilder, EngineError, Limits};
use tollgate_server::{Config, Engines, Inside, ServerError};

/// The filter's configuration, an object in JSON.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// What is judged by: the `tollgate.yaml` of `tollgate serve`.
    config: PathBuf,
    /// Plugin files that its documents may name.
    #[serde(default)]
    plugins: Vec<PathBuf>,
    /// A folder of Envoy's user alone, where compiled plugins are kept; none
    /// compiles them at each start.
    cache: Option<PathBuf>,
}

/// What judges for one configuration.
pub(crate) struct Module {
    pub(crate) inside: Inside,
}

/// Why a configuration is refused.
#[derive(Debug, Error, Diagnostic)]
enum SettingsError {
    #[error("the filter's configuration cannot be read: {0}")]
    #[diagnostic(help(
        "give `filter_config` as a `google.protobuf.Struct`: `{{ config: \
         /etc/tollgate/tollgate.yaml }}`"
    ))]
    Unread(#[from] serde_json::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Document(#[from] DocumentError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Plugin(#[from] PluginError),
    #[error("there is no engine: {0}")]
    Engine(#[from] EngineError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Server(#[from] ServerError),
}

/// Instances beside those of calls that take long: at most one a thread of
/// Envoy's, and those that are ready.
const BESIDE: usize = 64;

/// What one call may take to be configured, in operations, until it is worth
/// freezing, as for `tollgate serve`.
const DEAR: u64 = 10_000;

/// Loads all that a configuration names; else what is wrong with it, for a
/// person.
pub(crate) fn open(text: &[u8]) -> Result<Module, String> {
    opened(text).map_err(|error| shown(&error))
}

fn opened(text: &[u8]) -> Result<Module, SettingsError> {
    let settings: Settings = serde_json::from_slice(text)?;
    let config = Config::read_inside(&settings.config)?;
    let instances = config.limits.concurrency + BESIDE;
    let instances = u32::try_from(instances).unwrap_or(u32::MAX);
    let mut builder = Engine::builder().limits(Limits { instances, ..Limits::default() });
    if let Some(folder) = &settings.cache {
        let directory =
            CacheDirectory { entries: folder.join("compiled"), key: folder.join("cache.key") };
        builder = builder.cache(directory).on_cache_problem(
            |problem| tracing::warn!(problem = %problem, "compiled plugins are not kept"),
        );
    }
    let plugins = |builder: EngineBuilder| -> Result<Plugins, SettingsError> {
        let mut plugins = Plugins::new(builder.build()?);
        for path in &settings.plugins {
            let plugin = plugins.open(path)?;
            plugins.add(plugin);
        }
        Ok(plugins)
    };
    let quick = plugins(builder.clone())?;
    let frozen = plugins(builder.bake_above(DEAR))?;
    Ok(Module { inside: Inside::open(config, Engines { quick, frozen })? })
}

/// A mistake with the lines around it.
fn shown(error: &dyn Diagnostic) -> String {
    let handler = GraphicalReportHandler::new()
        .with_theme(GraphicalTheme::none())
        .with_width(100)
        .with_links(false);
    let mut text = String::from("the configuration is refused\n");
    match handler.render_report(&mut text, error) {
        Ok(()) => text,
        Err(_) => error.to_string(),
    }
}
