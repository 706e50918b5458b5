//! Lines that name the trace of the request that they are about.

use std::fmt::{self, Write as _};

use opentelemetry::trace::TraceContextExt as _;
use tracing::{Event, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::fmt::format::{Format, Full, Json, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// A format whose lines end with the ids of trace and span.
pub(crate) struct Named<F>(pub(crate) F);

/// What a format closes a line with.
pub(crate) trait Closed {
    const END: &str;

    /// Ids, as one more field of such a line.
    fn ids(line: &mut String, trace: &dyn fmt::Display, span: &dyn fmt::Display) -> fmt::Result;
}

impl<T> Closed for Format<Json, T> {
    const END: &str = "}\n";

    fn ids(line: &mut String, trace: &dyn fmt::Display, span: &dyn fmt::Display) -> fmt::Result {
        write!(line, ",\"trace_id\":\"{trace}\",\"span_id\":\"{span}\"")
    }
}

impl<T> Closed for Format<Full, T> {
    const END: &str = "\n";

    fn ids(line: &mut String, trace: &dyn fmt::Display, span: &dyn fmt::Display) -> fmt::Result {
        write!(line, " trace_id={trace} span_id={span}")
    }
}

impl<S, N, F> FormatEvent<S, N> for Named<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N> + Closed,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let span = Span::current();
        if span.is_disabled() {
            return self.0.format_event(context, writer, event);
        }
        let of_span = span.context();
        let of_span = of_span.span().span_context().clone();
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        if of_span.is_valid() && line.ends_with(F::END) {
            line.truncate(line.len() - F::END.len());
            F::ids(&mut line, &of_span.trace_id(), &of_span.span_id())?;
            line.push_str(F::END);
        }
        writer.write_str(&line)
    }
}
