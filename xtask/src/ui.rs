//! `cargo xtask ui`: the wasm half of the pages.
//!
//! 1. Find a compiler for the browser, or install one.
//! 2. Compile `web-ui`; cargo skips what has not changed.
//! 3. wasm-bindgen, then `wasm-opt` if the machine has it, and each file once more compressed (brotli, RFC 7932), into
//!    `target/site/pkg`; skipped if that is up to date.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::tools::{self, Tool};
use crate::wasm_compiler::{TARGET, WasmCompiler};
use crate::{bindgen, sh, workspace};

pub fn run() -> Result<()> {
    bindgen::check_versions(&fs::read_to_string(workspace::root().join("Cargo.lock"))?)?;
    let compiler = compiler()?;
    let module = sh::step(&format!("The wasm half, with {}", compiler.name()), || compile(&compiler))?;
    let package = workspace::site().join("pkg");
    if bindgen::is_fresh(&module, &package) {
        println!("  {} is up to date", workspace::relative(&package).display());
    } else {
        sh::step("wasm-bindgen", || package_up(&module, &package))?;
    }
    print_sizes(&package)
}

fn compiler() -> Result<WasmCompiler> {
    if let Some(compiler) = WasmCompiler::find()? {
        return Ok(compiler);
    }
    tools::install(&[Tool::WasmCompiler]);
    WasmCompiler::find()?.with_context(|| tools::how_to_get(Tool::WasmCompiler))
}

fn compile(compiler: &WasmCompiler) -> Result<PathBuf> {
    let target_dir = workspace::root().join("target/wasm");
    let mut build = compiler.rustc();
    build.args(["--package", "web-ui", "--lib", "--no-default-features", "--features", "hydrate"]);
    build.args(["--profile", "wasm", "--locked", "--target-dir"]).arg(&target_dir);
    sh::quiet(&mut build)?;
    Ok(target_dir.join(TARGET).join("wasm/web_ui.wasm"))
}

fn package_up(module: &Path, package: &Path) -> Result<()> {
    let generated = workspace::root().join("target/wasm/pkg");
    bindgen::generate(module, &generated)?;
    optimise(&generated.join(bindgen::MODULE));
    for name in [bindgen::SCRIPT, bindgen::MODULE] {
        compress(&generated.join(name))?;
    }
    bindgen::publish(&generated, package)
}

/// Smaller is nicer, not necessary: a machine may have no `wasm-opt`, or one too old for this compiler's output.
fn optimise(module: &Path) {
    let Some(wasm_opt) = tools::on_path("wasm-opt") else {
        println!("  no wasm-opt (Debian package `binaryen`): the module is a little larger than it could be");
        return;
    };
    let smaller = module.with_extension("smaller");
    let result =
        sh::quiet(Command::new(wasm_opt).args(["--all-features", "-Oz", "-o"]).arg(&smaller).arg(module));
    match result.and_then(|_| Ok(fs::rename(&smaller, module)?)) {
        Ok(()) => (),
        Err(error) => println!("  left as it was: {error:#}"),
    }
}

/// A second file beside it, ending in `.br`, for browsers that take it.
fn compress(file: &Path) -> Result<()> {
    let plain = fs::read(file).with_context(|| format!("{} was not made", file.display()))?;
    let mut compressed = Vec::new();
    let best = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut plain.as_slice(), &mut compressed, &best)?;
    fs::write(compressed_name(file), compressed)?;
    Ok(())
}

fn compressed_name(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".br");
    name.into()
}

fn print_sizes(package: &Path) -> Result<()> {
    for name in [bindgen::SCRIPT, bindgen::MODULE] {
        let file = package.join(name);
        let kilobytes = |file: &Path| -> Result<u64> {
            let size = fs::metadata(file).with_context(|| format!("{} was not made", file.display()))?;
            Ok(size.len().div_ceil(1000))
        };
        let (plain, compressed) = (kilobytes(&file)?, kilobytes(&compressed_name(&file))?);
        println!("  {plain:>7} KB, {compressed} KB compressed  {}", workspace::relative(&file).display());
    }
    Ok(())
}
