//! What the kernel knows about a running process.
//!
//! Source: the kernel's documentation, "The /proc Filesystem" (status) and "Scheduler Statistics" (schedstat).

use std::fs;
use std::path::Path;

/// The processor time of a process in nanoseconds, of all threads that live. `None` when it has ended.
#[must_use]
pub fn cpu_nanoseconds(pid: u32) -> Option<u64> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let mut sum = 0;
    for task in tasks.flatten() {
        // A thread may end between the listing and the look.
        sum += thread_nanoseconds(&task.path()).unwrap_or(0);
    }
    Some(sum)
}

fn thread_nanoseconds(task: &Path) -> Option<u64> {
    let text = fs::read_to_string(task.join("schedstat")).ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// The most memory that a process ever had resident, in bytes (VmHWM). `None` when it has ended.
#[must_use]
pub fn peak_memory_bytes(pid: u32) -> Option<u64> {
    high_water_mark(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

fn high_water_mark(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_read_from_its_line() {
        let status =
            "Name:\tbootstrap\nVmPeak:\t  123456 kB\nVmHWM:\t    9012 kB\nVmRSS:\t    8000 kB\n";
        assert_eq!(high_water_mark(status), Some(9012 * 1024));
        assert_eq!(high_water_mark("Name:\tbootstrap\n"), None);
    }

    #[test]
    fn a_process_that_works_uses_processor_time_and_memory() {
        let pid = std::process::id();
        let before = cpu_nanoseconds(pid).unwrap();
        let mut sum = 0_u64;
        while cpu_nanoseconds(pid).unwrap() == before {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(peak_memory_bytes(pid).unwrap() > 100_000);
    }
}
