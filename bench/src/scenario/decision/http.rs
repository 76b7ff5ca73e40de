//! Over HTTP, as a browser without JavaScript does it: the review's form, and the page that its answer leads to.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use http::header::LOCATION;
use http_body_util::BodyExt;
use protocol::RequestId;

use super::ask;
use crate::lab::Lab;
use crate::load::Ask;
use crate::load::own::{connect, read, request};
use crate::machine::SERVER_CORE;
use crate::number::{Summary, quantile};
use crate::stage::{Broker, Form, page, sign_in};

/// No decision is taken sooner after its page was made.
const SETTLES: Duration = Duration::from_millis(900);

/// Rounds of times in ms, each sorted.
pub struct Times {
    pub ours: Vec<Vec<f64>>,
    pub bare: Vec<Vec<f64>>,
}

impl Times {
    /// How many times as long ours takes, round by round.
    pub fn ratio(&self) -> Summary {
        let median = |times: &Vec<f64>| quantile(times, 0.5);
        Summary::of(self.ours.iter().zip(&self.bare).map(|(ours, bare)| median(ours) / median(bare)))
    }
}

pub fn measure(lab: &Lab, broker: &Broker, agents: usize) -> Result<Times> {
    let (_bare, at) = lab.own_server(SERVER_CORE, &["bare"])?;
    lab.runtime.block_on(async {
        let cookie = sign_in(broker).await?;
        let mut times = Times { ours: Vec::new(), bare: Vec::new() };
        for round in 0..lab.effort.rounds {
            let forms = forms(broker, &cookie, &ask(broker, 0..agents, round).await?).await?;
            tokio::time::sleep(SETTLES).await;
            let (mut ours, mut bare) = (Vec::new(), Vec::new());
            for form in &forms {
                // In turns, so that what the machine does meets both alike.
                let (took, size) =
                    followed(&form.ask(broker).header("cookie", cookie.clone()), "Approved.").await?;
                ours.push(took);
                let decide = Ask::post(
                    at,
                    &format!("/decide/{size}"),
                    "application/x-www-form-urlencoded",
                    "a=b".to_owned(),
                );
                bare.push(followed(&decide, "").await?.0);
            }
            for (all, mut round) in [(&mut times.ours, ours), (&mut times.bare, bare)] {
                round.sort_by(f64::total_cmp);
                all.push(round);
            }
        }
        Ok(times)
    })
}

/// The form of each request's review.
async fn forms(broker: &Broker, cookie: &str, requests: &[RequestId]) -> Result<Vec<Form>> {
    let mut forms = Vec::new();
    for id in requests {
        let review = page(broker, &format!("/requests/{id}?review=1")).header("cookie", cookie);
        let html = read(&mut connect(&review).await?, &review).await?;
        forms.push(Form::of(&String::from_utf8_lossy(&html), &format!("/requests/{id}/approve"))?);
    }
    Ok(forms)
}

/// Posts, and reads the page that the answer leads to: in ms, and how many bytes it had.
async fn followed(post: &Ask, says: &str) -> Result<(f64, usize)> {
    let mut sender = connect(post).await?;
    let begun = Instant::now();
    let answer = sender.send_request(request(post)?).await?;
    let (head, body) = answer.into_parts();
    let said = body.collect().await?.to_bytes();
    let to = head
        .headers
        .get(LOCATION)
        .with_context(|| format!("{} {}", head.status, String::from_utf8_lossy(&said)))?;
    let mut next = Ask { headers: post.headers.clone(), ..Ask::get(post.to, to.to_str()?) };
    next.host.clone_from(&post.host);
    sender.ready().await?;
    let html = read(&mut sender, &next).await?;
    let took = begun.elapsed();
    ensure!(String::from_utf8_lossy(&html).contains(says), "the page does not say {says:?}");
    Ok((took.as_secs_f64() * 1e3, html.len()))
}
