//! `cargo xtask demo`: an agent asks, a person countersigns, the agent works through the broker.
//!
//! 1. Build the wasm half, the broker and the `countersign` command.
//! 2. Set the stage (`stage`): a data directory of its own (`folder`), an issue tracker that demands its key
//!    (`tracker`), the broker, and what connects them (`declaration`).
//! 3. The agent (`agent`) asks, waits and calls, by the `countersign` command.
//! 4. The person is whoever watches (`attended`), or with `--approve` the people's API (`unattended`), and then the
//!    record is checked (`record`).

mod agent;
mod attended;
mod checks;
mod declaration;
mod folder;
pub mod programs;
mod record;
mod stage;
pub mod tracker;
mod unattended;

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::{sh, ui, workspace};
use folder::Folder;
use programs::Programs;
use stage::Stage;

#[derive(clap::Args)]
pub struct Args {
    /// The broker's port.
    #[arg(long, default_value_t = 8420)]
    port: u16,
    /// Do the person's part too, by the people's API, and then check the record.
    #[arg(long)]
    approve: bool,
    /// Leave the data directory when the demo ends.
    #[arg(long)]
    keep: bool,
    /// The data directory; made fresh on each run [default: .countersign-demo in the workspace].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Build without optimisation: quicker to build, slower to run.
    #[arg(long, hide = true)]
    debug_build: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let data = args.data.clone().unwrap_or_else(|| workspace::root().join(".countersign-demo"));
    let folder = Folder::take(&data)?;
    check_port(args.port)?;
    ui::run()?;
    let programs = sh::step("The broker and the countersign command", || Programs::build(args.debug_build))?;
    let played = play(args, &folder, programs);
    match played {
        Err(error) if !sh::interrupted() => {
            show_log(&folder.join(stage::LOG));
            Err(error)
        }
        played => {
            if !args.keep {
                folder.remove()?;
            }
            played
        }
    }
}

/// What the broker said last: it may say why something failed.
fn show_log(log: &Path) {
    const LAST: usize = 20;
    println!("\n  The last lines of {}:", workspace::relative(log).display());
    let said = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = said.lines().collect();
    stage::indented(&lines[lines.len().saturating_sub(LAST)..].join("\n"));
}

/// The stage is gone, and with it all that it started, when this returns.
fn play(args: &Args, folder: &Folder, programs: Programs) -> Result<()> {
    let stage = Stage::set(folder, programs, args.port)?;
    if args.approve { unattended::play(&stage) } else { attended::play(&stage) }
}

/// Before anything is built: a taken port is known now. A browser may try either address of `localhost`.
fn check_port(port: u16) -> Result<()> {
    let addresses =
        [SocketAddr::from((Ipv4Addr::LOCALHOST, port)), SocketAddr::from((Ipv6Addr::LOCALHOST, port))];
    for address in addresses {
        // An address that this machine does not have is no obstacle.
        let Err(error) = TcpListener::bind(address) else { continue };
        match error.kind() {
            ErrorKind::AddrInUse => {
                bail!(
                    "port {port} is taken by another program: choose another one with --port, as --port 8421"
                )
            }
            ErrorKind::PermissionDenied => {
                bail!("port {port} needs root: choose one from 1024 on with --port")
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_said_with_the_way_out() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = check_port(port).unwrap_err().to_string();
        assert!(error.contains(&port.to_string()) && error.contains("--port"), "{error}");
    }
}
