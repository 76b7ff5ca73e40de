//! The narrowing as form fields: the same names in the card's form, in the review, in the preview and in the approval.
//!
//! `line` (repeated) says which lines are on the form; `action.N`, `resource.N` (both repeated), `max_calls.N` and
//! `connection.N` belong to line N, and `as_asked.N` says that its resources, being all of them, stay so; `duration` is
//! in seconds. `domain::narrowing::from_pairs` reads them.

#[cfg(feature = "ssr")]
use protocol::card::{Card, CardLine};

/// One field of a form.
pub(crate) type Pair = (String, String);

/// What a form says about the narrowing: other fields, and boxes that were left empty, are not part of it.
pub fn narrowing_fields(fields: impl IntoIterator<Item = (String, String)>) -> Vec<(String, String)> {
    fields.into_iter().filter(|(name, value)| is_narrowing(name, value)).collect()
}

fn is_narrowing(name: &str, value: &str) -> bool {
    match name.split_once('.') {
        None => matches!(name, "line" | "duration"),
        Some(("action" | "resource" | "as_asked" | "condition", _)) => true,
        Some(("max_calls" | "connection", _)) => !value.trim().is_empty(),
        Some(_) => false,
    }
}

/// The fields of a form that stands as the card does.
#[cfg(feature = "ssr")]
pub(crate) fn of_card(card: &Card) -> Vec<Pair> {
    let mut fields: Vec<Pair> = card.lines.iter().flat_map(of_line).collect();
    fields.push(("duration".to_owned(), card.duration.chosen.to_string()));
    fields
}

#[cfg(feature = "ssr")]
fn of_line(line: &CardLine) -> Vec<Pair> {
    let named = |field: &str| format!("{field}.{}", line.line);
    let mut fields = vec![("line".to_owned(), line.line.to_string())];
    fields.extend(line.actions.iter().filter(|it| it.ticked).map(|it| (named("action"), it.name.clone())));
    if line.resources.is_empty() {
        fields.push((named("as_asked"), "yes".to_owned()));
    }
    fields
        .extend(line.resources.iter().filter(|it| it.ticked).map(|it| (named("resource"), it.name.clone())));
    fields.extend(line.max_calls.map(|max| (named("max_calls"), max.to_string())));
    if let (Some(connection), false) = (&line.connection, line.choices.is_empty()) {
        fields.push((named("connection"), connection.id.to_string()));
    }
    fields
}

/// The fields as a query string.
pub(crate) fn query(fields: &[Pair]) -> String {
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend(
                [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)])),
            );
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> Pair {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn only_the_narrowing_is_kept() {
        let narrowing =
            [pair("line", "1"), pair("action.1", "a"), pair("as_asked.1", "yes"), pair("duration", "60")];
        let noise =
            [pair("review", "1"), pair("reason", "x"), pair("max_calls.1", " "), pair("connection.1", "")];
        let all = narrowing.iter().chain(&noise).cloned();
        assert_eq!(narrowing_fields(all), narrowing);
        assert_eq!(narrowing_fields([pair("max_calls.2", "7")]), [pair("max_calls.2", "7")]);
    }

    #[test]
    fn a_value_cannot_add_a_field() {
        assert_eq!(query(&[pair("resource.1", "a&line=2 é")]), "resource.1=a%26line%3D2%20%C3%A9");
    }
}
