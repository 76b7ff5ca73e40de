use super::*;
use crate::tier::action_tier;
use proptest::prelude::*;
use serde_json::json;

fn tool(annotations: &Value) -> Tool {
    Tool::read(&json!({"name": "t", "inputSchema": {"type": "object"}, "annotations": annotations})).unwrap()
}

fn word() -> ToolWord {
    ToolWord {
        tool: "t".to_owned(),
        effect: None,
        reversible: None,
        verb: None,
        object: None,
        ask: false,
        for_digest: None,
    }
}

#[test]
fn hostile_definitions_are_left_out() {
    let schema = json!({"type": "object"});
    for name in ["a", "A_b.c-9", &"x".repeat(128), "..", "__proto__"] {
        assert!(Tool::read(&json!({"name": name, "inputSchema": schema})).is_ok(), "{name}");
    }
    for name in
        ["", " a", "a b", "a/b", "a\nb", "é", "a\u{200b}", "\u{202e}a", "<b>", "a\"b", &"x".repeat(129)]
    {
        let bad = Tool::read(&json!({"name": name, "inputSchema": schema})).unwrap_err();
        assert!(matches!(bad, BadTool::Name(_)), "{name}");
        assert!(!bad.to_string().contains(['\n', '\u{200b}', '\u{202e}']));
    }
    for (definition, bad) in [
        (json!(null), BadTool::NoName),
        (json!([]), BadTool::NoName),
        (json!({"name": 1, "inputSchema": schema}), BadTool::NoName),
        (json!({"name": "t"}), BadTool::Schema("t".to_owned())),
        (json!({"name": "t", "inputSchema": true}), BadTool::Schema("t".to_owned())),
        (json!({"name": "t", "inputSchema": {"type": "array"}}), BadTool::Schema("t".to_owned())),
        (json!({"name": "t", "inputSchema": {"type": ["object"]}}), BadTool::Schema("t".to_owned())),
        (
            json!({"name": "t", "inputSchema": schema, "x": "y".repeat(MAX_DEFINITION_BYTES)}),
            BadTool::TooLarge("t".to_owned()),
        ),
    ] {
        assert_eq!(Tool::read(&definition), Err(bad));
    }
}

#[test]
fn annotations_are_read_at_their_worst() {
    let table = [
        (json!(null), (Effect::Delete, false)),
        (json!({}), (Effect::Delete, false)),
        (json!("readOnlyHint"), (Effect::Delete, false)),
        (json!({"readOnlyHint": true}), (Effect::Read, true)),
        (json!({"readOnlyHint": "true"}), (Effect::Delete, false)),
        (json!({"readOnlyHint": 1}), (Effect::Delete, false)),
        (json!({"readonlyhint": true}), (Effect::Delete, false)),
        (json!({"idempotentHint": true}), (Effect::Delete, false)),
        (json!({"openWorldHint": false}), (Effect::Delete, false)),
        (json!({"destructiveHint": false}), (Effect::Send, false)),
        (json!({"destructiveHint": null}), (Effect::Delete, false)),
        (json!({"destructiveHint": false, "openWorldHint": true}), (Effect::Send, false)),
        (json!({"destructiveHint": false, "openWorldHint": false}), (Effect::Write, false)),
        (
            json!({"destructiveHint": false, "openWorldHint": false, "idempotentHint": true}),
            (Effect::Write, false),
        ),
    ];
    for (annotations, read) in table {
        assert_eq!(tool(&annotations).annotated(), read, "{annotations}");
    }
}

#[test]
fn that_each_call_is_asked_for_holds_whatever_the_tool_becomes() {
    let harmless = tool(&json!({"readOnlyHint": true}));
    let word = ToolWord { ask: true, for_digest: Some("0".repeat(64).parse().unwrap()), ..word() };
    assert!(harmless.words(Some(&word)).ask);
    assert!(!harmless.words(Some(&ToolWord { ask: false, ..word.clone() })).ask);
    assert!(!harmless.words(Some(&ToolWord { tool: "of another".to_owned(), ..word })).ask);
}

#[test]
fn the_operators_word_counts_as_long_as_the_tool_is_the_same() {
    let risky = tool(&json!({}));
    assert_eq!(risky.words(None).effect, Effect::Delete);
    let said = |effect, reversible, for_digest| ToolWord {
        effect,
        reversible,
        verb: Some("look up".to_owned()),
        object: Some("pages".to_owned()),
        for_digest,
        ..word()
    };
    let action = |tool: &Tool, word: &ToolWord| {
        let action = tool.words(Some(word));
        (action.effect, action.reversible, format!("{} {}", action.verb, action.object))
    };
    let pages = || "look up pages".to_owned();
    let plain = || "use t".to_owned();
    let same = Some(risky.digest().clone());
    let other = Some("0".repeat(64).parse().unwrap());
    let read = Some(Effect::Read);
    assert_eq!(action(&risky, &said(read, None, None)), (Effect::Read, true, pages()));
    assert_eq!(action(&risky, &said(read, None, same.clone())), (Effect::Read, true, pages()));
    assert_eq!(action(&risky, &said(read, Some(true), other.clone())), (Effect::Delete, false, plain()));
    assert_eq!(action(&risky, &said(None, Some(true), same)), (Effect::Delete, true, pages()));
    let harmless = tool(&json!({"readOnlyHint": true}));
    let admin = said(Some(Effect::Admin), None, other.clone());
    assert_eq!(action(&harmless, &admin), (Effect::Admin, false, plain()));
    let write = said(Some(Effect::Write), None, None);
    assert_eq!(action(&harmless, &write), (Effect::Write, false, pages()), "a read's undo is no write's");
    let of_another = ToolWord { tool: "T".to_owned(), ..said(read, Some(true), None) };
    assert_eq!(action(&risky, &of_another), (Effect::Delete, false, plain()));
}

#[test]
fn every_part_of_a_definition_counts_and_its_order_does_not() {
    let digest = |text: &str| Tool::read(&text.parse().unwrap()).unwrap().digest().clone();
    let base = digest(r#"{"name":"t","inputSchema":{"type":"object"},"description":"a"}"#);
    assert_eq!(base, digest(r#"{"description":"\u0061","inputSchema":{"type":"object"},"name":"t"}"#));
    for other in [
        r#"{"name":"t","inputSchema":{"type":"object"}}"#,
        r#"{"name":"t","inputSchema":{"type":"object"},"description":"a "}"#,
        r#"{"name":"t","inputSchema":{"type":"object"},"description":"a","unknown":null}"#,
        r#"{"name":"t","inputSchema":{"type":"object","x-mcp-header":"X"},"description":"a"}"#,
    ] {
        assert_ne!(base, digest(other), "{other}");
    }
}

#[test]
fn what_is_shown_is_clean_and_short() {
    let shown = |title: Value, description: Value| {
        let schema = json!({"type": "object"});
        let it = json!({"name": "t", "inputSchema": schema, "title": title, "description": description});
        let tool = Tool::read(&it).unwrap();
        (tool.shown_title(), tool.shown_description())
    };
    let (title, description) = shown(json!("a\u{202e}b\n"), json!("x\u{e0041}\u{1b}[31m\ny"));
    assert_eq!((title.as_str(), description.as_str()), ("ab", "x[31m y"));
    assert_eq!(shown(json!("\u{200b}"), json!(7)), ("t".to_owned(), String::new()));
    let (title, description) = shown(json!("é".repeat(101)), json!("é ".repeat(600)));
    assert_eq!((title.chars().count(), description.chars().count()), (101, 1_000));
    let annotated = tool(&json!({"title": "T"}));
    assert_eq!(annotated.shown_title(), "T");
}

#[test]
fn whose_word_it_is_is_said() {
    let silent = tool(&json!({"openWorldHint": false, "title": "Reads only", "readOnlyHint": "true"}));
    assert_eq!(silent.said_by(None), WhoSaid::Nobody);
    let hinted = tool(&json!({"destructiveHint": true}));
    assert_eq!(hinted.said_by(None), WhoSaid::Server);
    let said = |effect, reversible, of: Option<&Tool>| {
        let for_digest = of.map(|it| it.digest().clone());
        hinted.said_by(Some(&ToolWord { effect, reversible, for_digest, ..word() }))
    };
    assert_eq!(said(Some(Effect::Read), None, None), WhoSaid::Operator);
    assert_eq!(said(None, Some(true), Some(&hinted)), WhoSaid::Operator);
    assert_eq!(said(Some(Effect::Read), None, Some(&silent)), WhoSaid::Earlier);
    // Another name for it is no word on what it does.
    assert_eq!(said(None, None, Some(&silent)), WhoSaid::Server);
    let of_another = ToolWord { tool: "u".to_owned(), effect: Some(Effect::Read), ..word() };
    assert_eq!(hinted.said_by(Some(&of_another)), WhoSaid::Server);
}

#[test]
fn what_is_taken_out_of_a_description_is_counted() {
    let it = json!({"name": "t", "inputSchema": {"type": "object"}, "description": "a\u{200b}b\u{202e}"});
    let description = Tool::read(&it).unwrap().description();
    assert_eq!((description.text.as_str(), description.removed), ("ab", 2));
}

fn effects() -> impl Strategy<Value = Option<Effect>> {
    use Effect::{Admin, Delete, Read, Send, Spend, Write};
    prop::option::of(prop::sample::select(vec![Read, Write, Send, Spend, Delete, Admin]))
}

proptest! {
    /// An old word never makes a tool easier to get than its annotations or the word itself would.
    #[test]
    fn an_old_word_never_helps(
        hints in prop::collection::vec(prop::option::of(any::<bool>()), 4),
        effect in effects(),
        reversible in prop::option::of(any::<bool>()),
        sensitive in any::<bool>(),
        unnamed in any::<bool>(),
    ) {
        let names = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"];
        let given = names.iter().zip(hints).filter_map(|(name, hint)| Some(((*name).to_owned(), hint?.into())));
        let tool = tool(&Value::Object(given.collect()));
        let old = ToolWord { effect, reversible, for_digest: Some("0".repeat(64).parse().unwrap()), ..word() };
        let new = ToolWord { for_digest: None, ..old.clone() };
        let tier = |action: ToolAction| action_tier(action.effect, action.reversible, sensitive, unnamed);
        let with_old = tool.words(Some(&old));
        prop_assert!(with_old.effect >= tool.annotated().0 && with_old.effect >= tool.words(Some(&new)).effect);
        prop_assert!(tier(with_old.clone()) >= tier(tool.words(None)));
        prop_assert!(tier(with_old) >= tier(tool.words(Some(&new))));
    }
}
