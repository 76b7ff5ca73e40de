//! A path or query that is accepted is read the same by everybody: by a naive decoder, by the WHATWG's parser, and by
//! ourselves again.
#![no_main]

use domain::path::{CanonicalPath, CanonicalQuery};
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|data: &[u8]| {
    let Ok(raw) = std::str::from_utf8(data) else { return };
    let (path, query) = raw.split_once('?').map_or((raw, None), |(path, query)| (path, Some(query)));
    check_path(path);
    check_query(query);
});

fn check_path(raw: &str) {
    let parsed = CanonicalPath::parse(raw);
    if plainly_good(raw) {
        assert_eq!(parsed.as_ref().unwrap().as_str(), raw, "a plain path is taken as it is");
    }
    let Ok(path) = parsed else { return };
    let text = path.as_str();
    let meant = naive(raw).expect("accepted, though a naive reader finds it ambiguous");
    assert_eq!(path.segments(), meant, "{raw:?}");
    assert_eq!(naive(text), Some(meant), "{text:?}");
    assert_eq!(CanonicalPath::parse(text).as_ref(), Ok(&path));
    let url = Url::parse(&format!("https://host{text}")).unwrap();
    assert_eq!((url.path(), url.host_str(), url.query()), (text, Some("host"), None));
}

/// Letters, digits, and single slashes between them.
fn plainly_good(raw: &str) -> bool {
    let plain = |segment: &str| !segment.is_empty() && segment.bytes().all(|b| b.is_ascii_alphanumeric());
    raw.len() < 2_000
        && raw.matches('/').count() <= 64
        && raw.strip_prefix('/').is_some_and(|rest| rest.split('/').all(plain))
}

/// What the most cautious of readers makes of a path; `None` where two readers could differ.
fn naive(raw: &str) -> Option<Vec<String>> {
    let raw = raw.strip_prefix('/')?;
    let mut segments: Vec<&str> = raw.split('/').collect();
    if segments.last() == Some(&"") {
        segments.pop();
    }
    segments.into_iter().map(naive_segment).collect()
}

fn naive_segment(raw: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = raw.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            if !digits.bytes().all(|it| it.is_ascii_hexdigit()) {
                return None;
            }
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    let odd = |c: char| c.is_control() || matches!(c, '/' | '\\' | ';' | '%');
    let dots = text.chars().all(|c| c == '.' || c.is_whitespace());
    if text.is_empty() || dots || text.contains(odd) { None } else { Some(text) }
}

fn check_query(raw: Option<&str>) {
    let Ok(query) = CanonicalQuery::parse(raw) else { return };
    let text = query.as_str();
    assert_eq!(CanonicalQuery::parse(Some(text)).as_ref(), Ok(&query));
    // Forms are read by the same rules everywhere.
    let ours: Vec<(String, String)> = query.pairs().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    let read = |text: &str| url::form_urlencoded::parse(text.as_bytes()).into_owned().collect::<Vec<_>>();
    assert_eq!(ours, read(text), "{text:?}");
    assert_eq!(ours, read(raw.unwrap_or_default()), "{raw:?}");
    let url = Url::parse(&format!("https://host/?{text}")).unwrap();
    assert_eq!(url.query(), Some(text));
}
