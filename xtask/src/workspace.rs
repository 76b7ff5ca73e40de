//! Where things lie in the checkout, and cargo called on it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The root of the workspace, whichever folder the task was called from. What `cargo run` says now comes before what
/// the compiler knew then: a checkout may have moved.
pub fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let xtask =
            std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let xtask = PathBuf::from(xtask);
        xtask.parent().map(Path::to_owned).unwrap_or(xtask)
    });
    &ROOT
}

/// A path as it is shown: from the root on.
pub fn relative(path: &Path) -> &Path {
    path.strip_prefix(root()).unwrap_or(path)
}

/// What the browser loads: `pkg/ui.js` and `pkg/ui_bg.wasm` lie below it.
pub fn site() -> PathBuf {
    root().join("target/site")
}

/// Whether this is a run where whatever is missing counts as a failure.
pub fn ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

/// `cargo SUBCOMMAND` at the root, as a person would call it from a shell.
pub fn cargo(subcommand: &str) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root()).arg(subcommand);
    without_cargo_run(&mut command);
    command
}

/// Takes out what `cargo run` put into the environment for xtask itself: it would make the inner cargo rebuild what
/// the person's own cargo had built, and give another compiler the libraries of this one.
pub fn without_cargo_run(command: &mut Command) {
    command.env_remove("LD_LIBRARY_PATH").env_remove("CARGO").stdin(std::process::Stdio::null());
    for (name, _) in std::env::vars_os() {
        if set_by_cargo_run(&name) {
            command.env_remove(name);
        }
    }
}

fn set_by_cargo_run(name: &OsStr) -> bool {
    let prefixes = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
    name.to_str().is_some_and(|name| prefixes.iter().any(|prefix| name.starts_with(prefix)))
}

/// The version of a package in a lock file; `None` if it is not there, or there more than once.
pub fn locked_version<'lock>(lock: &'lock str, package: &str) -> Option<&'lock str> {
    let entry = format!("[[package]]\nname = \"{package}\"\nversion = \"");
    let mut versions = lock.split(&entry).skip(1).filter_map(|rest| rest.split('"').next());
    let version = versions.next()?;
    versions.next().is_none().then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n\n\
                        [[package]]\nname = \"rand\"\nversion = \"0.8.6\"\n\n\
                        [[package]]\nname = \"rand\"\nversion = \"0.9.3\"\n";

    #[test]
    fn a_locked_version_is_found_by_its_whole_name() {
        assert_eq!(locked_version(LOCK, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(LOCK, "wasm"), None);
    }

    #[test]
    fn two_versions_of_one_package_are_no_answer() {
        assert_eq!(locked_version(LOCK, "rand"), None);
    }

    #[test]
    fn settings_of_the_person_survive() {
        assert!(set_by_cargo_run(OsStr::new("CARGO_PKG_NAME")));
        assert!(!set_by_cargo_run(OsStr::new("CARGO_HOME")));
        assert!(!set_by_cargo_run(OsStr::new("CARGO_BUILD_JOBS")));
    }
}
