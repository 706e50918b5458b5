//! A million rows that any machine makes the same. The benchmark itself has
//! this file too.

/// How many rows there are.
pub(crate) const ROWS: usize = 1_000_000;

/// Rows a call, as record batches of Arrow readers have them.
pub(crate) const BATCH: usize = 8_192;

/// What the third column's indices mean.
pub(crate) const COUNTRIES: [&str; 8] = ["BR", "DE", "FR", "IN", "NG", "PK", "US", "ZA"];

/// The rows, column by column.
pub(crate) struct Rows {
    pub(crate) scores: Vec<f64>,
    pub(crate) amounts: Vec<f64>,
    pub(crate) countries: Vec<u32>,
}

impl Rows {
    pub(crate) fn made() -> Self {
        let mut state = 2_024_u64;
        let mut next = move |below: u64| {
            // A linear congruential generator with the constants of Knuth's
            // MMIX; its high bits are the good ones.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut rows = Self { scores: vec![], amounts: vec![], countries: vec![] };
        for _ in 0..ROWS {
            rows.scores.push(next(10_001) as f64 / 10_000.0);
            rows.amounts.push(next(1_200_000) as f64 / 100.0);
            rows.countries.push(next(COUNTRIES.len() as u64) as u32);
        }
        rows
    }

    /// The columns in batches: how many rows, and their columns, which
    /// `numbers` and `texts` make.
    pub(crate) fn batches<C>(
        &self,
        numbers: impl Fn(&[f64]) -> C,
        texts: impl Fn(&[u32]) -> C,
    ) -> Vec<(usize, Vec<C>)> {
        self.scores
            .chunks(BATCH)
            .zip(self.amounts.chunks(BATCH))
            .zip(self.countries.chunks(BATCH))
            .map(|((scores, amounts), countries)| {
                (scores.len(), vec![numbers(scores), numbers(amounts), texts(countries)])
            })
            .collect()
    }
}

/// How many rows are decided how: for each row the index of its decision, and
/// what the decisions are.
pub(crate) fn tally<'a>(
    counts: &mut std::collections::BTreeMap<String, u64>,
    rows: impl IntoIterator<Item = &'a u32>,
    decisions: &[String],
) {
    for row in rows {
        let decision = decisions.get(*row as usize).map_or("none", String::as_str);
        match counts.get_mut(decision) {
            Some(count) => *count += 1,
            None => {
                counts.insert(decision.to_owned(), 1);
            }
        }
    }
}
