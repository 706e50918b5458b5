//! How times are taken.
//!
//! Calls are timed by the processor time of their thread, so that whatever
//! else the machine does disturbs them little; what uses several threads or
//! processes is timed by the clock on the wall.
//!
//! The rows of a group take turns: each round measures every row once, so that
//! a machine that slows down slows all of them, and ratios stay. A sample is
//! as many repetitions as fill the sample's time; a row's figure is the median
//! of its samples, its spread their least and greatest.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::Result;
use cpu_time::ThreadTime;

/// Something that can be repeated and timed.
pub(crate) trait Subject {
    /// Does its work `times` times and says how long that took.
    fn run(&mut self, times: u64) -> Result<Duration>;
}

/// Work of one thread: the step is given the number of its turn.
pub(crate) struct Step<F>(pub(crate) F);

/// Work of several threads or processes.
pub(crate) struct WallStep<F>(pub(crate) F);

/// Work of one thread for which something is made ahead, in portions, whose
/// making is not timed.
pub(crate) struct AheadStep<A, F> {
    /// Makes it ready for a portion.
    pub(crate) ahead: A,
    /// How many repetitions a portion is for.
    pub(crate) portion: u64,
    pub(crate) step: F,
}

impl<R, A: FnMut() -> Result<()>, F: FnMut(usize) -> Result<R>> Subject for AheadStep<A, F> {
    fn run(&mut self, times: u64) -> Result<Duration> {
        let mut spent = Duration::ZERO;
        let mut turn = 0;
        while turn < times {
            (self.ahead)()?;
            let end = times.min(turn + self.portion);
            let start = ThreadTime::try_now()?;
            for turn in turn..end {
                black_box((self.step)(turn as usize)?);
            }
            spent += start.try_elapsed()?;
            turn = end;
        }
        Ok(spent)
    }
}

impl<R, F: FnMut(usize) -> Result<R>> Subject for Step<F> {
    fn run(&mut self, times: u64) -> Result<Duration> {
        let start = ThreadTime::try_now()?;
        for turn in 0..times {
            black_box((self.0)(turn as usize)?);
        }
        Ok(start.try_elapsed()?)
    }
}

impl<R, F: FnMut(usize) -> Result<R>> Subject for WallStep<F> {
    fn run(&mut self, times: u64) -> Result<Duration> {
        let start = Instant::now();
        for turn in 0..times {
            black_box((self.0)(turn as usize)?);
        }
        Ok(start.elapsed())
    }
}

/// How long and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    pub(crate) sample: Duration,
}

impl Effort {
    /// What a table for others to read takes. Many short samples, because a
    /// median of them forgives a busy machine what a few long ones do not.
    pub(crate) const FULL: Self = Self { rounds: 41, sample: Duration::from_millis(15) };
    /// A look while working.
    pub(crate) const QUICK: Self = Self { rounds: 5, sample: Duration::from_millis(10) };

    /// Whether it is a look while working.
    pub(crate) fn is_quick(self) -> bool {
        self == Self::QUICK
    }

    /// For work of which one repetition is longer than a sample.
    pub(crate) fn of_long_work(self) -> Self {
        Self { rounds: self.rounds.div_ceil(4), ..self }
    }
}

/// Nanoseconds a repetition.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) greatest: f64,
}

/// Measures the subjects in turns.
pub(crate) fn in_turns(subjects: &mut [&mut dyn Subject], effort: Effort) -> Result<Vec<Times>> {
    let mut calibrated = Vec::with_capacity(subjects.len());
    for subject in &mut *subjects {
        calibrated.push(calibrate(*subject, effort.sample)?);
    }
    let mut samples = vec![Vec::with_capacity(effort.rounds); subjects.len()];
    for _ in 0..effort.rounds {
        for ((subject, times), samples) in subjects.iter_mut().zip(&calibrated).zip(&mut samples) {
            let spent = subject.run(*times)?;
            samples.push(spent.as_secs_f64() * 1e9 / *times as f64);
        }
    }
    Ok(samples.into_iter().map(Times::of).collect())
}

/// How many repetitions fill one sample. Warms the subject up on the way.
fn calibrate(subject: &mut dyn Subject, sample: Duration) -> Result<u64> {
    let mut times = 1;
    loop {
        let spent = subject.run(times)?;
        if spent * 4 >= sample {
            let wanted = times as f64 * sample.as_secs_f64() / spent.as_secs_f64();
            return Ok((wanted as u64).max(1));
        }
        times *= 2;
    }
}

impl Times {
    fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        let at = |index: usize| samples.get(index).copied().unwrap_or(f64::NAN);
        Self {
            median: at(samples.len() / 2),
            least: at(0),
            greatest: at(samples.len().saturating_sub(1)),
        }
    }

    /// The time of one of `parts` equal parts of a repetition.
    pub(crate) fn per(self, parts: f64) -> Self {
        Self {
            median: self.median / parts,
            least: self.least / parts,
            greatest: self.greatest / parts,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use anyhow::Result;

    use super::{Effort, Subject, Times, in_turns};

    /// Pretends that a repetition takes this many nanoseconds.
    struct Pretends(u64);

    impl Subject for Pretends {
        fn run(&mut self, times: u64) -> Result<Duration> {
            Ok(Duration::from_nanos(self.0 * times))
        }
    }

    #[test]
    fn a_repetition_is_what_is_reported() {
        let (mut fast, mut slow) = (Pretends(20), Pretends(900_000_000));
        let times = in_turns(&mut [&mut fast, &mut slow], Effort::QUICK).unwrap();
        let medians: Vec<_> = times.iter().map(|times| times.median.round()).collect();
        assert_eq!(medians, [20.0, 900_000_000.0]);
    }

    #[test]
    fn the_median_is_no_outlier() {
        let times = Times::of(vec![5.0, 900.0, 4.0]);
        assert_eq!((times.least, times.median, times.greatest), (4.0, 5.0, 900.0));
    }
}
