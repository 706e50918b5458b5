//! Whether spans are exported, whereto, and how many.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider,
};

use crate::export::{Bounded, Counted, QUEUE, Spans};
use crate::http::Http;

/// What is exported of traces. What is not said here is taken from the
/// variables that OpenTelemetry names (`OTEL_EXPORTER_OTLP_ENDPOINT`, ...);
/// headers are from there only, since they are secrets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Traces {
    /// The collector, as `OTEL_EXPORTER_OTLP_ENDPOINT` has it:
    /// `http://127.0.0.1:4318`. OTLP over HTTP is spoken.
    pub endpoint: Option<String>,
    /// The share, from 0 to 1, of traces that begin here; one that a caller
    /// began is sampled when the caller does.
    pub sample: Option<f64>,
    /// The name of this service.
    pub service: Option<String>,
}

/// Why no spans can be exported.
#[derive(Debug, thiserror::Error)]
#[error("traces cannot be exported: {0}")]
pub struct TelemetryError(String);

/// A span that ended is exported after this long at most.
const DELAY: Duration = Duration::from_secs(1);

/// How long a collector may take, as OpenTelemetry has it by default.
const PATIENCE: Duration = Duration::from_secs(10);

impl Traces {
    /// What is exported where a configuration says `configured`: with none the
    /// environment alone may ask for it, and it may forbid it.
    #[must_use]
    pub fn wanted(
        configured: Option<Self>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Option<Self> {
        let says = |name: &str, value: &str| {
            variable(name).is_some_and(|said| said.trim().eq_ignore_ascii_case(value))
        };
        if says("OTEL_SDK_DISABLED", "true") || says("OTEL_TRACES_EXPORTER", "none") {
            return None;
        }
        let is_named = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]
            .iter()
            .any(|name| variable(name).is_some_and(|said| !said.trim().is_empty()));
        configured.or_else(|| is_named.then(Self::default))
    }

    /// What makes and exports spans, and counts them in `spans`.
    pub(crate) fn provider(&self, spans: &Spans) -> Result<SdkTracerProvider, TelemetryError> {
        let mut exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Http::new(PATIENCE))
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(PATIENCE);
        if let Some(endpoint) = &self.endpoint {
            exporter =
                exporter.with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')));
        }
        let exporter = exporter.build().map_err(|error| TelemetryError(error.to_string()))?;
        let waiting = Arc::default();
        let exporter = Counted::new(exporter, spans.clone(), Arc::clone(&waiting));
        // The bound that counts what it drops is ours, and never above this one.
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE)
            .with_scheduled_delay(DELAY)
            .build();
        let batches = BatchSpanProcessor::builder(exporter).with_batch_config(batches).build();
        let mut provider = SdkTracerProvider::builder()
            .with_resource(self.resource())
            .with_span_processor(Bounded::new(batches, spans.clone(), waiting));
        if let Some(share) = self.sample {
            let begun = Box::new(Sampler::TraceIdRatioBased(share));
            provider = provider.with_sampler(Sampler::ParentBased(begun));
        }
        Ok(provider.build())
    }

    /// Who exports: what the environment says of it, and what it does not.
    fn resource(&self) -> Resource {
        let detected = Resource::builder().build();
        let name = detected.get(&"service.name".into());
        let is_named = name.is_some_and(|name| !name.as_str().starts_with("unknown_service"));
        let resource = Resource::builder()
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        match &self.service {
            Some(service) => resource.with_service_name(service.clone()),
            None if is_named => resource,
            None => resource.with_service_name("tollgate"),
        }
        .build()
    }
}

#[cfg(test)]
mod tests {
    use super::Traces;

    fn wanted(configured: Option<Traces>, variables: &[(&str, &str)]) -> Option<Traces> {
        let find = |name: &str| variables.iter().find(|(it, _)| *it == name);
        Traces::wanted(configured, |name| find(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn nothing_is_exported_unless_somebody_asks() {
        assert_eq!(wanted(None, &[]), None);
        assert_eq!(wanted(None, &[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]), None);
        assert_eq!(wanted(None, &[("OTEL_SERVICE_NAME", "a")]), None);
    }

    #[test]
    fn the_environment_asks_and_forbids() {
        let any = Some(Traces::default());
        assert_eq!(wanted(None, &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:4318")]), any);
        assert_eq!(wanted(None, &[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://a/t")]), any);
        assert_eq!(wanted(any.clone(), &[("OTEL_SDK_DISABLED", "TRUE")]), None);
        assert_eq!(wanted(any.clone(), &[("OTEL_TRACES_EXPORTER", "none")]), None);
        assert_eq!(wanted(any.clone(), &[("OTEL_SDK_DISABLED", "no")]), any);
    }
}
