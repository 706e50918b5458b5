//! Whether enough rows can be used.

use super::Maker;
use crate::columns::Faults;
use crate::count::Count;
use crate::groups::Grouped;

impl Maker<'_> {
    /// How many rows a subject has.
    pub(super) fn rows_of(&self, subject: usize) -> u64 {
        let Some(all) = self.count.groups.first() else { return 0 };
        let paths = all.slices.paths().iter().zip(&all.tally.rows);
        paths.filter(|(path, _)| path.subject == subject).map(|(_, rows)| rows).sum()
    }

    /// Whether so many rows may be left out; says so where some are.
    pub(super) fn may_leave_out(
        &mut self,
        subject: &str,
        title: &str,
        columns: &[&str],
        left: u64,
        rows: u64,
        of: &str,
    ) -> bool {
        if left == 0 {
            return true;
        }
        let whose =
            if self.count.subjects.len() > 1 { format!(" of `{subject}`") } else { String::new() };
        let why = self.faults(columns);
        #[allow(clippy::cast_precision_loss, reason = "counts of rows stay far below 2^53")]
        let may = left as f64 <= self.spec.max_left_out * rows as f64;
        if may {
            self.made
                .notes
                .push(format!("{title}{whose}: {left} of {rows} rows{of} are left out{why}"));
        } else {
            self.made.missing.push(format!(
                "{title}{whose} are missing: {left} of {rows} rows{of} cannot be used{why}"
            ));
        }
        may
    }

    /// What is wrong with the cells of columns.
    pub(super) fn faults(&self, columns: &[&str]) -> String {
        let mut said = Vec::new();
        let all = self.count.columns.faults();
        for (name, faults) in all.filter(|(name, _)| columns.contains(name)) {
            let Faults { missing, wrong, first } = faults;
            let what = match (missing, wrong) {
                (0, 0) => continue,
                (_, 0) => format!("{missing} empty"),
                (0, _) => format!("{wrong} something else"),
                _ => format!("{missing} empty and {wrong} something else"),
            };
            let first = first.as_deref().unwrap_or_default();
            let text = format!("; of `{name}` {what}, the first at {first}");
            if !said.contains(&text) {
                said.push(text);
            }
        }
        if said.is_empty() {
            // Only a calibration leaves out numbers that are some.
            return "; a score that is a probability is from 0 to 1".to_owned();
        }
        said.concat()
    }

    /// Whether enough rows of a subject can be used, of all and of each slice.
    /// Where not, even of one, the whole family is missing: else the slice that
    /// is worst would be the one that nobody sees.
    pub(super) fn are_enough(
        &mut self,
        subject: usize,
        title: &str,
        columns: &[&str],
        used: impl Fn(&Grouped, usize) -> u64,
    ) -> bool {
        let count = self.count;
        let name = count.subjects.get(subject).map_or("", String::as_str);
        let mut told = None;
        for grouped in &count.groups {
            let paths = grouped.slices.paths().iter().enumerate();
            for (slot, path) in paths.filter(|(_, path)| path.subject == subject) {
                let rows = grouped.tally.rows.get(slot).copied().unwrap_or(0);
                let left = rows.saturating_sub(used(grouped, slot));
                if left == 0 {
                    continue;
                }
                let of = slice_name(count, grouped, path.codes.as_deref());
                #[allow(clippy::cast_precision_loss, reason = "as above")]
                let may = left as f64 <= self.spec.max_left_out * rows as f64;
                // The first one is told, or the one that is too many.
                if !may {
                    return self.may_leave_out(name, title, columns, left, rows, &of);
                }
                told = told.or(Some((left, rows, of)));
            }
        }
        match told {
            None => true,
            Some((left, rows, of)) => self.may_leave_out(name, title, columns, left, rows, &of),
        }
    }
}

/// ` of `group=female``; nothing for the whole.
fn slice_name(count: &Count, grouped: &Grouped, codes: Option<&[u32]>) -> String {
    let Some(codes) = codes else { return " without a group".to_owned() };
    let levels = grouped.levels.iter().zip(codes);
    let labels = levels
        .map(|((key, column), code)| format!("{key}={}", count.columns.known(*column).name(*code)));
    let labels: Vec<String> = labels.collect();
    if labels.is_empty() { String::new() } else { format!(" of `{}`", labels.join(",")) }
}
