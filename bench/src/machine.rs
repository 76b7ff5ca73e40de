//! What the figures were measured on, and which core does what.

use std::{fmt, fs};

use anyhow::Result;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Pid;
use serde::Serialize;

/// The core of the program that is measured.
pub const SERVER_CORE: usize = 0;
/// The core of the load and of what stands behind the program that is measured.
pub const LOAD_CORE: usize = 1;

/// The machine, as it describes itself.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    pub processor: String,
    pub cores: usize,
    pub memory_mb: u64,
    pub kernel: String,
    /// Whether a hypervisor lies below.
    pub virtualised: bool,
}

impl Machine {
    pub fn read() -> Self {
        let processor = read("/proc/cpuinfo");
        let memory = field(&read("/proc/meminfo"), "MemTotal").unwrap_or_default();
        let memory = memory.split(' ').next().and_then(|kb| kb.parse::<u64>().ok()).unwrap_or_default();
        Self {
            processor: field(&processor, "model name").unwrap_or_else(|| "unknown".to_owned()),
            cores: processor.matches("\nprocessor").count() + usize::from(processor.starts_with("processor")),
            memory_mb: memory / 1024,
            kernel: format!("Linux {}", read("/proc/sys/kernel/osrelease").trim()),
            virtualised: processor.contains(" hypervisor"),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { processor, cores, memory_mb, kernel, virtualised } = self;
        let kind = if *virtualised { "virtual machine" } else { "machine" };
        write!(f, "{processor}, {cores} cores, {memory_mb} MB, {kernel}, {kind}")
    }
}

/// How many cores there are, as a fraction to divide by.
pub fn cores() -> f64 {
    read("/proc/stat")
        .lines()
        .filter(|line| line.starts_with("cpu"))
        .skip(1)
        .map(|_| 1.0)
        .sum::<f64>()
        .max(1.0)
}

/// Keeps this process, and what it starts from now on, on the load's core.
pub fn stay_with_the_load() -> Result<()> {
    let mut cores = CpuSet::new();
    cores.set(LOAD_CORE)?;
    Ok(sched_setaffinity(Pid::from_raw(0), &cores)?)
}

/// Lets this process, and what it starts from now on, open as many files as the system lets it: a connection is one.
pub fn open_many_files() -> Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, most, most)?)
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The value of a `name : value` line.
fn field(text: &str, name: &str) -> Option<String> {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines
        .map(|(key, value)| (key.trim(), value.trim()))
        .find(|(key, _)| *key == name)
        .map(|(_, v)| v.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_describes_itself() {
        let machine = Machine::read();
        assert!(machine.cores >= 1 && machine.memory_mb > 100, "{machine:?}");
        assert!(machine.kernel.len() > "Linux ".len());
    }

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let text = "model\t\t: 167\nmodel name\t: Some CPU @ 2 GHz\n";
        assert_eq!(field(text, "model name").unwrap(), "Some CPU @ 2 GHz");
        assert_eq!(field(text, "name"), None);
    }
}
