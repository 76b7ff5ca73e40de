//! Public keys of agents in a text: pasted into a form, or in a file that a declaration names.

use crate::{
    store::agent_keys::Key,
    tokens::{AgentKey, KeyRefusal},
};

/// Why there is no key in a text. It is never quoted: somebody may have put a private key there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoKeys {
    /// It begins like JSON.
    #[error("is no JSON")]
    NoJson,
    /// A JWK set without a list.
    #[error("keys must be a list of JSON Web Keys")]
    NoList,
    /// What stands there is no key that counts.
    #[error(transparent)]
    Refused(#[from] KeyRefusal),
}

/// The keys in a text that somebody pasted.
pub fn pasted(text: &str) -> Result<Vec<Key>, NoKeys> {
    parse(text).map(|keys| keys.iter().map(key).collect())
}

/// PEM, a JWK, or a JWK set (RFC 7517 section 5).
pub fn parse(text: &str) -> Result<Vec<AgentKey>, NoKeys> {
    if !text.trim_start().starts_with('{') {
        return Ok(vec![AgentKey::from_pem(text)?]);
    }
    let value: serde_json::Value = serde_json::from_str(text).map_err(|_| NoKeys::NoJson)?;
    match value.get("keys").map(serde_json::Value::as_array) {
        Some(Some(keys)) => keys.iter().map(|it| Ok(AgentKey::from_jwk(&it.to_string())?)).collect(),
        Some(None) => Err(NoKeys::NoList),
        None => Ok(vec![AgentKey::from_jwk(text)?]),
    }
}

/// A key as it is stored.
pub fn key(key: &AgentKey) -> Key {
    Key { thumbprint: key.thumbprint().to_owned(), kid: key.kid().to_owned(), jwk: key.jwk().to_owned() }
}
