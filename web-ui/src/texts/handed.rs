//! What the browser's half gets of the messages.

use super::{
    Language, Value,
    bundles::{self, Bundle, ISLANDS},
    language,
};
use fluent_bundle::FluentValue;
use fluent_syntax::{
    ast::{Entry, Expression, InlineExpression, Pattern, PatternElement},
    parser,
};
use leptos::prelude::*;
use std::{collections::BTreeSet, sync::LazyLock};

/// The argument that may choose between singular and plural there.
pub(super) const COUNT: &str = "count";

/// The messages of the islands, in the language of the page.
#[component]
pub(crate) fn IslandTexts() -> impl IntoView {
    static HANDED: LazyLock<[String; 2]> = LazyLock::new(|| Language::ALL.map(handed));
    let [english, german] = &*HANDED;
    let texts = match language() {
        Language::English => english,
        Language::German => german,
    };
    view! { <span hidden=true id="texts" data-texts=texts.as_str()></span> }
}

/// A line for each message: its key, then its text, and where that depends on a number the text for one and for more;
/// all with tabs between.
pub(super) fn handed(language: Language) -> String {
    let family = bundles::families(language).iter().find(|(name, _)| *name == ISLANDS);
    let Some((_, source)) = family else { return String::new() };
    let mut bundle = bundles::bundle(language, &[(ISLANDS, source)]);
    bundle.set_formatter(Some(|value, _| match value {
        FluentValue::Number(_) => Some(format!("{{{COUNT}}}")),
        _ => None,
    }));
    let rows = messages(source).into_iter().filter_map(|message| row(&bundle, &message));
    rows.collect::<Vec<_>>().join("\n")
}

fn row(bundle: &Bundle, message: &Message) -> Option<String> {
    let mut row = vec![message.key.clone()];
    let counts: &[i64] = if message.counted { &[1, 2] } else { &[2] };
    for count in counts {
        let arg = |name: &String| match name.as_str() {
            COUNT => Value::Number(*count),
            name => Value::Text(format!("{{{name}}}")),
        };
        let args: Vec<_> = message.arguments.iter().map(|name| (name.as_str(), arg(name))).collect();
        row.push(bundles::of_bundle(bundle, &message.key, &args)?.replace('\n', " "));
    }
    Some(row.join("\t"))
}

/// What a message needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub key: String,
    pub arguments: BTreeSet<String>,
    /// Whether it says something else for another number.
    pub counted: bool,
    /// Whether its comment, `# = en`, says that it is the same as in English.
    pub alike: bool,
}

/// The messages of a file.
pub(super) fn messages(source: &str) -> Vec<Message> {
    let resource = parser::parse(source).unwrap_or_else(|(rest, _)| rest);
    let message = |entry: &Entry<&str>| {
        let Entry::Message(message) = entry else { return None };
        let alike = message.comment.as_ref().is_some_and(|it| it.content.contains(&"= en"));
        let key = message.id.name.to_owned();
        let mut found = Message { key, arguments: BTreeSet::new(), counted: false, alike };
        look(message.value.as_ref()?, &mut found);
        Some(found)
    };
    resource.body.iter().filter_map(message).collect()
}

fn look(pattern: &Pattern<&str>, found: &mut Message) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        match expression {
            Expression::Inline(inline) => argument(inline, found),
            Expression::Select { selector, variants } => {
                found.counted = true;
                argument(selector, found);
                for variant in variants {
                    look(&variant.value, found);
                }
            }
        }
    }
}

fn argument(inline: &InlineExpression<&str>, found: &mut Message) {
    match inline {
        InlineExpression::VariableReference { id } => {
            found.arguments.insert(id.name.to_owned());
        }
        InlineExpression::Placeable { expression } => {
            if let Expression::Inline(inner) = expression.as_ref() {
                argument(inner, found);
            }
        }
        _ => (),
    }
}
