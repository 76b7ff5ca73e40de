//! The pages with sample data, to look at: `cargo run -p web-ui --features ssr --example gallery`, then
//! `http://localhost:8421` (or the port given as its argument). For other states add words to the address, as `?empty`:
//! `sealed`, `empty`, `broken`, `out`, `plain`, `proved`, `codes`, `recovers`, `done`, `refused`, `de`, `noscript`; on
//! forms `wrong`, `overtaken`, `review`, `once`; `offline`; on a card, at the first change, `changed`, `failing`,
//! `elsewhere`.

#[path = "../tests/fake/mod.rs"]
mod fake;
#[path = "../tests/fake/site.rs"]
mod site;

use std::path::Path;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).unwrap_or_else(|| "8421".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    axum::serve(listener, site::site(Path::new("target/site/pkg"))).await
}
