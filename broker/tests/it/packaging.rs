//! What is packaged starts as it is packaged: the unit of systemd, the image, both compose files. Neither systemd nor
//! Docker is needed: what they would do of it is done here, with the program that all tests use.

mod compose;
mod image;
mod sandbox;
mod unit;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file of the folder `packaging`.
fn packaged(name: &str) -> (PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("packaging").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (path, text)
}

/// A root key as docs/install.md makes one.
const ROOT_KEY: &str = "8f14e45fceea167a5a36dedd4bea2543f2b9a1d0c3e4f5a6b7c8d9e0f1a2b3c4\n";
