//! Nothing else in the broker starts a process.

use std::{fs, path::Path};

#[test]
fn processes_are_started_in_these_places_alone() {
    const PLACES: [&str; 4] = [
        "cli/root_key_variable.rs", // the broker itself again, without the key in its environment
        "mcp/upstream/stdio/confine.rs", // becomes the program
        "mcp/upstream/stdio/enforced.rs", // the broker itself, to ask what the kernel enforces
        "mcp/upstream/stdio/server.rs", // the broker itself, to become the program
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut |path, text| {
        if text.contains("process::Command")
            || text.contains("Command::new(")
            || text.contains("nix::unistd::exec")
        {
            found.push(path.strip_prefix(&root).unwrap().display().to_string());
        }
    });
    found.retain(|it| it != "mcp/upstream/stdio/spawn.rs"); // is handed one
    found.sort();
    assert_eq!(found, PLACES);
}

fn walk(folder: &Path, look: &mut dyn FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, look);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            // `use std::{…, process::{Command, …}}` in whichever order.
            let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
            look(&path, &text);
        }
    }
}
