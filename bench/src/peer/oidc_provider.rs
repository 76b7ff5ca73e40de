//! oidc-provider: an authorization server for node that mints JWTs (ES256) for client credentials, all in memory.

use std::fs;
use std::process::Command;

use anyhow::Result;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{Peer, install};
use crate::lab::{Lab, free_address, on_server_core, program};
use crate::load::Ask;
use crate::process::{Server, output};

pub const MINTS: &str = "oidc-provider 9.13, JWT in memory";

const VERSION: &str = "9.13.3";
const SCRIPT: &str = include_str!("oidc_provider.mjs");
const CLIENT: &str = "bench";
const SECRET: &str = "a-secret-of-the-bench-0123456789";

pub fn start(lab: &Lab) -> Result<Peer> {
    let node = program("node")?;
    let installed = install::node_package(lab, "oidc-provider", VERSION)?;
    // Node looks for packages from where the script lies.
    let script = installed.join("server.mjs");
    fs::write(&script, SCRIPT)?;
    let (folder, address) = (lab.fresh_folder()?, free_address()?);
    let mut command = on_server_core(&node);
    command.arg(&script).arg(address.port().to_string()).args([CLIENT, SECRET]);
    command.env("NODE_ENV", "production");
    let mut server = Server::start("oidc-provider", &mut command, &folder.path().join("log"))?;
    server.wait_for(address)?;
    let basic = BASE64_STANDARD.encode(format!("{CLIENT}:{SECRET}"));
    let body = "grant_type=client_credentials&scope=read".to_owned();
    let ask = Ask::post(address, "/token", "application/x-www-form-urlencoded", body)
        .header("authorization", format!("Basic {basic}"));
    let version = output(Command::new(node).arg("--version"))?;
    let note = format!("oidc-provider {VERSION} ran on node {}.", version.trim());
    Ok(Peer { server, ask, note: Some(note), _folder: folder })
}
