//! All words of the pages, in every language: Fluent messages in `texts/LANGUAGE/FAMILY.ftl`.
//!
//! `t!("key", name = value)` is a text, `rich!("key", name = view)` a text with emphasis, links and parts of the page in
//! it. The language is the viewer's, which the [`Desk`](crate::Desk) knows. What the broker and the rules generate
//! (the sentence, reasons, the particulars of a problem) is recorded in English and stays so: [`foreign`] marks it.
//!
//! Fluent itself stays on the server: with it the browser's half would grow by more than a quarter. Islands get the
//! messages of `islands.ftl` with the page, in its language, with `{name}` where an argument goes ([`IslandTexts`]).

mod language;
mod markup;
mod value;

#[cfg(feature = "ssr")]
mod bundles;
#[cfg(feature = "ssr")]
mod handed;
#[cfg(feature = "hydrate")]
mod table;
#[cfg(all(test, feature = "ssr"))]
mod tests;

#[cfg(feature = "ssr")]
pub(crate) use handed::IslandTexts;
pub(crate) use value::Slot;
pub use {language::Language, value::Value};

use leptos::prelude::*;

/// A text: `t!("key")`, `t!("key", count = n, name = words)`.
macro_rules! t {
    ($key:expr $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::texts::words($key, &[$((stringify!($name), $crate::texts::Value::from($value))),*])
    };
}

/// A text as a part of the page: like `t!`, but arguments may also be views, and `Slot::link`.
macro_rules! rich {
    ($key:expr $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::texts::view_of($key, vec![$((stringify!($name), $crate::texts::Slot::from($value))),*])
    };
}

pub(crate) use {rich, t};

/// The language of this page.
pub(crate) fn language() -> Language {
    #[cfg(feature = "ssr")]
    return crate::pages::desk().map(|desk| desk.language()).unwrap_or_default();
    #[cfg(all(feature = "hydrate", not(feature = "ssr")))]
    return table::language().unwrap_or_default();
    #[cfg(not(any(feature = "ssr", feature = "hydrate")))]
    return Language::default();
}

/// For `lang=`: what is written in English, where the page is in another language.
pub(crate) fn foreign() -> Option<&'static str> {
    (language() != Language::English).then_some(Language::English.tag())
}

/// The text of a message.
pub(crate) fn words(key: &str, args: &[(&str, Value)]) -> String {
    #[cfg(feature = "ssr")]
    return bundles::format(language(), key, args);
    #[cfg(all(feature = "hydrate", not(feature = "ssr")))]
    return table::format(key, args);
    #[cfg(not(any(feature = "ssr", feature = "hydrate")))]
    return format!("{key} {args:?}");
}

/// The text of a message without arguments in a language of choice.
#[cfg(feature = "ssr")]
pub(crate) fn in_language(language: Language, key: &str) -> String {
    bundles::format(language, key, &[])
}

/// The text of a message, as a part of the page.
pub(crate) fn view_of(key: &str, slots: Vec<(&'static str, Slot)>) -> AnyView {
    let args: Vec<_> = slots
        .iter()
        .filter_map(|(name, slot)| match slot {
            Slot::Number(number) => Some((*name, Value::Number(*number))),
            Slot::View(_) => Some((*name, Value::Text(format!("{{{name}}}")))),
            Slot::Link(_) => None,
        })
        .collect();
    markup::view(&words(key, &args), slots)
}
