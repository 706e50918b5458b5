//! What a plugin may use up, and the accounting of memory and tables.

use std::time::Duration;

use wasmtime::ResourceLimiter;

use crate::error::EngineError;

/// WebAssembly's unit of memory in bytes, and the most that 32 bits address.
const PAGE: usize = 64 << 10;
const MEMORY: u64 = 4 << 30;

/// What one call of a plugin may use. Every limit is on by default; reaching
/// one ends the call with a [`Fault`](crate::Fault) that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// WebAssembly operations, roughly one each. Deterministic: the same input
    /// runs out at the same place on every machine. The default, two billion,
    /// is some seconds of work.
    pub fuel: u64,
    /// Wall-clock time, in steps of a millisecond. It backs up `fuel` on slow
    /// machines. Default 10 s.
    pub deadline: Duration,
    /// Linear memory in bytes, of all memories together. Default 64 MiB.
    pub memory: usize,
    /// Table elements, of all tables together. Default 10,000, some thirty
    /// times what a large plugin needs.
    pub table_elements: usize,
    /// Bytes that the host copies out of a plugin in one call, after lists and
    /// strings are unfolded. Default 64 MiB.
    pub output: usize,
    /// Instances alive at a time. A call beyond waits for its turn until its
    /// deadline. Default 64.
    pub instances: u32,
    /// Size of a component in bytes. Default 32 MiB.
    pub component: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 2_000_000_000,
            deadline: Duration::from_secs(10),
            memory: 64 << 20,
            table_elements: 10_000,
            output: 64 << 20,
            instances: 64,
            component: 32 << 20,
        }
    }
}

/// A time in ticks of the engine's clock, at least one whole tick.
pub(crate) fn ticks(time: Duration) -> u64 {
    // wasmtime adds it to the clock's present value, so half the range is left
    // for that.
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).min(u64::MAX / 2) + 1
}

impl Limits {
    /// Refuses limits that no plugin could run in.
    pub(crate) fn check(&self) -> Result<(), EngineError> {
        let problem = if self.instances == 0 {
            "`instances` is 0, and a call needs one"
        } else if self.memory < PAGE {
            "`memory` is below 65536 bytes, one page, and a plugin has at least that"
        } else if self.memory as u64 > MEMORY {
            "`memory` is above 4294967296 bytes, and a plugin can address no more"
        } else {
            return Ok(());
        };
        Err(EngineError::Limits(problem.to_owned()))
    }

    /// Refuses limits that are beyond what the engine was set up for.
    pub(crate) fn check_within(&self, engine: &Self) -> Result<(), EngineError> {
        self.check()?;
        let beyond = |what: &str, own: String, most: String| {
            let problem = format!("`{what}` is {own}, and the engine has {most}");
            Err(EngineError::Limits(problem))
        };
        let numbers = [
            ("memory", self.memory, engine.memory),
            ("table_elements", self.table_elements, engine.table_elements),
            ("instances", self.instances as usize, engine.instances as usize),
        ];
        for (what, own, most) in numbers {
            if own > most {
                return beyond(what, own.to_string(), most.to_string());
            }
        }
        Ok(())
    }
}

/// What an instance has been refused. Lives in its store.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    memory: usize,
    table_elements: usize,
    used_memory: usize,
    used_elements: usize,
    /// The most recent refusal.
    pub(crate) refused: Option<Refusal>,
}

/// A resource that an instance asked for beyond its limit.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Refusal {
    Memory,
    Table,
}

impl Accounts {
    /// Linear memory in use, in bytes.
    pub(crate) fn memory_in_use(&self) -> usize {
        self.used_memory
    }

    pub(crate) fn new(limits: &Limits) -> Self {
        Self { memory: limits.memory, table_elements: limits.table_elements, ..Self::default() }
    }
}

impl ResourceLimiter for Accounts {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let used = self.used_memory.saturating_add(desired.saturating_sub(current));
        if used > self.memory {
            self.refused = Some(Refusal::Memory);
            return Ok(false);
        }
        self.used_memory = used;
        // It came by with less, so an earlier refusal ends nothing.
        self.refused = None;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let used = self.used_elements.saturating_add(desired.saturating_sub(current));
        if used > self.table_elements {
            self.refused = Some(Refusal::Table);
            return Ok(false);
        }
        self.used_elements = used;
        Ok(true)
    }
}
