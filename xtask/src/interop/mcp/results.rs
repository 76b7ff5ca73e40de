//! What the conformance suite wrote down: a folder for each scenario that it ran, with every check of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

/// One check, as the suite writes it.
#[derive(Debug, Deserialize)]
pub struct Check {
    id: String,
    status: Status,
    #[serde(default, rename = "errorMessage")]
    error: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    Success,
    Failure,
    Warning,
    Skipped,
    Info,
}

/// How a scenario ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How many checks succeeded.
    pub good: usize,
    /// What failed, or was warned of.
    pub bad: Vec<String>,
}

impl Verdict {
    /// It was tested, and nothing was wrong.
    pub fn passed(&self) -> bool {
        self.good > 0 && self.bad.is_empty()
    }

    fn of(checks: &[Check]) -> Self {
        let good = checks.iter().filter(|it| it.status == Status::Success).count();
        let bad = checks.iter().filter(|it| matches!(it.status, Status::Failure | Status::Warning));
        let bad =
            bad.map(|it| format!("{}: {}", it.id, it.error.as_deref().unwrap_or("no reason was given")));
        Self { good, bad: bad.collect() }
    }
}

/// Each scenario that ran, by its name. `prefix` is what the suite puts before the names of a leg.
pub fn read(folder: &Path, prefix: &str) -> Result<BTreeMap<String, Verdict>> {
    let mut verdicts = BTreeMap::new();
    for entry in folder.read_dir()? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let scenario =
            scenario(&name, prefix).with_context(|| format!("{name} is no folder of a scenario"))?;
        let verdict = verdict(&path.join("checks.json"))?;
        ensure!(verdicts.insert(scenario.to_owned(), verdict).is_none(), "{scenario} ran twice");
    }
    if verdicts.is_empty() {
        bail!("the suite ran nothing");
    }
    Ok(verdicts)
}

/// A scenario that threw has no checks.
fn verdict(file: &Path) -> Result<Verdict> {
    if !file.exists() {
        return Ok(Verdict { good: 0, bad: vec!["it did not come to its end".to_owned()] });
    }
    let checks: Vec<Check> =
        serde_json::from_str(&fs::read_to_string(file)?).with_context(|| file.display().to_string())?;
    Ok(Verdict::of(&checks))
}

/// The name before the time: `server-ping-2026-11-28T00-02-29-269Z`.
fn scenario<'a>(folder: &'a str, prefix: &str) -> Option<&'a str> {
    const TIME: usize = "-2026-11-28T00-02-29-269Z".len();
    let (name, time) = folder.split_at_checked(folder.len().checked_sub(TIME)?)?;
    let time = time.strip_prefix('-').filter(|it| it.starts_with("20") && it.ends_with('Z'));
    time.and_then(|_| name.strip_prefix(prefix)).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(all: &[(&str, &str)]) -> Result<BTreeMap<String, Verdict>> {
        let folder = tempfile::tempdir().unwrap();
        for (name, checks) in all {
            fs::create_dir(folder.path().join(name)).unwrap();
            if !checks.is_empty() {
                fs::write(folder.path().join(name).join("checks.json"), checks).unwrap();
            }
        }
        read(folder.path(), "server-")
    }

    #[test]
    fn a_scenario_passes_if_it_was_tested_and_nothing_was_wrong() {
        let check = |status: &str| format!(r#"[{{"id": "a", "status": "{status}", "errorMessage": "why"}}]"#);
        for (status, passes) in
            [("SUCCESS", true), ("FAILURE", false), ("WARNING", false), ("SKIPPED", false), ("INFO", false)]
        {
            let read = written(&[("server-sse-polling-2026-11-28T00-02-29-269Z", &check(status))]).unwrap();
            assert_eq!(read["sse-polling"].passed(), passes, "{status}");
        }
        let none = written(&[("server-a-2026-11-28T00-02-29-269Z", "[]")]).unwrap();
        assert!(!none["a"].passed());
        let thrown = written(&[("server-a-2026-11-28T00-02-29-269Z", "")]).unwrap();
        assert_eq!(thrown["a"].bad, ["it did not come to its end"]);
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        let fine = "server-a-2026-11-28T00-02-29-269Z";
        for (all, why) in [
            (&[][..], "ran nothing"),
            (&[(fine, "[]"), ("server-a-2026-11-28T00-02-30-269Z", "[]")], "a ran twice"),
            (&[("client-a-2026-11-28T00-02-29-269Z", "[]")], "is no folder of a scenario"),
            (&[("server-a", "[]")], "is no folder of a scenario"),
            (&[(fine, r#"[{"id": "a", "status": "BETTER"}]"#)], "checks.json"),
        ] {
            assert!(written(all).unwrap_err().to_string().contains(why), "{why}");
        }
    }
}
