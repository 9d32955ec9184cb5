//! How much memory a process holds and has held, for "memory flat" checks. Linux only: elsewhere there is no number.

use std::fs;

/// Resident set sizes in bytes, from `/proc/<pid>/status` (proc_pid_status(5)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resident {
    /// `VmRSS`: now.
    pub current: u64,
    /// `VmHWM`: the most since the process started or since [`reset_peak`].
    pub peak: u64,
}

impl Resident {
    pub fn of_this_process() -> Option<Self> {
        parse(&fs::read_to_string("/proc/self/status").ok()?)
    }

    pub fn of(pid: u32) -> Option<Self> {
        parse(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
    }
}

/// Makes the peak of this process start again from what it holds now. `false` where the system can't.
#[must_use]
pub fn reset_peak() -> bool {
    fs::write("/proc/self/clear_refs", "5").is_ok() // 5 resets VmHWM: proc_pid_clear_refs(5)
}

fn parse(status: &str) -> Option<Resident> {
    let field = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib * 1024)
    };
    Some(Resident { current: field("VmRSS:")?, peak: field("VmHWM:")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_a_status_file_are_read_in_bytes() {
        let status = "Name:\tөгөөж\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nThreads:\t1\n";

        assert_eq!(parse(status), Some(Resident { current: 1 << 20, peak: 2 << 20 }));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_large_allocation_raises_the_peak_and_stays_in_it() {
        const HELD: usize = 64 << 20;
        assert!(reset_peak());
        let before = Resident::of_this_process().unwrap();

        drop(std::hint::black_box(vec![1_u8; HELD]));

        let after = Resident::of_this_process().unwrap();
        assert!(after.peak >= before.current + HELD as u64 / 2, "{before:?} {after:?}");
    }
}
