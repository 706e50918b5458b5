//! From a span that ended to the collector. Whoever ends a span waits for
//! nobody: there is room for so many, and what is beyond it is counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter, SpanProcessor};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

/// Spans that wait for the collector at most, each of some 1 KiB.
pub(crate) const QUEUE: usize = 8192;

/// What became of spans.
#[derive(Debug, Clone)]
pub struct Spans {
    /// Those that the collector took.
    pub exported: Counter,
    /// Those that are lost, by `why`: too many waited (`full`), or the
    /// collector did not take them (`collector`).
    pub lost: Family<Vec<(&'static str, String)>, Counter>,
    full: Counter,
    refused: Counter,
}

impl Default for Spans {
    fn default() -> Self {
        let lost = Family::<Vec<(&'static str, String)>, Counter>::default();
        let why = |why: &str| lost.get_or_create_owned(&vec![("why", why.to_owned())]);
        Self { exported: Counter::default(), full: why("full"), refused: why("collector"), lost }
    }
}

/// Lets so many spans wait, and drops the others.
#[derive(Debug)]
pub(crate) struct Bounded<P> {
    batches: P,
    spans: Spans,
    waiting: Arc<AtomicUsize>,
}

impl<P> Bounded<P> {
    pub(crate) fn new(batches: P, spans: Spans, waiting: Arc<AtomicUsize>) -> Self {
        Self { batches, spans, waiting }
    }
}

impl<P: SpanProcessor> SpanProcessor for Bounded<P> {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.batches.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= QUEUE {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            self.spans.full.inc();
            return;
        }
        self.batches.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.batches.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.batches.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.batches.set_resource(resource);
    }
}

/// Counts what the collector takes, and says when it begins or ceases to.
#[derive(Debug)]
pub(crate) struct Counted<E> {
    exporter: E,
    spans: Spans,
    waiting: Arc<AtomicUsize>,
    is_failing: AtomicBool,
}

impl<E> Counted<E> {
    pub(crate) fn new(exporter: E, spans: Spans, waiting: Arc<AtomicUsize>) -> Self {
        Self { exporter, spans, waiting, is_failing: AtomicBool::new(false) }
    }
}

impl<E: SpanExporter> SpanExporter for Counted<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len();
        self.waiting.fetch_sub(count, Ordering::Relaxed);
        let taken = self.exporter.export(batch).await;
        let counted = if taken.is_ok() { &self.spans.exported } else { &self.spans.refused };
        counted.inc_by(count as u64);
        let was_failing = self.is_failing.swap(taken.is_err(), Ordering::Relaxed);
        match &taken {
            // Why it does not is the network's or the collector's to say, and
            // an answer may hold anything.
            Err(_) if !was_failing => tracing::warn!("the collector takes no spans"),
            Ok(()) if was_failing => tracing::info!("the collector takes spans again"),
            _ => {}
        }
        taken
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
