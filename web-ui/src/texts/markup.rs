//! What a text may hold besides words: `{name}` for what is put in its place, `<b>` and `<code>`, and `<name>` around
//! the words of a link. Arguments are never read for any of it.

use super::Slot;
use leptos::prelude::*;

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Hole(&'a str),
    Open(&'a str),
    Close,
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '<']) {
        let (before, from) = rest.split_at(at);
        if !before.is_empty() {
            found.push(Piece::Text(before));
        }
        let end = if from.starts_with('{') { '}' } else { '>' };
        let Some((inside, after)) = from[1..].split_once(end) else {
            found.push(Piece::Text(from));
            return found;
        };
        found.push(match (end, inside.starts_with('/')) {
            ('}', _) => Piece::Hole(inside),
            (_, true) => Piece::Close,
            (_, false) => Piece::Open(inside),
        });
        rest = after;
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest));
    }
    found
}

/// Puts the words in the places of `{name}`, in one pass: what an argument holds is not read again.
#[cfg(any(feature = "hydrate", test))]
pub(super) fn fill(text: &str, args: &[(&str, super::Value)]) -> String {
    use super::Value;
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = from.split_once('}') else { break };
        match args.iter().find(|(known, _)| *known == name) {
            Some((_, Value::Number(number))) => filled.push_str(&number.to_string()),
            Some((_, Value::Text(text))) => filled.push_str(text),
            None => (),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// The text as a part of the page.
pub(super) fn view(text: &str, mut slots: Vec<(&'static str, Slot)>) -> AnyView {
    let mut take = |name: &str| {
        let at = slots.iter().position(|(known, _)| *known == name)?;
        Some(slots.swap_remove(at).1)
    };
    let mut done: Vec<AnyView> = Vec::new();
    // What stands inside an element; elements do not nest.
    let mut open: Option<(&str, Vec<AnyView>)> = None;
    for piece in pieces(text) {
        let part = match piece {
            Piece::Text(text) => Some(text.to_owned().into_any()),
            Piece::Hole(name) => match take(name) {
                Some(Slot::View(view)) => Some(view),
                _ => None,
            },
            Piece::Open(name) => {
                open = Some((name, Vec::new()));
                None
            }
            Piece::Close => open.take().map(|(name, inside)| match name {
                "b" => view! { <b>{inside}</b> }.into_any(),
                "code" => view! { <code>{inside}</code> }.into_any(),
                name => match take(name) {
                    Some(Slot::Link(href)) => view! { <a href=href>{inside}</a> }.into_any(),
                    _ => inside.into_any(),
                },
            }),
        };
        match &mut open {
            Some((_, inside)) => inside.extend(part),
            None => done.extend(part),
        }
    }
    done.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Value;

    #[test]
    fn a_text_falls_into_its_pieces() {
        use Piece::{Close, Hole, Open, Text};
        let text = "In <b>{count} days</b> see <inbox>the inbox</inbox>.";
        let wanted = [
            Text("In "),
            Open("b"),
            Hole("count"),
            Text(" days"),
            Close,
            Text(" see "),
            Open("inbox"),
            Text("the inbox"),
            Close,
            Text("."),
        ];
        assert_eq!(pieces(text), wanted);
        assert_eq!(pieces("a < b"), [Text("a "), Text("< b")]);
    }

    #[test]
    fn what_an_argument_holds_is_not_read_again() {
        let args = [("a", Value::from("{b}")), ("b", Value::from(7_i64))];
        assert_eq!(fill("{a}-{b}-{c}.", &args), "{b}-7-.");
    }
}
