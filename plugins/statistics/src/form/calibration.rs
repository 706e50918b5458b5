//! Bins of a score, by sums or by rows.

use alloc::format;

use crate::math::float;
use crate::slice::Labels;
use crate::source::{Counts, Rows, Source};
use crate::statistic::calibration::Bins;
use crate::trouble::{Sound, doubt};

/// How far a sum of scores may lie outside of what its bin can hold, as a share
/// of the rows: sums that a host adds up in another order differ as much.
const ROUNDING: f64 = 1e-9;

/// The bins of a score, and what says so.
pub(crate) fn bins(
    source: &mut Source<'_, '_>,
    labels: &Labels,
    wanted: u32,
) -> Sound<(Bins, &'static str)> {
    let summed = summed(source, labels, wanted)?;
    let rows = of_rows(source, labels, wanted)?;
    match (summed, rows) {
        (Some(summed), Some(rows)) if !alike(&summed, &rows) => {
            let (one, other) =
                (source.title("calibration_counts", labels), source.title("scores", labels));
            doubt(format!("{one} and {other} say different things"))
        }
        (Some(bins), _) => Ok((bins, "sums by bin")),
        (None, Some(bins)) => Ok((bins, "rows")),
        (None, None) => source.missing("calibration_counts", &["scores"], labels),
    }
}

fn alike(one: &Bins, other: &Bins) -> bool {
    let sums = one.score_sums.iter().zip(&other.score_sums).zip(&one.counts);
    let close = |((one, other), count): ((&f64, &f64), &u64)| {
        libm::fabs(one - other) <= ROUNDING * float(*count)
    };
    one.counts == other.counts && one.positives == other.positives && sums.into_iter().all(close)
}

fn of_rows(source: &mut Source<'_, '_>, labels: &Labels, wanted: u32) -> Sound<Option<Bins>> {
    let Some(Rows { title, rows }) = source.shares("scores", labels)? else { return Ok(None) };
    let Some((other, outcomes)) = source.flags("outcomes", labels)? else {
        return source.missing("outcomes", &[], labels);
    };
    if rows.len() != outcomes.len() {
        return doubt(format!("{title} has {} rows and {other} {}", rows.len(), outcomes.len()));
    }
    Ok(Some(Bins::of_rows(rows, &outcomes, wanted)))
}

fn summed(source: &mut Source<'_, '_>, labels: &Labels, wanted: u32) -> Sound<Option<Bins>> {
    let Some(counts) = source.counts("calibration_counts", labels)? else { return Ok(None) };
    let Some(positives) = source.counts("calibration_positives", labels)? else {
        return source.missing("calibration_positives", &[], labels);
    };
    let Some(sums) = source.sums("calibration_score_sums", labels)? else {
        return source.missing("calibration_score_sums", &[], labels);
    };
    let lengths = [
        (&counts.title, counts.counts.len()),
        (&positives.title, positives.counts.len()),
        (&sums.title, sums.rows.len()),
    ];
    for (title, length) in lengths {
        if length != wanted as usize {
            return doubt(format!("{title} is of {length} bins, and the rule wants {wanted}"));
        }
    }
    let Counts { title, samples, .. } = &counts;
    let total = counts.total();
    if let Some(samples) = samples.filter(|samples| *samples != total) {
        return doubt(format!(
            "{title} says that it is of {samples} samples, and its bins hold {total}"
        ));
    }
    let all = counts.counts.iter().zip(&positives.counts).zip(sums.rows);
    for (bin, ((count, positive), sum)) in (0_u32..).zip(all) {
        if positive > count {
            return doubt(format!(
                "bin {bin} of {} is {positive}, which is more than the {count} samples of the bin",
                positives.title
            ));
        }
        let edge = |bin: u32| float(*count) * f64::from(bin) / f64::from(wanted);
        let slack = ROUNDING * float(*count);
        if !(edge(bin) - slack..=edge(bin + 1) + slack).contains(sum) {
            return doubt(format!(
                "bin {bin} of {} is {sum}, which {count} scores of that bin cannot add up to: it \
                 holds scores from {bin}/{wanted} to {}/{wanted}",
                sums.title,
                bin + 1
            ));
        }
    }
    Ok(Some(Bins {
        counts: counts.counts,
        positives: positives.counts,
        score_sums: sums.rows.to_vec(),
    }))
}
