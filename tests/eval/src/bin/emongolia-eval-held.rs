//! What indices hold in memory. A program of its own: counting allocations would burden what is timed, and of the engines
//! only those that allocate through Rust.

use std::{alloc::System, process::ExitCode};

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> ExitCode {
    emongolia_eval::held(|| {
        // Growing and shrinking in place are in both counts already.
        let heap = HEAP.stats();
        heap.bytes_allocated - heap.bytes_deallocated
    })
}
