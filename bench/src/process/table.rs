//! A look at the process table.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

/// Linux counts processor time in hundredths of a second, on every architecture.
const TICK: Duration = Duration::from_millis(10);
/// The parent of the kernel's own threads.
const KERNEL: u32 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    parent: u32,
    /// Own processor time in ticks.
    own: u32,
    /// Processor time of children that ended.
    reaped: u32,
}

/// All processes with what they used, at one moment.
#[derive(Debug, Default)]
pub struct Table(HashMap<u32, Entry>);

impl Table {
    pub fn read() -> Self {
        let folders = fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = folders.filter_map(|folder| folder.file_name().to_str()?.parse::<u32>().ok());
        let entry = |id| Some((id, parse(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)?));
        Self(ids.filter_map(entry).collect())
    }

    /// A process and all below it.
    pub fn tree(&self, root: u32) -> Vec<u32> {
        let mut tree = vec![root];
        let mut at = 0;
        while let Some(parent) = tree.get(at).copied() {
            tree.extend(self.0.iter().filter(|(_, entry)| entry.parent == parent).map(|(id, _)| *id));
            at += 1;
        }
        tree
    }

    pub fn time_of_tree(&self, root: u32) -> Duration {
        self.tree(root)
            .iter()
            .filter_map(|id| self.0.get(id))
            .map(|entry| TICK * (entry.own + entry.reaped))
            .sum()
    }

    /// What processes outside the tree of `ours` used since `before`. The kernel's threads work for everybody and are
    /// left out. A process that ended is counted with its parent, which has reaped it: the sum loses nothing.
    pub fn time_of_others(&self, before: &Self, ours: u32) -> Duration {
        self.time_outside(ours).saturating_sub(before.time_outside(ours))
    }

    fn time_outside(&self, ours: u32) -> Duration {
        let ours = self.tree(ours);
        let kernel = |id: u32, entry: &Entry| entry.parent == KERNEL || id == KERNEL;
        let others = self.0.iter().filter(|(id, entry)| !ours.contains(id) && !kernel(**id, entry));
        others.map(|(_, entry)| TICK * (entry.own + entry.reaped)).sum()
    }
}

/// A line of /proc/PID/stat. The name may hold blanks and brackets: what counts comes after the last one.
fn parse(stat: &str) -> Option<Entry> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u32>().ok();
    Some(Entry { parent: number(1)?, own: number(11)? + number(12)?, reaped: number(13)? + number(14)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_is_skipped() {
        let stat = "77 (a) b (c)) S 5 77 77 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 1 0 9 8 7";
        assert_eq!(parse(stat), Some(Entry { parent: 5, own: 30, reaped: 70 }));
        assert_eq!(parse("nonsense"), None);
    }

    #[test]
    fn a_tree_is_its_root_and_all_below() {
        let entry = |parent, own| Entry { parent, own, reaped: 1 };
        let before = Table(HashMap::from([
            (10, entry(1, 5)),
            (11, entry(10, 5)),
            (20, entry(1, 5)),
            (30, entry(2, 5)),
        ]));
        let mut now = Table(before.0.clone());
        now.0.insert(12, entry(11, 7));
        now.0.insert(20, entry(1, 9));
        now.0.insert(30, entry(2, 99));
        let mut tree = now.tree(10);
        tree.sort_unstable();
        assert_eq!(tree, [10, 11, 12]);
        assert_eq!(now.time_of_tree(10), TICK * (5 + 5 + 7 + 3));
        assert_eq!(now.time_of_others(&before, 10), TICK * 4, "not ours, not the kernel's");
        now.0.insert(21, entry(20, 50));
        let with_child = Table(now.0.clone());
        now.0.remove(&21);
        now.0.insert(20, Entry { parent: 1, own: 9, reaped: 1 + 51 });
        assert_eq!(now.time_of_others(&with_child, 10), Duration::ZERO, "an end uses no time");
    }
}
