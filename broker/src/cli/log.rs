//! The log: one line for each event, on stderr. What an agent sends may stand in it, but can neither begin a line nor
//! move the cursor.

use crate::{
    config::{LogConfig, LogFormat, Source},
    telemetry::{self, Exporting},
};
use std::fmt;
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer as _,
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{Format, Full, Writer},
        time::FormatTime,
    },
    layer::SubscriberExt as _,
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

/// Starts logging; `usual` is the level if nobody set one.
/// Spans for a collector go there and not into the log.
pub fn start(config: &LogConfig, usual: &str, traces: Option<&Exporting>) -> anyhow::Result<()> {
    let level = if config.level.source == Source::Default { usual } else { &config.level.value };
    let filter = EnvFilter::try_new(level)?.add_directive(format!("{}=off", telemetry::TARGET).parse()?);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(traces.map(telemetry::layer));
    let started = match config.format.value {
        LogFormat::Json => registry.with(lines.json().flatten_event(true).with_filter(filter)).try_init(),
        LogFormat::Text => {
            let lines = lines.with_ansi(false).event_format(OneLine(Format::default()));
            registry.with(lines.with_filter(filter)).try_init()
        }
    };
    started.map_err(|error| anyhow::anyhow!("the log could not be started: {error}"))
}

/// The usual format, with everything escaped that is not plainly visible.
struct OneLine<T>(Format<Full, T>);

impl<S, N, T> FormatEvent<S, N> for OneLine<T>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    T: FormatTime,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        for c in line.trim_end_matches('\n').chars() {
            if domain::text::is_forbidden(c) {
                write!(writer, "{}", c.escape_unicode())?;
            } else {
                writer.write_char(c)?;
            }
        }
        writer.write_char('\n')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };
    use tracing_subscriber::fmt::MakeWriter;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Sink {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    /// What is logged of a message, a field and a span that all hold this text.
    fn logged(json: bool, text: &str) -> String {
        let sink = Sink::default();
        let builder = tracing_subscriber::fmt().with_writer(sink.clone());
        let log = || {
            let _span = tracing::info_span!("call", agent = text).entered();
            tracing::info!(path = text, debug = ?text, "said {text}");
        };
        if json {
            tracing::subscriber::with_default(builder.json().flatten_event(true).finish(), log);
        } else {
            let format = OneLine(Format::default());
            let subscriber = builder.with_ansi(false).event_format(format).finish();
            tracing::subscriber::with_default(subscriber, log);
        }
        String::from_utf8(sink.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn no_text_begins_a_line_or_moves_the_cursor() {
        let forged = "x\n2026-01-01T00:00:00Z  INFO all is well\r\x1b[2K\u{9b}31m\u{202e}\u{2028}é";
        for json in [false, true] {
            let line = logged(json, forged);
            assert_eq!(line.matches('\n').count(), 1, "{line}");
            assert!(line.ends_with('\n') && line.contains("all is well") && line.contains('é'), "{line}");
            assert!(!line.contains(['\r', '\x1b']), "{line:?}");
        }
        let line = logged(false, forged);
        assert!(!line.contains(['\u{9b}', '\u{202e}', '\u{2028}']), "{line:?}");
        assert!(line.contains("\\u{a}2026"), "{line}");
    }
}
