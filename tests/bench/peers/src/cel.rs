//! CEL, by the crate `cel`: compiled program, variables already bound.

use std::rc::Rc;

use anyhow::{Result, anyhow};
use cel::{Context, Program, Value};

use crate::case::Case;
use crate::fraud;

pub(crate) fn cases() -> Result<Vec<Case>> {
    Ok(vec![
        case("cel-action", include_str!("../../fraud/action.cel"))?,
        case("cel-decision", include_str!("../../fraud/decision.cel"))?,
    ])
}

fn case(name: &'static str, source: &str) -> Result<Case> {
    let program = Program::compile(source).map_err(|errors| anyhow!("{name}: {errors}"))?;
    let contexts = fraud::inputs()?
        .into_iter()
        .map(|inputs| {
            let mut context = Context::default();
            context.add_variable_from_value("score", inputs.score);
            context.add_variable_from_value("amount", inputs.amount);
            context.add_variable_from_value("country", inputs.country);
            context
        })
        .collect::<Vec<_>>();
    let shared = Rc::new((program, contexts));
    let step = move |request: usize| {
        let (program, contexts) = &*shared;
        let context = contexts.get(request).ok_or_else(|| anyhow!("no request {request}"))?;
        Ok(program.execute(context)?)
    };
    Ok(Case::new(name, step, |value: Value| {
        value.json().map_err(|error| anyhow!("not JSON: {error}"))
    }))
}
