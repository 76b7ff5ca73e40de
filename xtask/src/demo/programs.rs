//! The two programs of Countersign: built, and run with their output in hand.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, PipeReader, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::sh::{self, Running};
use crate::workspace;

/// What a broker prints once it answers.
const READY: &str = "listening on http://";
/// How long it may take until then.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK: Duration = Duration::from_millis(50);

/// Where they are.
pub struct Programs {
    pub broker: PathBuf,
    pub countersign: PathBuf,
}

impl Programs {
    pub fn build(debug: bool) -> Result<Self> {
        let target = workspace::root().join("target");
        let mut build = workspace::cargo("build");
        build.args([
            "--locked",
            "--package",
            "broker",
            "--package",
            "agent-client",
            "--bins",
            "--target-dir",
        ]);
        build.arg(&target);
        if !debug {
            build.arg("--release");
        }
        sh::quiet(&mut build)?;
        let folder = target.join(if debug { "debug" } else { "release" });
        Ok(Self { broker: folder.join("countersign-broker"), countersign: folder.join("countersign") })
    }
}

/// A program without the settings that the person may have for another broker.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("COUNTERSIGN_")) {
            command.env_remove(name);
        }
    }
    command.env_remove("CREDENTIALS_DIRECTORY").stdin(std::process::Stdio::null());
    command
}

/// Waits until a broker answers, which says so in its log.
pub fn until_ready(broker: &mut Running, log: &Path) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let said = fs::read_to_string(log)?;
        if said.contains(READY) {
            return Ok(());
        }
        if sh::interrupted() {
            bail!("interrupted");
        }
        if broker.has_ended() || Instant::now() > deadline {
            bail!("the broker did not start:\n{}", said.trim());
        }
        thread::sleep(LOOK);
    }
}

/// What a program that ended left behind.
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs a program to its end, which Ctrl-C makes come soon.
pub fn run(command: &mut Command) -> Result<Ran> {
    let (out, out_end) = io::pipe()?;
    let (err, err_end) = io::pipe()?;
    command.stdout(out_end).stderr(err_end);
    let mut running = Running::start(command)?;
    // The command still holds the writing ends; without this the readers would never see the end.
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let (out, err) = (collect(out), collect(err));
    let code = running.wait(|_| ())?.code();
    Ok(Ran { code, out: text(out)?, err: text(err)? })
}

/// The standard output of a program that must succeed.
pub fn output(command: &mut Command) -> Result<String> {
    let name = sh::show(command);
    let ran = run(command)?;
    if ran.code != Some(0) {
        bail!("`{name}` failed: {}", ran.err.trim());
    }
    Ok(ran.out)
}

fn collect(mut pipe: PipeReader) -> JoinHandle<io::Result<Vec<u8>>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes)?;
        Ok(bytes)
    })
}

fn text(collector: JoinHandle<io::Result<Vec<u8>>>) -> Result<String> {
    let bytes = collector.join().ok().context("the output of a program was lost")??;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = command("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn output_error_and_status_are_told_apart() {
        let ran = run(&mut sh("echo out; echo err >&2; exit 5")).unwrap();
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(5), "out\n", "err\n"));
        let error = output(&mut sh("echo why >&2; exit 1")).unwrap_err().to_string();
        assert!(error.ends_with("failed: why"), "{error}");
    }

    #[test]
    fn more_than_a_pipe_holds_comes_through() {
        let ran = run(&mut sh("head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2")).unwrap();
        assert_eq!((ran.out.len(), ran.err.len()), (300_000, 300_000));
    }
}
