//! A promotion from the admin address: the gates judge, and what passes is
//! moved, as `tollgate promote` does it.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use tollgate::facts::Instant;
use tollgate::judge::JudgeError;
use tollgate::report::GateReport;
use tollgate::text::visible;
use tollgate_promotion::moves::{Audit, Intent, Move};
use tollgate_promotion::{PromotionError, Stage};
use tollgate_sources::MlflowError;

use super::admin::expect;
use super::reply;
use super::rollback::readable;
use crate::body::expect_json;
use crate::config::Role;
use crate::problem::{
    BAD_REQUEST, BUSY, CONFLICT, INTERNAL, NO_REGISTRY, NOT_FOUND, PLUGIN, Problem, REGISTRY,
};
use crate::registry::{Promoted, RegistryError, Wanted, reference};
use crate::service::Service;

/// What is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    stage: String,
    by: String,
    reason: Option<String>,
}

/// What was moved, as the command line has it, and what the gates said.
#[derive(Serialize)]
struct Moved<'a> {
    command: &'a str,
    #[serde(flatten)]
    wanted: &'a Move,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<&'a GateReport>,
}

/// What an earlier promotion moved.
#[derive(Serialize)]
struct Already<'a> {
    command: &'a str,
    model: &'a str,
    version: u64,
    to: Stage,
    promoted: &'a Intent,
}

/// `POST /models/{name}/versions/{version}/promote`
pub(crate) async fn promote(
    State(service): State<Arc<Service>>,
    Path((name, version)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    expect(&service, &parts, Role::Promote)?;
    if service.registry.is_none() {
        return Err(Problem::new(
            NO_REGISTRY,
            "this server has no registry, so nothing was moved: `tollgate promote` does that",
        ));
    }
    expect_json(&parts.headers)?;
    let body = service.bodies.read(&parts.headers, body).await?;
    let bad = |detail: String| Problem::new(BAD_REQUEST, detail);
    if name.contains(['/', ':', '@']) {
        return Err(Problem::new(NOT_FOUND, "no model has such a name"));
    }
    let version: u64 = match version.parse() {
        Ok(version @ 1..) => version,
        _ => return Err(bad("a version is a number from 1 on".to_owned())),
    };
    let asked: Asked = serde_json::from_slice(&body)
        .map_err(|error| bad(format!("the body is wrong: {error}")))?;
    let to: Stage = asked.stage.parse().map_err(bad)?;
    let by = readable("by", &asked.by)?;
    let reason = asked.reason.as_deref().map(|text| readable("reason", text)).transpose()?;
    let audit = Audit { by, at: Instant::now(), reason, overrides: false };
    let wanted = Wanted { model: reference(&name, version), to, audit };
    let shared = Arc::clone(&service);
    let done = tokio::task::spawn_blocking(move || {
        let Some(registry) = &shared.registry else {
            return Err(Problem::new(NO_REGISTRY, "this server has no registry"));
        };
        let Ok(_alone) = registry.promotions.try_acquire() else {
            return Err(Problem::new(BUSY, "another promotion is under way"));
        };
        match registry.promote(&wanted) {
            Ok(promoted) => answered(&wanted, &promoted),
            Err(error) => Err(refused(&wanted, &error)),
        }
    });
    let (status, json) =
        done.await.map_err(|_| Problem::new(INTERNAL, "the promotion failed"))??;
    Ok(reply::json(status, json))
}

fn answered(wanted: &Wanted, promoted: &Promoted) -> Result<(StatusCode, String), Problem> {
    let Wanted { model, to, audit } = wanted;
    let (title, to, by) = (model.to_string(), *to, visible(&audit.by).to_string());
    match promoted {
        Promoted::Refused(report) => {
            tracing::info!(model = %visible(&title), %to, by, "not promoted: its gates refuse it");
            Ok((reply::of_verdict(false), reply::report("gate", report)?))
        }
        Promoted::Moved(moved, report) => {
            tracing::info!(model = %visible(&title), %to, by, "promoted");
            let report = report.as_deref();
            let moved = Moved { command: "promote", wanted: moved, report };
            Ok((StatusCode::OK, reply::value(&moved)?))
        }
        Promoted::Already(done) => {
            let tollgate_sources::Pick::Version(version) = model.pick else {
                return Err(Problem::new(INTERNAL, "a version has no number"));
            };
            let command = "promote";
            let already = Already { command, model: &model.name, version, to, promoted: done };
            Ok((StatusCode::OK, reply::value(&already)?))
        }
    }
}

/// Why nothing was moved, or not all was written. What names files or servers is
/// for the log.
fn refused(wanted: &Wanted, error: &RegistryError) -> Problem {
    let title = wanted.model.to_string();
    tracing::error!(
        model = %visible(&title), to = %wanted.to, problem = %visible(&error.to_string()),
        "not promoted"
    );
    let told = error.to_string();
    let RegistryError::Promotion(error) = error else {
        return match error {
            RegistryError::Stage(_) => Problem::new(BAD_REQUEST, told),
            _ => Problem::new(INTERNAL, "nothing was judged; the server's log says why"),
        };
    };
    match error {
        PromotionError::Registry(
            MlflowError::NoModel(_) | MlflowError::NoVersion { .. } | MlflowError::NoAlias { .. },
        ) => Problem::new(NOT_FOUND, told),
        PromotionError::Registry(
            MlflowError::NotReady { .. }
            | MlflowError::OtherRun { .. }
            | MlflowError::OtherNumber { .. },
        )
        | PromotionError::Taken { .. }
        | PromotionError::Changed { .. }
        | PromotionError::Bad { .. }
        | PromotionError::NoChampion { .. }
        | PromotionError::Unfinished { .. }
        | PromotionError::WrongStage { .. } => Problem::new(CONFLICT, told),
        PromotionError::Registry(_) => {
            Problem::new(REGISTRY, "nothing was moved; the server's log says why")
        }
        PromotionError::HalfWritten { done, all, .. } => Problem::new(
            REGISTRY,
            format!("{done} of {all} writes were made: ask again, and the rest is written"),
        ),
        PromotionError::NoTarget { stage, .. } | PromotionError::NoPlace { stage, .. } => {
            let detail = format!("the plan does not say what {stage} asks for, or what it is");
            Problem::new(BAD_REQUEST, detail)
        }
        PromotionError::Judge(JudgeError::Fault(_)) => {
            Problem::new(PLUGIN, "nothing was judged, and nothing moved")
        }
        _ => Problem::new(INTERNAL, "nothing was moved; the server's log says why"),
    }
}
