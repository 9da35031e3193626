//! The functions' processes: the emulator keeps one or more of each function, as AWS keeps execution environments.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

use super::process::Emulator;

/// The file name of every function's program. Source: AWS Lambda Developer Guide, "OS-only runtimes".
const PROGRAM: &str = "bootstrap";

impl Emulator {
    /// The process ids of the functions that are running now, busy or waiting for work.
    pub fn function_processes(&self) -> Vec<u32> {
        let group = self.process_group();
        let Ok(entries) = fs::read_dir("/proc") else {
            return Vec::new();
        };
        let mut found: Vec<u32> = entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter(|process| is_function_of(*process, group))
            .collect();
        found.sort_unstable();
        found
    }

    /// Ends one of [`function_processes`](Self::function_processes) at once, as a crash or a machine that is lost ends it: it
    /// gets no chance to finish anything. True when the process was still there.
    pub fn kill_function(&self, process: u32) -> bool {
        is_function_of(process, self.process_group())
            && Pid::from_raw(process.cast_signed())
                .is_some_and(|process| kill_process(process, Signal::KILL).is_ok())
    }
}

fn is_function_of(process: u32, group: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/stat"))
        .ok()
        .and_then(|stat| group_of_function(&stat))
        == Some(group)
}

/// The process group, from a line of `/proc/<pid>/stat`, if the line is that of a function that runs.
fn group_of_function(stat: &str) -> Option<u32> {
    // The name is in parentheses and may hold spaces and parentheses itself; what follows the last one has fixed places.
    let (before, after) = stat.rsplit_once(')')?;
    let (_, name) = before.split_once('(')?;
    let mut fields = after.split_whitespace();
    let state = fields.next()?;
    let _parent = fields.next()?;
    let group = fields.next()?.parse().ok()?;
    (name == PROGRAM && state != "Z").then_some(group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_known_by_its_name_and_its_group_and_not_once_it_is_dead() {
        assert_eq!(
            group_of_function("4711 (bootstrap) S 4700 4690 4690 0"),
            Some(4690)
        );
        assert_eq!(
            group_of_function("4711 (bootstrap) Z 4700 4690 4690 0"),
            None
        );
        assert_eq!(group_of_function("4711 (python (x)) S 1 2 3"), None);
        assert_eq!(group_of_function(""), None);
    }
}
