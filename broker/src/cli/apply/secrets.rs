//! Secrets on the command's side: those of connections are read, those of agents are written.

use super::{
    super::say,
    file::{Declared, SecretSource},
};
use crate::{host::SecretText, services::Difference};
use anyhow::{Context as _, bail, ensure};
use protocol::Slug;
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// No credential is longer.
const MAX_SECRET: u64 = 64 << 10;

/// Reads the secrets that the changes need.
pub fn read_all(
    differences: &[Difference],
    declared: &Declared,
) -> anyhow::Result<BTreeMap<Slug, SecretText>> {
    let needed = differences.iter().filter_map(|it| it.needs_secret.as_ref());
    let read = needed.map(|connection| {
        let source = declared.sources.get(connection).context("says nowhere where its secret is");
        let secret = source.and_then(read).with_context(|| format!("connection {connection}"))?;
        Ok((connection.clone(), secret))
    });
    read.collect()
}

fn read(source: &SecretSource) -> anyhow::Result<SecretText> {
    match source {
        SecretSource::Environment(name) => {
            let value = std::env::var_os(name).with_context(|| format!("{name} is not set"))?;
            // The value itself is not repeated.
            let value = value.into_string().ok().with_context(|| format!("{name} is not UTF-8"))?;
            Ok(SecretText::new(value))
        }
        SecretSource::File(path) => read_file(path).with_context(|| path.display().to_string()),
    }
}

fn read_file(path: &Path) -> anyhow::Result<SecretText> {
    let file = File::open(path)?;
    if file.metadata()?.mode() & 0o077 != 0 {
        tracing::warn!("others can read the secret in {}; run: chmod 0400 {0}", path.display());
    }
    // As large as it may get, so that no copy is left behind when it grows.
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(MAX_SECRET)? + 1));
    file.take(MAX_SECRET + 1).read_to_string(&mut text)?;
    ensure!(text.len() as u64 <= MAX_SECRET, "is too long for a secret");
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(SecretText::new(line.strip_suffix('\r').unwrap_or(line)))
}

/// Makes sure, before anything is changed, that the secrets of agents can be written.
pub fn check_files(differences: &[Difference], declared: &Declared) -> anyhow::Result<()> {
    for difference in differences {
        let Some(agent) = &difference.new_secret else { continue };
        let Some(path) = declared.secret_files.get(agent) else { continue };
        if difference.new && path.exists() {
            bail!("agent {agent}: {} is there already; move it away first", path.display());
        }
        let folder = folder_of(path);
        ensure!(folder.is_dir(), "agent {agent}: there is no directory {}", folder.display());
    }
    Ok(())
}

/// Writes the secrets that agents got into their files, or prints them, this once.
pub fn hand_out(made: &BTreeMap<Slug, SecretText>, declared: &Declared) -> anyhow::Result<()> {
    let mut lost = Vec::new();
    for (agent, secret) in made {
        match declared.secret_files.get(agent).map(|path| (path, write(path, secret))) {
            Some((path, Ok(()))) => say(format_args!("The secret of agent {agent} is in {}", path.display())),
            Some((path, Err(error))) => {
                lost.push(format!(
                    "the secret of agent {agent} could not be written to {}: {error}",
                    path.display()
                ));
                show(agent, secret);
            }
            None => show(agent, secret),
        }
    }
    ensure!(lost.is_empty(), "{}", lost.join("\n"));
    Ok(())
}

fn show(agent: &Slug, secret: &SecretText) {
    say(format_args!("The secret of agent {agent}, shown only now: {}", secret.expose()));
}

/// Replaces the file as a whole: whoever reads it finds the old secret or the new one.
fn write(path: &Path, secret: &SecretText) -> io::Result<()> {
    let mut fresh = OsString::from(path);
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    file.write_all(secret.expose().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    File::open(folder_of(path))?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
