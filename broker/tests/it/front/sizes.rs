//! How much there is to load: a phone on a bad line shows a request soon.

use super::support::{Front, line, on_each_front, run_with, wide};
use broker::store::Engine;
use std::path::PathBuf;

on_each_front!(alone: the_first_pages_are_small);

const PAGE: usize = 60_000;
const WASM: u64 = 300_000;

fn compressed(text: &str) -> usize {
    let mut small = Vec::new();
    let middling = brotli::enc::BrotliEncoderParams { quality: 5, ..Default::default() };
    brotli::BrotliCompress(&mut text.as_bytes(), &mut small, &middling).unwrap();
    small.len()
}

async fn the_first_pages_are_small(engine: Engine) {
    // With all that the islands need.
    let change = |parts: &mut broker::app::Parts| parts.site = Some(PathBuf::from("anywhere"));
    run_with(engine, &change, async |front: &Front| {
        let style = front.owner.in_browser(front).get("/assets/style.css").await.text();
        assert!(style.len() > 10_000, "that is no stylesheet");
        let mut last = String::new();
        for number in 0..4 {
            let lines = [wide("issues"), line("notes", &["items.read", "items.comment"], Some(number + 1))];
            last = front.ask(&front.agent, &lines).await.id.to_string();
        }
        for page in ["/", "/sign-in", &format!("/requests/{last}"), &format!("/requests/{last}?review=1")] {
            let heard = front.owner.in_browser(front).get(page).await;
            assert_eq!(heard.status, 200, "{page}");
            let html = heard.text();
            let size = compressed(&html) + compressed(&style);
            println!("{page}: {size} bytes compressed, {} as they are", html.len() + style.len());
            assert!(size <= PAGE, "{page} is {size} bytes, compressed");
        }
    })
    .await;
}

#[test]
fn the_wasm_half_is_small() {
    let Some(site) = crate::browser::lent("COUNTERSIGN_TEST_SITE") else { return };
    for name in ["ui_bg.wasm.br", "ui.js.br"] {
        let size = std::fs::metadata(site.join("pkg").join(name)).unwrap().len();
        assert!((1_000..=WASM).contains(&size), "{name} is {size} bytes");
    }
}
