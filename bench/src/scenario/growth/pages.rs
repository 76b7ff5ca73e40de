//! Pages as a signed-in person gets them: HTML over HTTP, one after the other, with a full inbox.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use http::header::{LOCATION, SET_COOKIE};
use http_body_util::BodyExt;

use super::{AGENTS, OPEN};
use crate::lab::Lab;
use crate::load::Ask;
use crate::load::own::{connect, request, send};
use crate::number::{micros, quantile};
use crate::stage::{Broker, Grant, PERSON, READ, SERVICE, asked};

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

fn page(broker: &Broker, path: &str) -> Ask {
    Ask::get(broker.address, path).host(&broker.url).header("accept", "text/html")
}

/// The cookie of somebody who used a sign-in link, as a browser would.
async fn sign_in(broker: &Broker) -> Result<String> {
    let link = broker.say(&["sign-in-link", PERSON])?;
    let token = link.trim().rsplit_once('=').context("the link has no token")?.1;
    let form = format!("token={token}");
    let ask = Ask::post(broker.address, "/sign-in/link", "application/x-www-form-urlencoded", form);
    let ask = ask.host(&broker.url).header("sec-fetch-site", "same-origin");
    let mut sender = connect(&ask).await?;
    let answer = sender.send_request(request(&ask)?).await?;
    let (head, body) = answer.into_parts();
    let text = body.collect().await?.to_bytes();
    ensure!(
        head.headers.get(LOCATION).is_some_and(|it| it == "/"),
        "signing in: {} {}",
        head.status,
        String::from_utf8_lossy(&text)
    );
    let cookie = head.headers.get(SET_COOKIE).context("no cookie was set")?.to_str()?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
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
