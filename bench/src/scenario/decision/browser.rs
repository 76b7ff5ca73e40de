//! In Chromium, with JavaScript: from the click on Approve to the first frame with the outcome in it.

use anyhow::{Context, Result};

use super::ask;
use crate::lab::Lab;
use crate::load::chromium::Chromium;
use crate::stage::{Broker, sign_in_link};

const DECISIONS: usize = 100;
const QUICK: usize = 3;

/// Both times on one clock: they lie on two pages.
const NOTE: &str = "addEventListener('click', () => {
    sessionStorage.pressed = performance.timeOrigin + performance.now();
}, true);
const look = () => requestAnimationFrame(() => {
    if (!document.querySelector('.settled')) return look();
    sessionStorage.shown = performance.timeOrigin + performance.now();
});
look();";
const READY: &str = "document.querySelector('#approve button:enabled:not([aria-disabled])') !== null";

/// Times in ms, sorted; or why there is no browser.
pub fn measure(lab: &Lab, broker: &Broker) -> Result<Result<Vec<f64>>> {
    let decisions = if lab.effort.quick { QUICK } else { DECISIONS };
    lab.runtime.block_on(async {
        let mut chromium = match Chromium::start(lab).await {
            Ok(chromium) => chromium,
            Err(why) => return Ok(Err(why)),
        };
        chromium.in_every_page(NOTE).await?;
        chromium.open(&sign_in_link(broker)?).await?;
        chromium.click("main form button").await?;
        chromium.until("location.pathname === '/'").await?;
        let mut times = Vec::new();
        let mut round = 2_000;
        while times.len() < decisions {
            for id in ask(broker, 0..1, round).await? {
                chromium.open(&format!("{}/requests/{id}", broker.url)).await?;
                chromium.until(READY).await?;
                chromium.value("delete sessionStorage.shown").await?;
                chromium.click("#approve button").await?;
                chromium
                    .until("sessionStorage.shown !== undefined && sessionStorage.pressed !== undefined")
                    .await?;
                let took = chromium.value("sessionStorage.shown - sessionStorage.pressed").await?;
                times.push(took.as_f64().context("no time")?);
            }
            round += 1;
        }
        times.sort_by(f64::total_cmp);
        Ok(Ok(times))
    })
}
