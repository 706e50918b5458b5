//! Many cases asked, counted and compared.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::cases::{self, Agreement, Answer, Case, CaseMode, Expect, Tier};

/// How cases are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The answers are MLflow's.
    Mlflow,
    /// What MLflow loses is refused besides.
    Strict,
}

impl Mode {
    /// The plugin's setting.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mlflow => "mlflow",
            Self::Strict => "strict",
        }
    }

    fn compare(self, case: &Case, answer: &Answer) -> Agreement {
        match self {
            Self::Mlflow => case.compare(answer),
            Self::Strict => case.compare_strict(answer),
        }
    }

    /// Whether a case decides. A strict answer must also refuse what is lost,
    /// which the record holds under the tier `quirk`.
    fn counts(self, case: &Case) -> bool {
        case.tier == Tier::Core
            || self == Self::Strict && case.tier == Tier::Quirk && case.lossy == Some(true)
    }
}

/// What was counted of the cases of one kind.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    cases: usize,
    verdict: usize,
    kind: usize,
    coerced: usize,
}

/// How all cases came out.
#[derive(Debug)]
pub struct Report {
    mode: Mode,
    rows: BTreeMap<(String, CaseMode, Tier), Row>,
    lossy: (usize, usize),
    missed: Vec<(Case, Answer)>,
    /// Those that count and agree.
    pub passed: usize,
    /// Those that count and do not.
    pub failed: usize,
}

impl Report {
    /// No cases yet.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            rows: BTreeMap::new(),
            lossy: (0, 0),
            missed: Vec::new(),
            passed: 0,
            failed: 0,
        }
    }

    /// Adds a case and the answer to it.
    pub fn add(&mut self, case: Case, answer: Answer) {
        let agreement = self.mode.compare(&case, &answer);
        let row = self.rows.entry((case.category.clone(), case.mode, case.tier)).or_default();
        row.cases += 1;
        row.verdict += usize::from(agreement.verdict);
        row.kind += usize::from(agreement.kind);
        row.coerced += usize::from(agreement.full());
        if case.lossy == Some(true) && case.tier != Tier::Unstable {
            self.lossy.0 += 1;
            self.lossy.1 += usize::from(matches!(answer, Answer::Refused(_)));
        }
        match (self.mode.counts(&case), agreement.full()) {
            (true, true) => self.passed += 1,
            (true, false) => self.failed += 1,
            (false, _) => {}
        }
        if !agreement.full() {
            self.missed.push((case, answer));
        }
    }

    /// Writes the table, the cases that do not agree, and as the last line
    /// `N passed, N failed`.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let width = self.rows.keys().map(|(category, ..)| category.len()).max().unwrap_or(0).max(8);
        let head = |out: &mut dyn Write, category: &str, mode: &str, tier: &str| {
            write!(out, "{category:<width$}  {mode:<9}  {tier:<8}")
        };
        head(out, "category", "mode", "tier")?;
        writeln!(out, "  {:>6}  {:>7}  {:>6}  {:>7}", "cases", "verdict", "kind", "coerced")?;
        let mut total = Row::default();
        for ((category, mode, tier), row) in &self.rows {
            head(out, category, &mode.to_string(), &tier.to_string())?;
            numbers(out, row)?;
            total.cases += row.cases;
            total.verdict += row.verdict;
            total.kind += row.kind;
            total.coerced += row.coerced;
        }
        head(out, "all", "", "")?;
        numbers(out, &total)?;
        for (case, answer) in &self.missed {
            missed(out, case, answer)?;
        }
        writeln!(out)?;
        if self.mode == Mode::Strict {
            let (lossy, refused) = self.lossy;
            writeln!(out, "of {lossy} cases whose values MLflow changes, {refused} are refused")?;
        }
        writeln!(out, "{} passed, {} failed", self.passed, self.failed)
    }
}

fn numbers(out: &mut impl Write, row: &Row) -> io::Result<()> {
    let Row { cases, verdict, kind, coerced } = row;
    writeln!(out, "  {cases:>6}  {verdict:>7}  {kind:>6}  {coerced:>7}")
}

fn missed(out: &mut impl Write, case: &Case, answer: &Answer) -> io::Result<()> {
    writeln!(out, "\n{} ({}, {})", case.id, case.mode, case.tier)?;
    writeln!(out, "  signature  {}", case.signature)?;
    writeln!(out, "  payload    {}", case.payload)?;
    let lossy = if case.lossy == Some(true) { ", lossy" } else { "" };
    match (case.expect, case.rule(), &case.coerced) {
        (Expect::Reject, rule, _) => {
            writeln!(out, "  expected   reject {}", rule.unwrap_or_default())?;
        }
        (Expect::Accept, _, Some(coerced)) => {
            writeln!(out, "  expected   accept{lossy} {coerced}")?
        }
        (Expect::Accept, _, None) => writeln!(out, "  expected   accept{lossy}")?,
    }
    match answer {
        // As the record writes it, so that the two lines compare.
        Answer::Accepted(Some(coerced)) => match cases::value(coerced) {
            Some(value) => writeln!(out, "  given      accept {value}"),
            None => writeln!(out, "  given      accept, and no JSON: {coerced}"),
        },
        Answer::Accepted(None) => writeln!(out, "  given      accept"),
        Answer::Refused(refusals) => {
            let all: Vec<_> =
                refusals.iter().map(|one| format!("{} at `{}`", one.rule, one.pointer)).collect();
            writeln!(out, "  given      reject {}", all.join(", "))
        }
        Answer::Failed(why) => writeln!(out, "  given      no answer: {why}"),
    }
}
