//! Parameters of the run.

use alloc::format;
use alloc::vec::Vec;
use core::slice;

use gate_evidence::given::Reading;
use gate_evidence::verdict::{Judged, Verdict};

use crate::facts::{CANDIDATE, Facts};
use crate::find;
use crate::name::Name;
use crate::rule::Params;

/// The name of a parameter's fact, and the label that says which it is.
const PARAM: (&str, &str) = ("param", "name");

/// Judges the parameters whose names a pattern means.
pub(super) fn judge(rule: &Params, facts: &Facts<'_>) -> Verdict {
    let (mut says, mut used, mut silent) = (0u64, Vec::new(), None);
    for (param, copies) in facts.labelled(PARAM, slice::from_ref(&rule.names)) {
        let name = Name::labelled(PARAM.0, PARAM.1, param);
        let given = find::read(facts, CANDIDATE, &name, copies, |_| false);
        match given.reading {
            Reading::Sound(_) => says += 1,
            Reading::Missing(reason) => silent = silent.or(Some(reason)),
            Reading::Doubtful(reason) => return Verdict::doubtful(reason).on(&given.facts),
        }
        used.extend(given.facts);
    }
    let (parameters, say) = if says == 1 { ("parameter", "says") } else { ("parameters", "say") };
    let message = format!(
        "{says} {parameters} of `{CANDIDATE}` with a name like `{}` {say} something",
        rule.names,
    );
    let verdict = match silent {
        Some(reason) if rule.every => Verdict::missing(reason),
        _ if says < rule.at_least => {
            Verdict::missing(format!("{message}, and at least {} must", rule.at_least))
        }
        _ => Verdict::new(Judged::Holds, message),
    };
    verdict.expecting(format!("at least {}", rule.at_least)).finding(format!("{says}")).on(&used)
}
