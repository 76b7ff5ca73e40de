//! Pages as a signed-in person gets them: HTML over HTTP, one after the other, with a full inbox.

use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::{AGENTS, OPEN};
use crate::lab::Lab;
use crate::load::Ask;
use crate::load::own::{connect, send};
use crate::number::{micros, quantile};
use crate::stage::{Broker, Grant, READ, SERVICE, asked, page, sign_in};

/// How often each page is looked at.
const LOOKS: usize = 300;
const QUICK: usize = 20;

/// Each page with its p50 and p99 in ms.
pub fn measure(lab: &Lab, broker: &Broker, grant: &Grant) -> Result<Vec<(&'static str, f64, f64)>> {
    let looks = if lab.effort.quick { QUICK } else { LOOKS };
    lab.runtime.block_on(async {
        fill(broker).await?;
        let cookie = sign_in(broker).await?;
        let session = format!("/sessions/{}", grant.id);
        let mut pages = Vec::new();
        for (name, path) in [("inbox", "/"), ("sessions", "/sessions"), ("one session", &session)] {
            let ask = page(broker, path).header("cookie", cookie.clone());
            let mut times = look(&ask, looks).await.with_context(|| format!("page {path}"))?;
            times.sort_by(f64::total_cmp);
            pages.push((name, quantile(&times, 0.5) / 1e3, quantile(&times, 0.99) / 1e3));
        }
        Ok(pages)
    })
}

/// Requests that wait in the inbox, no two of them the same.
async fn fill(broker: &Broker) -> Result<()> {
    for index in 0..AGENTS {
        let agent = broker.agent(index)?;
        for number in 0..OPEN {
            let mut ask = asked(SERVICE, &[READ])?;
            ask.purpose = format!("Measure how a full inbox looks: request {number}");
            agent.request(&ask).await?;
        }
    }
    Ok(())
}

async fn look(ask: &Ask, looks: usize) -> Result<Vec<f64>> {
    let mut sender = connect(ask).await?;
    let mut times = Vec::new();
    // The first look renders templates and opens connections that all others share.
    for number in 0..=looks {
        let start = Instant::now();
        ensure!(send(&mut sender, ask).await?, "it was refused");
        if number > 0 {
            times.push(micros(start.elapsed()));
        }
    }
    Ok(times)
}
