//! Every page in German: complete, and without an English word that comes from a page instead of from `texts/`.

use super::{EVERY_PAGE, fake::Fake, get, more_pages};
use std::collections::{BTreeMap, BTreeSet};
use web_ui::{Language, NoticeKind, PageNotice, Said};

/// What stands on pages in every language.
const ANY_LANGUAGE: &[&str] = &[
    // The product and the languages' own names.
    "Countersign",
    "English",
    "Deutsch",
    // The same word in both.
    "Admin",
    "Agent",
    "System",
    "Version",
    "Code",
    "In",
    "Name",
    "Passkeys",
    "Verb",
    // From the sample data.
    "ANA",
    "PAUL",
    "Build agent",
    "Claude Code",
    "brought",
    "brought-hostile",
    "brought-known",
    "Cooling one",
    "GitHub",
    "Laptop",
    "Nightly report",
    "Paused one",
    "build-agent",
    "https://build.example/callback",
    "cooling",
    "hostile",
    "issue-tracker",
    "issues.delete",
    "issues.read",
    "nightly",
    "paused",
    "tracker-paul",
    "tracker-team",
    "Issue tracker",
    "Everything",
    "everything",
    "everything-stdio",
    "gone",
    "write_file",
    "Paul",
    "paul",
    "eve",
    "production",
    "XXXX-XXXX-XXXX",
    "XXXX-XXXX-XXXX-XXXX",
    // Names of formats, methods and headers.
    "API",
    "Definition, SHA-256",
    "MCP",
    "Authorization: Basic …",
    "Authorization: Bearer …",
    "CSV",
    "DELETE",
    "GET",
    "HEAD",
    "OPTIONS",
    "PATCH",
    "POST",
    "PUT",
    "Rust",
    "ms",
    "openapi.json",
    "JSONL",
];

fn states(page: &str) -> Vec<Fake> {
    let notice = PageNotice {
        kind: NoticeKind::Done,
        said: Said::new("done-language"),
        request_id: Some("0193a5".to_owned()),
    };
    let signed_out = page.starts_with("/sign-in") || page == "/set-up";
    let plain = Fake { signed_out, language: Language::German, ..Fake::default() };
    vec![
        plain.clone(),
        Fake { empty: true, ..plain.clone() },
        Fake { signed_out: true, ..plain.clone() },
        Fake { notice: Some(notice), banner: Some("The vault is sealed.".to_owned()), ..plain },
    ]
}

/// The texts of a page that are neither marked as English nor names or code: of nodes and of attributes that are read.
fn texts(html: &str) -> BTreeSet<String> {
    let body = &html[html.find("<title").unwrap_or(0)..];
    let mut found = BTreeSet::new();
    // Elements whose content is no text of ours, with their depth below the first of them.
    let mut hidden: Option<(String, usize)> = None;
    let mut rest = body;
    while let Some(at) = rest.find('<') {
        let text = rest[..at].trim();
        if hidden.is_none() && text.chars().any(char::is_alphabetic) {
            found.insert(text.to_owned());
        }
        let Some(end) = end_of_tag(&rest[at..]) else { break };
        let tag = &rest[at + 1..at + end];
        rest = &rest[at + end + 1..];
        note(tag, &mut hidden, &mut found);
    }
    found
}

/// Where a tag ends: not within the quotes of an attribute.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quoted = false;
    tag.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (c == '>' && !quoted).then_some(at)
    })
}

const NOT_OURS: [&str; 7] = ["bdi", "code", "time", "script", "style", "kbd", "svg"];

fn note(tag: &str, hidden: &mut Option<(String, usize)>, found: &mut BTreeSet<String>) {
    let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default().to_owned();
    match hidden {
        Some((of, depth)) if *of == name => {
            if tag.starts_with('/') {
                *depth -= 1;
                if *depth == 0 {
                    *hidden = None;
                }
            } else if !tag.ends_with('/') {
                *depth += 1;
            }
        }
        Some(_) => (),
        None => {
            let english = tag.contains(" lang=\"en\"") && name != "option";
            if !tag.starts_with(['/', '!'])
                && !tag.ends_with('/')
                && (english || NOT_OURS.contains(&name.as_str()))
            {
                *hidden = Some((name, 1));
            } else {
                for attribute in [" title=\"", " placeholder=\"", " aria-label=\""] {
                    let value = tag.split(attribute).nth(1).and_then(|it| it.split('"').next());
                    found.extend(value.filter(|it| it.chars().any(char::is_alphabetic)).map(str::to_owned));
                }
            }
        }
    }
}

#[tokio::test]
async fn every_page_is_complete_in_german() {
    let pages = EVERY_PAGE.into_iter().map(str::to_owned).chain(more_pages());
    for page in pages {
        for state in states(&page) {
            let (_, html) = get(state, &page).await;
            assert!(html.contains("<html lang=\"de\""), "{page}");
            assert!(!html.contains('⟦'), "{page} lacks {}", html.split('⟦').nth(1).unwrap_or_default());
        }
    }
}

#[tokio::test]
async fn no_page_has_words_that_are_not_translated() {
    let mut left = BTreeMap::new();
    let pages = EVERY_PAGE.into_iter().map(str::to_owned).chain(more_pages());
    for page in pages {
        for state in states(&page) {
            let (_, german) = get(state.clone(), &page).await;
            let (_, english) = get(Fake { language: Language::English, ..state }, &page).await;
            // What is the same in both, although it is not marked as English, was not translated.
            let same = texts(&german).intersection(&texts(&english)).cloned().collect::<Vec<_>>();
            left.extend(same.into_iter().map(|text| (text, page.clone())).filter(|(text, _)| !in_any(text)));
        }
    }
    assert!(left.is_empty(), "{left:#?}");
}

/// Ids, accounts and single letters are no words.
fn in_any(text: &str) -> bool {
    let one = !text.contains(' ');
    let id = one && text.contains(|c: char| c.is_ascii_digit() || c == '@');
    let tab = text.strip_suffix(" · Countersign").is_some_and(in_any);
    let hostile = text.starts_with("&lt;/bdi&gt;");
    let span = text.split(' ').all(|part| part.parse::<u32>().is_ok() || ["s", "min", "h"].contains(&part));
    id || tab || hostile || span || text.chars().count() == 1 || ANY_LANGUAGE.contains(&text)
}
