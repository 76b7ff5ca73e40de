//! What another page hears: nothing, neither by WebSocket nor by event stream.

use super::{
    super::{Script, live, run_with, sign_in},
    attacker::Attacker,
    hush,
};
use broker::{
    http::table,
    metrics::{Metrics, render},
    net::Connections,
};
use serde_json::json;

/// Opens a WebSocket and an event stream and gives what came of them: what was heard, then how it ended.
const LISTEN: &str = "(async (socket, stream) => {
    const heard = [];
    const until = (it, good, bad) => new Promise(done => {
        for (const event of good) it.addEventListener(event, () => { heard.push(event); });
        it.addEventListener(bad, () => done(bad));
    });
    const ended = await Promise.all([
        until(new WebSocket(socket), ['open', 'message'], 'close'),
        until(new WebSocket(socket, ['csn_w_x', 'bearer']), ['open', 'message'], 'close'),
        until(new EventSource(stream, {withCredentials: true}), ['open', 'message'], 'error'),
        until(new EventSource(stream), ['open', 'message'], 'error'),
        fetch(stream, {credentials: 'include'}).then(() => heard.push('read'), () => 'refused'),
        fetch(stream, {credentials: 'include', mode: 'no-cors'}).then(() => heard.push('loaded'), () => 'refused'),
    ]);
    return [heard, ended];
})";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_page_hears_nothing() {
    run_with(
        Script::On,
        |parts| parts.metrics = Metrics::on().unwrap(),
        async |stage, browser| {
            sign_in(stage, browser).await;
            live(browser).await;
            browser.open(&format!("{}/stop-all", stage.url)).await;
            live(browser).await;
            let own = "new Promise(done => { const it = new EventSource('/events'); \
                   it.onmessage = () => { it.close(); done(true); }; it.onerror = () => done(false); })";
            assert_eq!(browser.value(own).await.unwrap(), true, "it measures: our own page hears");
            let before = streamed(&render(&stage.app, &Connections::default()).await);
            let attacker = Attacker::start().await;
            let sockets: Vec<_> =
                table().into_iter().filter(|it| it.path.ends_with("/events")).map(|it| it.path).collect();
            assert_eq!(sockets, ["/v1/events", "/events"], "look at every socket and stream");
            for (at, site) in attacker.origins().iter().enumerate() {
                browser.open(site).await;
                for path in &sockets {
                    let (socket, stream) = (stage.url.replace("http:", "ws:"), &stage.url);
                    // While something happens that those who listen are told.
                    let happens = super::hasty::ask(stage, at * 100 + path.len());
                    let listen = format!("{LISTEN}('{socket}{path}', '{stream}{path}')");
                    let (heard, _) = tokio::join!(browser.value(&listen), happens);
                    let ended = ["close", "close", "error", "error", "refused", "refused"];
                    assert_eq!(heard.unwrap(), json!([[], ended]), "{site} {path}");
                }
            }
            hush(browser).await;
            // No stream was even begun: the broker refused, and did not leave it to the browser.
            assert_eq!(streamed(&render(&stage.app, &Connections::default()).await), before);
        },
    )
    .await;
}

/// How many streams and sockets were begun.
fn streamed(numbers: &str) -> Vec<String> {
    let begun = |it: &&str| it.contains("/events\"") && (it.contains("\"2xx\"") || it.contains("\"1xx\""));
    let of_streams = numbers.lines().filter(|it| it.starts_with("countersign_http_requests_total"));
    let mut begun: Vec<_> = of_streams.filter(begun).map(str::to_owned).collect();
    begun.sort();
    begun
}
