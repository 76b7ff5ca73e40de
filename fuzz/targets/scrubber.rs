//! A text with the secret in any encoding, cut anywhere, comes out without it, and the cuts change nothing.
#![no_main]

use ::base64::{Engine as _, engine::general_purpose as base64};
use bytes::Bytes;
use fuzz::{
    Pieces,
    calls::scrub::{REMOVED, ScrubStream, Scrubber},
};
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;

fuzz_target!(|data: &[u8]| {
    let mut pieces = Pieces(data);
    let Some(secret) = secret(&mut pieces) else { return };
    let scrubber = Arc::new(Scrubber::new(&[&secret]).unwrap());
    let mut text = Vec::new();
    for _ in 0..=pieces.byte() % 3 {
        text.extend_from_slice(pieces.bytes());
        text.extend(encoded(&secret, &mut pieces));
    }
    text.extend_from_slice(pieces.bytes());

    let whole = scrubber.scrub(&text).into_owned();
    let mut stream = ScrubStream::new(Arc::clone(&scrubber));
    let (mut out, mut rest) = (Vec::new(), text.as_slice());
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at((1 + usize::from(pieces.byte() % 40)).min(rest.len()));
        out.extend_from_slice(&stream.push(&Bytes::copy_from_slice(chunk)));
        rest = after;
    }
    out.extend_from_slice(&stream.finish());
    assert_eq!(out, whole, "the cuts changed something");
    for form in forms(&secret) {
        assert!(
            !holds(&out, &form),
            "{:?} is left in {:?}",
            String::from_utf8_lossy(&form),
            String::from_utf8_lossy(&out)
        );
    }
});

/// A secret that is not a part of what stands in its place.
fn secret(pieces: &mut Pieces<'_>) -> Option<Vec<u8>> {
    let plain = pieces.byte() % 2 == 0;
    let alphabet = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    let secret: Vec<u8> = match plain {
        true => pieces.bytes().iter().map(|byte| alphabet[usize::from(byte % 64)]).collect(),
        false => pieces.bytes().to_vec(),
    };
    let in_replacement = REMOVED.as_bytes().windows(12).any(|window| holds(&secret, window));
    // Nor may it begin where that ends, or end where it begins: what follows would complete it.
    let at_an_edge = (1..=REMOVED.len().min(secret.len())).any(|length| {
        REMOVED.as_bytes().ends_with(&secret[..length])
            || REMOVED.as_bytes().starts_with(&secret[secret.len() - length..])
    });
    ((12..=80).contains(&secret.len()) && !in_replacement && !at_an_edge).then_some(secret)
}

fn each(secret: &[u8], write: impl Fn(u8) -> String) -> Vec<u8> {
    secret.iter().map(|byte| write(*byte)).collect::<String>().into_bytes()
}

/// Every way in which a server echoes, written without the scrubber's encoders.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let url = |byte: u8| if unreserved(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    let mut forms = vec![
        secret.to_vec(),
        each(secret, |byte| format!("{byte:02x}")),
        each(secret, |byte| format!("{byte:02X}")),
        each(secret, |byte| format!("%{byte:02x}")),
        each(secret, |byte| format!("%{byte:02X}")),
        each(secret, |byte| format!("\\x{byte:02x}")),
        each(secret, url),
    ];
    if let Ok(text) = std::str::from_utf8(secret) {
        let json = serde_json::to_string(text).unwrap();
        forms.push(json[1..json.len() - 1].as_bytes().to_vec());
        let units =
            |write: fn(u16) -> String| text.encode_utf16().map(write).collect::<String>().into_bytes();
        forms.extend([units(|unit| format!("\\u{unit:04x}")), units(|unit| format!("\\u{unit:04X}"))]);
        forms.push(text.chars().map(|c| format!("&#{};", u32::from(c))).collect::<String>().into_bytes());
    }
    // In the middle of other base64: the characters that stand for nothing but the secret.
    for (before, engine) in
        (0..3).flat_map(|before| [&base64::STANDARD_NO_PAD, &base64::URL_SAFE_NO_PAD].map(|it| (before, it)))
    {
        let text = [&[0; 2][..before], secret].concat();
        let encoded = engine.encode(&text);
        forms.push(encoded.as_bytes()[(before * 8).div_ceil(6)..text.len() * 8 / 6].to_vec());
    }
    forms
}

fn encoded(secret: &[u8], pieces: &mut Pieces<'_>) -> Vec<u8> {
    let forms = forms(secret);
    let form = &forms[pieces.below(forms.len())];
    // Sometimes only the beginning of it.
    let length = if pieces.byte() % 4 == 0 { pieces.below(form.len() + 1) } else { form.len() };
    form[..length].to_vec()
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
