//! Public keys of agents, as the file declares them.

use crate::{
    services::pasted::{key, parse},
    store::agent_keys::Key,
    tokens::AgentKey,
};
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
