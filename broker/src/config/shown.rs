//! Every setting as people see it: its value, written as it is set, and where it came from. Never a secret.

use super::{
    AdminConfig, AdminListen, Config, LimitsConfig, LogConfig, LogFormat, NetworkConfig, RootKeyPlace,
    ServerConfig, Setting, Source, StorageConfig, UpstreamConfig, clients, database,
    keys::{self, Key},
    record,
};
use serde::Serialize;
use std::{path::Path, time::Duration};

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Its name in the file.
    pub name: &'static str,
    /// Its value; none if nobody set it and it has no default.
    pub value: Option<String>,
    /// Where the value came from.
    pub origin: Source,
    /// Its flag.
    pub flag: &'static str,
    /// Its environment variable.
    pub variable: &'static str,
}

impl Shown {
    fn of<T>(key: Key, setting: &Setting<T>, text: impl FnOnce(&T) -> String) -> Self {
        Self::row(key, Some(text(&setting.value)), setting.source.clone())
    }

    fn maybe<T>(key: Key, setting: Option<&Setting<T>>, text: impl FnOnce(&T) -> String) -> Self {
        setting.map_or_else(|| Self::row(key, None, Source::Default), |it| Self::of(key, it, text))
    }

    /// A switch: the word that throws it, or nothing.
    fn switch(key: Key, setting: &Setting<bool>) -> Self {
        Self::row(key, setting.value.then(|| keys::ALLOWED.to_owned()), setting.source.clone())
    }

    fn row(key: Key, value: Option<String>, origin: Source) -> Self {
        Self { name: key.name, value, origin, flag: key.flag, variable: key.variable }
    }
}

impl Config {
    /// Every setting with its origin; which file was read is not among them.
    pub fn settings(&self) -> Vec<Shown> {
        self.shown(None).into_iter().filter(|row| row.name != keys::CONFIG.name).collect()
    }

    /// Every setting, in the order of [`keys::ALL`]; `file` is the configuration file that was read.
    pub(super) fn shown(&self, file: Option<&Setting<String>>) -> Vec<Shown> {
        let mut rows = vec![Shown::maybe(keys::CONFIG, file, String::clone)];
        rows.extend(storage(&self.storage));
        rows.extend(server(&self.server));
        rows.extend(network(&self.network));
        rows.extend(admin(&self.admin));
        rows.extend(upstream(&self.upstream));
        rows.push(limits(&self.limits));
        rows.push(Shown::of(keys::DECISIONS, &self.decisions.decisions, ToString::to_string));
        rows.push(Shown::of(keys::CLIENTS, &self.clients.clients, clients::shown));
        rows.push(Shown::of(keys::RETENTION, &self.record.keep, |it| record::shown(it.as_ref())));
        rows.push(Shown::maybe(keys::RETENTION_ARCHIVE, self.record.archive.as_ref(), path));
        rows.extend(log(&self.log));
        rows.sort_by_key(|row| keys::ALL.iter().position(|key| key.name == row.name));
        rows
    }
}

fn path(path: &impl AsRef<Path>) -> String {
    path.as_ref().display().to_string()
}

fn storage(config: &StorageConfig) -> [Shown; 5] {
    [
        Shown::of(keys::DATA, &config.data, path),
        Shown::of(keys::DATABASE, &config.database, |it| database::shown(it)),
        Shown::maybe(keys::DATABASE_PASSWORD, config.database_password.as_ref(), path),
        Shown::of(keys::ROOT_KEY, &config.root_key, |place| match place {
            RootKeyPlace::File(file) | RootKeyPlace::Own(file) => path(file),
            RootKeyPlace::Credential(name) => format!("the systemd credential {name}"),
            RootKeyPlace::Environment => "the key itself (not shown)".to_owned(),
            RootKeyPlace::Passphrase => "passphrase".to_owned(),
        }),
        Shown::of(keys::ANCHOR, &config.anchor, path),
    ]
}

fn server(config: &ServerConfig) -> [Shown; 5] {
    [
        Shown::of(keys::LISTEN, &config.listen, ToString::to_string),
        Shown::of(keys::PUBLIC_URL, &config.public_url, String::clone),
        Shown::of(keys::ENVIRONMENT, &config.environment, String::clone),
        Shown::of(keys::ENVIRONMENT_COLOUR, &config.environment_colour, ToString::to_string),
        Shown::maybe(keys::SITE, config.site.as_ref(), path),
    ]
}

fn network(config: &NetworkConfig) -> [Shown; 4] {
    let tls = config.tls.as_ref();
    let proxies = Some(&config.trusted_proxies).filter(|it| !it.value.is_empty());
    [
        Shown::maybe(keys::TLS_CERT, tls.map(|it| &it.cert), path),
        Shown::maybe(keys::TLS_KEY, tls.map(|it| &it.key), path),
        Shown::maybe(keys::TRUSTED_PROXY, proxies, |it| {
            it.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }),
        Shown::switch(keys::PLAIN_HTTP, &config.plain_http),
    ]
}

fn admin(config: &AdminConfig) -> [Shown; 2] {
    [
        Shown::maybe(keys::ADMIN_LISTEN, config.listen.as_ref(), |it| match it {
            AdminListen::Tcp(address) => address.to_string(),
            AdminListen::Unix(socket) => format!("unix:{}", socket.display()),
        }),
        Shown::switch(keys::ADMIN_EXPOSED, &config.exposed),
    ]
}

fn upstream(config: &UpstreamConfig) -> [Shown; 5] {
    let time = |it: &Duration| match it.as_secs() {
        hours if hours % 3_600 == 0 => format!("{}h", hours / 3_600),
        minutes if minutes % 60 == 0 => format!("{}m", minutes / 60),
        seconds => format!("{seconds}s"),
    };
    [
        Shown::of(keys::UPSTREAM_FIRST_BYTE, &config.first_byte, time),
        Shown::of(keys::UPSTREAM_IDLE, &config.idle, time),
        Shown::of(keys::UPSTREAM_TOOL, &config.tool, time),
        Shown::of(keys::UPSTREAM_TOTAL, &config.total, time),
        Shown::maybe(keys::UPSTREAM_CA, config.authorities.as_ref(), path),
    ]
}

fn limits(config: &LimitsConfig) -> Shown {
    Shown::of(keys::LIMITS, &config.policy, |it| {
        format!(
            "requests={}, prompts={}, calls={}, decisions={}, sign_ins={}, failures={}, cool_down_after={}, \
             cool_down={}, cool_down_longest={}, cool_down_window={}",
            it.requests_per_minute,
            it.prompts_per_minute,
            it.calls_per_second,
            it.decisions_per_minute,
            it.sign_ins_per_minute,
            it.failures_per_minute,
            it.cool_down_after,
            it.cool_down,
            it.cool_down_longest,
            it.cool_down_window
        )
    })
}

fn log(config: &LogConfig) -> [Shown; 2] {
    let format = |it: &LogFormat| match it {
        LogFormat::Json => "json".to_owned(),
        LogFormat::Text => "text".to_owned(),
    };
    [Shown::of(keys::LOG, &config.format, format), Shown::of(keys::LOG_LEVEL, &config.level, String::clone)]
}
