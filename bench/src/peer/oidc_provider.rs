//! oidc-provider: an authorization server for node that mints JWTs (ES256), tells what opaque tokens are worth, and leads a
//! browser through a person's consent; all in memory.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::{Peer, install};
use crate::lab::{Lab, free_address, on_server_core, program};
use crate::load::Ask;
use crate::load::own::{connect, read_json};
use crate::process::{Server, output};
use crate::stage::REDIRECT;

pub const MINTS: &str = "oidc-provider 9.13, JWT in memory";
pub const INTROSPECTS: &str = "oidc-provider 9.13, opaque token in memory";
pub const CODES: &str = "oidc-provider 9.13, all in memory";

const VERSION: &str = "9.13.3";
const SCRIPT: &str = include_str!("oidc_provider.mjs");
const CLIENT: &str = "bench";
const SECRET: &str = "a-secret-of-the-bench-0123456789";

const FORM: &str = "application/x-www-form-urlencoded";

/// One that is asked for tokens.
pub fn start(lab: &Lab) -> Result<Peer> {
    started(lab, |_, at| Ok(credentials(at, "")))
}

/// One that is asked what a token is worth. It keeps opaque tokens; of a JWT it knows nothing once it has left.
pub fn introspecting(lab: &Lab) -> Result<Peer> {
    started(lab, |lab, at| {
        let ask = credentials(at, "&resource=urn:bench:opaque");
        let given: Value =
            lab.runtime.block_on(async { read_json(&mut connect(&ask).await?, &ask).await })?;
        let token = given["access_token"].as_str().context("no token")?;
        Ok(by_client(Ask::post(at, "/token/introspection", FORM, format!("token={token}"))))
    })
}

/// One that leads browsers; what it is asked here is only whether it is there.
pub fn leading(lab: &Lab) -> Result<Peer> {
    started(lab, |_, at| Ok(Ask::get(at, "/.well-known/openid-configuration")))
}

/// What the client sends along to prove who it is.
pub fn by_client(ask: Ask) -> Ask {
    ask.header("authorization", format!("Basic {}", BASE64_STANDARD.encode(format!("{CLIENT}:{SECRET}"))))
}

/// Where the client sends a person's browser.
pub fn authorization(challenge: &str) -> String {
    format!(
        "/auth?response_type=code&client_id={CLIENT}&redirect_uri={REDIRECT}&scope=openid+read\
         &resource=urn:bench:service&prompt=consent&state=bench&code_challenge={challenge}&code_challenge_method=S256"
    )
}

fn credentials(at: SocketAddr, more: &str) -> Ask {
    by_client(Ask::post(at, "/token", FORM, format!("grant_type=client_credentials&scope=read{more}")))
}

fn started(lab: &Lab, ask: impl FnOnce(&Lab, SocketAddr) -> Result<Ask>) -> Result<Peer> {
    let node = program("node")?;
    let installed = install::node_packages(lab, &[("oidc-provider", VERSION)])?;
    // Node looks for packages from where the script lies.
    let script = installed.join("server.mjs");
    fs::write(&script, SCRIPT)?;
    let (folder, address) = (lab.fresh_folder()?, free_address()?);
    let mut command = on_server_core(&node);
    command.arg(&script).arg(address.port().to_string()).args([CLIENT, SECRET, REDIRECT]);
    command.env("NODE_ENV", "production");
    let mut server = Server::start("oidc-provider", &mut command, &folder.path().join("log"))?;
    server.wait_for(address)?;
    let version = output(Command::new(node).arg("--version"))?;
    let note = format!("oidc-provider {VERSION} ran on node {}.", version.trim());
    Ok(Peer { server, ask: ask(lab, address)?, note: Some(note), _folder: folder })
}
