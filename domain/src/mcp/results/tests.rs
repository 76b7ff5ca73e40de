use super::{steps::counted, *};
use proptest::prelude::*;
use serde_json::json;

const ALL: [ResultRule; 4] =
    [ResultRule::Invisible, ResultRule::Control, ResultRule::Markup, ResultRule::Size];

fn cleaned(value: Value) -> Value {
    clean(value, &[], Limits::default()).unwrap().value
}

#[test]
fn each_field_is_cleaned_as_what_it_is() {
    let bad = "\u{1b}[1m<script>\u{200b}";
    let text = "&lt;script>";
    let data = "<script>";
    let raw = json!({
        "content": [
            {"type": "text", "text": bad, "annotations": {"audience": [bad]}},
            {"type": "image", "data": "aGk=", "mimeType": bad},
            {"type": "image", "data": bad},
            {"type": "resource", "resource": {"uri": "javascript:x", "text": bad, "blob": "aGk="}},
            {"type": "resource_link", "uri": "data:text/html,x", "name": bad, "description": bad},
        ],
        "structuredContent": {"a": bad, "uri": "javascript:x", "text": [bad], "n": 1},
        "_meta": {"x": bad},
        "inputSchema": {
            "description": bad,
            "properties": {"p": {"title": bad, "pattern": bad, "default": {"title": bad}, "enum": [bad]}},
        },
        "messages": [{"role": "user", "content": {"type": "text", "text": bad}}],
        "message": bad,
        "isError": true,
    });
    let expected = json!({
        "content": [
            {"type": "text", "text": text, "annotations": {"audience": [text]}},
            {"type": "image", "data": "aGk=", "mimeType": data},
            {"type": "image", "data": text},
            {"type": "resource", "resource": {"uri": "unsafe:javascript:x", "text": text, "blob": "aGk="}},
            {"type": "resource_link", "uri": "unsafe:data:text/html,x", "name": data, "description": text},
        ],
        "structuredContent": {"a": data, "uri": "javascript:x", "text": [data], "n": 1},
        "_meta": {"x": data},
        "inputSchema": {
            "description": text,
            "properties": {"p": {"title": text, "pattern": data, "default": {"title": data}, "enum": [data]}},
        },
        "messages": [{"role": "user", "content": {"type": "text", "text": text}}],
        "message": text,
        "isError": true,
    });
    assert_eq!(cleaned(raw), expected);
}

#[test]
fn what_was_changed_is_counted_by_rule() {
    let raw = json!({"text": "\u{1b}[1mx\u{200b}\u{200b}<!--", "more": "y".repeat(200)});
    let limits = Limits { text: 100, whole: 1_000 };
    let Cleaned { value, changes } = clean(raw, &[], limits).unwrap();
    assert_eq!(value["text"], "x&lt;!--");
    assert_eq!(value["more"], format!("{}… [148 bytes left out]", "y".repeat(52)));
    assert_eq!(
        serde_json::to_value(&changes).unwrap(),
        json!({"invisible": 2, "control": 4, "markup": 1, "size": 1})
    );
    assert_eq!(changes.iter().count(), 4);
    assert!(clean(json!({"text": "plain"}), &[], limits).unwrap().changes.is_empty());
}

#[test]
fn a_rule_that_is_switched_off_does_nothing() {
    let raw = json!({"text": format!("\u{7}\u{200b}<!--{}", "x".repeat(200))});
    let limits = Limits { text: 100, whole: 1_000 };
    assert_eq!(
        clean(raw.clone(), &ALL, limits).unwrap(),
        Cleaned { value: raw.clone(), changes: Changes::default() }
    );
    for rule in ALL {
        let changes = clean(raw.clone(), &[rule], limits).unwrap().changes;
        for other in ALL {
            assert_eq!(changes.of(other) > 0, other != rule, "{rule:?} {other:?}");
        }
    }
    let key = json!({"a\u{200b}": 1});
    assert_eq!(clean(key.clone(), &[ResultRule::Invisible], limits).unwrap().value, key);
}

#[test]
fn hidden_keys_and_too_much_data_are_refused() {
    let refused = |value: Value| clean(value, &[], Limits { text: 100, whole: 1_000 }).unwrap_err();
    for key in ["a\u{200b}", "a\u{7}", "\u{1b}[1m", "\u{e0041}"] {
        let refusal = refused(json!({"structuredContent": [{"x": {key: 1}}]}));
        assert_eq!(refusal, Refused::Key(visible(key, 99)));
    }
    let too_large = Refused::TooLarge { max: 1_000 };
    assert_eq!(refused(json!({"structuredContent": {"a": "x".repeat(1_000)}})), too_large);
    assert_eq!(refused(json!({"content": [{"type": "image", "data": "A".repeat(1_000)}]})), too_large);
    assert_eq!(refused(json!(vec![0; 200])), too_large);
    assert_eq!(refused(json!({"x".repeat(1_000): 1})), too_large);
}

#[test]
fn a_cut_makes_nothing_that_another_rule_finds() {
    for torn in [
        "👩\u{200d}💻",
        "1\u{fe0f}\u{20e3}",
        "می\u{200c}خواهم",
        "❤\u{fe0f}",
        "a\r\nb",
        "</b>",
        "<scripture>",
        "<a stylefoo=1>",
        "<a href=javascripts:x>",
        "[a](crate::x)",
        "![a](data:image/png,x)",
        "[a](data:images/x)",
        "![a] (http://x)",
        "&lt;!-- x -->",
        "<a onto2=x>",
    ] {
        let text = format!("{torn}{}", "x".repeat(60));
        for limit in 48..text.len() {
            let limits = Limits { text: limit, whole: 10_000 };
            let first = clean(json!(text), &[], limits).unwrap();
            assert_eq!(first.changes.of(ResultRule::Size), 1);
            assert!(first.value.as_str().unwrap().len() <= limit);
            assert_eq!(clean(first.value.clone(), &[], limits).unwrap().value, first.value, "{torn} {limit}");
        }
    }
}

#[test]
fn texts_share_the_room_in_order() {
    let texts = json!({"content": vec![json!({"text": "é".repeat(300)}); 4]});
    let Cleaned { value, changes } = clean(texts, &[], Limits { text: 500, whole: 1_000 }).unwrap();
    let lengths: Vec<usize> =
        value["content"].as_array().unwrap().iter().map(|it| it["text"].as_str().unwrap().len()).collect();
    assert!(lengths[0] > 450 && lengths[0] <= 500, "{lengths:?}");
    assert!(lengths.iter().sum::<usize>() < 1_000 && lengths[3] == 0, "{lengths:?}");
    assert_eq!(changes.of(ResultRule::Size), 4);
}

#[test]
fn every_rule_takes_time_in_proportion() {
    for part in [
        "<",
        "<a ",
        "<a x=\"",
        "<a x='<b y=\"",
        "<!--",
        "</",
        "<a style",
        "![",
        "![a](",
        "](",
        "]: j",
        "](\n",
        "[",
        "&#",
        "j\n",
        "\"j\n",
        "=d",
        "\\",
        "\u{1b}",
        "\u{1b}]",
        "\u{1b}[1;",
        "\u{9d}",
        "\u{1b}]x\u{1b}P",
        "\u{200d}",
        "👩\u{200d}",
        "1\u{fe0f}",
        "\r",
        "e\u{301}",
        "onononon",
        "<javascript",
        "]:\t",
        "(   ",
        "x",
    ] {
        let hostile = part.repeat((256 << 10) / part.len());
        let (_, steps) = counted(|| cleaned(json!(hostile)));
        assert!(steps <= 80 * u64::try_from(hostile.len()).unwrap(), "{part:?}: {steps}");
    }
    for part in ["<a x=\"", "\u{1b}]", "![a](", "j\n"] {
        let hostile = part.repeat((4 << 20) / part.len());
        let (_, steps) = counted(|| cleaned(json!(hostile)));
        assert!(steps <= 80 * (4 << 20), "{part:?}: {steps}");
    }
}

/// Texts of the pieces that make rules meet.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = vec![
        "<",
        ">",
        "<a ",
        "<img ",
        "script",
        "</",
        "<!--",
        "-->",
        "style",
        "src=",
        "\"",
        "'",
        "=",
        "![",
        "[",
        "]",
        "](",
        "]:",
        "(",
        ":",
        "http://x",
        "javascript:",
        "data:",
        "text/html",
        "crate::x",
        "&#1;",
        "&lt;",
        "\\",
        "/",
        "\n",
        "\n\n",
        "\r",
        "\t",
        " ",
        "a",
        "on",
        "é",
        "\u{1b}",
        "\u{1b}[",
        "\u{1b}]",
        "\u{7}",
        "\u{9c}",
        "\u{9d}",
        "0;1m",
        "P",
        "\u{200b}",
        "\u{200d}",
        "\u{200c}",
        "\u{fe0f}",
        "\u{202e}",
        "👩",
        "1",
        "\u{20e3}",
        "م",
        "…",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..24).prop_map(|pieces| pieces.concat())
}

fn values() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "text",
        "structuredContent",
        "inputSchema",
        "description",
        "uri",
        "data",
        "name",
        "content",
        "_meta",
    ]);
    let leaf = prop_oneof![hostile().prop_map(Value::from), Just(json!(1)), Just(json!(null))];
    leaf.prop_recursive(3, 12, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

fn rules() -> impl Strategy<Value = Vec<ResultRule>> {
    prop::sample::subsequence(ALL.to_vec(), 0..=2)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_clean_stays_as_it_is(
        raw in values(), kept in rules(), text in 0_usize..120, whole in 0_usize..600,
    ) {
        let limits = Limits { text, whole };
        if let Ok(first) = clean(raw, &kept, limits) {
            let again = clean(first.value.clone(), &kept, limits);
            prop_assert_eq!(again, Ok(Cleaned { value: first.value, changes: Changes::default() }));
        }
    }

    #[test]
    fn nothing_of_the_kind_is_left(raw in hostile()) {
        let clean = clean(json!(raw), &[], Limits::default()).unwrap();
        let text = clean.value.as_str().unwrap();
        prop_assert!(text.len() <= 4 * raw.len());
        let control = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
        prop_assert!(!text.replace("\r\n", "\n").contains(control), "{:?}", text);
        let hidden = ['\u{200b}', '\u{202e}'];
        prop_assert!(!text.contains(hidden));
        let lower = text.to_lowercase();
        for opening in ["<!", "<?", "<img ", "<img>", "<script ", "<script>", "](javascript:", "]:javascript:"] {
            prop_assert!(!lower.contains(opening), "{:?}", text);
        }
        prop_assert!(!lower.starts_with("![a](http://"));
        prop_assert_eq!(clean.changes.is_empty(), raw == text);
    }

    #[test]
    fn data_loses_nothing_that_is_seen(raw in "[a-z<>!\\[\\]()\"'=/: \u{e9}]{0,40}") {
        let value = json!({"structuredContent": {"a": raw}, "content": [{"data": "aGk="}]});
        let clean = clean(value.clone(), &[], Limits::default()).unwrap();
        prop_assert_eq!(clean, Cleaned { value, changes: Changes::default() });
    }
}
