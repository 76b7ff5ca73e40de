//! How much there is to load before anything can be read, and before anything moves.

use anyhow::Result;

use super::ask;
use crate::findings::{Findings, Goal, Table, plain};
use crate::lab::Lab;
use crate::load::Ask;
use crate::load::own::{connect, read};
use crate::number::{Summary, float_len};
use crate::stage::{Broker, page, sign_in};

/// Thousands of bytes.
const PAGE: f64 = 60.0;
const WASM: f64 = 300.0;

pub fn measure(lab: &Lab, broker: &Broker, agent: usize, findings: &mut Findings) -> Result<()> {
    lab.runtime.block_on(async {
        let requests = ask(broker, agent..agent + 1, 1_000).await?;
        let cookie = sign_in(broker).await?;
        let style = get(&page(broker, "/assets/style.css")).await?;
        let mut table = Table::new(
            "What there is to load",
            &["what", "HTML kB", "CSS kB", "compressed (brotli) kB, HTML + CSS"],
        );
        let card = format!("/requests/{}", requests[0]);
        for (name, path) in [("page for signing in", "/sign-in"), ("first page (inbox)", "/"), ("request page", &card)] {
            let mut ask = page(broker, path);
            if path != "/sign-in" {
                ask = ask.header("cookie", cookie.clone());
            }
            let html = get(&ask).await?;
            let small = kilo(compressed(&html)? + compressed(&style)?);
            let goal = format!("{name}: HTML and CSS, compressed");
            findings.goals.push(Goal::at_most(&goal, "kB", PAGE, None, Some(Summary::of([small]))));
            table.rows.push(vec![name.to_owned(), plain(kilo(html.len())), plain(kilo(style.len())), plain(small)]);
        }
        findings.tables.push(table);
        findings.notes.push(
            "Pages are sent as they are: they hold secrets, and the length of what is compressed tells of what is in it. \
             What they would be compressed is for comparison with others."
                .to_owned(),
        );
        let wasm = get(&page(broker, "/pkg/ui_bg.wasm").header("accept-encoding", "br")).await?;
        let wasm = Some(Summary::of([kilo(wasm.len())]));
        findings.goals.push(Goal::at_most("wasm half of the pages, compressed, as sent", "kB", WASM, None, wasm));
        Ok(())
    })
}

async fn get(ask: &Ask) -> Result<bytes::Bytes> {
    read(&mut connect(ask).await?, ask).await
}

fn kilo(bytes: usize) -> f64 {
    float_len(bytes) / 1e3
}

fn compressed(mut bytes: &[u8]) -> Result<usize> {
    let mut small = Vec::new();
    let middling = brotli::enc::BrotliEncoderParams { quality: 5, ..Default::default() };
    brotli::BrotliCompress(&mut bytes, &mut small, &middling)?;
    Ok(small.len())
}
