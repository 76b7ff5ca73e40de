//! What cargo-mutants says about the mutants that it tried.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// `outcomes.json`, as far as it matters here.
#[derive(Default, Serialize, Deserialize)]
pub struct Outcomes {
    #[serde(rename = "outcomes")]
    each: Vec<Outcome>,
    /// When the run began, as `2026-01-31T…`.
    start_time: String,
    cargo_mutants_version: String,
}

#[derive(Clone, Serialize, Deserialize)]
struct Outcome {
    scenario: Scenario,
    summary: Summary,
}

/// What became of a mutant, or of the unchanged tree.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Summary {
    /// A test failed.
    CaughtMutant,
    /// No test failed.
    MissedMutant,
    /// The tests never ended.
    Timeout,
    /// It does not build.
    Unviable,
    Success,
    Failure,
}

#[derive(Clone, Serialize, Deserialize)]
enum Scenario {
    /// The unchanged tree; it is tried without cargo-mutants.
    Baseline,
    Mutant {
        name: String,
    },
}

impl Scenario {
    fn name(&self) -> Option<&str> {
        match self {
            Self::Baseline => None,
            Self::Mutant { name } => Some(name),
        }
    }
}

/// A mutant without its line, which changes with every edit above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed<'a> {
    pub file: &'a str,
    pub mutant: &'a str,
    /// With the line, for people.
    pub name: &'a str,
}

impl<'a> Missed<'a> {
    /// Takes `src/a.rs:1:2: replace + with - in f` apart.
    pub fn of(name: &'a str) -> Self {
        let (place, mutant) = name.split_once(": ").unwrap_or((name, ""));
        Self { file: place.split(':').next().unwrap_or(place), mutant, name }
    }
}

impl Outcomes {
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is of another form", path.display()))
    }

    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// These, where a later run tried some of them again. `names` are the mutants that there are now, one a line.
    pub fn renewed(self, later: &Self, names: &str) -> Result<Self> {
        let outcome = |name: &str| {
            let known = later.each.iter().chain(&self.each).find(|it| it.scenario.name() == Some(name));
            known.cloned().with_context(|| format!("{name} was never tried: run the whole part"))
        };
        let each = names.lines().filter(|name| !name.is_empty()).map(outcome).collect::<Result<_>>()?;
        Ok(Self { each, ..self })
    }

    /// What no test noticed.
    pub fn missed(&self) -> Vec<Missed<'_>> {
        self.those(Summary::MissedMutant).map(Missed::of).collect()
    }

    /// What the tests did not end with.
    pub fn hangs(&self) -> Vec<&str> {
        self.those(Summary::Timeout).collect()
    }

    /// The names of the mutants of which this became.
    fn those(&self, summary: Summary) -> impl Iterator<Item = &str> {
        self.each.iter().filter(move |it| it.summary == summary).filter_map(|it| it.scenario.name())
    }

    /// Those that build.
    pub fn tried(&self) -> usize {
        self.noticed() + self.missed().len()
    }

    /// A test failed, or never ended.
    pub fn noticed(&self) -> usize {
        self.caught() + self.timed_out()
    }

    pub fn caught(&self) -> usize {
        self.those(Summary::CaughtMutant).count()
    }

    pub fn timed_out(&self) -> usize {
        self.those(Summary::Timeout).count()
    }

    /// Those that do not build.
    pub fn unviable(&self) -> usize {
        self.those(Summary::Unviable).count()
    }

    /// How much of what was tried was noticed; 0 if nothing was tried.
    #[expect(clippy::cast_precision_loss, reason = "there are some hundred mutants")]
    pub fn share(&self) -> f64 {
        self.noticed() as f64 / self.tried().max(1) as f64
    }

    /// The day of the run.
    pub fn date(&self) -> &str {
        self.start_time.split('T').next().unwrap_or_default()
    }

    pub fn tool(&self) -> &str {
        &self.cargo_mutants_version
    }
}

#[cfg(test)]
pub const SAMPLE: &str = r#"{
    "outcomes": [
        {"scenario": "Baseline", "summary": "Success"},
        {"scenario": {"Mutant": {"name": "a/b.rs:7:5: replace f -> bool with true", "package": "a"}}, "summary": "MissedMutant"},
        {"scenario": {"Mutant": {"name": "a/b.rs:9:5: replace + with - in g", "package": "a"}}, "summary": "CaughtMutant"},
        {"scenario": {"Mutant": {"name": "a/b.rs:9:7: replace + with * in g", "package": "a"}}, "summary": "Timeout"},
        {"scenario": {"Mutant": {"name": "a/b.rs:9:9: replace h with Default::default()", "package": "a"}}, "summary": "Unviable"}
    ],
    "total_mutants": 4, "missed": 1, "caught": 1, "timeout": 1, "unviable": 1, "success": 0,
    "start_time": "2026-01-31T05:06:07.5Z", "end_time": null, "cargo_mutants_version": "27.1.0"
}"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hang_is_noticed_and_what_does_not_build_is_not_tried() {
        let outcomes: Outcomes = serde_json::from_str(SAMPLE).unwrap();
        assert_eq!((outcomes.noticed(), outcomes.tried(), outcomes.date()), (2, 3, "2026-01-31"));
        assert!((outcomes.share() - 2.0 / 3.0).abs() < 1e-9);
        let name = "a/b.rs:7:5: replace f -> bool with true";
        let missed = Missed { file: "a/b.rs", mutant: "replace f -> bool with true", name };
        assert_eq!(outcomes.missed(), [missed]);
        assert_eq!(outcomes.hangs(), ["a/b.rs:9:7: replace + with * in g"]);
    }

    #[test]
    fn what_is_tried_again_replaces_what_was_and_the_rest_stays() {
        let before = || -> Outcomes { serde_json::from_str(SAMPLE).unwrap() };
        let later = |name: &str| -> Outcomes {
            let text = format!(
                r#"{{"outcomes": [{{"scenario": {{"Mutant": {{"name": "{name}"}}}}, "summary": "CaughtMutant"}}],
                "start_time": "2026-02-02T", "cargo_mutants_version": "27.1.0"}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        let (missed, caught) =
            ("a/b.rs:7:5: replace f -> bool with true", "a/b.rs:9:5: replace + with - in g");
        let names = format!("{missed}\n{caught}\n");
        let renewed = before().renewed(&later(missed), &names).unwrap();
        assert_eq!((renewed.caught(), renewed.tried(), renewed.unviable()), (2, 2, 0), "as there are now");
        assert_eq!(renewed.date(), "2026-01-31", "most were tried then");
        let new = "a/b.rs:8:5: replace f -> bool with true";
        assert!(before().renewed(&later(missed), new).is_err(), "never tried");
        assert_eq!(
            before().renewed(&Outcomes::default(), &names).unwrap().missed().len(),
            1,
            "nothing to try"
        );
    }
}
