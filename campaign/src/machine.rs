//! On which machine it was tried, and when.

use std::fs;

/// The machine in a line, as it describes itself.
pub fn describe() -> String {
    let processor = read("/proc/cpuinfo");
    let field = |name: &str| {
        let mut lines = processor.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kind = if processor.contains(" hypervisor") { "virtual machine" } else { "machine" };
    let name = field("model name").unwrap_or_else(|| "unknown processor".to_owned());
    format!("{name}, {cores} cores, Linux {}, {kind}", read("/proc/sys/kernel/osrelease").trim())
}

/// The day, in UTC.
#[expect(clippy::disallowed_methods, reason = "the date of a run is the machine's")]
pub fn today() -> String {
    chrono::Utc::now().format("%Y-%m-%d").to_string()
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn this_machine_describes_itself() {
        let told = super::describe();
        assert!(told.contains(" cores, Linux ") && !told.contains("unknown"), "{told}");
        assert_eq!(super::today().len(), "2026-01-01".len());
    }
}
