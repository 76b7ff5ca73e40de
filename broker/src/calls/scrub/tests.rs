use std::sync::Arc;
use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::{BodyExt as _, Full, StreamBody};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

use super::*;

const TOKEN: &str = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
const AWKWARD: &str = "p&ss \"w/rd\" <é+%'\\> =`x";
/// Control characters, as a private key in several lines has them.
const LINES: &str = "-----BEGIN\r\n\tx\u{8}\u{c}\u{1}\u{10}\u{7f}-----";

fn scrubber(secret: &str) -> Scrubber {
    Scrubber::new(&[secret]).unwrap()
}

fn scrubbed(secret: &str, text: &str) -> String {
    scrubber(secret).scrub_text(text).into_owned()
}

const RFC_3986: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The text in pieces that end at `cuts`, through a stream.
fn in_chunks(scrubber: &Arc<Scrubber>, text: &[u8], cuts: &[usize]) -> Vec<u8> {
    let mut stream = ScrubStream::new(Arc::clone(scrubber));
    let mut out = Vec::new();
    let mut begin = 0;
    for end in cuts.iter().copied().chain([text.len()]) {
        out.extend_from_slice(&stream.push(&Bytes::copy_from_slice(&text[begin..end])));
        begin = end;
    }
    out.extend_from_slice(&stream.finish());
    out
}

/// Written independently of the encoder under test.
fn echoes(secret: &str) -> Vec<String> {
    let every = |format: fn(u8) -> String| secret.bytes().map(format).collect::<Vec<_>>().concat();
    let units = |format: fn(u16) -> String| secret.encode_utf16().map(format).collect::<Vec<_>>().concat();
    let chars =
        |format: fn(u32) -> String| secret.chars().map(|c| format(c.into())).collect::<Vec<_>>().concat();
    let json = serde_json::to_string(secret).unwrap();
    let json = json[1..json.len() - 1].to_owned();
    // As Python, Go, Rails and .NET write it.
    let escape = |text: &str, which: &str, format: fn(u16) -> String| {
        let escaped = |c: char| match c {
            _ if c.is_ascii() && !which.contains(c) => c.to_string(),
            _ => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format(*unit)).collect(),
        };
        text.chars().map(escaped).collect::<String>()
    };
    let small: fn(u16) -> String = |unit| format!("\\u{unit:04x}");
    let large: fn(u16) -> String = |unit| format!("\\u{unit:04X}");
    let go = json.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e");
    let dot_net = escape(&json.replace("\\\"", "\""), "<>&'\"+`\u{7f}", large);
    let percent = utf8_percent_encode(secret, RFC_3986).to_string();
    let mut pieces = percent.split('%');
    let lower = pieces.next().unwrap_or_default().to_owned();
    let lower = pieces.fold(lower, |text, piece| text + "%" + &piece[..2].to_lowercase() + &piece[2..]);
    vec![
        escape(&json, "\u{7f}", small),
        go,
        escape(&json, "<>&'", small),
        dot_net,
        percent,
        lower,
        secret.to_owned(),
        every(|b| format!("{b:02x}")),
        every(|b| format!("{b:02X}")),
        every(|b| format!("%{b:02x}")),
        every(|b| format!("%{b:02X}")),
        every(|b| format!("\\x{b:02x}")),
        units(small),
        units(large),
        chars(|c| format!("&#{c};")),
        chars(|c| format!("&#x{c:x};")),
        url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        json.replace('/', "\\/"),
        json,
        secret
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
            .replace('\'', "&#39;"),
    ]
}

#[test]
fn every_echo_is_removed_and_the_rest_stays() {
    for secret in [TOKEN, AWKWARD, LINES, "twelve bytes"] {
        assert!(scrubber(secret).finds(echoes(secret)[0].as_bytes()) && !scrubber(secret).finds(b"text"));
        for echo in echoes(secret) {
            let text = format!("{{\"a\":\"{echo}\"}} and {echo}{echo}.");
            let expected = format!("{{\"a\":\"{REMOVED}\"}} and {REMOVED}{REMOVED}.");
            assert_eq!(scrubbed(secret, &text), expected, "{text}");
        }
    }
}

#[test]
fn base64_is_found_at_every_alignment() {
    for secret in [TOKEN, AWKWARD, "twelve bytes", "thirteen byte", "fourteen bytes"] {
        let scrubber = scrubber(secret);
        for (before, after) in (0..4).flat_map(|b| (0..4).map(move |a| (b, a))) {
            let text = format!("{}{secret}{}", &"xyz"[..before.min(3)], &"\0\u{1}\u{2}"[..after.min(3)]);
            for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD] {
                let encoded = engine.encode(&text);
                let out = scrubber.scrub_text(&encoded).into_owned();
                // Only a character that shares bits with a neighbour stays, on either side.
                let (left, right) = out.split_once(REMOVED).unwrap();
                let (before, end) = (before.min(3), encoded.len() - right.len());
                assert_eq!(left.len(), (before * 8).div_ceil(6), "{text:?}: {out}");
                assert_eq!(end, (before + secret.len()) * 8 / 6, "{text:?}: {out}");
            }
        }
    }
}

#[test]
fn all_forms_of_a_credential_are_removed() {
    let basic = STANDARD.encode(format!("paul:{TOKEN}"));
    let scrubber = Scrubber::new(&[TOKEN, &format!("paul:{TOKEN}"), &basic]).unwrap();
    let text = format!("Basic {basic}; paul:{TOKEN}; {TOKEN}");
    assert_eq!(scrubber.scrub_text(&text), format!("Basic {REMOVED}; {REMOVED}; {REMOVED}"));
}

#[test]
fn binary_secrets_are_found() {
    let secret: Vec<u8> = (0xf0..=0xff).collect();
    let scrubber = Scrubber::new(&[&secret]).unwrap();
    assert_eq!(scrubber.scrub(&[b"a", secret.as_slice(), b"z"].concat()), format!("a{REMOVED}z").as_bytes());
    let encoded = STANDARD.encode([b"a".as_slice(), &secret, b"z"].concat());
    assert!(scrubber.scrub_text(&encoded).contains(REMOVED));
}

#[test]
fn every_split_gives_the_same() {
    for secret in [TOKEN, AWKWARD] {
        let scrubber = Arc::new(scrubber(secret));
        for echo in echoes(secret) {
            let text = format!("data: {}{echo}\n\n", &echo[..echo.floor_char_boundary(echo.len() / 2)]);
            let whole = scrubber.scrub(text.as_bytes()).into_owned();
            assert!(whole.ends_with(format!("{REMOVED}\n\n").as_bytes()));
            for cut in 0..=text.len() {
                assert_eq!(in_chunks(&scrubber, text.as_bytes(), &[cut]), whole, "{text:?} at {cut}");
            }
            let each: Vec<_> = (1..text.len()).collect();
            assert_eq!(in_chunks(&scrubber, text.as_bytes(), &each), whole);
        }
    }
}

#[test]
fn nothing_is_held_back_that_cannot_become_a_secret() {
    let mut stream = ScrubStream::new(Arc::new(scrubber(TOKEN)));
    let event = Bytes::from_static(b"data: {\"n\":1}\n\n");
    assert_eq!(stream.push(&event), event);
    assert!(!stream.is_holding());
    // The longest end that may begin a secret, and no more.
    assert_eq!(stream.push(&Bytes::from("ok ghp_16ghp_16C7")), "ok ghp_16");
    assert_eq!(stream.push(&Bytes::from("e43")), "ghp_16C7e43");
    assert_eq!(stream.push(&Bytes::from(&TOKEN.as_bytes()[..39])), "");
    assert_eq!(stream.push(&Bytes::from("a!")), format!("{REMOVED}!"));
}

#[test]
fn a_chunk_without_a_secret_is_not_copied() {
    let mut stream = ScrubStream::new(Arc::new(scrubber(TOKEN)));
    let chunk = Bytes::from(vec![b'.'; 4096]);
    assert_eq!(stream.push(&chunk).as_ptr(), chunk.as_ptr());
}

#[test]
fn an_echo_that_is_cut_off_is_removed_too() {
    let scrubber = Arc::new(scrubber(TOKEN));
    for length in 20..TOKEN.len() {
        let text = format!("key {}", &TOKEN[..length]);
        assert_eq!(scrubber.scrub_text(&text), format!("key {REMOVED}"));
        assert_eq!(in_chunks(&scrubber, text.as_bytes(), &[7]), format!("key {REMOVED}").as_bytes());
    }
    for length in 0..20 {
        let text = format!("a key begins with {}", &TOKEN[..length]);
        assert_eq!(scrubber.scrub_text(&text), text, "less than half of it may be anything");
        assert_eq!(in_chunks(&scrubber, text.as_bytes(), &[7]), text.as_bytes());
    }
}

#[test]
fn what_waits_for_its_end_is_judged_by_how_much_of_a_secret_it_is() {
    let scrubber = scrubber(TOKEN);
    let left = |length: usize| scrubber.finish(&TOKEN.as_bytes()[..length]);
    assert_eq!(left(TOKEN.len()), REMOVED.as_bytes(), "all of it is most of it");
    assert_eq!(left(TOKEN.len() / 2), REMOVED.as_bytes());
    assert_eq!(left(TOKEN.len() / 2 - 1), &TOKEN.as_bytes()[..TOKEN.len() / 2 - 1]);
}

#[test]
fn what_nobody_has_to_escape_is_not_looked_for_in_escapes() {
    let count = |secret: &str| encodings::of(secret.as_bytes()).len();
    assert!(count("plain-secret_1.0") < count("plain secret_1.0"));
}

#[test]
fn what_is_shown_of_it_is_how_much_there_is() {
    let scrubber = Arc::new(scrubber(TOKEN));
    assert_eq!(format!("{scrubber:?}"), "Scrubber { secrets: 1, .. }");
    let mut stream = ScrubStream::new(scrubber);
    stream.push(&Bytes::from_static(b"ghp_16"));
    assert_eq!(format!("{stream:?}"), "ScrubStream { held: 6, .. }");
}

#[test]
fn header_names_are_compared_without_case() {
    let scrubber = scrubber(TOKEN);
    assert!(scrubber.finds_in_name(&format!("x-{}", TOKEN.to_lowercase())));
    assert!(scrubber.finds_in_name(&STANDARD_NO_PAD.encode(TOKEN).to_lowercase()));
    assert!(scrubber.finds_in_name(&TOKEN.to_lowercase()), "nothing but the secret");
    assert!(!scrubber.finds_in_name("content-type"));
    assert!(!scrubber.finds_in_name(&"x".repeat(2 * TOKEN.len())), "long enough, but another");
}

#[test]
fn secrets_have_limits_and_no_secret_is_fine() {
    assert!(matches!(Scrubber::new(&["eleven byte"]), Err(ScrubberError::TooShort)));
    assert!(matches!(Scrubber::new(&["x".repeat(MAX_SECRET_BYTES + 1)]), Err(ScrubberError::TooLong)));
    assert!(Scrubber::new(&["x".repeat(MAX_SECRET_BYTES)]).is_ok());
    assert!(
        Scrubber::new(&["twelve bytes".to_owned(), "x".repeat(16_384)]).is_ok(),
        "as long as a private key"
    );
    let none = Scrubber::new::<&str>(&[]).unwrap();
    assert!(none.is_empty());
    assert_eq!(none.scrub_text(TOKEN), TOKEN);
    assert!(!format!("{:?}", scrubber(TOKEN)).contains("ghp"));
}

fn chunks(texts: &[&str]) -> impl Body<Data = Bytes, Error = std::io::Error> + Unpin + use<> {
    let frames: Vec<_> = texts.iter().map(|text| Ok(Frame::data(Bytes::from((*text).to_owned())))).collect();
    StreamBody::new(futures::stream::iter(frames))
}

#[tokio::test]
async fn a_body_is_scrubbed_and_counted() {
    let (first, second) = TOKEN.split_at(17);
    let body = ScrubBody::new(chunks(&["a ", first, second, " z"]), Arc::new(scrubber(TOKEN)));
    let sent = body.sent();
    assert_eq!(body.size_hint().exact(), None);
    let expected = format!("a {REMOVED} z");
    assert_eq!(body.collect().await.unwrap().to_bytes(), expected.clone());
    assert_eq!(sent.load(Ordering::Relaxed), expected.len() as u64);
}

#[tokio::test]
async fn a_body_that_breaks_keeps_what_it_held() {
    let frames = vec![
        Ok(Frame::data(Bytes::from(format!("a {}", &TOKEN[..39])))),
        Err(std::io::Error::other("broken")),
        Ok(Frame::data(Bytes::from("after"))),
    ];
    let mut body = ScrubBody::new(StreamBody::new(futures::stream::iter(frames)), Arc::new(scrubber(TOKEN)));
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "a ");
    assert!(!body.is_end_stream());
    assert!(body.frame().await.unwrap().is_err());
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn trailers_are_dropped() {
    let mut trailers = http::HeaderMap::new();
    trailers.insert("x", http::HeaderValue::from_static(TOKEN));
    let frames = vec![Ok::<_, std::io::Error>(Frame::data(Bytes::from("a"))), Ok(Frame::trailers(trailers))];
    let body = ScrubBody::new(StreamBody::new(futures::stream::iter(frames)), Arc::new(scrubber(TOKEN)));
    let collected = body.collect().await.unwrap();
    assert!(collected.trailers().is_none());
    assert_eq!(collected.to_bytes(), "a");
}

#[test]
fn the_length_stays_known_only_where_nothing_can_be_removed() {
    let length = |scrubber| {
        let body = ScrubBody::new(Full::new(Bytes::from("four")), Arc::new(scrubber));
        body.size_hint().exact()
    };
    assert_eq!(length(Scrubber::new::<&str>(&[]).unwrap()), Some(4));
    assert_eq!(length(scrubber(TOKEN)), None);
}

#[tokio::test]
async fn a_body_ends_when_nothing_is_held_any_more() {
    let empty = ScrubBody::new(Full::new(Bytes::new()), Arc::new(scrubber(TOKEN)));
    assert!(empty.is_end_stream());
    let mut body = ScrubBody::new(Full::new(Bytes::from("a ghp_16")), Arc::new(scrubber(TOKEN)));
    assert!(!body.is_end_stream());
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "a ");
    assert!(!body.is_end_stream(), "the other body is over, but its end is held");
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "ghp_16");
    assert!(body.is_end_stream());
    let mut streamed = ScrubBody::new(chunks(&["a"]), Arc::new(scrubber(TOKEN)));
    assert_eq!(streamed.frame().await.unwrap().unwrap().into_data().unwrap(), "a");
    assert!(!streamed.is_end_stream(), "more may come");
    assert!(streamed.frame().await.is_none());
    assert!(streamed.is_end_stream());
}

fn any_secret() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Za-z0-9_-]{12,48}", "[ -~]{12,32}", "[a-c]{12,14}", "\\PC{12,16}"]
        .prop_filter("long enough", |secret| secret.len() >= MIN_SECRET_BYTES)
}

proptest! {
    #[test]
    fn no_echo_survives_any_split(
        secret in any_secret()
            // Neighbours that occur in the secret could make another, earlier match of the whole.
            .prop_map(|secret| secret.replace([' ', '.', ':', '\n'], "~"))
            // Of `\\`, `%25` and `&amp;` at the end, all but the first character may stay: it gives nothing away.
            .prop_map(|secret| if secret.ends_with(['\\', '%', '&']) { secret + "~" } else { secret }),
        which in any::<prop::sample::Index>(),
        around in ("[ .:\n]{0,9}", "[ .:\n]{0,9}"),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let scrubber = Arc::new(scrubber(&secret));
        let echoes = echoes(&secret);
        let echo = which.get(&echoes);
        let text = format!("{}{echo}{}", around.0, around.1);
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(text.len())).collect();
        cuts.sort_unstable();
        let out = in_chunks(&scrubber, text.as_bytes(), &cuts);
        prop_assert_eq!(String::from_utf8(out).unwrap(), format!("{}{REMOVED}{}", around.0, around.1));
    }

    #[test]
    fn base64_of_anything_around_a_secret_gives_nothing_away(
        secret in "[A-Za-z0-9_-]{16,40}",
        before in prop::collection::vec(any::<u8>(), 0..40),
        after in prop::collection::vec(any::<u8>(), 0..40),
        cut in any::<prop::sample::Index>(),
    ) {
        let scrubber = Arc::new(scrubber(&secret));
        for engine in [STANDARD, URL_SAFE_NO_PAD] {
            let text = engine.encode([before.as_slice(), secret.as_bytes(), &after].concat());
            let out = in_chunks(&scrubber, text.as_bytes(), &[cut.index(text.len())]);
            let out = String::from_utf8(out).unwrap();
            let (left, right) = out.split_once(REMOVED).unwrap();
            prop_assert!(left.len() <= (before.len() * 8).div_ceil(6) && text.starts_with(left));
            prop_assert!(right.len() <= after.len().div_ceil(3) * 4 + 4 && text.ends_with(right));
        }
    }

    #[test]
    fn the_beginning_of_a_secret_decides_where_its_encodings_begin(
        secret in prop_oneof![any_secret().prop_map(String::into_bytes), proptest::collection::vec(any::<u8>(), 12..40)],
    ) {
        let words = |secret: &[u8]| -> std::collections::BTreeSet<Vec<u8>> {
            encodings::of(secret).iter().map(|it| it[..NEEDLE_BYTES].to_vec()).collect()
        };
        let (whole, first) = (words(&secret), words(beginning(&secret)));
        prop_assert!(whole.is_subset(&first), "{whole:?} {first:?}");
    }

    #[test]
    fn text_without_a_secret_passes_unchanged(
        body in prop::collection::vec(any::<u8>(), 0..400),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let scrubber = Arc::new(scrubber(TOKEN));
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(body.len().max(1)).min(body.len())).collect();
        cuts.sort_unstable();
        prop_assert_eq!(in_chunks(&scrubber, &body, &cuts), body);
    }

    #[test]
    fn a_split_changes_nothing_in_dense_text(
        secret in "[ab]{12,13}",
        body in "[ab%6]{0,200}",
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let scrubber = Arc::new(scrubber(&secret));
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
        cuts.sort_unstable();
        let out = in_chunks(&scrubber, body.as_bytes(), &cuts);
        prop_assert_eq!(&out, &scrubber.scrub(body.as_bytes()).into_owned());
        prop_assert!(!scrubber.finds(&out));
    }
}
