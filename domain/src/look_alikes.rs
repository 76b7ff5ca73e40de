//! Names that people could take for each other.

use std::collections::{BTreeSet, HashMap};
use unicode_security::skeleton;

/// Whether people may take one name for the other: by case, spacing and punctuation, or by letters that look alike.
pub fn look_alike(one: &str, other: &str) -> bool {
    let other = forms(other);
    forms(one).iter().any(|it| !it.is_empty() && other.contains(it))
}

/// What is left of a name when all that looks alike is the same (confusables: Unicode Technical Standard 39, section 4).
fn forms(name: &str) -> [String; 2] {
    let plain =
        |text: String| text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    // A capital I is no small l once it is a small i: both orders count.
    let lowered = plain(skeleton(&name.to_lowercase()).collect());
    let seen = plain(skeleton(&skeleton(name).collect::<String>().to_lowercase()).collect());
    [lowered, seen]
}

/// Names by how they look: a thousand are compared with a thousand as fast as they are read.
pub struct LookAlikes<'a>(HashMap<String, BTreeSet<&'a str>>);

impl<'a> LookAlikes<'a> {
    /// Those among which others are looked for.
    pub fn among(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut by_form: HashMap<String, BTreeSet<&'a str>> = HashMap::new();
        for name in names {
            for form in forms(name).into_iter().filter(|it| !it.is_empty()) {
                by_form.entry(form).or_default().insert(name);
            }
        }
        Self(by_form)
    }

    /// The others that [`look_alike`] holds of, in their order.
    pub fn of(&self, name: &str) -> Vec<&'a str> {
        let found = forms(name).into_iter().filter_map(|it| self.0.get(&it)).flatten().copied();
        found.filter(|it| *it != name).collect::<BTreeSet<_>>().into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_are_found() {
        for other in [
            "Claude Code",
            "claude code",
            "CLAUDE CODE",
            "Claude-Code",
            "ClaudeCode",
            "claude_code",
            " Claude  Code. ",
            "CIaude Code",
            "C1aude Code",
            "Claude C\u{3bf}de",
            "\u{421}laude Code",
            "Claud\u{435} Code",
            "\u{ff23}laude Code",
            "\u{1d402}laude Code",
        ] {
            assert!(look_alike("Claude Code", other), "{other}");
            assert!(look_alike(other, "Claude Code"), "{other}");
        }
        for other in ["Claude", "Claude Code 2", "Claude Coder", "Code Claude", "", "--"] {
            assert!(!look_alike("Claude Code", other), "{other}");
        }
        assert!(look_alike("GITHUB", "GitHub") && look_alike("G1THUB", "GlTHUB") && !look_alike("", ""));
    }

    #[test]
    fn many_are_compared_as_one_is() {
        let names = [
            "read_file",
            "read_fiIe",
            "ReadFile",
            "write_file",
            "r\u{435}ad_file",
            "",
            "--",
            "l",
            "I",
            "i",
            "1",
        ];
        let all = LookAlikes::among(names);
        for name in names.into_iter().chain(["READ FILE", "other"]) {
            let mut others: Vec<_> =
                names.into_iter().filter(|it| *it != name && look_alike(it, name)).collect();
            others.sort_unstable();
            assert_eq!(all.of(name), others, "{name}");
        }
        assert_eq!(all.of("read_fiIe").len(), 3);
    }
}
