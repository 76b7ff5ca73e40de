//! Samples, counted by stack.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::number::float;

/// How often each stack was seen; the outermost function first.
#[derive(Debug, Default)]
pub struct Stacks(pub BTreeMap<Vec<String>, u64>);

/// Reads what `perf script --fields ip,sym` prints: a frame a line, the innermost first, a blank line between samples.
pub fn fold(said: &str) -> Stacks {
    let mut stacks = Stacks::default();
    for sample in said.split("\n\n") {
        let mut frames: Vec<String> = sample.lines().filter_map(frame).collect();
        frames.reverse();
        if !frames.is_empty() {
            *stacks.0.entry(frames).or_default() += 1;
        }
    }
    stacks
}

/// The function of a line like `    55d0c0ffee tokio::runtime::park+0x1a`, without its hash.
fn frame(line: &str) -> Option<String> {
    let (_, name) = line.trim().split_once(' ')?;
    let name = name.trim().split("+0x").next()?;
    let name = name.rsplit_once("::h").filter(|(_, hash)| is_hash(hash)).map_or(name, |(name, _)| name);
    Some(name.to_owned())
}

fn is_hash(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Stacks {
    /// A line per stack, as flame graph programs read them.
    pub fn text(&self) -> String {
        self.0.iter().fold(String::new(), |mut text, (stack, count)| {
            let _ = writeln!(text, "{} {count}", stack.join(";"));
            text
        })
    }

    pub fn all(&self) -> u64 {
        self.0.values().sum()
    }

    /// The functions in which most samples fell themselves, in percent.
    pub fn heaviest(&self, most: usize) -> Vec<(String, f64)> {
        let mut own: BTreeMap<&str, u64> = BTreeMap::new();
        for (stack, count) in &self.0 {
            *own.entry(stack.last().map_or("", String::as_str)).or_default() += count;
        }
        let mut own: Vec<(&str, u64)> = own.into_iter().collect();
        own.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let all = float(self.all().max(1));
        own.into_iter()
            .take(most)
            .map(|(name, count)| (name.to_owned(), 100.0 * float(count) / all))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_become_counted_stacks() {
        let said = "\n  1f inner::h0123456789abcdef\n  2f outer+0x1a\n\n  1f inner::h0123456789abcdef\n  2f outer+0x2b\n\n  3f outer\n\n";
        let stacks = fold(said);
        assert_eq!(stacks.text(), "outer 1\nouter;inner 2\n");
        assert_eq!(stacks.heaviest(1)[0].0, "inner");
        assert_eq!(stacks.all(), 3);
    }
}
