//! One trace from a client through a real Envoy to what was decided.

use serde_json::Value;

use super::setup::{Front, program, rows, until};
use crate::collector::{Answer, Collector, SPAN, TRACE, named};

const ROUTES: &str = "    \
    - { path: /invocations, check: transaction }
    - { path: /exchange, decide: fraud, on: exchange, allow: [allow] }
";

fn telemetry(collector: &Collector) -> String {
    format!("telemetry: {{ endpoint: 'http://{}' }}\n", collector.address)
}

fn ask(front: &Front, target: &str) -> u16 {
    let parent = format!("00-{TRACE}-{SPAN}-01");
    let headers = [("content-type", "application/json"), ("traceparent", parent.as_str())];
    front.client().send("POST", target, &headers, rows(1).as_bytes()).status
}

/// The spans, once there are as many of these services.
fn spans(collector: &Collector, count: usize) -> Option<Vec<Value>> {
    let mut all = collector.spans()?;
    until("the spans do not come", || {
        all = collector.spans().unwrap_or_default();
        all.len() >= count
    });
    assert!(all.iter().all(|span| span["trace"] == TRACE), "{all:#?}");
    Some(all)
}

/// Where Envoy makes no spans, what the client said counts.
#[test]
fn the_headers_of_a_judged_request_say_its_trace() {
    let Some(program) = program("TOLLGATE_ENVOY") else { return };
    for (name, target, own) in [
        ("ext_authz", "/invocations", "envoy.service.auth.v3.Authorization/Check"),
        ("ext_proc", "/exchange", "envoy.service.ext_proc.v3.ExternalProcessor/Process"),
    ] {
        let collector = Collector::start(Answer::Takes);
        let front =
            Front::start_with(&program, name, ROUTES, &telemetry(&collector), |config| config);
        assert_eq!(ask(&front, target), 200);
        let Some(spans) = spans(&collector, 2) else { return };
        let service = named(&spans, own);
        assert_eq!(service["parent"], SPAN);
        assert_eq!(service["attributes"]["rpc.system"], "grpc");
        assert_eq!(service["attributes"]["http.response.status_code"], 200);
        let judged = named(&spans, if name == "ext_proc" { "decide" } else { "check" });
        assert_eq!(judged["parent"], service["span"]);
    }
}

/// Where it does, the call is a child of Envoy's own span of it.
#[test]
fn the_spans_of_envoy_and_tollgate_are_one_tree() {
    let Some(program) = program("TOLLGATE_ENVOY") else { return };
    let collector = Collector::start(Answer::Takes);
    let tracing = format!(
        "          stat_prefix: clients
          tracing:
            provider:
              name: envoy.tracers.opentelemetry
              typed_config:
                \"@type\": type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig
                service_name: envoy
                http_service:
                  http_uri: {{ uri: 'http://{}/v1/traces', cluster: collector, timeout: 5s }}
",
        collector.address
    );
    let (host, port) = collector.address.split_once(':').unwrap();
    let cluster = format!(
        "  clusters:
  - name: collector
    type: STATIC
    load_assignment:
      cluster_name: collector
      endpoints:
      - lb_endpoints:
        - endpoint: {{ address: {{ socket_address: {{ address: {host}, port_value: {port} }} }} }}
"
    );
    let front =
        Front::start_with(&program, "ext_authz", ROUTES, &telemetry(&collector), |config| {
            config
                .replace("          stat_prefix: clients\n", &tracing)
                .replace("  clusters:\n", &cluster)
        });
    assert_eq!(ask(&front, "/invocations"), 200);
    // Envoy's of the request and of the call, and ours of both.
    let Some(spans) = spans(&collector, 4) else { return };
    let own = named(&spans, "envoy.service.auth.v3.Authorization/Check");
    let of_envoy = |id: &Value| {
        let found = spans.iter().find(|span| span["span"] == *id);
        found.unwrap_or_else(|| panic!("{id}: {spans:#?}"))
    };
    let call = of_envoy(&own["parent"]);
    assert_eq!(call["resource"]["service.name"], "envoy", "{spans:#?}");
    let request = of_envoy(&call["parent"]);
    assert_eq!(
        (&request["resource"]["service.name"], &request["parent"]),
        (&"envoy".into(), &SPAN.into())
    );
    assert_eq!(named(&spans, "check")["parent"], own["span"]);
    assert_eq!(own["resource"]["service.name"], "tollgate");
}
