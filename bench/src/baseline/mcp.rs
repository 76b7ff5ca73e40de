//! MCP servers on node, which is what most are written for: the least that can be called one, in both eras of the protocol,
//! and the same tools by the official SDK, which is how they are written.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::lab::{Lab, free_address, on_load_core, program};
use crate::load::Ask;
use crate::load::own::{connect, read};
use crate::peer::install;
use crate::process::Server;

const SCRIPT: &str = include_str!("mcp_server.mjs");
const BY_SDK: &str = include_str!("mcp_sdk.mjs");
/// The official SDK and what connects it with node.
const SDK: [(&str, &str); 2] =
    [("@modelcontextprotocol/server", "2.4.0"), ("@modelcontextprotocol/node", "2.1.2")];
/// The revision without a handshake, and the last one with it.
const MODERN: &str = "2026-07-28";
const LEGACY: &str = "2025-11-25";
/// A tool that answers at once, and one that streams and answers when it is released.
pub const LOOK: &str = "look";
pub const HOLD: &str = "hold";
/// What both of them answer.
const ANSWER: &str = "forty-two items";

/// A running one.
pub struct McpServer {
    pub server: Server,
    pub address: SocketAddr,
    _folder: TempDir,
}

impl McpServer {
    pub fn start(lab: &Lab) -> Result<Self> {
        let folder = lab.fresh_folder()?;
        let script = folder.path().join("server.mjs");
        fs::write(&script, SCRIPT)?;
        Self::run(&script, folder)
    }

    /// The one by the SDK, which npm's registry has.
    pub fn start_by_sdk(lab: &Lab) -> Result<Self> {
        // Node looks for packages from where the script lies.
        let script = install::node_packages(lab, &SDK)?.join("server.mjs");
        fs::write(&script, BY_SDK)?;
        Self::run(&script, lab.fresh_folder()?)
    }

    fn run(script: &Path, folder: TempDir) -> Result<Self> {
        let address = free_address()?;
        let mut command = on_load_core(&program("node")?);
        command.env("NODE_ENV", "production").arg(script).arg(address.port().to_string());
        let mut server = Server::start("the MCP server", &mut command, &folder.path().join("log"))?;
        server.wait_for(address)?;
        Ok(Self { server, address, _folder: folder })
    }

    /// Where an MCP client finds it.
    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// Lets all calls of [`HOLD`] be answered.
    pub async fn release(&self) -> Result<()> {
        let ask = Ask::get(self.address, "/release");
        read(&mut connect(&ask).await?, &ask).await.map(drop)
    }
}

/// A call of a tool that says for itself what it is (2026-07-28).
pub fn modern(to: SocketAddr, path: &str, tool: &str) -> Ask {
    let params = format!("{},{}", call(tool), meta());
    request(to, path, "tools/call", &params, MODERN)
        .header("mcp-method", "tools/call")
        .header("mcp-name", tool)
}

/// The subscription to what changes (2026-07-28).
pub fn listen(to: SocketAddr, path: &str) -> Ask {
    let params = format!("\"notifications\":{{\"toolsListChanged\":true}},{}", meta());
    request(to, path, "subscriptions/listen", &params, MODERN).header("mcp-method", "subscriptions/listen")
}

/// A call of a tool as those understand it who keep no sessions although they speak the revision before (2025-11-25).
pub fn legacy(to: SocketAddr, path: &str, tool: &str) -> Ask {
    request(to, path, "tools/call", &call(tool), LEGACY)
}

/// What a request of this revision says of itself.
fn meta() -> String {
    format!(
        "\"_meta\":{{\"io.modelcontextprotocol/protocolVersion\":\"{MODERN}\",\
         \"io.modelcontextprotocol/clientCapabilities\":{{}}}}"
    )
}

fn call(tool: &str) -> String {
    format!("\"name\":\"{tool}\",\"arguments\":{{\"item\":\"a/b\",\"count\":7}}")
}

fn request(to: SocketAddr, path: &str, method: &str, params: &str, version: &str) -> Ask {
    let body = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{method}\",\"params\":{{{params}}}}}");
    Ask::post(to, path, "application/json", body)
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", version)
}

/// Makes a call once: an error of MCP is a success of HTTP, so what measures must have seen that it is answered.
pub fn prove(lab: &Lab, ask: &Ask) -> Result<()> {
    let answer = lab.runtime.block_on(async { read(&mut connect(ask).await?, ask).await });
    let answer = answer.with_context(|| format!("{} {}", ask.to, ask.path))?;
    ensure!(is_answer(&answer), "{} {} answered {}", ask.to, ask.path, String::from_utf8_lossy(&answer));
    Ok(())
}

/// Whether this is what a tool answered.
pub fn is_answer(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).contains(ANSWER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_json_and_its_headers_repeat_it() {
        let ask = modern(([127, 0, 0, 1], 1).into(), "/mcp/x", LOOK);
        let body: serde_json::Value = serde_json::from_slice(&ask.body).unwrap();
        assert_eq!(body["params"]["name"], LOOK);
        for pair in [("mcp-name", LOOK), ("mcp-method", "tools/call"), ("mcp-protocol-version", MODERN)] {
            assert!(ask.headers.contains(&(pair.0, pair.1.to_owned())), "{:?}", ask.headers);
        }
        let listen = listen(ask.to, "/mcp/x");
        assert!(serde_json::from_slice::<serde_json::Value>(&listen.body).is_ok());
    }
}
