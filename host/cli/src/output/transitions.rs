//! What becomes of decisions, for a person.

use std::fmt::{self, Write as _};

use tollgate::difference::{DecisionDifferences, Direction, Example, Transition};
use tollgate::text::visible;
use tollgate_reports::{scores, share};

/// From which action to which, and the reasons; `what` is what a row that has no
/// line is called.
pub(crate) fn transitions(
    out: &mut String,
    found: &DecisionDifferences,
    what: &str,
) -> fmt::Result {
    if found.transitions.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}: {} {what}s", visible(&found.input), found.rows)?;
    let titles: Vec<String> = found
        .transitions
        .iter()
        .map(|it| format!("{} -> {}", visible(&it.from.shown()), visible(&it.to.shown())))
        .collect();
    let width = titles.iter().map(|title| title.chars().count()).max().unwrap_or_default();
    for (transition, title) in found.transitions.iter().zip(titles) {
        let Transition { rows, direction, .. } = transition;
        let way = match direction {
            Some(Direction::Stricter) => "stricter",
            Some(Direction::Milder) => "milder",
            None if transition.from == transition.to => "other reasons",
            None => "",
        };
        let share = share(*rows, found.rows);
        let scores = transition.scores.map(|range| format!("  scores {}", scores(Some(range))));
        writeln!(
            out,
            "  {title:<width$}  {rows:>8}  {share:>8}  {}",
            format!("{way:<13}{}", scores.unwrap_or_default()).trim_end()
        )?;
        for example in &transition.examples {
            self::example(out, example, what)?;
        }
    }
    if !found.reasons.is_empty() {
        writeln!(out, "\nreasons")?;
    }
    let unit = what;
    for reason in &found.reasons {
        let parts = [(reason.lost, "lose it"), (reason.gained, "get it")];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts
            .map(|(count, what)| {
                let end = if count == 1 { "" } else { "s" };
                format!("{count} {unit}{end} {what}")
            })
            .collect();
        writeln!(out, "  {}: {}", visible(&reason.reason), parts.join(", "))?;
    }
    Ok(())
}

fn example(out: &mut String, example: &Example, what: &str) -> fmt::Result {
    let place = match (example.line, example.row) {
        (None, Some(row)) => format!("{what} {row}"),
        _ => example.place(),
    };
    writeln!(out, "    {place}: {}", visible(&example.inputs_shown()))?;
    match example.because == example.because_new {
        true => writeln!(out, "      {}", visible(&example.because)),
        false => writeln!(
            out,
            "      {} -> {}",
            visible(&example.because),
            visible(&example.because_new)
        ),
    }
}
