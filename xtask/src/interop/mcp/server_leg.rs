//! The server leg of the conformance suite: the fixture directly, and the same through the gateway, in one run. What passes
//! directly must pass through the gateway.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Result, ensure};

use super::results::{self, Verdict};
use super::revision::Revision;
use crate::interop::node::Node;
use crate::interop::suite::SUITE;
use crate::interop::talk::Talk;

/// What the suite puts before the names of this leg's folders.
const PREFIX: &str = "server-";

type Verdicts = BTreeMap<String, Verdict>;

/// Both runs, and what they say.
pub struct Leg {
    required: Vec<String>,
    directly: Verdicts,
    through: Verdicts,
}

impl Leg {
    pub fn run(node: &Node, revision: Revision, directly: &str, through: &str) -> Result<Self> {
        let required = revision.required(node)?.of_servers;
        let run = |url| run(node, revision, url);
        Ok(Self { required, directly: run(directly)?, through: run(through)? })
    }

    /// Every scenario, beside each other.
    pub fn table(&self) -> String {
        let mut table = format!("  {:<46} {:>10}  {:>11}\n", "", "directly", "the gateway");
        for scenario in
            self.required.iter().chain(self.directly.keys().filter(|it| !self.required.contains(it)))
        {
            let [directly, through] = [&self.directly, &self.through].map(|it| shown(it.get(scenario)));
            let note = if self.required.contains(scenario) { "" } else { "  not required" };
            // Writing into a text cannot fail.
            let _ = writeln!(table, "  {scenario:<46} {directly:>10}  {through:>11}{note}");
        }
        table
    }

    /// Nothing that is required is lost. The fixture passes all of it, so that nothing can be lost unseen.
    pub fn outcome(&self) -> Result<(), String> {
        let wrong: Vec<String> = self.required.iter().filter_map(|it| self.wrong(it)).collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }

    fn wrong(&self, scenario: &str) -> Option<String> {
        let at = |verdicts: &Verdicts, place: &str| match verdicts.get(scenario) {
            None => Some(format!("{scenario} did not run {place}")),
            Some(it) if it.passed() => None,
            Some(it) if it.bad.is_empty() => Some(format!("{scenario} tested nothing {place}")),
            Some(it) => Some(format!("{scenario} failed {place}: {}", it.bad.join("; "))),
        };
        at(&self.directly, "directly").or_else(|| at(&self.through, "through the gateway"))
    }
}

fn shown(verdict: Option<&Verdict>) -> String {
    match verdict {
        None => "did not run".to_owned(),
        Some(it) if it.passed() => format!("{} good", it.good),
        Some(it) => format!("{} of {}", it.good, it.good + it.bad.len()),
    }
}

/// Runs it once. How it ends does not matter: it fails for what no server needs to have, too.
fn run(node: &Node, revision: Revision, url: &str) -> Result<Verdicts> {
    let folder = tempfile::tempdir()?;
    let mut command = node.script(SUITE);
    command.args(["server", "--url", url, "--requirements", revision.name(), "-o"]).arg(folder.path());
    let mut talk = Talk::start(&mut command)?;
    while talk.hear()?.is_some() {}
    let said = talk.said.clone();
    talk.end()?;
    ensure!(said.contains("=== SUMMARY ==="), "the suite did not come to its end:\n{said}");
    results::read(folder.path(), PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(all: &[(&str, usize, &[&str])]) -> Verdicts {
        let verdict =
            |good: usize, bad: &[&str]| Verdict { good, bad: bad.iter().map(|&it| it.into()).collect() };
        all.iter().map(|&(name, good, bad)| (name.to_owned(), verdict(good, bad))).collect()
    }

    fn outcome(
        directly: &[(&str, usize, &[&str])],
        through: &[(&str, usize, &[&str])],
    ) -> Result<(), String> {
        let required = vec!["ping".to_owned(), "caching".to_owned()];
        Leg { required, directly: verdicts(directly), through: verdicts(through) }.outcome()
    }

    #[test]
    fn nothing_that_is_required_may_be_lost() {
        let all: &[(&str, usize, &[&str])] = &[("ping", 2, &[]), ("caching", 1, &[]), ("tasks", 0, &["x"])];
        assert_eq!(outcome(all, all), Ok(()));
        // What is not required may be won or lost.
        assert_eq!(outcome(all, &[("ping", 2, &[]), ("caching", 3, &[])]), Ok(()));
        for (directly, through, why) in [
            (all, &[("ping", 2, &[][..])][..], "caching did not run through the gateway"),
            (all, &[("ping", 2, &[]), ("caching", 0, &[])], "caching tested nothing through the gateway"),
            (all, &[("ping", 1, &["pong"]), ("caching", 1, &[])], "ping failed through the gateway: pong"),
            (&[("ping", 2, &[])], all, "caching did not run directly"),
            (&[("ping", 2, &[]), ("caching", 1, &["public"])], all, "caching failed directly: public"),
        ] {
            assert_eq!(outcome(directly, through).unwrap_err(), why);
        }
    }

    #[test]
    fn the_table_shows_both_runs_and_what_is_not_required() {
        let leg = Leg {
            required: vec!["ping".to_owned()],
            directly: verdicts(&[("ping", 2, &[]), ("tasks", 1, &["x"])]),
            through: verdicts(&[("ping", 1, &["x"])]),
        };
        let table = leg.table();
        let rows: Vec<Vec<&str>> = table
            .lines()
            .skip(1)
            .map(|it| it.split("  ").map(str::trim).filter(|it| !it.is_empty()).collect())
            .collect();
        assert_eq!(
            rows,
            [vec!["ping", "2 good", "1 of 2"], vec!["tasks", "1 of 2", "did not run", "not required"]]
        );
    }
}
