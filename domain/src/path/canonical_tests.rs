use percent_encoding::percent_decode_str;
use proptest::prelude::*;

use super::*;

fn refused(raw: &str) -> &'static str {
    CanonicalPath::parse(raw).map_or_else(PathRefusal::code, |path| panic!("{raw:?} became {path}"))
}

fn canonical(raw: &str) -> String {
    CanonicalPath::parse(raw).unwrap().to_string()
}

#[test]
fn ambiguous_paths_are_refused_and_say_why() {
    let cases = [
        ("", "path_not_absolute"),
        ("a/b", "path_not_absolute"),
        ("*", "path_not_absolute"),
        ("http://other/a", "path_not_absolute"),
        ("//", "path_empty_segment"),
        ("//host/a", "path_empty_segment"),
        ("/a//b", "path_empty_segment"),
        ("/a//", "path_empty_segment"),
        ("/.", "path_dot_segment"),
        ("/..", "path_dot_segment"),
        ("/a/../b", "path_dot_segment"),
        ("/a/./b", "path_dot_segment"),
        ("/a/../", "path_dot_segment"),
        ("/a/.../b", "path_dot_segment"),
        ("/a/..%20/b", "path_dot_segment"),
        ("/a/%20/b", "path_dot_segment"),
        ("/a/.%20../b", "path_dot_segment"),
        ("/a/%C2%A0./b", "path_dot_segment"),
        ("/a/%2e%2e/b", "path_encoded_dot"),
        ("/a/.%2E/b", "path_encoded_dot"),
        ("/a/file%2etxt", "path_encoded_dot"),
        ("/a/%252e%252e/b", "path_double_encoding"),
        ("/a/%25", "path_double_encoding"),
        ("/a%2fb", "path_encoded_separator"),
        ("/a%2Fb", "path_encoded_separator"),
        ("/a%5cb", "path_encoded_separator"),
        ("/a\\b", "path_backslash"),
        ("/a;v=1/b", "path_semicolon"),
        ("/..;/b", "path_semicolon"),
        ("/a%3Bv/b", "path_semicolon"),
        ("/a%00", "path_control_character"),
        ("/a%0d%0aHost:%20x", "path_control_character"),
        ("/a\0", "path_control_character"),
        ("/a\tb", "path_control_character"),
        ("/a%7F", "path_control_character"),
        ("/a%C2%85", "path_control_character"),
        ("/%", "path_bad_escape"),
        ("/%4", "path_bad_escape"),
        ("/%zz", "path_bad_escape"),
        ("/%+1", "path_bad_escape"),
        ("/%u002e", "path_bad_escape"),
        ("/%c0%ae%c0%ae", "path_not_utf8"),
        ("/%ff", "path_not_utf8"),
        ("/%ed%a0%80", "path_not_utf8"),
        ("/a b", "path_invalid_character"),
        ("/a?b", "path_invalid_character"),
        ("/a#b", "path_invalid_character"),
        ("/caf\u{e9}", "path_invalid_character"),
        ("/{id}", "path_invalid_character"),
        ("/%EF%BC%8F", "path_lookalike"),
        ("/%EF%BC%8E%EF%BC%8E", "path_lookalike"),
        ("/%E2%80%A5", "path_lookalike"),
        ("/%EF%BC%BC", "path_lookalike"),
    ];
    for (raw, code) in cases {
        assert_eq!(refused(raw), code, "{raw:?}");
    }
}

#[test]
fn caps_hold_on_both_sides_of_the_encoding() {
    assert_eq!(canonical(&"/a".repeat(64)).len(), 128);
    assert_eq!(refused(&"/a".repeat(65)), "path_too_many_segments");
    assert_eq!(canonical(&format!("/{}", "a".repeat(2047))).len(), 2048);
    assert_eq!(refused(&format!("/{}", "a".repeat(2048))), "path_too_long");
    // Each plus grows to three bytes.
    assert_eq!(refused(&format!("/{}", "+".repeat(700))), "path_too_long");
}

#[test]
fn there_is_one_spelling() {
    let cases = [
        ("/", "/"),
        ("/a", "/a"),
        ("/a/", "/a/"),
        ("/%7euser/%41%2d%5F", "/~user/A-_"),
        ("/caf%c3%a9", "/caf%C3%A9"),
        ("/a+b", "/a%2Bb"),
        ("/a%2bb", "/a%2Bb"),
        ("/docs/1:export", "/docs/1:export"),
        ("/docs/1%3Aexport", "/docs/1:export"),
        ("/compare/main...next", "/compare/main...next"),
        ("/.well-known/x.json", "/.well-known/x.json"),
        ("/a%20b%3F%23", "/a%20b%3F%23"),
        ("/%7Bid%7D", "/%7Bid%7D"),
        ("/!$&'()*,=:@", "/!$&'()*,=:@"),
    ];
    for (raw, expected) in cases {
        assert_eq!(canonical(raw), expected);
    }
}

#[test]
fn segments_are_decoded_and_the_trailing_slash_is_told() {
    let path = CanonicalPath::parse("/a%20b/%3F/").unwrap();
    assert_eq!(path.segments(), ["a b", "?"]);
    assert!(path.has_trailing_slash());
    let root = CanonicalPath::parse("/").unwrap();
    assert!(root.segments().is_empty() && !root.has_trailing_slash());
}

/// Raw paths built from pieces that are likely to be accepted, likely to be tricks, or anything.
fn raw_path() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9._~!$&'()*+,=:@-]{1,6}",
        2 => any::<char>().prop_map(|c| {
            let mut buffer = [0; 4];
            c.encode_utf8(&mut buffer).bytes().map(|b| format!("%{b:02x}")).collect::<Vec<_>>().concat()
        }),
        1 => "%[0-9a-fA-F]{2}",
        1 => prop::sample::select(vec!["..", ".", "%2e", "%2E%2e", "//", ";", "\\", "%00", "%252e", "%2f", "\u{e9}"])
            .prop_map(str::to_owned),
    ];
    let segment = prop::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat());
    (prop::collection::vec(segment, 0..6), any::<bool>()).prop_map(|(segments, trailing)| {
        let path = format!("/{}", segments.join("/"));
        if trailing && !segments.is_empty() { path + "/" } else { path }
    })
}

proptest! {
    #[test]
    fn the_canonical_form_is_a_fixed_point(raw in raw_path()) {
        if let Ok(path) = CanonicalPath::parse(&raw) {
            prop_assert_eq!(CanonicalPath::parse(path.as_str()), Ok(path));
        }
    }

    #[test]
    fn anybody_else_reads_the_same_segments(raw in raw_path()) {
        if let Ok(path) = CanonicalPath::parse(&raw) {
            let text = path.as_str().trim_end_matches('/');
            let read = text.split('/').skip(1);
            let read: Vec<_> = read.map(|s| percent_decode_str(s).decode_utf8().unwrap().into_owned()).collect();
            prop_assert_eq!(path.segments(), read);
        }
    }

    #[test]
    fn an_accepted_path_means_what_was_sent(raw in raw_path()) {
        if let Ok(path) = CanonicalPath::parse(&raw) {
            let sent = percent_decode_str(&raw).decode_utf8().unwrap().into_owned();
            prop_assert_eq!(percent_decode_str(path.as_str()).decode_utf8().unwrap(), sent);
        }
    }

    #[test]
    fn nothing_dangerous_survives_even_a_second_decoding(raw in raw_path()) {
        if let Ok(path) = CanonicalPath::parse(&raw) {
            prop_assert!(path.as_str().is_ascii());
            let once = percent_decode_str(path.as_str()).decode_utf8().unwrap().into_owned();
            let twice = percent_decode_str(&once).decode_utf8().unwrap().into_owned();
            prop_assert_eq!(&once, &twice);
            prop_assert!(!once.contains(['\\', ';', '\0', '\r', '\n']));
            prop_assert!(once.split('/').all(|s| s != "." && s != ".."));
            prop_assert!(!once.contains("//"));
        }
    }

    #[test]
    fn equal_segments_mean_equal_text(a in raw_path(), b in raw_path()) {
        if let (Ok(a), Ok(b)) = (CanonicalPath::parse(&a), CanonicalPath::parse(&b)) {
            let same = a.segments() == b.segments() && a.has_trailing_slash() == b.has_trailing_slash();
            prop_assert_eq!(same, a.as_str() == b.as_str());
        }
    }

    #[test]
    fn no_input_panics(raw in any::<String>()) {
        let _ = CanonicalPath::parse(&raw);
        let _ = CanonicalPath::parse(&format!("/{raw}"));
    }
}
