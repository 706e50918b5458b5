//! Groups against each other.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::Measure;
use crate::decimals::show;
use crate::form::groups::{confusion, selected};
use crate::rule::{Rule, Statistic};
use crate::slice::{Braces, Labels};
use crate::source::Source;
use crate::statistic::fairness::{disparity, extremes, worse};
use crate::statistic::rate::Rate;
use crate::trouble::{Sound, Trouble, doubt};

/// What one group has: its rates, and on how many samples.
struct Group {
    labels: Labels,
    rates: Vec<Rate>,
    from: &'static str,
}

/// What the comparison of groups comes to.
#[derive(Debug)]
pub(crate) struct Compared {
    /// The value.
    pub measure: Sound<Measure>,
    /// What is wrong with single groups, which were left out.
    pub left_out: Vec<Trouble>,
    /// How many groups were compared.
    pub judged: usize,
}

/// Compares these groups. Those that are missing, and those on too few samples
/// where the rule says so, are left out and told.
pub(crate) fn compare(rule: &Rule, source: &mut Source<'_, '_>, groups: &[Labels]) -> Compared {
    let skip_thin = rule.slices.as_ref().is_some_and(|slices| slices.skip_thin);
    let mut found = Vec::new();
    let mut left_out = Vec::new();
    for labels in groups {
        match group(rule, source, labels) {
            Ok(group) => found.push(group),
            Err(trouble @ Trouble::Missing(_)) => left_out.push(trouble),
            Err(trouble @ Trouble::Thin(_)) if skip_thin => left_out.push(trouble),
            Err(trouble) => return Compared { measure: Err(trouble), left_out, judged: 0 },
        }
    }
    let judged = found.len();
    Compared { measure: of_groups(rule, source, &found), left_out, judged }
}

/// The rates that groups are compared by.
fn names(statistic: &Statistic) -> &'static [&'static str] {
    match statistic {
        Statistic::DemographicParity(_) => &["selection rate"],
        _ => &["true positive rate", "false positive rate"],
    }
}

fn group(rule: &Rule, source: &mut Source<'_, '_>, labels: &Labels) -> Sound<Group> {
    let title = |name| format!("the {name} of {} of `{}`", Braces(labels), rule.current);
    let (rates, from) = if let Statistic::DemographicParity(_) = rule.statistic {
        let Some((rate, from)) = selected(source, labels)? else {
            return source.missing("selected", &["predictions", "true_positives"], labels);
        };
        (alloc::vec![rate], from)
    } else {
        let Some((confusion, from)) = confusion(source, labels)? else {
            return source.missing("true_positives", &["predictions"], labels);
        };
        (alloc::vec![confusion.true_positive_rate(), confusion.false_positive_rate()], from)
    };
    for (rate, name) in rates.iter().zip(names(&rule.statistic)) {
        source.enough(rate.of, || title(name))?;
    }
    Ok(Group { labels: labels.clone(), rates, from })
}

fn of_groups(rule: &Rule, source: &Source<'_, '_>, groups: &[Group]) -> Sound<Measure> {
    let keys = rule.slices.as_ref().map(|slices| slices.keys.join("`, `")).unwrap_or_default();
    if groups.len() < 2 {
        let count = groups.len();
        let those = if count == 1 { "group" } else { "groups" };
        return doubt(format!(
            "{count} {those} by `{keys}` of `{}` can be judged, and two compare at least",
            source.subject()
        ));
    }
    let form = match rule.statistic {
        Statistic::DemographicParity(form) | Statistic::EqualisedOdds(form) => form,
        _ => return doubt("this statistic compares no groups"),
    };
    let mut worst: Option<(f64, String)> = None;
    for (place, name) in names(&rule.statistic).iter().enumerate() {
        let rates: Vec<Rate> =
            groups.iter().filter_map(|group| group.rates.get(place).copied()).collect();
        let Some(value) = disparity(&rates, form) else {
            return doubt(format!(
                "the {name} of every group by `{keys}` is 0, which makes no ratio; a \
                 `form: difference` can be judged"
            ));
        };
        let told = || apart(name, groups, &rates);
        worst = match worst {
            Some((before, text)) if worse(before, value, form) == before => Some((before, text)),
            _ => Some((value, told())),
        };
    }
    let Some((value, told)) = worst else { return doubt("there are no rates") };
    let samples = groups.iter().flat_map(|group| &group.rates).map(|rate| rate.of);
    let samples = samples.fold(0_u64, u64::saturating_add);
    let mut froms: Vec<&str> = groups.iter().map(|group| group.from).collect();
    froms.sort_unstable();
    froms.dedup();
    let told = format!(
        "{told}, on {samples} samples in {} groups, from {}",
        groups.len(),
        froms.join(" and ")
    );
    Ok(Measure { value, told })
}

/// `selection rate 0.62 of {group=male} against 0.55 of {group=female}`.
fn apart(name: &str, groups: &[Group], rates: &[Rate]) -> String {
    let at = |place: usize| {
        let labels = groups.get(place).map(|group| format!("{}", Braces(&group.labels)));
        let rate = rates.get(place).map(|rate| show(rate.value()));
        format!("{} of {}", rate.unwrap_or_default(), labels.unwrap_or_default())
    };
    let (most, least) = extremes(rates).unwrap_or_default();
    format!("{name} {} against {}", at(most), at(least))
}
