//! `countersign keygen`.

use crate::{
    cli::{Alg, KeygenArgs},
    exit::{Exit, Failure},
    out::Out,
};
use agent_client::{Key, KeyKind};
use serde_json::json;
use std::{fs::OpenOptions, io::Write, os::unix::fs::OpenOptionsExt};

/// Writes the private half into a new file, and prints the public half for the broker.
pub fn run(out: &Out, args: &KeygenArgs) -> Result<Exit, Failure> {
    let kind = match args.alg {
        Alg::Ed25519 => KeyKind::Ed25519,
        Alg::Es256 => KeyKind::P256,
    };
    let (key, private) = Key::generate(kind)?;
    let why = |why| Failure::Usage(format!("{}: {why}", args.file.display()));
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&args.file).map_err(why)?;
    file.write_all(private.expose().as_bytes()).and_then(|()| file.sync_all()).map_err(why)?;
    let members = key.public().as_object().into_iter().flatten();
    let toml: Vec<String> = members.map(|(name, value)| format!("{name} = {value}")).collect();
    if out.json {
        out.object(&json!({"file": args.file, "thumbprint": key.thumbprint(), "jwk": key.public()}))?;
    } else {
        out.note(&format!(
            "The private key is in {}. For the agent in the broker's apply file:",
            args.file.display()
        ));
        out.line(&format!("keys = [{{ {} }}]", toml.join(", ")))?;
    }
    Ok(Exit::Done)
}
