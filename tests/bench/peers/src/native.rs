//! The plugins' own code, compiled natively: what the sandbox costs is the
//! difference.

use std::collections::BTreeMap;
use std::rc::Rc;

use anyhow::{Context as _, Result, anyhow};
use mlflow_signature::MlflowSignature;
use serde_json::{Value as Json, json};
use threshold_policy::ThresholdPolicy;
use tollgate_sdk::policy::{Cells, Column, Decision, Declaration, Dictionary, Policy as _, Value};
use tollgate_sdk::signature::Signature as _;

use crate::case::Case;
use crate::fraud;
use crate::rows::{COUNTRIES, Rows, tally};

pub(crate) fn cases() -> Result<Vec<Case>> {
    let settings = serde_json::from_str(include_str!("../../fraud/settings.json"))?;
    let policy = ThresholdPolicy::configure(settings)
        .map_err(|findings| anyhow!("the settings are refused: {findings:?}"))?;
    let policy = Rc::new(policy);
    Ok(vec![
        decide(Rc::clone(&policy))?,
        decide_batch(policy),
        check("native-signature-1", include_bytes!("../../checks/1.json"))?,
        check("native-signature-1000", include_bytes!("../../checks/1000.json"))?,
    ])
}

fn check(name: &'static str, payload: &'static [u8]) -> Result<Case> {
    let signature: Json = serde_json::from_str(include_str!("../../checks/signature.json"))?;
    let settings = json!({ "signature": { "inputs": signature.get("inputs") } });
    let signature = MlflowSignature::configure(serde_json::from_value(settings)?)
        .map_err(|findings| anyhow!("the settings are refused: {findings:?}"))?;
    let findings = signature.check(payload);
    Ok(Case::with_answers(
        name,
        move |_| Ok(signature.check(payload)),
        move || {
            Ok(vec![findings.iter().map(|finding| Json::from(finding.message.as_str())).collect()])
        },
    ))
}

fn decide(policy: Rc<ThresholdPolicy>) -> Result<Case> {
    let values: Vec<_> = fraud::inputs()?
        .into_iter()
        .map(|inputs| {
            let (score, amount) = (Value::Number(inputs.score), Value::Number(inputs.amount));
            vec![score, amount, Value::Text(inputs.country)]
        })
        .collect();
    let surface = policy.surface();
    let step = move |request: usize| {
        let values = values.get(request).context("no such request")?;
        policy.decide(values).map_err(|problem| anyhow!("{problem}"))
    };
    Ok(Case::new("native-plugin", step, move |decision: Decision| {
        let (action, reasons) = spelled(&surface, &decision);
        Ok(json!([action, reasons]))
    }))
}

fn decide_batch(policy: Rc<ThresholdPolicy>) -> Case {
    let rows = Rows::made();
    let batches = Rc::new(rows.batches(column, text_column));
    let answering = (Rc::clone(&policy), Rc::clone(&batches));
    Case::with_answers(
        "native-plugin-columns",
        move |_| {
            for (rows, columns) in &*batches {
                std::hint::black_box(
                    policy.decide_batch(*rows, columns).map_err(|problem| anyhow!("{problem}"))?,
                );
            }
            Ok(())
        },
        move || {
            let (policy, batches) = &answering;
            Ok(vec![counts(policy, batches)?])
        },
    )
}

/// How many of the rows are decided how.
fn counts(policy: &ThresholdPolicy, batches: &[(usize, Vec<Column>)]) -> Result<Json> {
    let surface = policy.surface();
    let mut counts = BTreeMap::new();
    for (rows, columns) in batches {
        let batch = policy.decide_batch(*rows, columns).map_err(|problem| anyhow!("{problem}"))?;
        let decisions: Vec<_> = batch
            .decisions
            .iter()
            .map(|decision| match decision {
                Ok(decision) => {
                    let (action, reasons) = spelled(&surface, decision);
                    format!("{action}: {reasons}")
                }
                Err(problem) => problem.clone(),
            })
            .collect();
        tally(&mut counts, &batch.rows, &decisions);
    }
    Ok(json!(counts))
}

fn spelled(surface: &Declaration, decision: &Decision) -> (String, String) {
    let name = |names: &[String], index: &u32| {
        names.get(*index as usize).cloned().unwrap_or_else(|| "none".to_owned())
    };
    let reasons: Vec<_> =
        decision.reasons.iter().map(|reason| name(&surface.reasons, reason)).collect();
    (name(&surface.actions, &decision.action), reasons.join("+"))
}

fn column(cells: &[f64]) -> Column {
    Column { cells: Cells::Numbers(cells.to_vec()), validity: None }
}

fn text_column(indices: &[u32]) -> Column {
    let entries = COUNTRIES.into_iter().collect();
    Column {
        cells: Cells::Texts(Dictionary { entries, indices: indices.to_vec() }),
        validity: None,
    }
}
