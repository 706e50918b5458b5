//! wasmtime's settings.

use wasmtime::{Config, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

use crate::limits::Limits;

/// How much of an instance's memory is reset by copying rather than given back
/// to the system. Copying 64 KiB costs less than the system call and the page
/// faults that follow it; four pages are about where the two meet.
const KEEP_RESIDENT: usize = 256 << 10;

/// What one component may be made of. A component of a Rust crate is one
/// module with one memory and one table; those of Python and JavaScript have
/// some adapters beside it.
const MODULES: u32 = 16;
const MEMORIES: u32 = 2;
const TABLES: u32 = 8;

/// The settings that every engine here has, whether it runs or only compiles.
pub(crate) fn config(limits: &Limits) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(limits.instances)
        // As many as the components may need, so that a permit is all that a
        // call has to wait for.
        .total_core_instances(limits.instances.saturating_mul(MODULES))
        .total_memories(limits.instances.saturating_mul(MEMORIES))
        .total_tables(limits.instances.saturating_mul(TABLES))
        .max_core_instances_per_component(MODULES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_memories_per_module(MEMORIES)
        .max_tables_per_module(TABLES)
        .max_memory_size(limits.memory)
        .table_elements(limits.table_elements)
        .max_unused_warm_slots(limits.instances)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        // The tables of a large plugin: some thousand pointers.
        .table_keep_resident(16 << 10);
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .cranelift_opt_level(OptLevel::Speed)
        // Without it every call pays for a task that can wait; plugins do not.
        .concurrency_support(false)
        .consume_fuel(true)
        .epoch_interruption(true)
        // Neither tables to unwind native frames by nor places in a plugin's
        // code are ever shown, and they are a third of what is compiled.
        .native_unwind_info(cfg!(windows))
        .generate_address_map(false)
        // A panic's message is read from the memory that a trap leaves.
        .coredump_on_trap(true)
        // The same bits on every host.
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false);
    config
}
