//! What stands behind the gateway: the fixture, once for everybody and once for whoever knows its secret, and published
//! servers, over HTTP and as programs that the broker runs.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::interop::node::Node;
use crate::interop::served::Served;
use crate::interop::stage::free_address;

/// The fixture.
pub const FIXTURE: &str = "upstream";
const EVERYTHING: &str = "everything";
const EVERYTHING_STDIO: &str = "everything-stdio";
const FILES: &str = "files";
/// All services behind the gateway.
pub const ALL: [&str; 4] = [FIXTURE, EVERYTHING, EVERYTHING_STDIO, FILES];

const EVERYTHING_SCRIPT: &str = "node_modules/@modelcontextprotocol/server-everything/dist/index.js";
const FILES_SCRIPT: &str = "node_modules/@modelcontextprotocol/server-filesystem/dist/index.js";
/// A program is on the broker's own host.
const HERE: &str = "";
/// What the fixture demands behind the gateway. It is used once, on this machine.
const SECRET: &str = "the-secret-of-the-upstream-of-cargo-xtask-interop";

/// All that runs. It ends when this does.
pub struct Upstreams {
    /// The fixture that answers everybody.
    pub open: Served,
    /// The one behind the gateway.
    closed: Served,
    everything: Served,
    node: PathBuf,
    clients: PathBuf,
    folder: TempDir,
}

impl Upstreams {
    pub fn start(node: &Node) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("files"))?;
        let secret = folder.path().join("upstream.secret");
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&secret)?;
        file.write_all(SECRET.as_bytes())?;
        let open = Served::ours(&mut node.script("upstream.mjs"))?;
        let closed = Served::ours(node.script("upstream.mjs").arg("--secret").arg(&secret))?;
        let address = free_address()?;
        let mut everything = node.script(EVERYTHING_SCRIPT);
        everything.arg("streamableHttp").env("PORT", address.port().to_string());
        let everything = Served::at(&mut everything, address, "listening on port")?;
        Ok(Self { open, closed, everything, node: node.program(), clients: node.folder(), folder })
    }

    /// For what belongs to the run.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder that one server reads and writes.
    pub fn files(&self) -> PathBuf {
        self.folder.path().join("files")
    }

    /// Where the fixture behind the gateway says what it was asked to do.
    pub fn called(&self) -> String {
        self.closed.url.replace("/mcp", "/called")
    }

    /// The services, as `countersign-broker apply` takes them, with what each offers to a client that names nothing.
    pub fn services(&self) -> Result<Vec<Value>> {
        let http = json!({"by": "http", "path": "/mcp"});
        let program = |name: &str| json!({"by": "stdio", "program": name});
        let bearer = json!({"style": "bearer"});
        let none = json!({"style": "none"});
        let service =
            |name: &str, title: &str, origin: &str, auth: &Value, transport: &Value, offered: &[&str]| {
                let mut service = json!({
                    "name": name, "title": title, "kind": "mcp", "auth": auth, "allow_private": true,
                    "default_actions": offered, "mcp": {"transport": transport},
                });
                if origin != HERE {
                    service["origin"] = json!(origin);
                }
                service
            };
        let everything = ["echo", "get-sum", "get-structured-content", "trigger-long-running-operation"];
        let files = ["read_text_file", "list_directory"];
        let fixture = origin(&self.closed.url)?;
        Ok(vec![
            service(
                FIXTURE,
                "Fixture",
                &fixture,
                &bearer,
                &http,
                &["test_simple_text", "test_image_content"],
            ),
            service(EVERYTHING, "Everything", &origin(&self.everything.url)?, &none, &http, &everything),
            service(
                EVERYTHING_STDIO,
                "Everything, a program",
                HERE,
                &none,
                &program(EVERYTHING_STDIO),
                &everything,
            ),
            service(FILES, "Files", HERE, &none, &program(FILES), &files),
        ])
    }

    /// Their accounts: only the fixture wants a secret.
    pub fn connections(&self) -> Vec<Value> {
        let connection = |service: &str| {
            let name = format!("{service}-bot");
            json!({"name": name, "service": service, "account": format!("@{name}"), "approvers": []})
        };
        let mut connections: Vec<Value> = ALL.map(connection).into();
        connections[0]["secret"] = json!({"file": self.folder.path().join("upstream.secret")});
        connections
    }

    /// The programs that the broker may run, for its configuration.
    pub fn programs(&self) -> Value {
        let program = |script: &str, more: &[&Path]| {
            let script = self.clients.join(script);
            let command = [self.node.as_path(), &script].into_iter().chain(more.iter().copied());
            json!({"command": command.collect::<Vec<_>>(), "readable": [self.clients]})
        };
        let files = self.files();
        let mut filesystem = program(FILES_SCRIPT, &[&files]);
        filesystem["writable"] = json!([files]);
        json!({"mcp": {"program": {EVERYTHING_STDIO: program(EVERYTHING_SCRIPT, &[]), FILES: filesystem}}})
    }
}

fn origin(url: &str) -> Result<String> {
    Ok(Url::parse(url).context("where an upstream listens")?.origin().ascii_serialization())
}
