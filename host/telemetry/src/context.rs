//! The trace that a request belongs to, as W3C's Trace Context says it.

use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

const PARENT: &str = "traceparent";
const STATE: &str = "tracestate";

/// Lets `span` continue the trace that a request's headers name; `header` gives
/// one that is there once. Without one that can be read a trace begins here.
/// True where there was one.
pub fn follow<'h>(span: &Span, header: impl Fn(&str) -> Option<&'h str>) -> bool {
    // Nobody exports it.
    if span.is_disabled() {
        return false;
    }
    let Some(parent) = header(PARENT).filter(|text| is_parent(text)) else { return false };
    let headers = Headers { parent, state: header(STATE) };
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &headers);
    span.set_parent(context).is_ok()
}

struct Headers<'h> {
    parent: &'h str,
    state: Option<&'h str>,
}

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            PARENT => Some(self.parent),
            STATE => self.state,
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec![PARENT, STATE]
    }
}

/// Whether it has the form of a `traceparent`: the propagator takes shorter ids
/// as well, and those with a sign. A later version may say more behind it.
fn is_parent(text: &str) -> bool {
    let is_hex = |part: Option<&str>, length: usize| {
        part.is_some_and(|part| {
            part.len() == length
                && part.bytes().all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it))
        })
    };
    let mut parts = text.trim().split('-');
    let version = parts.next();
    is_hex(version, 2)
        && version != Some("ff")
        && is_hex(parts.next(), 32)
        && is_hex(parts.next(), 16)
        && is_hex(parts.next(), 2)
        && (version != Some("00") || parts.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::is_parent;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn what_has_the_form_is_a_parent() {
        assert!(is_parent(PARENT));
        assert!(is_parent(&format!("cc{}-what-comes-later", &PARENT[2..])));
    }

    #[test]
    fn what_has_another_form_is_none() {
        for text in [
            "",
            "00",
            "00-1-2-01",
            &PARENT[..54],
            &PARENT.to_uppercase(),
            &format!("ff{}", &PARENT[2..]),
            &format!("{PARENT}-more"),
            &PARENT.replace("4bf9", "+bf9"),
            &PARENT.replace('-', "_"),
            &format!("{PARENT}, {PARENT}"),
        ] {
            assert!(!is_parent(text), "{text}");
        }
    }
}
