//! FastMCP's proxy: passes the calls of MCP clients on to an MCP server. It asks nobody, and writes nothing down.

use std::fs;

use anyhow::Result;

use super::{Peer, install};
use crate::baseline::mcp::{LOOK, McpServer, legacy, prove};
use crate::lab::{Lab, free_address, on_server_core};
use crate::process::Server;

pub const PROXY: &str = "FastMCP 4.1 proxy";

const VERSION: &str = "4.1.7";
const SCRIPT: &str = include_str!("fastmcp.py");

pub fn start(lab: &Lab, upstream: &McpServer) -> Result<Peer> {
    let python = install::environment(lab, "fastmcp", VERSION)?;
    let (folder, address) = (lab.fresh_folder()?, free_address()?);
    let script = folder.path().join("proxy.py");
    fs::write(&script, SCRIPT)?;
    let mut command = on_server_core(&python);
    command.arg(&script).arg(upstream.url()).arg(address.port().to_string());
    let mut server = Server::start("FastMCP's proxy", &mut command, &folder.path().join("log"))?;
    server.wait_for(address)?;
    let ask = legacy(address, "/mcp", LOOK);
    prove(lab, &ask)?;
    Ok(Peer { server, ask, note: None, _folder: folder })
}
