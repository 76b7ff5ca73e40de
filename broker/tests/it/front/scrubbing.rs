//! What a service echoes of its credential never arrives, however it is encoded and cut.

use super::support::{Front, on_each_front};
use crate::support::installation::CANARY;
use base64::{Engine as _, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};

on_each_front!(no_encoding_and_no_split_gets_it_through);

async fn no_encoding_and_no_split_gets_it_through(front: &Front) {
    let session = front.usual().await;
    let encodings = ["plain", "base64", "base64-inside", "base64url", "hex", "url", "json", "html"];
    for encoding in encodings {
        for chunk in [1, 5, 11, 4096] {
            let heard = front.read(&session, &format!("?do=echo&as={encoding}&chunk={chunk}")).await;
            let text = heard.text();
            assert!(text.starts_with("before ") && text.ends_with(" after"), "{encoding} {chunk}: {text}");
            assert!(text.contains("[removed by countersign]"), "{encoding} {chunk}: {text}");
            for form in forms() {
                assert!(!text.to_lowercase().contains(&form.to_lowercase()), "{encoding} {chunk}: {text}");
            }
        }
    }
}

/// A good piece of the secret in each of its forms.
fn forms() -> Vec<String> {
    let each = |write: fn(u8) -> String| CANARY.bytes().skip(4).take(8).map(write).collect::<String>();
    vec![
        CANARY[4..16].to_owned(),
        BASE64_STANDARD.encode(CANARY)[8..24].to_owned(),
        BASE64_URL_SAFE_NO_PAD.encode(CANARY)[8..24].to_owned(),
        each(|byte| format!("{byte:02x}")),
        each(|byte| format!("%{byte:02x}")),
        each(|byte| format!("\\u{byte:04x}")),
        each(|byte| format!("&#{byte};")),
    ]
}
