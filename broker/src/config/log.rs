//! What is logged, and how.

use super::{
    ConfigError, Layers, Setting,
    keys::{LOG, LOG_LEVEL},
};
use tracing_subscriber::EnvFilter;

/// The shape of a line of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object.
    Json,
    /// For people.
    Text,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// JSON or text.
    pub format: Setting<LogFormat>,
    /// `error`, `warn`, `info`, `debug`, `trace`, or a filter as `info,sqlx=debug`.
    pub level: Setting<String>,
}

impl LogConfig {
    pub(super) fn read(layers: &Layers) -> Result<Self, ConfigError> {
        let format = match layers.get(LOG) {
            Some(given) => given.parse(|text| match text.as_str() {
                "json" => Ok(LogFormat::Json),
                "text" => Ok(LogFormat::Text),
                _ => Err(format!("must be json or text, not {text:?}")),
            })?,
            None => Setting::by_default(LogFormat::Text),
        };
        let level = match layers.get(LOG_LEVEL) {
            Some(given) => given.parse(|text| EnvFilter::try_new(&text).map(|_| text))?,
            None => Setting::by_default("info".to_owned()),
        };
        Ok(Self { format, level })
    }
}
