//! A million decisions from columns.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::rc::Rc;

use anyhow::{Result, ensure};
use serde_json::json;
use tollgate_engine::types::{Batch, Cells, Column, Declaration, Dictionary};
use tollgate_engine::{Engine, Policy};

use crate::fraud::{self, ACTIONS, by_hand};
use crate::group::{Group, Row};
use crate::measure::Step;
use crate::places::Places;
use crate::remote::{Remote, RemoteCase};
use crate::rows::{COUNTRIES, ROWS, Rows, tally};

const NATIVE: (&str, &str) = ("columns/native-plugin", "the plugin's code compiled natively");

/// A million decisions, warm; a figure is the time of one row.
pub(crate) fn group(places: &Places, peers: &Result<Rc<RefCell<Remote>>>) -> Result<Group> {
    let rows = Rows::made();
    let engine = Engine::builder().build()?;
    let plugin = engine.load(&places.component("threshold-policy")?)?;
    let policy: &'static Policy = Box::leak(Box::new(plugin.policy(Some(&fraud::settings()?))?));
    ensure!(
        policy
            .surface()
            .inputs
            .iter()
            .map(|input| input.name.as_str())
            .eq(["score", "amount", "country"]),
        "the policy reads other columns than the benchmark has"
    );
    let batches = rows.batches(column, text_column);
    let mut warm = policy.warm();
    let mut decide = move || -> Result<Vec<Batch>> {
        batches
            .iter()
            .map(|(rows, columns)| Ok(warm.decide_batch(u32::try_from(*rows)?, columns)?))
            .collect()
    };
    let right = json!(counts_by_hand(&rows));
    ensure!(json!(counts(policy.surface(), &decide()?)) == right, "Tollgate decides otherwise");
    let native = match peers {
        Err(why) => Row::skipped(NATIVE.0, NATIVE.1, &format!("{why:#}")),
        Ok(peers) => {
            let name = "native-plugin-columns";
            ensure!(
                peers.borrow_mut().answers(name)? == [right],
                "the plugin's code decides otherwise natively"
            );
            let case = RemoteCase { remote: Rc::clone(peers), name };
            Row::of_parts(NATIVE.0, NATIVE.1, case, ROWS as f64)
        }
    };
    Ok(Group {
        title: "1,000,000 decisions from columns (2 of doubles, 1 dictionary of texts)",
        unit: "row",
        reference: NATIVE.0,
        long: false,
        rows: vec![
            native,
            Row::of_parts(
                "columns/tollgate-warm",
                "Tollgate, warm instance",
                Step(move |_| decide()),
                ROWS as f64,
            ),
            Row::of_parts(
                "columns/native",
                "Rust by hand",
                Step(move |_| Ok(codes_by_hand(black_box(&rows)))),
                ROWS as f64,
            ),
        ],
    })
}

/// One code a row: the action, and which reasons apply.
fn codes_by_hand(rows: &Rows) -> Vec<u32> {
    let strict = COUNTRIES.map(|country| matches!(country, "NG" | "PK"));
    rows.scores
        .iter()
        .zip(&rows.amounts)
        .zip(&rows.countries)
        .map(|((score, amount), country)| {
            let by_score = u32::from(*score >= 0.4) + u32::from(*score >= 0.7);
            let high_value = *amount > 10_000.0;
            let strict = strict.get(*country as usize).copied().unwrap_or(true);
            let action = if high_value || (strict && by_score == 0) { 1 } else { by_score };
            action << 4 | by_score << 2 | u32::from(high_value) << 1 | u32::from(strict)
        })
        .collect()
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

/// How many rows are decided how.
fn counts(surface: &Declaration, batches: &[Batch]) -> BTreeMap<String, u64> {
    let name = |names: &[String], index: u32| {
        names.get(index as usize).cloned().unwrap_or_else(|| "none".to_owned())
    };
    let mut counts = BTreeMap::new();
    for batch in batches {
        let decisions: Vec<_> = batch
            .decisions
            .iter()
            .map(|decision| match decision {
                Ok(decision) => {
                    let reasons: Vec<_> = decision
                        .reasons
                        .iter()
                        .map(|reason| name(&surface.reasons, *reason))
                        .collect();
                    format!("{}: {}", name(&surface.actions, decision.action), reasons.join("+"))
                }
                Err(problem) => problem.clone(),
            })
            .collect();
        tally(&mut counts, &batch.rows, &decisions);
    }
    counts
}

fn counts_by_hand(rows: &Rows) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    let columns = rows.scores.iter().zip(&rows.amounts).zip(&rows.countries);
    for ((score, amount), country) in columns {
        let country = COUNTRIES.get(*country as usize).copied().unwrap_or_default();
        let (action, reasons) = by_hand(*score, *amount, country);
        let action = ACTIONS.get(action).copied().unwrap_or_default();
        *counts.entry(format!("{action}: {}", reasons.text())).or_default() += 1;
    }
    counts
}
