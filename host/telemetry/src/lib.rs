//! What a server tells of itself while it runs: lines of a log, and spans by
//! OpenTelemetry.
//!
//! | module | what it does |
//! | --- | --- |
//! | `traces` | whether spans are exported, whereto, and how many |
//! | `export` | from a span that ended to the collector, and what is lost |
//! | `http` | the one request that an exporter makes |
//! | `context` | the trace that a request belongs to |
//! | `lines` | lines that name their trace |
//!
//! Without a collector nothing of it runs: no span is made.

mod context;
mod export;
mod http;
mod lines;
mod traces;

use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::FilterFn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt, registry};

pub use self::context::follow;
pub use self::export::Spans;
use self::lines::Named;
pub use self::traces::{TelemetryError, Traces};

/// Crates whose spans are exported, and whose words are told: ours.
const OURS: &str = "tollgate";

/// How long a process that ends waits for its last spans to be taken.
const LAST: Duration = Duration::from_secs(2);

/// The listener of this process. Dropped, it exports what is left.
pub struct Listener {
    provider: Option<SdkTracerProvider>,
    spans: Spans,
}

impl Listener {
    /// Tells lines of `level` and above on standard error, each a JSON object
    /// or for a person, and exports spans where that is asked for. The first
    /// listener of a process is its only one.
    ///
    /// # Errors
    /// When spans cannot be exported as it is asked for.
    pub fn start(
        level: LevelFilter,
        json: bool,
        traces: Option<&Traces>,
    ) -> Result<Self, TelemetryError> {
        let spans = Spans::default();
        let provider = traces.map(|traces| traces.provider(&spans)).transpose()?;
        // Spans are no lines: where nobody exports them they are not made. What
        // libraries say is for those who write them, but for what is wrong.
        let told = FilterFn::new(move |it| {
            let is_ours = it.target().starts_with(OURS) || *it.level() <= LevelFilter::WARN;
            !it.is_span() && is_ours && *it.level() <= level
        })
        .with_max_level_hint(level);
        let lines = fmt::layer().with_writer(std::io::stderr).with_target(false).with_ansi(false);
        // A line that cannot be written, to a full disk, would be told of with
        // `eprintln!`, which panics there.
        let lines = lines.log_internal_errors(false);
        let lines = if json {
            let format = fmt::format().json().flatten_event(true).with_current_span(false);
            let format = Named(format.with_span_list(false).with_target(false));
            lines.json().event_format(format).with_filter(told).boxed()
        } else {
            let format = Named(fmt::format().with_target(false).with_ansi(false));
            lines.event_format(format).with_filter(told).boxed()
        };
        let exported = provider.as_ref().map(|provider| {
            let ours = FilterFn::new(|it| it.is_span() && it.target().starts_with(OURS))
                .with_max_level_hint(LevelFilter::DEBUG);
            // Where in this program a span begins, and on which of its threads,
            // says nothing to who reads it.
            tracing_opentelemetry::layer()
                .with_tracer(provider.tracer("tollgate"))
                .with_location(false)
                .with_threads(false)
                .with_target(false)
                .with_level(false)
                .with_tracked_inactivity(false)
                .with_context_activation(false)
                .with_filter(ours)
                .boxed()
        });
        // One that is there already stays: then this one hears nothing.
        let layers: Vec<_> = std::iter::once(lines).chain(exported).collect();
        let _ = registry().with(layers).try_init();
        Ok(Self { provider, spans })
    }

    /// What becomes of spans.
    #[must_use]
    pub fn spans(&self) -> &Spans {
        &self.spans
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(provider) = &self.provider {
            // Nobody waits longer for a collector that does not.
            let _ = provider.shutdown_with_timeout(LAST);
        }
    }
}
