//! Cedar: may this request take this action? Cedar says yes or no to one
//! action, so one call is a third of what the policy decides, and gives no
//! reason.

use std::rc::Rc;

use anyhow::{Context as _, Result, anyhow};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, RestrictedExpression,
};
use serde_json::json;

use crate::case::Case;
use crate::fraud::{self, Inputs, REQUESTS};

const ACTIONS: [&str; 3] = ["allow", "manual_review", "block"];

/// How the policy's numbers reach Cedar.
#[derive(Clone, Copy)]
enum Numbers {
    Decimals,
    TenThousandths,
}

pub(crate) fn cases() -> Result<Vec<Case>> {
    Ok(vec![
        prepared("cedar-decimal", Numbers::Decimals)?,
        prepared("cedar-long", Numbers::TenThousandths)?,
        from_json("cedar-decimal-json", Numbers::Decimals)?,
        from_json("cedar-long-json", Numbers::TenThousandths)?,
    ])
}

fn policies(numbers: Numbers) -> Result<PolicySet> {
    Ok(match numbers {
        Numbers::Decimals => include_str!("../../fraud/decimal.cedar"),
        Numbers::TenThousandths => include_str!("../../fraud/long.cedar"),
    }
    .parse()?)
}

fn prepared(name: &'static str, numbers: Numbers) -> Result<Case> {
    let policies = policies(numbers)?;
    let mut requests = Vec::new();
    for inputs in fraud::inputs()? {
        let uids = Uids::new()?;

        let request = |action: &EntityUid| -> Result<Request> {
            Ok(Request::new(
                uids.principal.clone(),
                action.clone(),
                uids.resource.clone(),
                Context::from_pairs(pairs(&inputs, numbers))?,
                None,
            )?)
        };
        requests.push(uids.actions.iter().map(request).collect::<Result<Vec<_>>>()?);
    }
    let shared = Rc::new((Authorizer::new(), policies, Entities::empty(), requests));
    let decide = {
        let shared = Rc::clone(&shared);
        move |request: usize, action: usize| {
            let (authorizer, policies, entities, requests) = &*shared;
            let request = requests.get(request).and_then(|of| of.get(action));
            let request = request.context("no such request")?;
            Ok(authorizer.is_authorized(request, policies, entities).decision())
        }
    };
    Ok(case(name, decide))
}

fn from_json(name: &'static str, numbers: Numbers) -> Result<Case> {
    let policies = policies(numbers)?;
    let bodies = fraud::inputs()?
        .iter()
        .map(|inputs| match numbers {
            Numbers::Decimals => json!({
                "score": { "__extn": { "fn": "decimal", "arg": decimal(inputs.score) } },
                "amount": { "__extn": { "fn": "decimal", "arg": decimal(inputs.amount) } },
                "country": inputs.country,
            }),
            Numbers::TenThousandths => json!({
                "score": ten_thousandths(inputs.score),
                "amount": ten_thousandths(inputs.amount),
                "country": inputs.country,
            }),
        })
        .map(|body| body.to_string())
        .collect::<Vec<_>>();
    let shared = Rc::new((Authorizer::new(), policies, Entities::empty(), Uids::new()?, bodies));
    let decide = {
        let shared = Rc::clone(&shared);
        move |request: usize, action: usize| {
            let (authorizer, policies, entities, uids, bodies) = &*shared;
            let body = bodies.get(request).context("no such request")?;
            let request = Request::new(
                uids.principal.clone(),
                uids.actions.get(action).context("no such action")?.clone(),
                uids.resource.clone(),
                Context::from_json_str(body, None)?,
                None,
            )?;
            Ok(authorizer.is_authorized(&request, policies, entities).decision())
        }
    };
    Ok(case(name, decide))
}

/// Times one question a turn, the actions taking turns too, and answers with
/// the one action that Cedar permits.
fn case(
    name: &'static str,
    decide: impl Fn(usize, usize) -> Result<Decision> + Clone + 'static,
) -> Case {
    let all = decide.clone();
    let mut action = 0;
    let step = move |request: usize| {
        if request == REQUESTS - 1 {
            action = (action + 1) % ACTIONS.len();
        }
        Ok((request, decide(request, action)?))
    };
    Case::new(name, step, move |(request, _)| {
        let mut permitted = Vec::new();
        for (index, action) in ACTIONS.iter().enumerate() {
            if all(request, index)? == Decision::Allow {
                permitted.push(*action);
            }
        }
        match permitted.as_slice() {
            [action] => Ok(json!(action)),
            several => Err(anyhow!("request {request}: {several:?} are permitted")),
        }
    })
}

struct Uids {
    principal: EntityUid,
    actions: Vec<EntityUid>,
    resource: EntityUid,
}

impl Uids {
    fn new() -> Result<Self> {
        Ok(Self {
            principal: r#"Service::"payments""#.parse()?,
            actions: ACTIONS
                .iter()
                .map(|action| Ok(format!(r#"Action::"{action}""#).parse()?))
                .collect::<Result<_>>()?,
            resource: r#"Model::"fraud_detector""#.parse()?,
        })
    }
}

fn pairs(inputs: &Inputs, numbers: Numbers) -> Vec<(String, RestrictedExpression)> {
    let number = |value| match numbers {
        Numbers::Decimals => RestrictedExpression::new_decimal(decimal(value)),
        Numbers::TenThousandths => RestrictedExpression::new_long(ten_thousandths(value)),
    };
    vec![
        ("score".to_owned(), number(inputs.score)),
        ("amount".to_owned(), number(inputs.amount)),
        ("country".to_owned(), RestrictedExpression::new_string(inputs.country.clone())),
    ]
}

/// Cedar's decimals have one to four digits after the point.
fn decimal(value: f64) -> String {
    format!("{value:.4}")
}

fn ten_thousandths(value: f64) -> i64 {
    (value * 10_000.0).round() as i64
}
