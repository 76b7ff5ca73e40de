//! The compiler for the wasm half: the installed toolchain if it has the target, else Debian's.
//!
//! A toolchain without the target cannot always fetch it. Debian's `rustc-web` can build std for wasm from
//! `rust-web-src`; cargo calls that an unstable feature, so it needs `RUSTC_BOOTSTRAP=1`. This compiler only ever
//! builds what the browser runs, never the broker.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{sh, workspace};

pub const TARGET: &str = "wasm32-unknown-unknown";

pub enum WasmCompiler {
    /// The toolchain that builds everything else.
    Installed,
    /// `cargo` and `rustc` of Debian's packages, and a linker.
    Debian { cargo: PathBuf, rustc: PathBuf, linker: PathBuf },
}

impl WasmCompiler {
    /// What this machine has; `Ok(None)` if it has neither.
    pub fn find() -> Result<Option<Self>> {
        let sysroot = PathBuf::from(sh::ask(Command::new("rustc").args(["--print", "sysroot"]))?);
        if has_std(&sysroot.join("lib/rustlib").join(TARGET).join("lib")) {
            return Ok(Some(Self::Installed));
        }
        Ok(debian(&sysroot))
    }

    /// How the build is announced.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Installed => "the installed toolchain",
            Self::Debian { .. } => "Debian's compiler, std included (about two minutes the first time)",
        }
    }

    /// `cargo rustc` for the browser, still without the package. Not `build`: cargo leaves link-time optimisation out
    /// where a library is also built for other crates, and that doubles what the browser loads.
    pub fn rustc(&self) -> Command {
        let mut command = match self {
            Self::Installed => workspace::cargo("rustc"),
            Self::Debian { cargo, rustc, linker } => debian_rustc(cargo, rustc, linker),
        };
        command.args(["--crate-type", "cdylib", "--target", TARGET]);
        command
    }
}

fn debian_rustc(cargo: &Path, rustc: &Path, linker: &Path) -> Command {
    let mut command = Command::new(cargo);
    command.current_dir(workspace::root()).args(["rustc", "-Z", "build-std=std,panic_abort"]);
    workspace::without_cargo_run(&mut command);
    for other in ["RUSTUP_TOOLCHAIN", "RUSTC_WRAPPER", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
        command.env_remove(other);
    }
    command.env("RUSTC", rustc).env("RUSTC_BOOTSTRAP", "1");
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    command
}

/// A target folder can exist with nothing in it but metadata: only the library counts.
fn has_std(lib: &Path) -> bool {
    let Ok(entries) = lib.read_dir() else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}

fn debian(sysroot: &Path) -> Option<WasmCompiler> {
    // By their packages' file lists, since rustup's proxies come first on PATH.
    let rustc = installed_by("rustc-web", "/bin/rustc")?;
    let cargo = installed_by("cargo-web", "/bin/cargo")?;
    installed_by("rust-web-src", "/library/std/Cargo.toml")?;
    let linker = linker(sysroot)?;
    Some(WasmCompiler::Debian { cargo, rustc, linker })
}

/// The shortest path that a Debian package installed with this ending.
fn installed_by(package: &str, ending: &str) -> Option<PathBuf> {
    let files = sh::ask(Command::new("dpkg").args(["-L", package])).ok()?;
    let matching = files.lines().filter(|file| file.ends_with(ending));
    matching.min_by_key(|file| file.len()).map(PathBuf::from).filter(|file| file.exists())
}

fn linker(sysroot: &Path) -> Option<PathBuf> {
    let of_rustup = host().ok().map(|host| sysroot.join("lib/rustlib").join(host).join("bin/rust-lld"));
    of_rustup.filter(|path| path.exists()).or_else(|| installed_by("lld", "/bin/wasm-ld"))
}

fn host() -> Result<String> {
    let version = sh::ask(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("`rustc -vV` names no host")
}
