//! What `docs/oauth.md` says was tried: the scenarios, as a table.

use std::fmt::Write as _;

use super::scenarios::{ALL, By};

pub fn table() -> String {
    let mut table = "| scenario | by | what it shows |\n|---|---|---|\n".to_owned();
    for scenario in ALL {
        let by = match scenario.by {
            By::Suite => "conformance suite",
            By::Strict => "strict client",
        };
        // Writing into a text cannot fail.
        let _ = writeln!(table, "| {} | {by} | {} |", scenario.name, scenario.about);
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
    fn the_page_says_what_is_tried_and_with_which_versions() {
        let page = read("docs/oauth.md");
        assert!(page.contains(&table()), "docs/oauth.md is not what `cargo xtask interop --list` prints");
        let named: Value = serde_json::from_str(&read("xtask/interop/package.json")).unwrap();
        let packages = ["dependencies", "optionalDependencies"].map(|it| named[it].as_object().unwrap());
        for (package, version) in packages.into_iter().flatten() {
            let row = format!("| `{package}` | {} |", version.as_str().unwrap());
            assert!(page.contains(&row), "docs/oauth.md lacks {row}");
        }
        let lock = read("Cargo.lock");
        for package in ["oauth2", "openidconnect"] {
            let row = format!("| `{package}` | {} |", workspace::locked_version(&lock, package).unwrap());
            assert!(page.contains(&row), "docs/oauth.md lacks {row}");
        }
    }
}
