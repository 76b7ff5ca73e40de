//! What `docs/oauth.md` and `docs/mcp.md` say was tried: the scenarios, as tables.

use std::fmt::Write as _;

use super::scenarios::{ALL, By};

/// The scenarios by these.
pub fn table(by: &[By]) -> String {
    let mut table = "| scenario | by | what it shows |\n|---|---|---|\n".to_owned();
    for scenario in ALL.iter().filter(|it| by.contains(&it.by)) {
        // Writing into a text cannot fail.
        let _ = writeln!(table, "| {} | {} | {} |", scenario.name, scenario.by.name(), scenario.about);
    }
    table
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::Value;

    use super::*;
    use crate::workspace;

    fn read(file: &str) -> String {
        fs::read_to_string(workspace::root().join(file)).unwrap()
    }

    #[test]
    fn the_pages_say_what_is_tried() {
        for (page, by) in [("docs/oauth.md", &By::OAUTH[..]), ("docs/mcp.md", &By::MCP)] {
            let says = read(page).contains(&table(by));
            assert!(says, "{page} is not what `cargo xtask interop --list` prints");
        }
    }

    #[test]
    fn the_pages_say_with_which_versions() {
        let pages = [read("docs/oauth.md"), read("docs/mcp.md")].concat();
        let named: Value = serde_json::from_str(&read("xtask/interop/package.json")).unwrap();
        let packages = ["dependencies", "optionalDependencies"].map(|it| named[it].as_object().unwrap());
        let packages =
            packages.into_iter().flatten().map(|(name, version)| (name.as_str(), version.as_str().unwrap()));
        let required = read("xtask/interop/requirements.in");
        let required = required.lines().filter_map(|it| it.split_once("==")).collect::<Vec<_>>();
        assert_eq!(required.len(), 1);
        let lock = read("Cargo.lock");
        let ours = ["oauth2", "openidconnect"].map(|it| (it, workspace::locked_version(&lock, it).unwrap()));
        for (package, version) in packages.chain(required).chain(ours) {
            let row = format!("| `{package}` | {version} |");
            assert!(pages.contains(&row), "the pages lack {row}");
        }
    }
}
