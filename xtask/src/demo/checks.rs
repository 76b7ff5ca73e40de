//! What an unattended run makes sure of: each check is said, failed ones are counted and named again at the end.

use anyhow::{Result, bail};

#[derive(Default)]
pub struct Checks {
    passed: usize,
    failed: Vec<String>,
}

impl Checks {
    /// One check.
    pub fn check(&mut self, what: &str, holds: bool) {
        println!("  {} {what}", if holds { "✓" } else { "✗" });
        if holds {
            self.passed += 1;
        } else {
            self.failed.push(what.to_owned());
        }
    }

    /// The summary; an error if anything failed.
    pub fn summary(&self) -> Result<String> {
        if self.failed.is_empty() && self.passed > 0 {
            return Ok(format!("demo: {} checks passed", self.passed));
        }
        bail!("demo: {} checks passed, {} failed: {}", self.passed, self.failed.len(), self.failed.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_fails_and_is_named() {
        let mut checks = Checks::default();
        assert!(checks.summary().is_err(), "nothing was checked");
        checks.check("water is wet", true);
        assert_eq!(checks.summary().unwrap(), "demo: 1 checks passed");
        checks.check("the moon is cheese", false);
        let error = checks.summary().unwrap_err().to_string();
        assert_eq!(error, "demo: 1 checks passed, 1 failed: the moon is cheese");
    }
}
