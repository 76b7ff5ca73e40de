//! The messages on the server: read once, then only looked up.

use super::{Language, Value};
use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use std::sync::LazyLock;

/// The messages of one language.
pub(super) type Bundle = FluentBundle<FluentResource>;

/// A family of messages: the name of its file and what is in it.
pub(super) type Family = (&'static str, &'static str);

/// Reads the files of all families in all languages.
macro_rules! families {
    ($($name:literal),* $(,)?) => {
        const ENGLISH: &[Family] = &[$(($name, include_str!(concat!("../../texts/en/", $name, ".ftl")))),*];
        const GERMAN: &[Family] = &[$(($name, include_str!(concat!("../../texts/de/", $name, ".ftl")))),*];
    };
}

// A file per family of pages. What islands show lies in the first.
families!(
    "islands", "common", "inbox", "sessions", "services", "sign_in", "passkeys", "notices", "keep", "tools",
    "agents", "connect", "audit", "people", "operator", "activity", "timeline", "problems", "search"
);

/// The family whose messages are handed to the browser.
pub(super) const ISLANDS: &str = "islands";

pub(super) fn families(language: Language) -> &'static [Family] {
    match language {
        Language::English => ENGLISH,
        Language::German => GERMAN,
    }
}

static BUNDLES: LazyLock<[Bundle; 2]> =
    LazyLock::new(|| Language::ALL.map(|language| bundle(language, families(language))));

/// What is wrong with a file is for the tests to find; here the rest of it is used.
pub(super) fn bundle(language: Language, families: &[Family]) -> Bundle {
    let mut bundle = Bundle::new_concurrent(language.tag().parse().into_iter().collect());
    // Names are isolated by elements; invisible characters would be in the way of searching and copying.
    bundle.set_use_isolating(false);
    for (_, source) in families {
        let read = FluentResource::try_new((*source).to_owned());
        drop(bundle.add_resource(read.unwrap_or_else(|(rest, _)| rest)));
    }
    bundle
}

/// The text of a message; in English if the language lacks it. What lacks altogether, or was not given all its
/// arguments, is marked: tests look for the mark on every page.
pub(super) fn format(language: Language, key: &str, args: &[(&str, Value)]) -> String {
    let [english, german] = &*BUNDLES;
    let first = match language {
        Language::English => english,
        Language::German => german,
    };
    let found = [first, english].into_iter().find_map(|bundle| of_bundle(bundle, key, args));
    found.unwrap_or_else(|| format!("⟦{key}⟧"))
}

pub(super) fn of_bundle(bundle: &Bundle, key: &str, args: &[(&str, Value)]) -> Option<String> {
    let pattern = bundle.get_message(key)?.value()?;
    let args: FluentArgs<'_> = args.iter().map(|(name, value)| (*name, fluent(value))).collect();
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, Some(&args), &mut errors);
    errors.is_empty().then(|| text.into_owned())
}

fn fluent(value: &Value) -> FluentValue<'_> {
    match value {
        Value::Number(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
    }
}
