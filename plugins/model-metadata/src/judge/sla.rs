//! Whether a latency keeps what a tag promises.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString as _;

use gate_evidence::decimal::Decimal;
use gate_evidence::measured::{self, Held};
use gate_evidence::unit::Quantity;
use gate_evidence::verdict::{Judged, Verdict, sound};

use crate::facts::{CANDIDATE, Facts};
use crate::find::find;
use crate::name::Name;
use crate::sla::{Sla, milliseconds};
use crate::value::Value;

/// Judges the latency that a field promises.
pub(super) fn judge(name: &Name, facts: &Facts<'_>) -> Verdict {
    judged(name, facts).unwrap_or_else(|verdict| verdict)
}

fn judged(name: &Name, facts: &Facts<'_>) -> Result<Verdict, Verdict> {
    let (promise, mut used) = sound(find(facts, CANDIDATE, name, |_| false))?;
    let sla = match &promise.value {
        Value::Text(text) => Sla::parse(text),
        _ => None,
    };
    let Some(sla) = sla else {
        let message =
            format!("{} is {}, which promises no latency", promise.title, promise.value.quoted());
        let verdict = Verdict::new(Judged::Broken, message).expecting("such as `p99_50ms`");
        return Err(verdict.finding(promise.value.show()).on(&used));
    };
    let most = Quantity::new(sla.most, Some(&sla.unit));
    let measured = sound(find(facts, CANDIDATE, &sla.fact, |_| false));
    let (measured, on) = measured.map_err(|verdict| verdict.on(&used))?;
    used.extend(on);
    let is = |judged, what: &str| {
        let (title, value, note) = (&measured.title, &measured.value, &measured.note);
        let message = format!("{title} is {}, {what}{note}", value.quoted());
        Verdict::new(judged, message)
            .expecting(format!("at most {most}"))
            .finding(value.show())
            .on(&used)
    };
    let (number, unit) = match &measured.value {
        Value::Number(number, unit) => (*number, unit.clone().unwrap_or_else(milliseconds)),
        value => {
            return Err(is(Judged::Doubtful, &format!("which is {}, not a number", value.kind())));
        }
    };
    if !unit.compares(&sla.unit) {
        return Err(is(Judged::Doubtful, "which is in no unit of time"));
    }
    if number < Decimal::ZERO {
        return Err(is(Judged::Doubtful, "which no latency can be"));
    }
    let (Some(latency), Some(most)) = (Quantity::new(number, Some(&unit)).base(), most.base())
    else {
        return Err(is(Judged::Doubtful, "which has too many digits to be compared"));
    };
    let promised = promise.value.quoted();
    let what = format!("and `{name}` promises {promised}");
    let held = Held { high: Some((most, true)), ..Held::default() };
    let units = [Some(&unit), Some(&sla.unit)];
    let verdict = is(Judged::of(latency <= most), &what);
    let measured = measured::measured(sla.fact.to_string(), latency, held, &units).map(Box::new);
    Ok(Verdict { measured, ..verdict })
}
