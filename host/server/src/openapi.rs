//! The OpenAPI description, made of the routes.

use serde_json::{Map, Value, json};

use crate::problem::PROBLEM_JSON;
use crate::route::{Answer, Port, Route};

/// The description of these routes.
pub(crate) fn description(routes: &[Route]) -> Value {
    let mut paths = Map::new();
    for route in routes {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.to_owned(), operation(route));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tollgate",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Does this payload honour the model's signature? May this model \
                            version move on? What do we do with this score?",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": [
            { "name": "requests", "description": "on the address of requests" },
            { "name": "admin", "description": "on the admin address" },
        ],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
    })
}

fn operation(route: &Route) -> Value {
    let in_path = route.names().map(|name| {
        json!({
            "name": name,
            "in": "path",
            "required": true,
            "description": "as the configuration names it",
            "schema": { "type": "string" },
        })
    });
    let in_query = route.parameters.iter().map(|parameter| {
        json!({
            "name": parameter.name,
            "in": "query",
            "description": parameter.is,
            "schema": { "type": parameter.kind },
        })
    });
    let mut operation = Map::new();
    let tag = if route.port == Port::Admin { "admin" } else { "requests" };
    operation.insert("operationId".to_owned(), route.name.into());
    operation.insert("summary".to_owned(), route.summary.into());
    operation.insert("tags".to_owned(), json!([tag]));
    operation.insert("parameters".to_owned(), in_path.chain(in_query).collect());
    if !route.takes.is_empty() {
        let content: Map<String, Value> =
            route.takes.iter().map(|media| ((*media).to_owned(), json!({}))).collect();
        // A proxy may ask without one.
        let is_required = route.path != "/auth/{name}";
        operation.insert(
            "requestBody".to_owned(),
            json!({ "required": is_required, "content": content }),
        );
    }
    if route.port == Port::Admin {
        operation.insert("security".to_owned(), json!([{ "token": [] }, {}]));
    }
    operation.insert("responses".to_owned(), responses(route));
    operation.into()
}

fn responses(route: &Route) -> Value {
    let mut responses = Map::new();
    for Answer { status, is, media, schema } in route.answers {
        let content = match schema {
            Some(schema) => {
                json!({ "schema": { "$ref": format!("#/components/schemas/{schema}") } })
            }
            None => json!({}),
        };
        let response = responses
            .entry(status.to_string())
            .or_insert_with(|| json!({ "description": is, "content": {} }));
        add(response, media, content);
    }
    let problem = json!({ "schema": { "$ref": "#/components/schemas/Problem" } });
    for kind in route.problems {
        let response = responses
            .entry(kind.status.as_str())
            .or_insert_with(|| json!({ "description": kind.title, "content": {} }));
        add(response, PROBLEM_JSON, problem.clone());
    }
    responses.into()
}

/// Adds a form to a response.
fn add(response: &mut Value, media: &str, content: Value) {
    if let Some(all) = response.get_mut("content").and_then(Value::as_object_mut) {
        all.insert(media.to_owned(), content);
    }
}

fn schemas() -> Value {
    json!({
        "Decision": {
            "description": "what to do, and why; `action` is null where there is no decision and no fallback",
            "type": "object",
            "required": ["action", "policy", "plugin", "settings", "decision_id"],
            "properties": {
                "action": { "type": ["string", "null"] },
                "fallback": { "type": "boolean" },
                "score": { "type": "number" },
                "reasons": { "type": "array", "items": { "type": "string" } },
                "reason": { "type": "string" },
                "error": { "type": "string" },
                "warnings": { "type": "array", "items": { "type": "string" } },
                "policy": { "type": "object" },
                "plugin": { "type": "object" },
                "settings": { "type": "string" },
                "decision_id": { "type": "string" },
                "time": { "type": "string", "format": "date-time" },
            },
        },
        "Report": {
            "description": "what `tollgate check` and `tollgate gate` report as JSON; see policies/report.schema.json",
            "type": "object",
            "required": ["command", "verdict"],
            "properties": {
                "command": { "enum": ["check", "gate"] },
                "verdict": { "enum": ["pass", "warn", "inconclusive", "fail"] },
            },
        },
        "Any": { "type": "object" },
        "Problem": {
            "description": "RFC 9457",
            "type": "object",
            "required": ["type", "title", "status", "request_id"],
            "properties": {
                "type": { "type": "string", "format": "uri" },
                "title": { "type": "string" },
                "status": { "type": "integer" },
                "detail": { "type": "string" },
                "request_id": { "type": "string" },
            },
        },
    })
}
