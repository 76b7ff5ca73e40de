//! Tools that a lock file in the checkout names, hash by hash: from npm and from PyPI. The copy of the lock file is written
//! last: it says that the rest is there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::{Source, Tool, on_path, own_folder};
use crate::{sh, workspace};

/// What npm writes for every lock file, and what it is made from.
const LOCK: [&str; 2] = ["package-lock.json", "package.json"];
/// The copy of a requirements file.
const REQUIRED: &str = "requirements.txt";

/// The folder with what the lock file names now.
pub fn find(tool: Tool) -> Option<PathBuf> {
    let (wanted, copy) = match tool.source() {
        Source::Locked { folder, .. } => (Path::new(folder).join(LOCK[0]), LOCK[0]),
        Source::Required { file, .. } => (PathBuf::from(file), REQUIRED),
        _ => return None,
    };
    let wanted = fs::read(workspace::root().join(wanted)).ok()?;
    let own = own_folder(tool);
    (fs::read(own.join(copy)).ok()? == wanted).then_some(own)
}

/// Nothing of the packages is run.
pub fn install_npm(tool: Tool, from: &str) -> Result<()> {
    let Some(npm) = on_path("npm") else { return Ok(()) };
    println!("  installing what {from}/{} names", LOCK[0]);
    let (from, folder) = (workspace::root().join(from), own_folder(tool));
    let fresh = fresh(&folder)?;
    for file in LOCK {
        fs::copy(from.join(file), fresh.join(file))?;
    }
    let mut install = Command::new(npm);
    install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--prefix"]);
    sh::quiet(install.arg(&fresh).current_dir(&fresh))?;
    replace(&fresh.join("node_modules"), &folder.join("node_modules"))?;
    fs::copy(from.join(LOCK[0]), folder.join(LOCK[0]))?;
    Ok(fs::remove_dir_all(fresh)?)
}

/// Wheels only: nothing is built, so nothing of the packages is run.
pub fn install_pip(tool: Tool, python: &Path, from: &str) -> Result<()> {
    println!("  installing what {from} names");
    let (from, folder) = (workspace::root().join(from), own_folder(tool));
    let fresh = fresh(&folder)?;
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--root-user-action=ignore", "--disable-pip-version-check"]);
    pip.args(["--require-hashes", "--no-deps", "--only-binary=:all:", "--requirement"]).arg(&from);
    sh::quiet(pip.arg("--target").arg(fresh.join("packages")))?;
    replace(&fresh.join("packages"), &folder.join("packages"))?;
    fs::copy(from, folder.join(REQUIRED))?;
    Ok(fs::remove_dir_all(fresh)?)
}

/// A folder for what is being fetched, without what an earlier attempt left.
fn fresh(folder: &Path) -> Result<PathBuf> {
    let fresh = folder.join("fresh");
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    fs::create_dir_all(&fresh)?;
    Ok(fresh)
}

fn replace(fresh: &Path, old: &Path) -> Result<()> {
    if old.exists() {
        fs::remove_dir_all(old)?;
    }
    Ok(fs::rename(fresh, old)?)
}
