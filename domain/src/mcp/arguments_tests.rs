use super::*;
use crate::mcp::json::read;
use proptest::prelude::*;
use serde_json::json;

fn verdict(at: &str, test: Test, arguments: &Value) -> Result<(), &'static str> {
    meets(&Condition { at: at.to_owned(), test }, arguments)
}

fn equals(text: &str) -> Test {
    Test::Equals(text.to_owned())
}

#[test]
fn each_test_passes_only_what_it_says() {
    let prefix = |text: &str| Test::Prefix(text.to_owned());
    let glob = |text: &str| Test::Glob(text.to_owned());
    let one_of = |texts: &[&str]| Test::OneOf(texts.iter().map(|text| (*text).to_owned()).collect());
    let table = [
        (equals("open"), "\"open\"", true),
        (equals("open"), "\"Open\"", false),
        (equals("open"), "\"open \"", false),
        (equals("open"), "[\"open\"]", false),
        (equals("é"), "\"\\u00e9\"", true),
        (equals("é"), "\"e\\u0301\"", false),
        (equals("5"), "5", true),
        (equals("5"), "\"5\"", true),
        (equals("5"), "5.0", true),
        (equals("5.0"), "5.0", false),
        (equals("0.5"), "0.50", true),
        (equals("true"), "true", true),
        (equals("true"), "\"true\"", true),
        (equals("null"), "null", false),
        (one_of(&["a", "2"]), "2", true),
        (one_of(&["a", "2"]), "\"b\"", false),
        (prefix("docs/"), "\"docs/a\"", true),
        (prefix("docs/"), "\"docs/../a\"", false),
        (prefix("1"), "12", false),
        (glob("docs/**"), "\"docs/a/b\"", true),
        (glob("docs/*"), "\"docs/a/b\"", false),
        (glob("*"), "5", false),
        (Test::AtMost(5), "5", true),
        (Test::AtMost(5), "6", false),
        (Test::AtMost(5), "5.0", false),
        (Test::AtMost(5), "\"5\"", false),
        (Test::AtMost(5), "1e0", false),
        (Test::AtMost(5), "-9007199254740991", true),
        (Test::AtMost(i64::MAX), "true", false),
        (Test::AtLeast(-1), "-1", true),
        (Test::AtLeast(-1), "-2", false),
        (Test::AtLeast(0), "null", false),
        (Test::MaxLength(2), "\"é😀\"", true),
        (Test::MaxLength(2), "\"abc\"", false),
        (Test::MaxLength(2), "[1,2]", true),
        (Test::MaxLength(2), "[1,2,3]", false),
        (Test::MaxLength(2), "1", false),
        (Test::MaxLength(2), "{}", false),
        (Test::MinLength(2), "\"ab\"", true),
        (Test::MinLength(2), "\"a\"", false),
        (Test::MinLength(1), "[]", false),
        (Test::MinLength(1), "[[]]", true),
        (Test::MinLength(0), "null", false),
    ];
    for (test, value, passes) in table {
        let arguments = read(format!("{{\"v\":{value}}}").as_bytes()).unwrap();
        assert_eq!(verdict("/v", test.clone(), &arguments).is_ok(), passes, "{test:?} {value}");
    }
    for beyond in [json!(9_007_199_254_740_992_u64), json!(u64::MAX), json!(i64::MIN)] {
        assert!(verdict("/v", Test::AtMost(i64::MAX), &json!({"v": beyond})).is_err(), "{beyond}");
    }
}

#[test]
fn pointers_find_one_place_or_none() {
    let arguments = json!({
        "a": {"b": ["x", {"c": "y"}], "0": "zero"}, "s/t": "slash", "m~n": "tilde", "": "empty", "list": ["x"],
    });
    let table = [
        ("/a/b/0", "x"),
        ("/a/b/1/c", "y"),
        ("/a/0", "zero"),
        ("/s~1t", "slash"),
        ("/m~0n", "tilde"),
        ("/", "empty"),
    ];
    for (at, text) in table {
        assert_eq!(verdict(at, equals(text), &arguments), Ok(()), "{at}");
    }
    for at in [
        "",
        "a",
        "/b",
        "/A",
        "/a/b/2",
        "/a/b/00",
        "/a/b/-",
        "/a/b/+1",
        "/a/b/ 1",
        "/a/b/-1",
        "/a/b/٠",
        "/a/b/x",
        "/a/b/0/x",
        "/list/01",
        "/s/t",
        "/m~n",
        "/m~2n",
        "/m~",
        "/a/b/18446744073709551616",
        "query.a",
        "/a/b/",
    ] {
        assert_eq!(verdict(at, Test::MaxLength(99), &arguments), Err("is missing"), "{at}");
    }
}

#[test]
fn a_key_that_could_be_taken_for_another_is_ambiguous() {
    for twin in [
        "Path",
        "PATH",
        "pa\u{200b}th",
        "\u{ff50}ath",
        "pat\u{ff28}",
        "p_ath",
        "path_",
        "pa-th",
        "\u{1d429}ath",
        "pa\u{ad}th",
    ] {
        let arguments = json!({"path": "docs/a", twin: "secret"});
        assert_eq!(verdict("/path", equals("docs/a"), &arguments), Err("is ambiguous"), "{twin}");
        let below = json!({"o": {"path": "docs/a", twin: 1}});
        assert_eq!(verdict("/o/path", equals("docs/a"), &below), Err("is ambiguous"), "{twin}");
        let above = json!({"path": {"x": "docs/a"}, twin: {}});
        assert_eq!(verdict("/path/x", equals("docs/a"), &above), Err("is ambiguous"), "{twin}");
        let alone = json!({twin: "docs/a"});
        assert!(verdict("/path", equals("docs/a"), &alone).is_err(), "{twin}");
    }
    for (key, twin) in
        [("k", "\u{212a}"), ("s", "\u{17f}"), ("σ", "ς"), ("filePath", "file_path"), ("é", "e\u{301}")]
    {
        let arguments = json!({key: "v", twin: "w"});
        assert_eq!(verdict(&format!("/{key}"), equals("v"), &arguments), Err("is ambiguous"), "{key}");
    }
    let unlike = json!({"path": "docs/a", "paths": 1, "pat": 2, "раth": 3, "other": {"Path": 4}});
    assert_eq!(verdict("/path", equals("docs/a"), &unlike), Ok(()));
}

#[test]
fn only_pointers_are_pinned() {
    for at in ["/a", "/a/0/b", "/a~1b", "/Größe", "/a b"] {
        assert_eq!(check_pointer(at), Ok(()), "{at}");
    }
    let table = [
        ("", "must be a JSON pointer"),
        ("a", "must be a JSON pointer"),
        ("query.a", "must be a JSON pointer"),
        ("/a~", "must have ~ only as"),
        ("/a~2", "must have ~ only as"),
        ("/a/-", "must not have a step -"),
        ("/a\u{200b}", "must not hold control"),
        ("/a\"", "must not hold double"),
        ("/pаth", "must not mix scripts"),
    ];
    for (at, why) in table {
        assert!(check_pointer(at).unwrap_err().starts_with(why), "{at}");
    }
    assert_eq!(check_pointer(&"/a".repeat(17)), Err("must have at most 16 steps".to_owned()));
    assert!(check_pointer(&format!("/{}", "a".repeat(200))).is_err());
}

proptest! {
    /// Whatever stands at a place is found there, by the pointer that names it.
    #[test]
    fn what_is_there_is_found(keys in prop::collection::vec("[a/~0é]{0,4}", 1..5), text in "\\PC{0,8}") {
        let mut arguments = json!(text);
        let mut pointer = String::new();
        for key in &keys {
            pointer = format!("/{}{pointer}", key.replace('~', "~0").replace('/', "~1"));
            arguments = json!({key.as_str(): arguments});
        }
        prop_assert_eq!(verdict(&pointer, equals(&text), &arguments), Ok(()));
        prop_assert_eq!(
            verdict(&pointer, equals(&format!("{text}x")), &arguments),
            Err("is not as it was granted")
        );
    }

    /// A text that passes as a path passes a plain walk through its segments too.
    #[test]
    fn what_fits_stays_below(text in "(docs/|a|\\.|\\.\\.|/|%2e|%2F|\\\\){0,8}") {
        let arguments = json!({"v": format!("docs/{text}")});
        if verdict("/v", Test::Glob("docs/**".to_owned()), &arguments).is_ok() {
            let mut depth = 0_i32;
            for segment in format!("docs/{text}").replace("%2e", ".").replace("%2F", "/").split(['/', '\\']) {
                depth += match segment { ".." => -1, "" | "." => 0, _ => 1 };
                prop_assert!(depth > 0);
            }
        }
    }
}
