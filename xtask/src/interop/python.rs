//! The client in Python: packages of PyPI, exactly as `xtask/interop/requirements.txt` names them.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::demo::programs;
use crate::tools::{self, Tool, on_path};
use crate::{sh, workspace};

/// What the requirements were resolved for.
const OLDEST: &str = "3.11";
/// What says which Python it is, and fails if that is too old.
const VERSION: &str =
    "import sys; print('.'.join(map(str, sys.version_info[:3]))); sys.exit(sys.version_info < (3, 11))";
const SCRIPT: &str = "xtask/interop/python.py";

pub struct Python {
    program: PathBuf,
    packages: PathBuf,
}

impl Python {
    /// Installs what is missing.
    pub fn get() -> Result<Self> {
        tools::install(&[Tool::InteropPython]);
        let (Some(folder), Some(program)) = (Tool::InteropPython.find(), on_path("python3")) else {
            bail!(tools::how_to_get(Tool::InteropPython))
        };
        Ok(Self { program, packages: folder.join("packages") })
    }

    pub fn version(&self) -> Result<String> {
        let version = sh::ask(Command::new(&self.program).args(["-c", VERSION]));
        version.map_err(|error| error.context(format!("install Python {OLDEST} or newer")))
    }

    /// The script, with nothing but what was installed for it.
    pub fn script(&self) -> Command {
        let mut command = programs::command(&self.program);
        command.args(["-s", "-B"]).arg(workspace::root().join(SCRIPT));
        command.env("PYTHONPATH", &self.packages).env("PYTHONUNBUFFERED", "1");
        command
    }
}
