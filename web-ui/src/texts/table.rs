//! The messages that came with the page.

use super::{Language, Value, markup::fill};
use leptos::prelude::document;

struct Table {
    language: Option<Language>,
    /// The texts of each key: one, or one for a single thing and one for more.
    rows: Vec<(String, Vec<String>)>,
}

thread_local! {
    static TABLE: Table = Table::read();
}

impl Table {
    fn read() -> Self {
        let element = document().get_element_by_id("texts");
        let rows = element.and_then(|it| it.get_attribute("data-texts")).unwrap_or_default();
        let row = |row: &str| {
            let (key, texts) = row.split_once('\t')?;
            Some((key.to_owned(), texts.split('\t').map(str::to_owned).collect()))
        };
        let tag = document().document_element().and_then(|it| it.get_attribute("lang"));
        Self {
            language: tag.and_then(|tag| Language::of_tag(&tag)),
            rows: rows.lines().filter_map(row).collect(),
        }
    }
}

pub(super) fn language() -> Option<Language> {
    TABLE.with(|table| table.language)
}

pub(super) fn format(key: &str, args: &[(&str, Value)]) -> String {
    TABLE.with(|table| {
        let row = table.rows.iter().find(|(known, _)| known == key);
        let texts = row.map(|(_, texts)| texts.as_slice()).unwrap_or_default();
        fill(choose(texts, args), args)
    })
}

/// In all our languages one is one, and everything else is many; a test holds this against Fluent's rules.
fn choose<'a>(texts: &'a [String], args: &[(&str, Value)]) -> &'a str {
    let one = args.iter().any(|(name, value)| *name == "count" && *value == Value::Number(1));
    let text = if one { texts.first() } else { texts.last() };
    text.map_or("", String::as_str)
}
