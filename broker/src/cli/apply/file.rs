//! The file: TOML, nothing unknown, no secrets.

use super::keys;
use crate::services::{Wanted, WantedAgent, WantedConnection, WantedPerson, file::DeclaredService};
use anyhow::{Context as _, anyhow, bail};
use protocol::Slug;
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
};

/// What a file declares, and where secrets come from and go to.
#[derive(Debug)]
pub struct Declared {
    /// How things should be.
    pub wanted: Wanted,
    /// Where the secrets of connections are.
    pub sources: BTreeMap<Slug, SecretSource>,
    /// Where the secrets of agents are to be written.
    pub secret_files: BTreeMap<Slug, PathBuf>,
}

/// Where a secret is. Never the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// In a file; one line break at its end is not part of it.
    File(PathBuf),
    /// In an environment variable.
    Environment(String),
}

/// Reads a file. Paths in it are relative to where it lies.
pub fn read(path: &Path) -> anyhow::Result<Declared> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let folder = path.parent().unwrap_or(Path::new(""));
    parse(&text, folder).with_context(|| path.display().to_string())
}

pub(super) fn parse(text: &str, folder: &Path) -> anyhow::Result<Declared> {
    // The parser's own report quotes the line, which may hold a secret that somebody put there.
    let file: File = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        anyhow!("line {line}: {}", error.message())
    })?;
    let mut declared =
        Declared { wanted: Wanted::default(), sources: BTreeMap::new(), secret_files: BTreeMap::new() };
    let wanted = &mut declared.wanted;
    wanted.people = file.person;
    wanted.services = file.service.into_iter().map(Into::into).collect();
    for connection in file.connection {
        if let Some(source) = &connection.secret {
            declared.sources.insert(connection.name.clone(), source.clone().relative_to(folder));
        }
        wanted.connections.push(connection.wanted()?);
    }
    for Agent { name, title, owner, direct, secret, secret_file, keys, redirect_uris } in file.agent {
        if let Some(path) = secret_file {
            declared.secret_files.insert(name.clone(), folder.join(path));
        }
        let keys = keys.map(|keys| keys::read(&keys, folder)).transpose();
        let keys = keys.with_context(|| format!("agent {name}"))?;
        // A place for a secret means one; a secret without a place is printed.
        let secret = secret.or(declared.secret_files.contains_key(&name).then_some(true));
        wanted.agents.push(WantedAgent { name, title, owner, direct, secret, keys, redirect_uris });
    }
    Ok(declared)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    person: Vec<WantedPerson>,
    #[serde(default)]
    service: Vec<DeclaredService>,
    #[serde(default)]
    connection: Vec<Connection>,
    #[serde(default)]
    agent: Vec<Agent>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Connection {
    name: Slug,
    service: Slug,
    account: String,
    owner: Option<Slug>,
    approvers: Option<Vec<Slug>>,
    secret: Option<SecretSource>,
}

impl Connection {
    /// Whether a connection is personal or shared decides who may approve: it is said, never left out.
    fn wanted(self) -> anyhow::Result<WantedConnection> {
        if self.owner.is_some() == self.approvers.is_some() {
            bail!(
                "connection {}: say either owner = \"…\" (personal) or approvers = [\"…\"] (shared; [] means \
                 everybody with the approver role)",
                self.name
            );
        }
        Ok(WantedConnection {
            name: self.name,
            service: self.service,
            account: self.account,
            owner: self.owner,
            approvers: self.approvers.unwrap_or_default(),
            has_secret: self.secret.is_some(),
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Agent {
    name: Slug,
    title: String,
    owner: Slug,
    #[serde(default)]
    direct: bool,
    secret: Option<bool>,
    secret_file: Option<PathBuf>,
    keys: Option<Vec<toml::Table>>,
    redirect_uris: Option<Vec<String>>,
}

impl SecretSource {
    fn relative_to(self, folder: &Path) -> Self {
        match self {
            Self::File(path) => Self::File(folder.join(path)),
            Self::Environment(name) => Self::Environment(name),
        }
    }
}

const PLACE: &str = "secret must be { file = \"…\" } or { env = \"…\" }";

const INLINE: &str = "a secret never stands in this file: write secret = { file = \"…\" } or \
     secret = { env = \"…\" }, and replace this one, it may have been seen";

impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SourceVisitor)
    }
}

/// Accepts a table only; whatever else stands there may be the secret itself and is not repeated.
struct SourceVisitor;

impl<'de> Visitor<'de> for SourceVisitor {
    type Value = SecretSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{ file = \"…\" } or { env = \"…\" }")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretSource, A::Error> {
        let mut source = None;
        // By hand: what serde says of an unknown key repeats it.
        while let Some(key) = map.next_key::<String>()? {
            let found = match key.as_str() {
                "file" => SecretSource::File(map.next_value()?),
                "env" => SecretSource::Environment(map.next_value()?),
                _ => return Err(A::Error::custom(PLACE)),
            };
            if source.replace(found).is_some() {
                return Err(A::Error::custom(PLACE));
            }
        }
        source.ok_or_else(|| A::Error::custom(PLACE))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<SecretSource, E> {
        Err(E::custom(INLINE))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<SecretSource, E> {
        Err(E::custom(INLINE))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<SecretSource, E> {
        Err(E::custom(INLINE))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<SecretSource, E> {
        Err(E::custom(INLINE))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<SecretSource, A::Error> {
        Err(A::Error::custom(INLINE))
    }
}
