//! Rego, by the crate `regorus`: its interpreter, and its virtual machine,
//! each with parsed input and with JSON text in and out.

use std::cell::RefCell;
use std::rc::Rc;

use anyhow::{Context as _, Result};
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine, Value};

use crate::case::Case;
use crate::fraud;

const POLICY: &str = include_str!("../../fraud/policy.rego");
const RULE: &str = "data.fraud.decision";

pub(crate) fn cases() -> Result<Vec<Case>> {
    let mut interpreter = interpreter()?;
    let mut machine = machine()?;
    let interpret = Rc::new(RefCell::new(move |input: Value| {
        interpreter.set_input(input);
        interpreter.eval_rule(RULE.to_owned())
    }));
    let run = Rc::new(RefCell::new(move |input: Value| {
        machine.set_input(input);
        machine.execute().map_err(anyhow::Error::from)
    }));
    Ok(vec![
        parsed("rego-interpreter", Rc::clone(&interpret))?,
        json("rego-interpreter-json", interpret),
        parsed("rego-vm", Rc::clone(&run))?,
        json("rego-vm-json", run),
    ])
}

fn interpreter() -> Result<Engine> {
    let mut engine = Engine::new();
    engine.add_policy("policy.rego".to_owned(), POLICY.to_owned())?;
    Ok(engine)
}

fn machine() -> Result<RegoVM> {
    let policy = interpreter()?.compile_with_entrypoint(&RULE.into())?;
    let mut machine = RegoVM::new();
    machine.load_program(Compiler::compile_from_policy(&policy, &[RULE])?);
    Ok(machine)
}

type Evaluate<F> = Rc<RefCell<F>>;

fn parsed<F>(name: &'static str, evaluate: Evaluate<F>) -> Result<Case>
where
    F: FnMut(Value) -> Result<Value> + 'static,
{
    let inputs =
        fraud::bodies().into_iter().map(Value::from_json_str).collect::<Result<Vec<_>>>()?;
    let step = move |request: usize| {
        let input = inputs.get(request).context("no such request")?.clone();
        (evaluate.borrow_mut())(input)
    };
    Ok(Case::new(name, step, |decision: Value| Ok(serde_json::from_str(&decision.to_json_str()?)?)))
}

fn json<F>(name: &'static str, evaluate: Evaluate<F>) -> Case
where
    F: FnMut(Value) -> Result<Value> + 'static,
{
    let bodies = fraud::bodies();
    let step = move |request: usize| {
        let input = Value::from_json_str(bodies.get(request).context("no such request")?)?;
        Ok(serde_json::to_string(&(evaluate.borrow_mut())(input)?)?)
    };
    Case::new(name, step, |text: String| Ok(serde_json::from_str(&text)?))
}
