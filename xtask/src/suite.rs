//! The tests themselves: one nextest run on SQLite and on a temporary PostgreSQL, browser flows included.

use std::process::Command;

use anyhow::Result;

use crate::postgres::{self, Cluster};
use crate::test::Outcome;
use crate::tools::{self, Tool};
use crate::{bindgen, sh, ui, workspace};

/// What the tests read. With `CI=true` they fail on one that is absent, otherwise they leave out what needs it.
const POSTGRES: &str = "COUNTERSIGN_TEST_POSTGRES";
const CHROMEDRIVER: &str = "COUNTERSIGN_TEST_CHROMEDRIVER";
const CHROMIUM: &str = "COUNTERSIGN_TEST_CHROMIUM";
const AXE: &str = "COUNTERSIGN_TEST_AXE";
const SITE: &str = "COUNTERSIGN_TEST_SITE";

pub fn wasm_half() -> Result<Outcome> {
    if Tool::WasmCompiler.find().is_none() {
        return Outcome::missing(Tool::WasmCompiler);
    }
    ui::run()?;
    Ok(Outcome::Done)
}

pub fn tests() -> Result<Outcome> {
    let Some(nextest) = Tool::Nextest.find() else { return Outcome::missing(Tool::Nextest) };
    let nextest = || {
        let mut command = Command::new(&nextest);
        workspace::without_cargo_run(&mut command);
        command.current_dir(workspace::root()).args(["nextest", "run", "--workspace"]);
        // Its tests are the broker's own.
        command.args(["--exclude", "mutants"]);
        command
    };
    sh::step("Building the tests", || sh::quiet(nextest().arg("--no-run")))?;
    let cluster = cluster()?;
    let mut run = nextest();
    run.arg("--no-fail-fast");
    if let Some(cluster) = &cluster {
        run.env(POSTGRES, cluster.url());
    }
    lend_browser(&mut run)?;
    sh::live(&mut run)?;
    Ok(Outcome::Done)
}

fn cluster() -> Result<Option<Cluster>> {
    if postgres::programs().is_none() {
        tell_missing(Tool::Postgres)?;
        return Ok(None);
    }
    sh::step("Starting a temporary PostgreSQL", Cluster::start).map(Some)
}

fn lend_browser(run: &mut Command) -> Result<()> {
    for (name, tool) in [(CHROMIUM, Tool::Chromium), (CHROMEDRIVER, Tool::ChromeDriver), (AXE, Tool::AxeCore)]
    {
        match tool.find() {
            Some(path) => drop(run.env(name, path)),
            None => tell_missing(tool)?,
        }
    }
    let site = workspace::site();
    if site.join("pkg").join(bindgen::MODULE).exists() {
        run.env(SITE, site);
    } else if workspace::ci() {
        anyhow::bail!("the wasm half is not built: cargo xtask ui");
    } else {
        println!("  the wasm half is not built (cargo xtask ui): what needs it is left out");
    }
    Ok(())
}

fn tell_missing(tool: Tool) -> Result<()> {
    if let Outcome::Skipped(_) = Outcome::missing(tool)? {
        println!("  {}: what needs it is left out", tools::how_to_get(tool));
    }
    Ok(())
}

/// nextest does not run the examples in documentation.
pub fn doc_tests() -> Result<Outcome> {
    let printed = sh::quiet(workspace::cargo("test").args(["--doc", "--workspace"]))?;
    println!("  {} examples in documentation passed", passed(&printed));
    Ok(Outcome::Done)
}

/// The sum of the `test result: ok. N passed; …` lines.
fn passed(printed: &str) -> u32 {
    let counts =
        printed.lines().filter_map(|line| line.strip_prefix("test result: ok. ")?.split_once(" passed"));
    counts.filter_map(|(count, _)| count.parse::<u32>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passed_examples_of_all_crates_are_counted() {
        let printed = "   Doc-tests a\nrunning 2 tests\ntest result: ok. 2 passed; 0 failed; 0 ignored\n\
                       test result: ok. 13 passed; 0 failed; 0 ignored\n";
        assert_eq!(passed(printed), 15);
    }
}
