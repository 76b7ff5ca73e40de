//! The worst that could come of it, in one line.

use super::{and_list, shown_name};
use crate::{definition::does, tier::terms_tier};
use protocol::{Action, Effect, Line, Terms, card::Worst};

/// More resources than this, or longer ones, are counted here; the sentence names them all.
const NAMED: usize = 3;
const NAMED_CHARS: usize = 60;

/// The worst that could come of these terms: the worst effect as headline; what else, whether it can be undone and
/// how far it reaches as detail.
pub fn worst(terms: &Terms) -> Worst {
    let actions: Vec<&Action> = terms.lines.iter().flat_map(|line| &line.actions).collect();
    let mut effects: Vec<Effect> = actions.iter().map(|action| action.effect).collect();
    effects.sort_unstable();
    effects.dedup();
    let tier = terms_tier(terms);
    let Some((worst, others)) = effects.split_last() else {
        return Worst { tier, headline: "Can do nothing.".to_owned(), detail: String::new() };
    };
    let headline = match worst {
        Effect::Read => "Can only read.".to_owned(),
        effect => format!("Can {}.", power(*effect)),
    };
    let also: Vec<&str> =
        others.iter().rev().filter(|effect| **effect != Effect::Read).map(|e| power(*e)).collect();
    let mut detail = Vec::new();
    if !also.is_empty() {
        detail.push(format!("Can also {}.", and_list(&also)));
    }
    detail.push(undo_and_reach(&actions, &terms.lines));
    if terms.lines.iter().any(|line| line.service.sensitive) {
        detail.push("What it can see is sensitive.".to_owned());
    }
    Worst { tier, headline, detail: detail.join(" ") }
}

fn power(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "read",
        Effect::Write => "change data",
        Effect::Send => "send to others",
        Effect::Spend => "spend money",
        Effect::Delete => "delete data",
        Effect::Admin => "change who has access",
    }
}

/// As `Reversible, and stays inside acme.`
fn undo_and_reach(actions: &[&Action], lines: &[Line]) -> String {
    let acts = || actions.iter().filter(|action| action.effect != Effect::Read);
    let mut forever: Vec<String> =
        acts().filter(|action| !action.reversible).map(|action| does(action)).collect();
    forever.dedup();
    let reach = reach(lines);
    if acts().next().is_none() {
        capitalised(&reach)
    } else if forever.is_empty() {
        format!("Reversible, and {reach}")
    } else if acts().all(|action| !action.reversible) {
        format!("Cannot be undone, and {reach}")
    } else {
        format!("Cannot undo: {}. {}", forever.join(", "), capitalised(&reach))
    }
}

/// As `stays inside acme/site.` or `reaches everything on Issue tracker.`
fn reach(lines: &[Line]) -> String {
    let mut inside: Vec<&str> = Vec::new();
    let mut everything: Vec<&str> = Vec::new();
    for line in lines.iter().filter(|line| !line.actions.is_empty()) {
        if line.resources.is_empty() {
            push_new(&mut everything, &line.service.title);
        }
        line.resources.iter().for_each(|name| push_new(&mut inside, name));
    }
    let named = || and_list(&inside.iter().map(|name| shown_name(name)).collect::<Vec<_>>());
    let few =
        inside.len() <= NAMED && inside.iter().map(|name| name.chars().count()).sum::<usize>() <= NAMED_CHARS;
    let within = match inside.len() {
        _ if few => named(),
        1 => "the one resource named".to_owned(),
        more => format!("the {more} resources named"),
    };
    match (inside.is_empty(), everything.is_empty()) {
        (_, true) => format!("stays inside {within}."),
        (true, false) => format!("reaches everything on {}.", and_list(&everything)),
        (false, false) => {
            format!("reaches everything on {}, elsewhere only {within}.", and_list(&everything))
        }
    }
}

fn push_new<'a>(list: &mut Vec<&'a str>, item: &'a str) {
    if !list.contains(&item) {
        list.push(item);
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
