//! All routes.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::handle::{
    admin, auth, check, console, decide, gate, models, promote, rollback, rows, state,
};
use crate::problem::{
    BAD_REQUEST, BUSY, CONFLICT, DEADLINE, FORBIDDEN, Kind, MEDIA, METHOD, NO_REGISTRY,
    NOT_ACCEPTABLE, NOT_FOUND, NOT_LOADED, PLUGIN, Problem, REGISTRY, SLOW, TOO_LARGE,
    UNAUTHORIZED,
};
use crate::route::{Answer, Parameter, Port, Route};
use crate::service::Service;

const JSON: &str = "application/json";
const LINES: &str = "application/x-ndjson";
const ARROW: &str = "application/vnd.apache.arrow.stream";
const ROWS: &[&str] = &[LINES, "text/csv", ARROW];

/// What can be in the way of a body that is judged.
const OF_BODIES: &[Kind] =
    &[BAD_REQUEST, NOT_FOUND, SLOW, TOO_LARGE, MEDIA, PLUGIN, BUSY, NOT_LOADED, DEADLINE];
const OF_ROWS: &[Kind] = &[BAD_REQUEST, NOT_FOUND, MEDIA, BUSY, NOT_LOADED];
const OF_NAMES: &[Kind] = &[NOT_FOUND, NOT_LOADED, REGISTRY];
const OF_TOKENS: &[Kind] = &[UNAUTHORIZED, FORBIDDEN];

const TIME: Parameter =
    Parameter { name: "time", is: "whether answers give their time", kind: "boolean" };

const fn json(status: u16, is: &'static str, schema: &'static str) -> Answer {
    Answer { status, is, media: JSON, schema: Some(schema) }
}

/// All routes, in the order of the description.
pub(crate) const ROUTES: &[Route] = &[
    Route {
        port: Port::Requests,
        method: "post",
        path: "/v1/decide/{name}",
        name: "decide",
        summary: "Decide on one request. The answer is the line that `tollgate decide` prints",
        takes: &[JSON],
        parameters: &[TIME],
        answers: &[
            json(200, "the decision, or the fallback action and why", "Decision"),
            json(400, "the fallback action, since the body is no JSON", "Decision"),
        ],
        problems: OF_BODIES,
        handler: || post(decide::decide),
    },
    Route {
        port: Port::Requests,
        method: "post",
        path: "/v1/decide/{name}/rows",
        name: "decide_rows",
        summary: "Decide on rows as they come. A response that is cut off is not whole; its last \
                  line says why",
        takes: ROWS,
        parameters: &[TIME],
        answers: &[
            Answer {
                status: 200,
                is: "the decisions, in the order of the rows: a line of JSON each, or columns",
                media: LINES,
                schema: None,
            },
            Answer {
                status: 200,
                is: "the decisions, in the order of the rows: a line of JSON each, or columns",
                media: ARROW,
                schema: None,
            },
        ],
        problems: &[BAD_REQUEST, NOT_FOUND, NOT_ACCEPTABLE, MEDIA, BUSY, NOT_LOADED],
        handler: || post(rows::decide),
    },
    Route {
        port: Port::Requests,
        method: "post",
        path: "/v1/check/{name}",
        name: "check",
        summary: "Check whether a payload honours a model's signature or a JSON Schema",
        takes: &[JSON],
        parameters: &[],
        answers: &[
            json(200, "it passes, with warnings perhaps", "Report"),
            json(422, "it does not pass, or cannot be judged", "Report"),
        ],
        problems: OF_BODIES,
        handler: || post(check::check),
    },
    Route {
        port: Port::Requests,
        method: "post",
        path: "/v1/check/{name}/rows",
        name: "check_rows",
        summary: "Check rows as they come; one report on all of them",
        takes: ROWS,
        parameters: &[Parameter {
            name: "allow_empty",
            is: "whether no rows at all pass",
            kind: "boolean",
        }],
        answers: &[
            json(200, "they pass, with warnings perhaps", "Report"),
            json(422, "they do not pass, or cannot be judged", "Report"),
        ],
        problems: OF_ROWS,
        handler: || post(rows::check),
    },
    Route {
        port: Port::Requests,
        method: "post",
        path: "/v1/gate/{name}",
        name: "gate",
        summary: "Judge facts about a model version by gate profiles",
        takes: &[JSON, "application/yaml"],
        parameters: &[Parameter {
            name: "as_of",
            is: "what ages of facts count from, RFC 3339; now without it",
            kind: "string",
        }],
        answers: &[
            json(200, "it passes, with warnings perhaps", "Report"),
            json(422, "it does not pass, or cannot be judged", "Report"),
        ],
        problems: OF_BODIES,
        handler: || post(gate::gate),
    },
    AUTH,
    Route {
        method: "post",
        name: "auth_with_body",
        takes: &[JSON],
        handler: || post(auth::auth),
        ..AUTH
    },
    Route {
        port: Port::Requests,
        method: "get",
        path: "/models",
        name: "models",
        summary: "What is served",
        takes: &[],
        parameters: &[],
        answers: &[json(200, "all that is served", "Any")],
        problems: &[],
        handler: || get(models::models),
    },
    Route {
        port: Port::Requests,
        method: "get",
        path: "/models/{name}/versions",
        name: "versions",
        summary: "The versions of one that are at hand, and those in the registry",
        takes: &[],
        parameters: &[],
        answers: &[json(200, "its versions", "Any")],
        problems: OF_NAMES,
        handler: || get(models::versions),
    },
    Route {
        port: Port::Requests,
        method: "get",
        path: "/models/{name}/production",
        name: "production",
        summary: "The version that is served",
        takes: &[],
        parameters: &[],
        answers: &[json(200, "the version", "Any")],
        problems: OF_NAMES,
        handler: || get(models::production),
    },
    Route {
        port: Port::Admin,
        method: "post",
        path: "/models/{name}/versions/{version}/promote",
        name: "promote",
        summary: "Move a version of the registry to a stage, once its gates let it pass",
        takes: &[JSON],
        parameters: &[],
        answers: &[
            json(200, "it is moved, or was before", "Any"),
            json(422, "its gates do not let it pass", "Report"),
        ],
        problems: &[
            UNAUTHORIZED,
            FORBIDDEN,
            BAD_REQUEST,
            NOT_FOUND,
            CONFLICT,
            MEDIA,
            PLUGIN,
            NO_REGISTRY,
            REGISTRY,
            BUSY,
        ],
        handler: || post(promote::promote),
    },
    Route {
        port: Port::Both,
        method: "get",
        path: "/health",
        name: "health",
        summary: "Whether the server lives",
        takes: &[],
        parameters: &[],
        answers: &[json(200, "it lives", "Any")],
        problems: &[],
        handler: || get(state::health),
    },
    Route {
        port: Port::Both,
        method: "get",
        path: "/ready",
        name: "ready",
        summary: "Whether all that is configured is served, and the server is not about to end",
        takes: &[],
        parameters: &[],
        answers: &[json(200, "it is", "Any"), json(503, "it is not, and why", "Any")],
        problems: &[],
        handler: || get(state::ready),
    },
    Route {
        port: Port::Both,
        method: "get",
        path: "/openapi.json",
        name: "openapi",
        summary: "This description",
        takes: &[],
        parameters: &[],
        answers: &[Answer {
            status: 200,
            is: "OpenAPI 3.1",
            media: "application/vnd.oai.openapi+json;version=3.1",
            schema: None,
        }],
        problems: &[],
        handler: || get(state::openapi),
    },
    Route {
        port: Port::Admin,
        method: "get",
        path: "/metrics",
        name: "metrics",
        summary: "The server's numbers, as Prometheus reads them",
        takes: &[],
        parameters: &[],
        answers: &[Answer {
            status: 200,
            is: "all metrics",
            media: "application/openmetrics-text; version=1.0.0; charset=utf-8",
            schema: None,
        }],
        problems: OF_TOKENS,
        handler: || get(admin::metrics),
    },
    Route {
        port: Port::Admin,
        method: "get",
        path: "/",
        name: "console",
        summary: "A page for people: what is served, and what it decided in the last hour",
        takes: &[],
        parameters: &[],
        answers: &[Answer { status: 200, is: "the page", media: "text/html", schema: None }],
        problems: &[],
        handler: || get(console::page),
    },
    Route {
        port: Port::Admin,
        method: "get",
        path: "/console.js",
        name: "console_script",
        summary: "The script of the page",
        takes: &[],
        parameters: &[],
        answers: &[Answer { status: 200, is: "it", media: "text/javascript", schema: None }],
        problems: &[],
        handler: || get(console::script),
    },
    Route {
        port: Port::Admin,
        method: "get",
        path: "/admin/overview",
        name: "overview",
        summary: "What the page shows",
        takes: &[],
        parameters: &[],
        answers: &[json(200, "state, and the last hour of each policy by minute", "Any")],
        problems: OF_TOKENS,
        handler: || get(console::overview),
    },
    Route {
        port: Port::Admin,
        method: "get",
        path: "/admin/state",
        name: "state",
        summary: "What is served since when, and what could not be loaded and why",
        takes: &[],
        parameters: &[],
        answers: &[json(200, "the state of each", "Any")],
        problems: OF_TOKENS,
        handler: || get(admin::state),
    },
    Route {
        port: Port::Admin,
        method: "post",
        path: "/admin/rollback",
        name: "rollback",
        summary: "Let the version before answer again, or the fallback: the one write that \
                  `tollgate rollback` makes",
        takes: &[JSON],
        parameters: &[],
        answers: &[json(200, "the version that is pinned now", "Any")],
        problems: &[UNAUTHORIZED, FORBIDDEN, BAD_REQUEST, NOT_FOUND, CONFLICT],
        handler: || post(rollback::rollback),
    },
    Route {
        port: Port::Admin,
        method: "post",
        path: "/admin/reload",
        name: "reload",
        summary: "Load all documents anew; one that cannot be loaded leaves the last good one",
        takes: &[],
        parameters: &[],
        answers: &[json(200, "all are loaded", "Any"), json(422, "some are not, and why", "Any")],
        problems: OF_TOKENS,
        handler: || post(admin::reload),
    },
];

const AUTH: Route = Route {
    port: Port::Requests,
    method: "get",
    path: "/auth/{name}",
    name: "auth",
    summary: "Forward-auth of NGINX and Traefik: whether the original request may go on",
    takes: &[],
    parameters: &[],
    answers: &[
        json(200, "it may", "Decision"),
        json(401, "it may not, and who asks should say who it is", "Decision"),
        json(403, "it may not, or there is no decision", "Any"),
    ],
    problems: &[],
    handler: || get(auth::auth),
};

/// The router of a port.
pub(crate) fn router(port: Port, service: Arc<Service>) -> Router {
    let on_port = ROUTES.iter().filter(|route| route.is_on(port));
    on_port
        .fold(Router::new(), |router, route| router.route(route.path, (route.handler)()))
        .fallback(|| async {
            Problem::new(NOT_FOUND, "there is no such route: see `/openapi.json`")
        })
        .method_not_allowed_fallback(|| async {
            Problem::new(METHOD, "the route has another method: see `/openapi.json`")
        })
        .with_state(service)
}
