use super::*;
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;

fn refused(text: &str) -> (String, String) {
    let NotPlain { at, why } = read(text.as_bytes()).expect_err(text);
    (at, why)
}

#[test]
fn plain_texts_are_read_as_they_stand() {
    let table = [
        ("null", json!(null)),
        (" [1 , 2]\n", json!([1, 2])),
        (r#"{"a":{"b":[true,"x"]}}"#, json!({"a": {"b": [true, "x"]}})),
        (r#"{"a":1,"A":2,"\u00e9":3,"e\u0301":4}"#, json!({"a": 1, "A": 2, "é": 3, "e\u{301}": 4})),
        (r#""\ud83d\ude00 \" \\ 12 -0""#, json!("😀 \" \\ 12 -0")),
        (r#"{"\"1":2,"\\":[3,"4\\"],"5":6}"#, json!({"\"1": 2, "\\": [3, "4\\"], "5": 6})),
        ("0", json!(0)),
        ("-9007199254740991", json!(-9_007_199_254_740_991_i64)),
        ("9007199254740991", json!(9_007_199_254_740_991_i64)),
        ("0.0", json!(0.0)),
        ("1.50", json!(1.5)),
        ("1E2", json!(100.0)),
        ("0.1", json!(0.1)),
        ("123456789e-9", json!(0.123_456_789)),
        ("1e300", json!(1e300)),
        ("5e-324", json!(5e-324)),
        ("1.7976931348623157e308", json!(f64::MAX)),
        ("0e999999999999999999999", json!(0.0)),
    ];
    for (text, value) in table {
        assert_eq!(read(text.as_bytes()).unwrap(), value, "{text}");
    }
}

#[test]
fn what_readers_read_differently_is_refused() {
    let beyond = "a whole number is beyond";
    let rounded = "a number has more digits";
    let table = [
        ("{\"a\":1,\"a\":2}", "/a", "this key stands there twice"),
        ("{\"a\":1,\"\\u0061\":2}", "/a", "this key stands there twice"),
        ("{\"x\":[0,{\"y/z\":{\"k\":1,\"k\":1}}]}", "/x/1/y~1z/k", "this key stands there twice"),
        ("{\"\":1,\"\":1}", "/", "this key stands there twice"),
        ("{\"m~n\":{\"\u{200b}\":1,\"\u{200b}\":1}}", "/m~0n/⟨U+200B⟩", "this key stands there twice"),
        ("\u{feff}{}", "", "it begins with a byte order mark"),
        ("9007199254740992", "", beyond),
        ("[0,-9007199254740992]", "/1", beyond),
        ("{\"a\":123456789012345678901234567890}", "/a", beyond),
        ("18446744073709551616", "", beyond),
        ("9007199254740993.0", "", rounded),
        ("0.1000000000000000055511151231257827", "", rounded),
        ("0.10000000000000001", "", rounded),
        ("1e-400", "", rounded),
        ("4e-324", "", rounded),
        ("1e-9999999999999999999999", "", rounded),
        ("-0", "", "a number is a minus zero"),
        ("[-0.0]", "/0", "a number is a minus zero"),
        ("-0e7", "", "a number is a minus zero"),
        ("1e400", "", "it is no JSON: number out of range"),
        ("-1e309", "", "it is no JSON: number out of range"),
        ("1e99999999999999999999", "", "it is no JSON: number out of range"),
        ("\"\\ud800\"", "", "it is no JSON: "),
        ("\"\\udc00\\ud800\"", "", "it is no JSON: "),
        ("{\"a\":\"\\ud800x\"}", "/a", "it is no JSON: "),
        ("\"a\\u0000b\"", "", "a text holds NUL"),
        ("{\"a\\u0000\":1}", "", "a text holds NUL"),
        ("{\"$serde_json::private::RawValue\":\"[1]\"}", "", "a key is one that"),
        ("{\"$serde_json::private::Number\":\"1\"}", "", "a key is one that"),
        ("{} {}", "", "it is no JSON: trailing characters"),
        ("[1]x", "", "it is no JSON: trailing characters"),
        ("", "", "it is no JSON: EOF"),
        ("[1,]", "/1", "it is no JSON: "),
        ("{a:1}", "", "it is no JSON: "),
        ("'a'", "", "it is no JSON: "),
        ("[01]", "/0", "it is no JSON: "),
        ("[+1]", "/0", "it is no JSON: "),
        ("[.5]", "/0", "it is no JSON: "),
        ("[5.]", "/0", "it is no JSON: "),
        ("NaN", "", "it is no JSON: "),
        ("[Infinity]", "/0", "it is no JSON: "),
        ("\"\n\"", "", "it is no JSON: "),
        ("/**/1", "", "it is no JSON: "),
    ];
    for (text, at, why) in table {
        let refusal = refused(text);
        assert_eq!(refusal.0, at, "{text}");
        assert!(refusal.1.starts_with(why), "{text}: {}", refusal.1);
    }
    assert_eq!(read(b"\"\xff\"").unwrap_err().why, "it is not UTF-8");
    assert_eq!(read(b"\"\xed\xa0\x80\"").unwrap_err().why, "it is not UTF-8");
    assert_eq!(
        read(b"{\"a\":1,\"a\":2}").unwrap_err().to_string(),
        "the JSON is refused at /a: this key stands there twice: once is enough"
    );
}

#[test]
fn depth_ends_before_the_stack_does() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(nested(MAX_DEPTH).as_bytes()).is_ok());
    let deep = |text: &str| refused(text).1 == "it is nested deeper than 64 levels";
    assert!(deep(&nested(MAX_DEPTH + 1)));
    assert!(deep(&"[".repeat(4_000_000)));
    assert!(deep(&"{\"a\":".repeat(1_000_000)));
    assert!(read(format!("[{}[]]", "[[]],".repeat(100_000)).as_bytes()).is_ok(), "wide is not deep");
}

/// Values with whatever the strict reading keeps.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::from),
        any::<f64>().prop_filter("a number", |it| it.is_finite() && *it != 0.0).prop_map(Value::from),
        "[a-c\"\\\\1\u{e9}\u{200b}-]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-c\"\\\\0]{0,3}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Nearly JSON, with much that is not.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"\\u0061\"",
        "\"b\"",
        "1",
        "-0",
        "1.0",
        "1e2",
        "1e-7",
        "0.30",
        "9007199254740993",
        "null",
        "true",
        " ",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "12.5E+1",
        "\"1\\\"2\"",
    ]);
    let chaos = prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat());
    let entry =
        prop::sample::select(vec!["\"a\":1", "\"a\":[0.5]", "\"\\u0061\":2", "\"b\":{}", "\"b\":1.50"]);
    let object = prop::collection::vec(entry, 0..4).prop_map(|entries| format!("{{{}}}", entries.join(",")));
    prop_oneof![chaos, object]
}

/// The object of a text as readers read it that take the first or the last of equal keys.
fn loose(text: &str, first_wins: bool) -> Option<BTreeMap<String, Value>> {
    struct Loose(bool);
    impl<'de> Visitor<'de> for Loose {
        type Value = BTreeMap<String, Value>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some((key, value)) = entries.next_entry::<String, Value>()? {
                if !(self.0 && map.contains_key(&key)) {
                    map.insert(key, value);
                }
            }
            Ok(map)
        }
    }
    serde_json::Deserializer::from_str(text).deserialize_map(Loose(first_wins)).ok()
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(value in values()) {
        prop_assert_eq!(read(value.to_string().as_bytes()), Ok(value.clone()));
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        prop_assert_eq!(read(pretty.as_bytes()), Ok(value));
    }

    #[test]
    fn all_readers_agree_on_what_is_accepted(text in texts()) {
        if let Ok(value) = read(text.as_bytes()) {
            prop_assert_eq!(&read(value.to_string().as_bytes()).unwrap(), &value);
            if value.is_object() {
                prop_assert_eq!(loose(&text, true).unwrap(), loose(&text, false).unwrap());
            }
        }
    }

    /// Against the whole text of the double, which the standard library can write out.
    #[test]
    fn an_accepted_fraction_is_the_one_that_its_double_prints(
        text in "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,22})?([eE][+-]?[0-9]{1,3})?"
    ) {
        if let Ok(value) = read(text.as_bytes()) {
            let double: f64 = text.parse().unwrap();
            prop_assert_eq!(value.as_f64(), Some(double));
            prop_assert!(text.trim_start_matches('-').trim_matches(['0', '.']).len() < 60);
            prop_assert!(!(double == 0.0 && text.starts_with('-')));
            // What has up to 15 digits is never refused for its digits; what has more than 17 never accepted.
            let digits = Decimal::parse(&text).unwrap().digits.len();
            prop_assert!(digits <= 17, "{}", digits);
        } else {
            let digits = Decimal::parse(&text).unwrap().digits.len();
            let double: f64 = text.parse().unwrap();
            let ordinary = double.is_finite() && double.abs() > 1e-290;
            prop_assert!(digits > 15 || !ordinary || !text.contains(['.', 'e', 'E']), "{}", text);
        }
    }
}
