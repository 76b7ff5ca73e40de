//! That the languages say the same things, that everything they say is used, and that the browser says it alike.

use super::{
    Language, Value,
    bundles::{self, ISLANDS, families},
    handed::{self, COUNT, Message, messages},
    markup::fill,
};
use fluent_bundle::FluentResource;
use fluent_syntax::{ast::Entry, parser};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

fn all(language: Language) -> BTreeMap<String, Message> {
    let all = families(language).iter().flat_map(|(_, source)| messages(source));
    all.map(|message| (message.key.clone(), message)).collect()
}

fn sources(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).expect("the sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|it| it == "rs") {
            into.push_str(&fs::read_to_string(&path).expect("a source"));
        }
    }
}

/// The sources of everything that names messages: the pages, and what the broker says after a form.
fn code() -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut code = String::new();
    sources(&here.join("src"), &mut code);
    sources(&here.join("../broker/src/http"), &mut code);
    code
}

#[test]
fn every_file_is_read_without_an_error_and_no_key_stands_twice() {
    for language in Language::ALL {
        let mut keys = BTreeSet::new();
        for (name, source) in families(language) {
            let file = format!("{}/{name}", language.tag());
            if let Err((_, errors)) = FluentResource::try_new((*source).to_owned()) {
                panic!("{file}: {errors:?}");
            }
            let body = parser::parse(*source).expect("it was read just now").body;
            assert!(!body.iter().any(|it| matches!(it, Entry::Junk { .. })), "{file} has junk");
            for message in messages(source) {
                assert!(keys.insert(message.key.clone()), "{file}: {} stands twice", message.key);
            }
        }
    }
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_arguments() {
    let [english, german] = Language::ALL.map(all);
    let keys = |all: &BTreeMap<String, Message>| all.keys().cloned().collect::<BTreeSet<_>>();
    let (of_english, of_german) = (keys(&english), keys(&german));
    let differ: Vec<_> = of_english.symmetric_difference(&of_german).collect();
    assert!(differ.is_empty(), "in one language only: {differ:?}");
    for (key, message) in &english {
        assert_eq!(message.arguments, german[key].arguments, "{key}");
    }
}

#[test]
fn everything_is_translated() {
    let text = |language, message: &Message| {
        let bundle = bundles::bundle(language, families(language));
        let arg = |name: &String| (name.clone(), Value::Text(format!("{{{name}}}")));
        let args: Vec<_> = message.arguments.iter().map(arg).collect();
        let args: Vec<_> = args.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        bundles::of_bundle(&bundle, &message.key, &args).expect("its text")
    };
    let same = all(Language::English).into_values().filter(|message| {
        let english = text(Language::English, message);
        let words = english.split(['{', '}']).step_by(2).any(|part| part.chars().any(char::is_alphabetic));
        words && english == text(Language::German, message)
    });
    let same: BTreeSet<String> = same.map(|message| message.key).collect();
    let alike = all(Language::German).into_values().filter(|message| message.alike);
    let alike: BTreeSet<String> = alike.map(|message| message.key).collect();
    assert_eq!(same, alike, "left: the same in both languages; right: marked in the German file as `# = en`");
}

#[test]
fn no_message_is_unused() {
    let code = code();
    let unused: Vec<_> =
        all(Language::English).into_keys().filter(|key| !code.contains(&format!("\"{key}\""))).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

/// `t!("key", a = …, b = …)` in the sources: the key and the names of its arguments. (Keys that are variables are not
/// seen here; that they exist shows on the pages.)
fn uses(code: &str) -> Vec<(String, BTreeSet<String>)> {
    let mut found = Vec::new();
    for opening in ["t!(\"", "rich!(\""] {
        for (at, _) in code.match_indices(opening) {
            let part_of_a_word = code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            if !part_of_a_word {
                let (key, rest) = code[at + opening.len()..].split_once('"').expect("an end");
                found.push((key.to_owned(), names(rest)));
            }
        }
    }
    found
}

/// The names before `=` at the depth of the call itself.
fn names(rest: &str) -> BTreeSet<String> {
    let (mut depth, mut start, mut quoted) = (0, 0, false);
    let mut parts = Vec::new();
    for (at, c) in rest.char_indices() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => (),
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' if depth == 0 => {
                parts.push(&rest[start..at]);
                break;
            }
            ')' | '}' | ']' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&rest[start..at]);
                start = at + 1;
            }
            _ => (),
        }
    }
    let name = |part: &&str| part.split_once(" = ").map(|(name, _)| name.trim().to_owned());
    parts.iter().filter_map(name).collect()
}

#[test]
fn every_use_names_a_message_and_gives_it_its_arguments() {
    let messages = all(Language::English);
    let uses = uses(&code());
    assert!(uses.len() > 20, "the uses are not found: {}", uses.len());
    for (key, given) in uses.into_iter().filter(|(key, _)| *key != "key") {
        let Some(message) = messages.get(&key) else { panic!("{key} is no message") };
        let text = bundles::families(Language::English).iter().find_map(|(_, source)| {
            let at = source.find(&format!("\n{key} ="))?;
            // To where the next line begins that is none of its own.
            let own = source[at + 1..].lines().enumerate();
            let own = own.take_while(|(line, text)| *line == 0 || text.starts_with([' ', '}']));
            Some(own.map(|(_, text)| text).collect::<Vec<_>>().join("\n"))
        });
        let links: BTreeSet<String> = given
            .iter()
            .filter(|name| text.as_ref().is_some_and(|it| it.contains(&format!("<{name}>"))))
            .cloned()
            .collect();
        let values: BTreeSet<String> = given.difference(&links).cloned().collect();
        assert_eq!(values, message.arguments, "{key}");
    }
}

#[test]
fn the_browser_says_the_same_as_the_server() {
    for language in Language::ALL {
        let handed = handed::handed(language);
        let rows: BTreeMap<&str, Vec<&str>> = handed
            .lines()
            .filter_map(|row| row.split_once('\t'))
            .map(|(key, texts)| (key, texts.split('\t').collect()))
            .collect();
        let (_, source) = families(language).iter().find(|(name, _)| *name == ISLANDS).expect("the islands");
        let bundle = bundles::bundle(language, families(language));
        for message in messages(source) {
            let texts =
                rows.get(message.key.as_str()).unwrap_or_else(|| panic!("{} is not handed", message.key));
            for count in [0, 1, 2, 3, 5, 11, 21, 100, 1_000_000] {
                let arg = |name: &String| match name.as_str() {
                    COUNT => Value::Number(count),
                    name => Value::Text(format!("<{name}> {{x}}")),
                };
                let args: Vec<_> = message.arguments.iter().map(|name| (name.as_str(), arg(name))).collect();
                let one = if count == 1 { texts.first() } else { texts.last() };
                let here =
                    bundles::of_bundle(&bundle, &message.key, &args).expect("a text").replace('\n', " ");
                assert_eq!(fill(one.expect("a text"), &args), here, "{} of {count}", message.key);
            }
        }
    }
}

#[test]
fn what_is_missing_is_marked() {
    assert_eq!(bundles::format(Language::German, "no-such-key", &[]), "⟦no-such-key⟧");
    assert_eq!(bundles::format(Language::German, "span-days", &[]), "⟦span-days⟧");
}
