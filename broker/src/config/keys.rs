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
/// The file of the password of a PostgreSQL database.
pub const DATABASE_PASSWORD: Key =
    key("database_password_file", "--database-password-file", "COUNTERSIGN_DATABASE_PASSWORD_FILE");
/// The file of the root key.
pub const ROOT_KEY: Key = key("root_key", "--root-key", "COUNTERSIGN_ROOT_KEY_FILE");
/// The file of the anchor.
pub const ANCHOR: Key = key("anchor", "--anchor", "COUNTERSIGN_ANCHOR");
/// The address to listen on.
pub const LISTEN: Key = key("listen", "--listen", "COUNTERSIGN_LISTEN");
/// Where people and agents reach the broker.
pub const PUBLIC_URL: Key = key("public_url", "--public-url", "COUNTERSIGN_PUBLIC_URL");
/// The name of the environment.
pub const ENVIRONMENT: Key = key("environment", "--environment", "COUNTERSIGN_ENVIRONMENT");
/// Its colour.
pub const ENVIRONMENT_COLOUR: Key =
    key("environment_colour", "--environment-colour", "COUNTERSIGN_ENVIRONMENT_COLOUR");
/// Where the wasm half of the pages is.
pub const SITE: Key = key("site", "--site", "COUNTERSIGN_SITE");
/// How much anybody may ask.
pub const LIMITS: Key = key("limits", "--limits", "COUNTERSIGN_LIMITS");
/// How many people and which proof a decision takes.
pub const DECISIONS: Key = key("decisions", "--decisions", "COUNTERSIGN_DECISIONS");
/// Which OAuth clients people may bring along.
pub const CLIENTS: Key = key("clients", "--clients", "COUNTERSIGN_CLIENTS");
/// How long the record is kept.
pub const RETENTION: Key = key("retention", "--retention", "COUNTERSIGN_RETENTION");
/// Where what is dropped of it is written first.
pub const RETENTION_ARCHIVE: Key =
    key("retention_archive", "--retention-archive", "COUNTERSIGN_RETENTION_ARCHIVE");
/// JSON or text.
pub const LOG: Key = key("log", "--log", "COUNTERSIGN_LOG_FORMAT");
/// How much is logged.
pub const LOG_LEVEL: Key = key("log_level", "--log-level", "COUNTERSIGN_LOG");

/// The certificate of the broker's own TLS.
pub const TLS_CERT: Key = key("tls_cert", "--tls-cert", "COUNTERSIGN_TLS_CERT");
/// Its private key.
pub const TLS_KEY: Key = key("tls_key", "--tls-key", "COUNTERSIGN_TLS_KEY");
/// The proxies whose forwarded headers are believed.
pub const TRUSTED_PROXY: Key = key("trusted_proxy", "--trusted-proxy", "COUNTERSIGN_TRUSTED_PROXY");
/// Whether plain HTTP may be spoken with other machines.
pub const PLAIN_HTTP: Key = key("plain_http", "--plain-http", "COUNTERSIGN_PLAIN_HTTP");
/// Where operators' programs look at numbers and health.
pub const ADMIN_LISTEN: Key = key("admin_listen", "--admin-listen", "COUNTERSIGN_ADMIN_LISTEN");
/// Whether other machines may look there.
pub const ADMIN_EXPOSED: Key = key("admin_exposed", "--admin-exposed", "COUNTERSIGN_ADMIN_EXPOSED");

/// The word that throws a switch; its flag alone stands for it.
pub const ALLOWED: &str = "allowed";

/// How long a service may take to begin its answer.
pub const UPSTREAM_FIRST_BYTE: Key =
    key("upstream_first_byte", "--upstream-first-byte", "COUNTERSIGN_UPSTREAM_FIRST_BYTE");
/// How long a service may be silent within its answer.
pub const UPSTREAM_IDLE: Key = key("upstream_idle", "--upstream-idle", "COUNTERSIGN_UPSTREAM_IDLE");
/// How long an MCP server may be silent while one of its tools works.
pub const UPSTREAM_TOOL: Key = key("upstream_tool", "--upstream-tool", "COUNTERSIGN_UPSTREAM_TOOL");
/// How long one call may take altogether.
pub const UPSTREAM_TOTAL: Key = key("upstream_total", "--upstream-total", "COUNTERSIGN_UPSTREAM_TOTAL");
/// Certificate authorities of services.
pub const UPSTREAM_CA: Key = key("upstream_ca", "--upstream-ca", "COUNTERSIGN_UPSTREAM_CA");

/// All of them.
pub const ALL: [Key; 29] = [
    DATA,
    CONFIG,
    DATABASE,
    DATABASE_PASSWORD,
    ROOT_KEY,
    ANCHOR,
    LISTEN,
    PUBLIC_URL,
    ENVIRONMENT,
    ENVIRONMENT_COLOUR,
    SITE,
    LIMITS,
    DECISIONS,
    CLIENTS,
    RETENTION,
    RETENTION_ARCHIVE,
    LOG,
    LOG_LEVEL,
    TLS_CERT,
    TLS_KEY,
    TRUSTED_PROXY,
    PLAIN_HTTP,
    ADMIN_LISTEN,
    ADMIN_EXPOSED,
    UPSTREAM_FIRST_BYTE,
    UPSTREAM_IDLE,
    UPSTREAM_TOOL,
    UPSTREAM_TOTAL,
    UPSTREAM_CA,
];

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
