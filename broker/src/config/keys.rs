//! The names of all settings, once: as a flag, in the environment, in the file.

use std::fmt;

/// What every variable of Countersign starts with.
pub const PREFIX: &str = "COUNTERSIGN_";

/// One setting. In the file it stands under its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Its name in the file.
    pub name: &'static str,
    /// Its flag.
    pub flag: &'static str,
    /// Its environment variable.
    pub variable: &'static str,
}

const fn key(name: &'static str, flag: &'static str, variable: &'static str) -> Key {
    Key { name, flag, variable }
}

/// The data directory.
pub const DATA: Key = key("data", "--data", "COUNTERSIGN_DATA");
/// The configuration file; not a key of the file itself.
pub const CONFIG: Key = key("config", "--config", "COUNTERSIGN_CONFIG");
/// The database.
pub const DATABASE: Key = key("database", "--database", "COUNTERSIGN_DATABASE");
/// The file of the root key.
pub const ROOT_KEY: Key = key("root_key", "--root-key", "COUNTERSIGN_ROOT_KEY_FILE");
/// The address to listen on.
pub const LISTEN: Key = key("listen", "--listen", "COUNTERSIGN_LISTEN");
/// Where people and agents reach the broker.
pub const PUBLIC_URL: Key = key("public_url", "--public-url", "COUNTERSIGN_PUBLIC_URL");
/// The name of the environment.
pub const ENVIRONMENT: Key = key("environment", "--environment", "COUNTERSIGN_ENVIRONMENT");
/// Where the wasm half of the pages is.
pub const SITE: Key = key("site", "--site", "COUNTERSIGN_SITE");
/// How much anybody may ask.
pub const LIMITS: Key = key("limits", "--limits", "COUNTERSIGN_LIMITS");
/// JSON or text.
pub const LOG: Key = key("log", "--log", "COUNTERSIGN_LOG_FORMAT");
/// How much is logged.
pub const LOG_LEVEL: Key = key("log_level", "--log-level", "COUNTERSIGN_LOG");

/// All of them.
pub const ALL: [Key; 11] =
    [DATA, CONFIG, DATABASE, ROOT_KEY, LISTEN, PUBLIC_URL, ENVIRONMENT, SITE, LIMITS, LOG, LOG_LEVEL];

/// Whether a variable with our prefix is one that somebody reads: a setting, the root key itself, the client's, or
/// one of the tests.
pub fn is_known_variable(name: &str) -> bool {
    const OTHERS: [&str; 4] = ["ROOT_KEY", "ROOT_KEY_FD", "FAILPOINT", "URL"];
    const FAMILIES: [&str; 3] = ["TEST_", "AGENT", "PERSON_TOKEN"];
    let rest = name.strip_prefix(PREFIX).unwrap_or(name);
    ALL.iter().any(|key| key.variable == name)
        || OTHERS.contains(&rest)
        || FAMILIES.iter().any(|family| rest.starts_with(family))
}

/// The known name that is nearest to a mistyped one.
pub fn did_you_mean(name: &str, known: impl Iterator<Item = &'static str>) -> Hint {
    let near = known.map(|it| (distance(name, it), it)).min();
    Hint(near.filter(|(far, it)| *far <= 2.max(it.len() / 3)).map(|(_, it)| it))
}

/// `; did you mean …?`, if there is something near enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hint(Option<&'static str>);

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |name| write!(f, "; did you mean {name}?"))
    }
}

/// Levenshtein's distance, with one row.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.chars().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, far) in [("", "", 0), ("", "abc", 3), ("listen", "listen", 0), ("lisen", "listen", 1)] {
            assert_eq!(distance(a, b), far, "{a} {b}");
        }
        assert_eq!(distance("public-url", "public_url"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn only_what_is_near_is_suggested() {
        let names = || ALL.iter().map(|key| key.name);
        assert_eq!(did_you_mean("publicurl", names()).to_string(), "; did you mean public_url?");
        assert_eq!(did_you_mean("colour", names()).to_string(), "");
    }

    #[test]
    fn known_variables() {
        for good in
            ["LISTEN", "ROOT_KEY", "ROOT_KEY_FILE", "TEST_X", "AGENT_SECRET_FILE", "PERSON_TOKEN", "URL"]
        {
            assert!(is_known_variable(&format!("{PREFIX}{good}")), "{good}");
        }
        for bad in ["LISTN", "ROOTKEY", "TESTX", "URLS", ""] {
            assert!(!is_known_variable(&format!("{PREFIX}{bad}")), "{bad}");
        }
    }
}
