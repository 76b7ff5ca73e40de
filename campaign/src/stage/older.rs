//! The broker of the release before: built from the history of this source, from the newest commit that lacks one of
//! today's migrations.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::program::output;

/// A broker that knows an older schema.
pub struct Older {
    pub program: PathBuf,
    pub commit: String,
}

impl Older {
    /// Builds it; none where there is no history that reaches as far.
    pub async fn build(today: &Path) -> Result<Option<Self>> {
        let Some(commit) = previous().await? else { return Ok(None) };
        let folder = root().join("target/campaign");
        let program = folder.join(format!("broker-{commit}"));
        if !program.exists() {
            fs::create_dir_all(&folder)?;
            println!("  {:<12} building the broker of {}", "", &commit[..commit.len().min(9)]);
            let source = folder.join("source");
            let removed = git(&["worktree", "remove", "--force"], Some(&source)).await;
            drop(removed); // it is there only if a run was killed
            git(&["worktree", "prune"], None).await?;
            output(at_root("git").args(["worktree", "add", "--force", "--detach"]).arg(&source).arg(&commit))
                .await?;
            let built = build(&source, today, &program).await;
            git(&["worktree", "remove", "--force"], Some(&source)).await?;
            built?;
        }
        Ok(Some(Self { program, commit }))
    }
}

/// In the target directory of today's, so that only the crates of this source are compiled again. That puts the older
/// program into the place of today's, which is put back.
async fn build(source: &Path, today: &Path, program: &Path) -> Result<()> {
    let kept = program.with_file_name("broker-today");
    fs::copy(today, &kept).with_context(|| today.display().to_string())?;
    let mut cargo = Command::new("cargo");
    cargo.current_dir(source).args(["build", "--locked", "--package", "broker", "--bins", "--target-dir"]);
    let built = output(cargo.arg(root().join("target"))).await;
    let copied = built.and_then(|_| {
        let made = root().join("target/debug/countersign-broker");
        let fresh = program.with_extension("fresh");
        fs::copy(&made, &fresh)?;
        Ok(fs::rename(fresh, program)?)
    });
    // A file of its own: what is copied onto a link would change the other end, too.
    fs::remove_file(today).ok();
    fs::copy(&kept, today)?;
    fs::remove_file(kept)?;
    copied
}

/// The newest commit whose migrations are fewer than today's.
async fn previous() -> Result<Option<String>> {
    let today = today(&root().join("migrations"))?;
    let Ok(touched) = git(&["rev-list", "HEAD", "--", "migrations"], None).await else { return Ok(None) };
    let before = touched.lines().map(|commit| format!("{commit}^"));
    for commit in ["HEAD".to_owned()].into_iter().chain(before) {
        let Ok(listed) = git(&["ls-tree", "-r", "--name-only", &commit, "migrations/"], None).await else {
            return Ok(None);
        };
        let then: BTreeSet<String> = listed.lines().map(str::to_owned).collect();
        if !then.is_empty() && then.is_subset(&today) && then != today {
            return git(&["rev-parse", &commit], None).await.map(|it| Some(it.trim().to_owned()));
        }
    }
    Ok(None)
}

/// The migrations that lie here, as git names them.
fn today(folder: &Path) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for engine in fs::read_dir(folder)? {
        for file in fs::read_dir(engine?.path())? {
            let path = file?.path();
            found.insert(path.strip_prefix(root())?.display().to_string());
        }
    }
    Ok(found)
}

async fn git(words: &[&str], path: Option<&Path>) -> Result<String> {
    output(at_root("git").args(words).args(path)).await
}

fn at_root(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// The root of the source that this was built from.
fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}
