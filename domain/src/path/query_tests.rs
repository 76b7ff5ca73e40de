use percent_encoding::percent_decode_str;
use proptest::prelude::*;

use super::*;

fn query(raw: &str) -> CanonicalQuery {
    CanonicalQuery::parse(Some(raw)).unwrap()
}

#[test]
fn there_is_one_spelling() {
    let cases = [
        ("", ""),
        ("&&", ""),
        ("a=1&b=2", "a=1&b=2"),
        ("a=1&&b=2&", "a=1&b=2"),
        ("b=2&a=1", "b=2&a=1"),
        ("acl", "acl"),
        ("acl=", "acl="),
        ("a=b=c", "a=b%3Dc"),
        ("q=a+b", "q=a%20b"),
        ("q=a%20b", "q=a%20b"),
        ("q=a%2bb", "q=a%2Bb"),
        ("a=1;b=2", "a=1%3Bb%3D2"),
        ("filter[x]=%7e", "filter%5Bx%5D=~"),
        ("u=https%3A%2F%2Fx%2F%2520", "u=https%3A%2F%2Fx%2F%2520"),
        ("t=line%0Aline", "t=line%0Aline"),
        ("%61=1", "a=1"),
    ];
    for (raw, expected) in cases {
        assert_eq!(query(raw).as_str(), expected, "{raw}");
        assert_eq!(query(raw).to_string(), expected, "{raw}");
    }
    assert!(CanonicalQuery::parse(None).unwrap().is_empty());
    assert!(query("&").is_empty() && !query("a").is_empty());
}

#[test]
fn bad_queries_say_why() {
    let cases = [
        ("a=%", "path_bad_escape"),
        ("a=%zz", "path_bad_escape"),
        ("%ff=1", "path_not_utf8"),
        ("a=%00", "path_control_character"),
        ("a=\0", "path_control_character"),
        ("a=\nb", "path_control_character"),
        ("a=%1b", "path_control_character"),
        ("a=b c", "path_invalid_character"),
        ("a=#", "path_invalid_character"),
        ("a=\u{e9}", "path_invalid_character"),
        ("=1", "query_empty_name"),
        ("a=1&=", "query_empty_name"),
    ];
    for (raw, code) in cases {
        assert_eq!(CanonicalQuery::parse(Some(raw)).unwrap_err().code(), code, "{raw:?}");
    }
}

#[test]
fn caps_hold_on_both_sides_of_the_encoding() {
    let code = |raw: String| CanonicalQuery::parse(Some(&raw)).unwrap_err().code();
    assert_eq!(query(&["a"; 256].join("&")).pairs().count(), 256);
    assert_eq!(code(["a"; 257].join("&")), "query_too_many_parameters");
    assert_eq!(query(&"a".repeat(8192)).as_str().len(), 8192);
    assert_eq!(code("a".repeat(8193)), "query_too_long");
    assert_eq!(code(format!("a={}", ":".repeat(3000))), "query_too_long");
}

#[test]
fn duplicates_stay_in_order_and_are_visible() {
    let query = query("a=1&b=2&a=3&c&%61=4&c=");
    assert_eq!(query.as_str(), "a=1&b=2&a=3&c&a=4&c=");
    assert_eq!(query.values("a").collect::<Vec<_>>(), ["1", "3", "4"]);
    assert_eq!(query.values("c").collect::<Vec<_>>(), ["", ""]);
    assert_eq!(query.duplicate_names(), ["a", "c"].into());
    assert!(super::CanonicalQuery::parse(Some("a=1&A=2")).unwrap().duplicate_names().is_empty());
}

proptest! {
    #[test]
    fn the_canonical_form_is_a_fixed_point(raw in "([a-c%=&+;~ -\u{ff}]|%[0-9a-fA-F]{2}){0,24}") {
        if let Ok(query) = CanonicalQuery::parse(Some(&raw)) {
            prop_assert_eq!(CanonicalQuery::parse(Some(query.as_str())), Ok(query));
        }
    }

    #[test]
    fn anybody_else_reads_the_same_pairs(raw in "([a-c=&+;~!-]|%[2-7][0-9a-fA-F]){0,24}") {
        if let Ok(query) = CanonicalQuery::parse(Some(&raw)) {
            let read = |s: &str| percent_decode_str(s).decode_utf8().unwrap().into_owned();
            let theirs: Vec<_> = query.as_str().split('&').filter(|piece| !piece.is_empty()).map(|piece| {
                let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
                (read(name), read(value))
            }).collect();
            let ours: Vec<_> = query.pairs().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            prop_assert_eq!(ours, theirs);
            prop_assert!(!query.as_str().contains(['+', ';', ' ']));
        }
    }
}
