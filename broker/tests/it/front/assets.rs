//! What the pages load: the same for everybody.

use super::{
    cast::anonymous,
    support::{on_each_front, run_with},
};
use broker::store::Engine;

on_each_front!(alone: the_wasm_half_is_compressed_for_browsers_that_take_it);

async fn the_wasm_half_is_compressed_for_browsers_that_take_it(engine: Engine) {
    let site = tempfile::tempdir().unwrap();
    let package = site.path().join("pkg");
    std::fs::create_dir(&package).unwrap();
    for (name, bytes) in [("ui_bg.wasm", "plain"), ("ui_bg.wasm.br", "short"), ("ui.js", "script")] {
        std::fs::write(package.join(name), bytes).unwrap();
    }
    let folder = site.path().to_owned();
    let change = |parts: &mut broker::app::Parts| parts.site = Some(folder.clone());
    run_with(engine, &change, async |front| {
        let get = async |coding: &str, name: &str| {
            let heard = anonymous(front).header("accept-encoding", coding).get(&format!("/pkg/{name}")).await;
            assert_eq!((heard.status.as_u16(), heard.header("vary")), (200, "accept-encoding"));
            let coded = heard.headers.get("content-encoding").map(|it| it.to_str().unwrap().to_owned());
            (heard.text(), coded)
        };
        let (plain, short) = ("plain".to_owned(), "short".to_owned());
        for takes in ["br", "gzip, br", "gzip;q=0.5, BR"] {
            assert_eq!(get(takes, "ui_bg.wasm").await, (short.clone(), Some("br".to_owned())), "{takes}");
        }
        for takes_not in ["gzip", "br;q=0", "brotli", ""] {
            assert_eq!(get(takes_not, "ui_bg.wasm").await, (plain.clone(), None), "{takes_not}");
        }
        assert_eq!(get("br", "ui.js").await, ("script".to_owned(), None), "there is no other");
        // A page holds secrets: it is never compressed.
        let page = front.owner.in_browser(front).header("accept-encoding", "br, gzip").get("/").await;
        assert!(page.headers.get("content-encoding").is_none());
    })
    .await;
}
