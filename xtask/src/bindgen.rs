//! wasm-bindgen as a library, so that there is no second tool to install in just the right version.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::workspace;

/// The names that Leptos' `HydrationScripts` loads for the output name "ui".
pub const MODULE: &str = "ui_bg.wasm";
pub const SCRIPT: &str = "ui.js";

/// wasm-bindgen's two halves speak a private format: they must be of one version.
pub fn check_versions(lock: &str) -> Result<()> {
    let of = |package| workspace::locked_version(lock, package).unwrap_or("not one version");
    let (library, generator) = (of("wasm-bindgen"), of("wasm-bindgen-cli-support"));
    if library == generator && library != "not one version" {
        return Ok(());
    }
    bail!(
        "Cargo.lock has wasm-bindgen {library}, xtask/Cargo.toml pins wasm-bindgen-cli-support {generator}: \
         set the pin to the locked version of wasm-bindgen, which must be there once"
    )
}

/// Whether the package was made after the compiled module.
pub fn is_fresh(compiled: &Path, package: &Path) -> bool {
    let made = |path: &Path| fs::metadata(path).and_then(|file| file.modified()).ok();
    newer(made(&package.join(MODULE)), made(compiled)) && package.join(SCRIPT).exists()
}

fn newer(made: Option<SystemTime>, source: Option<SystemTime>) -> bool {
    matches!((made, source), (Some(made), Some(source)) if made > source)
}

/// Writes `ui.js`, `ui_bg.wasm` and, if the crates bring JavaScript of their own, `snippets/` into `out`.
pub fn generate(compiled: &Path, out: &Path) -> Result<()> {
    if out.exists() {
        fs::remove_dir_all(out)?;
    }
    let mut bindgen = Bindgen::new();
    bindgen.input_path(compiled).web(true)?.typescript(false).remove_name_section(true).out_name("ui");
    bindgen.generate(out).with_context(|| format!("wasm-bindgen refused {}", compiled.display()))
}

/// Moves what was generated to where it is served from; the module last, since its time says that all is there.
pub fn publish(generated: &Path, package: &Path) -> Result<()> {
    fs::create_dir_all(package)?;
    let snippets = package.join("snippets");
    if snippets.exists() {
        fs::remove_dir_all(&snippets)?;
    }
    let mut entries: Vec<_> = generated.read_dir()?.collect::<Result<_, _>>()?;
    entries.sort_by_key(|entry| entry.file_name() == MODULE);
    for entry in entries {
        fs::rename(entry.path(), package.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn lock(library: &str, generator: &str) -> String {
        let entry = |name, version| format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n");
        entry("wasm-bindgen", library) + &entry("wasm-bindgen-cli-support", generator)
    }

    #[test]
    fn one_version_passes_and_two_are_named() {
        assert!(check_versions(&lock("0.2.130", "0.2.130")).is_ok());
        let error = check_versions(&lock("0.2.131", "0.2.130")).unwrap_err().to_string();
        assert!(error.contains("wasm-bindgen 0.2.131") && error.contains("cli-support 0.2.130"), "{error}");
        assert!(check_versions("").is_err());
    }

    #[test]
    fn only_a_later_package_is_fresh() {
        let (early, late) = (SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + Duration::from_secs(1));
        assert!(newer(Some(late), Some(early)));
        assert!(!newer(Some(early), Some(late)));
        assert!(!newer(Some(early), Some(early)));
        assert!(!newer(None, Some(early)));
    }

    #[test]
    fn publishing_replaces_old_snippets() {
        let dir = tempfile::tempdir().unwrap();
        let (generated, package) = (dir.path().join("new"), dir.path().join("pkg"));
        fs::create_dir_all(package.join("snippets/old")).unwrap();
        fs::create_dir_all(generated.join("snippets/new")).unwrap();
        fs::write(generated.join(MODULE), "wasm").unwrap();
        fs::write(generated.join(SCRIPT), "js").unwrap();
        publish(&generated, &package).unwrap();
        assert!(package.join("snippets/new").exists() && !package.join("snippets/old").exists());
        assert_eq!(fs::read_to_string(package.join(MODULE)).unwrap(), "wasm");
    }
}
