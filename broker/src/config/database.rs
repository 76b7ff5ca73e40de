//! The database's address: its password from a file of its own, and the address without it for people.

use super::{
    ConfigError, Layers, Lookup, Setting, Source,
    keys::{DATABASE, DATABASE_PASSWORD},
};
use std::{fs, path::PathBuf};
use url::Url;

/// The name under which a systemd unit may hand the password over.
const CREDENTIAL: &str = "countersign-database-password";
/// What is shown instead of a password.
const HIDDEN: &str = "***";

/// The file of the password: as it was named, or a credential of the unit.
pub(super) fn password_file(layers: &Layers, lookup: Lookup<'_>) -> Option<Setting<PathBuf>> {
    let named = layers.get(DATABASE_PASSWORD);
    let credential = || {
        let value = PathBuf::from(lookup("CREDENTIALS_DIRECTORY")?).join(CREDENTIAL);
        let source = Source::Environment("CREDENTIALS_DIRECTORY");
        value.exists().then_some(Setting { value, source })
    };
    named.map(|it| Setting { value: it.value.into(), source: it.source }).or_else(credential)
}

/// The address with the password that is in this file.
pub(super) fn with_password(address: &str, file: &Setting<PathBuf>) -> Result<String, ConfigError> {
    let invalid = |why: String| ConfigError::Invalid { origin: file.source.clone(), why };
    let mut url = match Url::parse(address) {
        Ok(url) if url.scheme().starts_with("postgres") => url,
        _ => return Err(invalid("SQLite has no password; set it together with postgres://…".to_owned())),
    };
    if url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password") {
        let why = format!("and a password in {} are both set: which one counts?", DATABASE.name);
        return Err(invalid(why));
    }
    let text =
        fs::read_to_string(&file.value).map_err(|why| invalid(format!("{}: {why}", file.value.display())))?;
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(invalid(format!("{} is empty", file.value.display())));
    }
    let password = percent_encoding::utf8_percent_encode(password, percent_encoding::NON_ALPHANUMERIC);
    if url.host_str().is_none_or(str::is_empty) || url.set_password(Some(&password.to_string())).is_err() {
        // An address without a host, as of a local socket, has no place for it but here.
        let query = url.query().map(|it| format!("{it}&")).unwrap_or_default();
        url.set_query(Some(&format!("{query}password={password}")));
    }
    Ok(url.into())
}

/// An address as people may see it.
pub fn shown(address: &str) -> String {
    let scheme = address.split(':').next().unwrap_or_default();
    if scheme == "sqlite" {
        return address.to_owned();
    }
    let Ok(mut url) = Url::parse(address) else { return format!("{scheme}:{HIDDEN}") };
    if url.password().is_some() && url.set_password(Some(HIDDEN)).is_err() {
        return format!("{scheme}:{HIDDEN}");
    }
    if let Some(query) = url.query() {
        let hidden = |pair: &str| match pair.split_once('=') {
            // Any other name could be a password that is written differently.
            Some((name, _)) if !HARMLESS.contains(&name) => format!("{name}={HIDDEN}"),
            _ => pair.to_owned(),
        };
        let query: Vec<String> = query.split('&').map(hidden).collect();
        url.set_query(Some(&query.join("&")));
    }
    url.into()
}

/// Whether the address itself holds a password.
pub(super) fn holds_password(address: &str) -> bool {
    shown(address) != address
}

/// What may be shown of an address's query.
const HARMLESS: [&str; 9] = [
    "sslmode",
    "sslrootcert",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "application_name",
    "statement-cache-capacity",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn given(address: &str, password: &str) -> Result<String, String> {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("password");
        fs::write(&path, password).unwrap();
        let file = Setting { value: path, source: Source::Flag("--database-password-file") };
        with_password(address, &file).map_err(|it| it.to_string())
    }

    #[test]
    fn a_password_is_put_in_and_never_shown() {
        let whole = given("postgres://u@h/db?sslmode=require", "p@ss/wörd 1\n").unwrap();
        assert_eq!(whole, "postgres://u:p%40ss%2Fw%C3%B6rd%201@h/db?sslmode=require");
        assert_eq!(shown(&whole), "postgres://u:***@h/db?sslmode=require");
        let options: sqlx::postgres::PgConnectOptions = whole.parse().unwrap();
        assert_eq!(options.get_username(), "u");
        let local = given("postgres:///db?host=/run/postgresql", "hunter22").unwrap();
        assert_eq!(local, "postgres:///db?host=/run/postgresql&password=hunter22");
        assert_eq!(shown(&local), "postgres:///db?host=/run/postgresql&password=***");
        for (address, seen) in [
            ("sqlite:///var/lib/x.db", "sqlite:///var/lib/x.db"),
            ("postgres://u@h/db", "postgres://u@h/db"),
            ("postgres://u:p@h/db", "postgres://u:***@h/db"),
            ("postgres://h/db?Password=p&sslmode=disable", "postgres://h/db?Password=***&sslmode=disable"),
            ("postgres://u:p@[", "postgres:***"),
        ] {
            assert_eq!(shown(address), seen);
            assert_eq!(holds_password(address), address != seen);
        }
    }

    #[test]
    fn one_password_for_one_database() {
        assert!(given("sqlite:x.db", "p").unwrap_err().contains("SQLite has no password"));
        for both in ["postgres://u:x@h/db", "postgres://u@h/db?password=x"] {
            assert!(given(both, "p").unwrap_err().contains("which one counts"), "{both}");
        }
        assert!(given("postgres://u@h/db", "\n").unwrap_err().ends_with("is empty"));
        let file = Setting::by_default(PathBuf::from("/nowhere/password"));
        assert!(
            with_password("postgres://u@h/db", &file).unwrap_err().to_string().contains("/nowhere/password")
        );
    }
}
