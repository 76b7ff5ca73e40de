//! What changed between two definitions of a tool, row by row, for a person who decides whether it is still what was
//! granted.
//!
//! A change cannot hide: neither in the middle of a long text (each side is shown from shortly before the first
//! difference), nor in characters that cannot be seen (they stand there as code points), nor in letters that look like
//! those before (where both sides look alike, everything but plain letters stands there as code points), nor at the end
//! of a long list (what is not shown is counted).

use super::visible::{visible, visible_where};
use serde_json::Value;
use unicode_security::skeleton;

/// At most so many rows are shown.
pub const MAX_ROWS: usize = 50;
/// How long a place and each of its sides may be, in characters.
const MAX_PLACE_CHARS: usize = 200;
const MAX_SIDE_CHARS: usize = 300;
/// How much of what is the same on both sides is shown before the first difference.
const CONTEXT_CHARS: usize = 40;

/// One part that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which, as `inputSchema/properties/path`.
    pub part: String,
    /// What it was; none where it was not there.
    pub before: Option<String>,
    /// What it is; none where it is gone.
    pub after: Option<String>,
}

/// What changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// The first parts that differ, in the order of their names.
    pub rows: Vec<Row>,
    /// How many more there are.
    pub more: usize,
}

/// What differs between a definition before and after. Two that have different digests always differ.
pub fn difference(before: &Value, after: &Value) -> Difference {
    let mut difference = Difference::default();
    compare(&mut difference, &mut Vec::new(), before, after);
    difference
}

/// Objects are compared key by key, everything else as a whole: of a list, who reads it has to see all of it.
fn compare<'a>(difference: &mut Difference, at: &mut Vec<&'a str>, before: &'a Value, after: &'a Value) {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        if text(before) != text(after) || before.is_string() != after.is_string() {
            difference.push(at, Some(before), Some(after));
        }
        return;
    };
    let mut keys: Vec<&String> = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key))).collect();
    keys.sort_unstable();
    for key in keys {
        at.push(key);
        match (old.get(key), new.get(key)) {
            (Some(before), Some(after)) => compare(difference, at, before, after),
            (before, after) => difference.push(at, before, after),
        }
        at.pop();
    }
}

impl Difference {
    fn push(&mut self, at: &[&str], before: Option<&Value>, after: Option<&Value>) {
        if self.rows.len() == MAX_ROWS {
            self.more += 1;
            return;
        }
        let part =
            if at.is_empty() { "all of it".to_owned() } else { visible(&at.join("/"), MAX_PLACE_CHARS) };
        let (before, after) = sides(before, after);
        self.rows.push(Row { part, before, after });
    }
}

/// Both sides as texts, from shortly before the first difference.
fn sides(before: Option<&Value>, after: Option<&Value>) -> (Option<String>, Option<String>) {
    let (Some(old), Some(new)) = (before, after) else {
        let shown = |value: &Value| visible(&text(value), MAX_SIDE_CHARS);
        return (before.map(shown), after.map(shown));
    };
    // A text and the JSON that it holds would look the same.
    let json = old.is_string() != new.is_string();
    let written = |value: &Value| if json { value.to_string() } else { text(value) };
    let (old, new) = (written(old), written(new));
    let same = old.chars().zip(new.chars()).take_while(|(one, other)| one == other).count();
    let skipped = same.saturating_sub(CONTEXT_CHARS);
    let window = |text: &str| text.chars().skip(skipped).take(MAX_SIDE_CHARS + 1).collect::<String>();
    let (old, new) = (window(&old), window(&new));
    let alike = looks(&old) == looks(&new);
    // Before an invisible or doubled space stands nothing that tells it from none.
    let twin = |c: char| alike && (!c.is_ascii() || c == ' ');
    let shown = |text: &str| {
        let start = if skipped > 0 { "…" } else { "" };
        format!("{start}{}", visible_where(text, MAX_SIDE_CHARS, twin))
    };
    (Some(shown(&old)), Some(shown(&new)))
}

/// What a person sees of a text, roughly: two with the same are hard to tell apart.
fn looks(text: &str) -> String {
    skeleton(text).filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// A text as it is, everything else as JSON.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{digest::of_json, text::is_forbidden};
    use proptest::prelude::*;
    use serde_json::json;

    fn rows(before: &Value, after: &Value) -> Vec<(String, Option<String>, Option<String>)> {
        difference(before, after).rows.into_iter().map(|row| (row.part, row.before, row.after)).collect()
    }

    fn row(
        part: &str,
        before: Option<&str>,
        after: Option<&str>,
    ) -> (String, Option<String>, Option<String>) {
        (part.to_owned(), before.map(str::to_owned), after.map(str::to_owned))
    }

    #[test]
    fn each_part_that_differs_is_a_row() {
        let before = json!({
            "name": "t", "description": "Reads.", "annotations": {"readOnlyHint": true},
            "inputSchema": {"properties": {"a": {"type": "string"}, "b": {"type": "number"}}, "required": ["a"]},
        });
        let after = json!({
            "name": "t", "description": "Writes.", "annotations": {"readOnlyHint": false},
            "inputSchema": {"properties": {"a": {"type": "string"}, "c": {}}, "required": ["a", "c"]},
        });
        assert_eq!(
            rows(&before, &after),
            [
                row("annotations/readOnlyHint", Some("true"), Some("false")),
                row("description", Some("Reads."), Some("Writes.")),
                row("inputSchema/properties/b", Some(r#"{"type":"number"}"#), None),
                row("inputSchema/properties/c", None, Some("{}")),
                row("inputSchema/required", Some(r#"["a"]"#), Some(r#"["a","c"]"#)),
            ]
        );
        assert!(rows(&before, &before).is_empty());
        assert_eq!(rows(&json!(1), &json!({})), [row("all of it", Some("1"), Some("{}"))]);
    }

    #[test]
    fn no_change_can_hide() {
        let side = |before: &str, after: &str| {
            let rows = rows(&json!({"d": before}), &json!({"d": after}));
            (rows[0].1.clone().unwrap(), rows[0].2.clone().unwrap())
        };
        let long = "x".repeat(5_000);
        let (before, after) = side(&format!("{long}a{long}"), &format!("{long}b{long}"));
        assert!(before.starts_with(&format!("…{}a", "x".repeat(40))), "{before}");
        assert!(after.starts_with(&format!("…{}b", "x".repeat(40))) && after.chars().count() == 302);
        let table = [
            ("ab", "a\u{200b}b", "a⟨U+200B⟩b"),
            ("ab", "a\u{e0041}b", "a⟨U+E0041⟩b"),
            ("a", "а", "⟨U+0430⟩"),
            ("é", "e\u{301}", "e⟨U+0301⟩"),
            ("a b", "a  b", "a⟨U+0020⟩⟨U+0020⟩b"),
            ("a", "a\n", "a⟨U+000A⟩"),
            ("a", "\u{202e}a", "⟨U+202E⟩a"),
        ];
        for (before, after, shown) in table {
            let (first, second) = side(before, after);
            assert_eq!(second, shown);
            assert_ne!(first, second);
        }
        assert_eq!(rows(&json!({"d": "1"}), &json!({"d": 1}))[0].1.as_deref(), Some("\"1\""));
        let hidden = rows(&json!({"a\u{200b}": 1}), &json!({}));
        assert_eq!(hidden[0].0, "a⟨U+200B⟩");
    }

    #[test]
    fn rows_beyond_the_last_are_counted() {
        let many: serde_json::Map<_, _> = (0..60).map(|n| (format!("k{n:02}"), json!(n))).collect();
        let difference = difference(&json!({}), &Value::Object(many));
        assert_eq!((difference.rows.len(), difference.more), (MAX_ROWS, 10));
    }

    fn definitions() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            "[aа \u{200b}\u{301}1]{0,4}".prop_map(Value::from),
            prop::sample::select(vec![json!(1), json!(1.0), json!(null), json!(true), json!("true")]),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[ab\u{200b}]{0,2}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_has_another_digest_has_a_row_that_shows_it(before in definitions(), after in definitions()) {
            let difference = difference(&before, &after);
            prop_assert!(of_json(&before) == of_json(&after) || !difference.rows.is_empty());
            prop_assert!(before != after || difference.rows.is_empty());
            for row in &difference.rows {
                prop_assert_ne!(&row.before, &row.after);
                let texts = [Some(&row.part), row.before.as_ref(), row.after.as_ref()];
                prop_assert!(texts.into_iter().flatten().all(|text| !text.contains(is_forbidden)));
            }
        }
    }
}
