//! Everything that is wrong with the configuration at once, instead of the first thing: for `config check` and `doctor`.

use super::{
    AdminConfig, AdminListen, ClientsConfig, Config, ConfigError, DecisionsConfig, Flags, Layers,
    LimitsConfig, LogConfig, Lookup, NetworkConfig, ProgramsConfig, RecordConfig, RootKeyPlace, ServerConfig,
    Setting, Shown, Source, StorageConfig, UpstreamConfig, database, keys, storage,
};
use crate::{net::Certificate, vault::RootKeySource};
use serde::Serialize;
use std::{ffi::OsString, os::unix::fs::PermissionsExt as _, path::Path};

/// Something about the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether it is wrong, and not only odd.
    pub wrong: bool,
    /// What, and what to do.
    pub text: String,
}

/// What was said about the settings, and what is wrong with it.
#[derive(Debug)]
pub struct Inspection {
    /// Every setting; none if some cannot be read.
    pub settings: Option<Vec<Shown>>,
    /// What is wrong or odd, the wrong first.
    pub findings: Vec<Finding>,
}

/// Looks at everything. A value that does not fit is left out to find what else is wrong.
pub fn inspect(
    flags: Flags,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    lookup: Lookup<'_>,
) -> Inspection {
    let mut layers = Layers::new(flags, environment);
    layers.read_file(&storage::data(&layers, lookup).value);
    let mut errors = std::mem::take(&mut layers.errors);
    let config = settle(&mut layers, &mut errors, lookup);
    let mut findings: Vec<Finding> = errors.iter().map(|it| wrong(it.to_string())).collect();
    let mut settings = None;
    if let Some(config) = config.filter(|_| errors.is_empty()) {
        findings.extend(config.findings());
        settings = Some(config.shown(file(&layers).as_ref()));
    }
    findings.sort_by_key(|it| !it.wrong);
    Inspection { settings, findings }
}

impl Config {
    /// What is wrong or odd about settings that can all be read.
    pub fn findings(&self) -> Vec<Finding> {
        [contradictions(self), files(self), oddities(self)].concat()
    }
}

/// Reads all sections, without what each of them refuses.
fn settle(layers: &mut Layers, errors: &mut Vec<ConfigError>, lookup: Lookup<'_>) -> Option<Config> {
    let config = Config {
        storage: section(layers, errors, |it| StorageConfig::read(it, lookup))?,
        server: section(layers, errors, ServerConfig::read)?,
        network: section(layers, errors, NetworkConfig::read)?,
        admin: section(layers, errors, AdminConfig::read)?,
        upstream: section(layers, errors, UpstreamConfig::read)?,
        limits: section(layers, errors, LimitsConfig::read)?,
        decisions: section(layers, errors, DecisionsConfig::read)?,
        clients: section(layers, errors, ClientsConfig::read)?,
        record: section(layers, errors, RecordConfig::read)?,
        log: section(layers, errors, LogConfig::read)?,
        programs: section(layers, errors, ProgramsConfig::read)?,
    };
    Some(config)
}

fn section<T>(
    layers: &mut Layers,
    errors: &mut Vec<ConfigError>,
    read: impl Fn(&Layers) -> Result<T, ConfigError>,
) -> Option<T> {
    loop {
        let error = match read(layers) {
            Ok(section) => return Some(section),
            Err(error) => error,
        };
        let can_go_on = error.origin().is_some_and(|origin| layers.forget(origin));
        errors.push(error);
        if !can_go_on {
            return None;
        }
    }
}

fn file(layers: &Layers) -> Option<Setting<String>> {
    let path = layers.path()?.display().to_string();
    Some(layers.get(keys::CONFIG).unwrap_or_else(|| Setting::by_default(path)))
}

fn wrong(text: String) -> Finding {
    Finding { wrong: true, text }
}

fn odd(text: String) -> Finding {
    Finding { wrong: false, text }
}

/// Settings that exclude each other.
fn contradictions(config: &Config) -> Vec<Finding> {
    let Config { server, network, admin, upstream, limits, .. } = config;
    let mut found: Vec<Finding> =
        network.check(server).err().map(|it| wrong(it.to_string())).into_iter().collect();
    let mut say = |when: bool, source: &Source, why: &str| {
        found.extend(when.then(|| wrong(format!("{source}: {why}"))));
    };
    let tls = network.tls.is_some();
    let why = "the broker speaks TLS itself, so plain http is never spoken: leave one of both out";
    say(tls && network.plain_http.value, &network.plain_http.source, why);
    let plain_url = server.public_url.value.starts_with("http://");
    let why = "starts with http://, but the broker speaks TLS: write it with https://, or leave the certificate out";
    say(tls && plain_url, &server.public_url.source, why);
    if let Some(Setting { value: AdminListen::Tcp(address), source }) = &admin.listen {
        let same = *address == server.listen.value && address.port() != 0;
        say(same, source, &format!("is the same address as {}", keys::LISTEN.name));
    }
    let of_no_use = admin.exposed.value && admin.listen.is_none();
    say(of_no_use, &admin.exposed.source, &format!("has no effect without {}", keys::ADMIN_LISTEN.name));
    for (key, time) in [
        (keys::UPSTREAM_FIRST_BYTE, &upstream.first_byte),
        (keys::UPSTREAM_IDLE, &upstream.idle),
        (keys::UPSTREAM_TOOL, &upstream.tool),
    ] {
        let source = if time.source == Source::Default { &upstream.total.source } else { &time.source };
        let why = format!("{} is longer than {}", key.name, keys::UPSTREAM_TOTAL.name);
        say(time.value > upstream.total.value, source, &why);
    }
    let policy = &limits.policy.value;
    let why = "cool_down is longer than cool_down_longest";
    say(policy.cool_down > policy.cool_down_longest, &limits.policy.source, why);
    found
}

/// Files that are named and cannot be used.
fn files(config: &Config) -> Vec<Finding> {
    let Config { server, network, upstream, storage, record, .. } = config;
    let mut found = Vec::new();
    found.extend(server.check_site().err().map(|it| wrong(it.to_string())));
    if let Some(tls) = &network.tls {
        found.extend(Certificate::open(tls).err().map(|it| wrong(format!("{}: {it}", tls.cert.source))));
    }
    found.extend(upstream.authorities().err().map(|it| wrong(it.to_string())));
    if let Some(Setting { value, source }) = record.archive.as_ref().filter(|it| !it.value.is_dir()) {
        found.push(wrong(format!("{source}: there is no folder {}", value.display())));
    }
    found.extend(config.programs.wrong(&config.own_files()).into_iter().map(wrong));
    if let RootKeyPlace::File(path) = &storage.root_key.value {
        let loaded = RootKeySource::File(path.clone()).load(&|_| None);
        found.extend(loaded.err().map(|it| wrong(format!("{}: {it}", storage.root_key.source))));
    }
    found
}

/// What works, and is seldom meant.
fn oddities(config: &Config) -> Vec<Finding> {
    let Config { server, network, storage, record, .. } = config;
    let mut found: Vec<Finding> = server.warning().into_iter().map(|it| odd(it.to_owned())).collect();
    let mut say = |when: bool, source: &Source, why: &str| {
        found.extend(when.then(|| odd(format!("{source}: {why}"))));
    };
    if let Some(archive) = record.archive.as_ref().filter(|_| record.keep.value.is_none()) {
        let why =
            format!("nothing is dropped without {}, so only audit drop writes there", keys::RETENTION.name);
        say(true, &archive.source, &why);
    }
    let (tls, proxies) = (network.tls.is_some(), !network.trusted_proxies.value.is_empty());
    let https = server.public_url.value.starts_with("https://");
    let why = "is https, and nothing here says who speaks TLS: give tls_cert and tls_key, or name the proxy with \
               trusted_proxy. Otherwise every client seems to be the proxy, and all of them share its limits";
    say(https && !tls && !proxies && !network.plain_http.value, &server.public_url.source, why);
    let why =
        "other machines are spoken with in the clear: right only where something below encrypts, as a VPN";
    say(network.plain_http.value && !tls, &network.plain_http.source, why);
    let port = url::Url::parse(&server.public_url.value).ok().and_then(|it| it.port_or_known_default());
    let listen = server.listen.value.port();
    let why = format!(
        "names another port than {} ({listen}): right only if something forwards it",
        keys::LISTEN.name
    );
    let direct = !proxies && (tls || !https);
    say(direct && listen != 0 && port != Some(listen), &server.public_url.source, &why);
    let why =
        "for development only: every process of the user can read it. Use a file, or a systemd credential";
    say(storage.root_key.value == RootKeyPlace::Environment, &storage.root_key.source, why);
    let on_view = matches!(storage.database.source, Source::Flag(_)) && storage.database_password.is_none();
    let why = "every user of the machine can see a password in a command line: use database_password_file";
    say(on_view && database::holds_password(&storage.database.value), &storage.database.source, why);
    let open = matches!(&storage.database.source, Source::File { path, .. } if others_can_read(path))
        && storage.database_password.is_none();
    let why = "holds a password, and others can read the file: chmod 600 it, or use database_password_file";
    say(open && database::holds_password(&storage.database.value), &storage.database.source, why);
    found
}

fn others_can_read(path: &Path) -> bool {
    path.metadata().is_ok_and(|it| it.permissions().mode() & 0o044 != 0)
}
