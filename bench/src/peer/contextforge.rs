//! ContextForge: a gateway for MCP servers, with users, tokens and a database.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::json;
use tempfile::TempDir;

use super::{Peer, install};
use crate::baseline::mcp::{LOOK, McpServer, legacy, prove};
use crate::lab::{Lab, free_address, on_load_core, on_server_core};
use crate::load::Ask;
use crate::load::own::{connect, read};
use crate::process::{Server, output};

pub const GATEWAY: &str = "ContextForge 1.0 gateway";

const VERSION: &str = "1.0.7";
const ADMIN: &str = "admin@example.com";
/// Secrets of a server that lives for one run.
const KEY: &str = "a-signing-key-of-the-bench-0123456789";
const PASSWORD: &str = "A-password-of-the-bench-0123";

pub fn start(lab: &Lab, upstream: &McpServer) -> Result<Peer> {
    let python = install::environment(lab, "mcp-contextforge-gateway", VERSION)?;
    let (folder, address) = (lab.fresh_folder()?, free_address()?);
    let mut command = on_server_core(&python.with_file_name("mcpgateway"));
    command.args(["--host", "127.0.0.1", "--port", &address.port().to_string()]);
    settings(&mut command, &folder);
    let mut server = Server::start("ContextForge", &mut command, &folder.path().join("log"))?;
    server.wait_for(address)?;
    let bearer = format!("Bearer {}", token(&python, &folder)?);
    register(lab, address, &bearer, upstream)?;
    let ask = legacy(address, "/mcp/", &format!("{NAME}-{LOOK}")).header("authorization", bearer);
    prove(lab, &ask)?;
    let note = format!("{GATEWAY}: without its pages and plugins, its database is SQLite.");
    Ok(Peer { server, ask, note: Some(note), _folder: folder })
}

/// What the server is called there; the tools' names begin with it.
const NAME: &str = "bench";

/// All that is not needed is off, and servers on this machine are allowed.
fn settings(command: &mut Command, folder: &TempDir) {
    command.current_dir(folder);
    for (name, value) in [
        ("DATABASE_URL", "sqlite:///./mcp.db"),
        ("CACHE_TYPE", "memory"),
        ("AUTH_REQUIRED", "true"),
        ("MCP_CLIENT_AUTH_ENABLED", "true"),
        ("JWT_SECRET_KEY", KEY),
        ("AUTH_ENCRYPTION_SECRET", KEY),
        ("PLATFORM_ADMIN_EMAIL", ADMIN),
        ("PLATFORM_ADMIN_PASSWORD", PASSWORD),
        ("BASIC_AUTH_PASSWORD", PASSWORD),
        ("MCPGATEWAY_UI_ENABLED", "false"),
        ("MCPGATEWAY_ADMIN_API_ENABLED", "false"),
        ("PLUGINS_ENABLED", "false"),
        ("LOG_LEVEL", "ERROR"),
        ("RATE_LIMITING_ENABLED", "false"),
        ("TOOL_RATE_LIMIT", "1000"),
        ("SSRF_ALLOW_LOCALHOST", "true"),
        ("SSRF_ALLOW_PRIVATE_NETWORKS", "true"),
        ("JSON_RESPONSE_ENABLED", "true"),
        ("USE_STATEFUL_SESSIONS", "false"),
    ] {
        command.env(name, value);
    }
}

fn token(python: &Path, folder: &TempDir) -> Result<String> {
    let mut tool = on_load_core(python);
    tool.args(["-m", "mcpgateway.utils.create_jwt_token", "--admin", "--exp", "600"]);
    tool.args(["--username", ADMIN, "--secret", KEY]);
    settings(&mut tool, folder);
    let said = output(&mut tool)?;
    Ok(said.lines().last().context("no token")?.trim().to_owned())
}

fn register(lab: &Lab, at: SocketAddr, bearer: &str, upstream: &McpServer) -> Result<()> {
    let body = json!({"name": NAME, "url": upstream.url(), "transport": "STREAMABLEHTTP"}).to_string();
    let ask = Ask::post(at, "/gateways", "application/json", body).header("authorization", bearer);
    lab.runtime.block_on(async { read(&mut connect(&ask).await?, &ask).await }).map(drop)
}
