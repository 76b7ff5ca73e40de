//! Public keys of agents, as the file declares them.

use crate::{store::agent_keys::Key, tokens::AgentKey};
use anyhow::{Context as _, anyhow, bail, ensure};
use std::{fs, path::Path};

/// No file of public keys is larger.
const LARGEST: u64 = 64 << 10;

/// Reads the keys: a JSON Web Key each, or a file with some.
pub fn read(declared: &[toml::Table], folder: &Path) -> anyhow::Result<Vec<Key>> {
    let mut keys = Vec::new();
    for table in declared {
        match table.get("file") {
            Some(toml::Value::String(path)) => keys.extend(from_file(table, &folder.join(path))?),
            Some(_) => bail!("keys: file must be a path"),
            None => keys.push(key(&AgentKey::from_jwk(&serde_json::to_string(table)?)?)),
        }
    }
    Ok(keys)
}

fn from_file(table: &toml::Table, path: &Path) -> anyhow::Result<Vec<Key>> {
    let shown = path.display().to_string();
    ensure!(table.keys().all(|name| name == "file" || name == "kid"), "keys: beside file only kid may stand");
    ensure!(fs::metadata(path).with_context(|| shown.clone())?.len() <= LARGEST, "{shown}: is too large");
    let text = fs::read_to_string(path).with_context(|| shown.clone())?;
    let found = parse(&text).with_context(|| shown.clone())?;
    let Some(kid) = table.get("kid") else { return Ok(found.iter().map(key).collect()) };
    let kid = kid.as_str().ok_or_else(|| anyhow!("keys: kid must be a text"))?;
    match <[AgentKey; 1]>::try_from(found) {
        Ok([only]) => Ok(vec![key(&only.named(kid).with_context(|| shown)?)]),
        Err(_) => bail!("{shown}: has several keys, kid can name only one"),
    }
}

/// The keys in a text that somebody pasted.
pub(crate) fn pasted(text: &str) -> anyhow::Result<Vec<Key>> {
    parse(text).map(|keys| keys.iter().map(key).collect())
}

/// PEM, a JWK, or a JWK set (RFC 7517 section 5).
fn parse(text: &str) -> anyhow::Result<Vec<AgentKey>> {
    if text.trim_start().starts_with('{') {
        // Never quoted: somebody may have put a private key there.
        let value: serde_json::Value = serde_json::from_str(text).map_err(|_| anyhow!("is no JSON"))?;
        return match value.get("keys").map(serde_json::Value::as_array) {
            Some(Some(keys)) => keys.iter().map(|it| Ok(AgentKey::from_jwk(&it.to_string())?)).collect(),
            Some(None) => bail!("keys must be a list of JSON Web Keys"),
            None => Ok(vec![AgentKey::from_jwk(text)?]),
        };
    }
    Ok(vec![AgentKey::from_pem(text)?])
}

fn key(key: &AgentKey) -> Key {
    Key { thumbprint: key.thumbprint().to_owned(), kid: key.kid().to_owned(), jwk: key.jwk().to_owned() }
}
