//! Which OAuth clients people may bring along.

use super::{ConfigError, Layers, Setting, keys::CLIENTS};
use crate::clients::ClientSettings;

/// Which OAuth clients people may bring along, as one text: `registration=off, documents=claude.ai client.example:8443`.
/// What is left out stays as it is by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientsConfig {
    /// What is switched on.
    pub clients: Setting<ClientSettings>,
}

impl ClientsConfig {
    pub(super) fn read(layers: &Layers) -> Result<Self, ConfigError> {
        let clients = match layers.get(CLIENTS) {
            Some(given) => given.parse(|text| parse(&text))?,
            None => Setting::by_default(ClientSettings::default()),
        };
        Ok(Self { clients })
    }
}

/// As it is set.
pub(super) fn shown(settings: &ClientSettings) -> String {
    let registration = if settings.registration { "on" } else { "off" };
    let documents = match (settings.documents, settings.hosts.as_slice()) {
        (false, _) => "off".to_owned(),
        (true, []) => "any".to_owned(),
        (true, hosts) => hosts.join(" "),
    };
    format!("registration={registration}, documents={documents}")
}

fn parse(text: &str) -> Result<ClientSettings, String> {
    let mut settings = ClientSettings::default();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or_else(|| format!("{pair:?} is not NAME=VALUE"))?;
        match (name.trim(), value.trim()) {
            ("registration", "on") => settings.registration = true,
            ("registration", "off") => settings.registration = false,
            ("registration", other) => return Err(format!("registration is on or off, not {other:?}")),
            ("documents", "any") => {}
            ("documents", "off") => settings.documents = false,
            ("documents", hosts) => settings.hosts = self::hosts(hosts)?,
            (other, _) => return Err(format!("there is no {other:?}: registration, documents")),
        }
    }
    Ok(settings)
}

/// Hosts as they stand in addresses, with the port where it is not 443.
fn hosts(text: &str) -> Result<Vec<String>, String> {
    let hosts: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    if hosts.is_empty() {
        return Err("documents is any, off, or hosts with blanks between them".to_owned());
    }
    for host in &hosts {
        let url = url::Url::parse(&format!("https://{host}/"));
        let same = url.is_ok_and(|it| it.as_str() == format!("https://{host}/") && it.domain().is_some());
        if !same || host.contains(['*', '@', '/']) {
            return Err(format!("{host:?} is no host name as it stands in an https address"));
        }
    }
    Ok(hosts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_read_back() {
        for said in [
            "registration=on, documents=any",
            "registration=off, documents=off",
            "registration=on, documents=claude.ai client.example:8443",
        ] {
            assert_eq!(shown(&parse(said).unwrap()), said);
        }
        assert_eq!(parse("").unwrap(), ClientSettings::default());
        for bad in [
            "registration",
            "registration=maybe",
            "documents=",
            "documents=https://claude.ai",
            "documents=*.example",
            "documents=Claude.ai",
            "documents=127.0.0.1",
            "clients=1",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
