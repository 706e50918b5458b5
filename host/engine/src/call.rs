//! How a call is made, and what it took.

use std::time::{Duration, Instant};

use crate::limits::Limits;

/// How one call is made. The default: in a fresh instance, with all that the
/// limits allow, and patiently.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallOptions {
    warm: bool,
    refuse: bool,
    fuel: Option<u64>,
    deadline: Option<Duration>,
}

impl CallOptions {
    /// In a new instance, so that nothing leaks from one call to the next.
    #[must_use]
    pub fn fresh() -> Self {
        Self::default()
    }

    /// In an instance that has answered before, where one is at rest. Faster,
    /// and nothing but the plugin's own good conduct keeps one call from
    /// seeing another's data.
    #[must_use]
    pub fn warm() -> Self {
        Self { warm: true, ..Self::default() }
    }

    /// With at most so many operations, where the limit is not lower.
    #[must_use]
    pub fn fuel(mut self, operations: u64) -> Self {
        self.fuel = Some(operations);
        self
    }

    /// Within this time, the wait for an instance included, where the limit is
    /// not lower.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Refused at once when all instances are busy, rather than waiting for
    /// one until the deadline.
    #[must_use]
    pub fn refuse_when_busy(mut self) -> Self {
        self.refuse = true;
        self
    }

    pub(crate) fn is_warm(&self) -> bool {
        self.warm
    }

    /// The longest wait for an instance.
    pub(crate) fn patience(&self, limits: &Limits) -> Duration {
        if self.refuse { Duration::ZERO } else { self.limited(limits).deadline }
    }

    /// What of the limits this call may use.
    pub(crate) fn limited(&self, limits: &Limits) -> Limits {
        Limits {
            fuel: self.fuel.map_or(limits.fuel, |fuel| fuel.min(limits.fuel)),
            deadline: self.deadline.map_or(limits.deadline, |it| it.min(limits.deadline)),
            ..*limits
        }
    }
}

/// Where the instance of a call came from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InstanceUse {
    /// It was made for this call.
    #[default]
    New,
    /// It was made ahead, and answered nothing before.
    Ready,
    /// It had answered before.
    Warm,
}

impl InstanceUse {
    /// Its name in metrics: `new`, `ready`, `warm`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Ready => "ready",
            Self::Warm => "warm",
        }
    }
}

/// What a call took, whether it succeeded or failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallStats {
    /// WebAssembly operations, those of `configure` included where the
    /// instance was made for this call.
    pub fuel: u64,
    /// Wall-clock time, the wait for an instance included.
    pub time: Duration,
    /// Linear memory of the instance after the call, in bytes.
    pub memory: usize,
    /// Where the instance came from.
    pub instance: InstanceUse,
}

/// A call under way: how it is to be made, and where its statistics go.
pub(crate) struct Call<'a> {
    pub(crate) options: CallOptions,
    /// None where nobody asked: reading the clock is a tenth of a short call.
    stats: Option<(&'a mut CallStats, Instant)>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(options: &CallOptions, stats: Option<&'a mut CallStats>) -> Self {
        let stats = stats.map(|stats| {
            *stats = CallStats::default();
            (stats, Instant::now())
        });
        Self { options: *options, stats }
    }

    /// Notes where the instance came from.
    pub(crate) fn instance(&mut self, instance: InstanceUse) {
        if let Some((stats, _)) = &mut self.stats {
            stats.instance = instance;
        }
    }

    /// Notes what an instance has used.
    pub(crate) fn used(&mut self, fuel: u64, memory: usize) {
        if let Some((stats, _)) = &mut self.stats {
            stats.fuel += fuel;
            stats.memory = memory;
        }
    }

    pub(crate) fn is_measured(&self) -> bool {
        self.stats.is_some()
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if let Some((stats, start)) = &mut self.stats {
            stats.time = start.elapsed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_may_use_less_than_the_limits_and_never_more() {
        let limits = Limits { fuel: 100, deadline: Duration::from_secs(2), ..Limits::default() };
        let less = CallOptions::fresh().fuel(10).deadline(Duration::from_secs(1));
        assert_eq!(less.limited(&limits).fuel, 10);
        assert_eq!(less.patience(&limits), Duration::from_secs(1));
        let more = CallOptions::warm().fuel(1_000).deadline(Duration::from_secs(9));
        assert_eq!(more.limited(&limits), limits);
        assert_eq!(more.refuse_when_busy().patience(&limits), Duration::ZERO);
    }
}
