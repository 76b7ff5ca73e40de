//! Round trips of the authorization code, one after the other on a connection that stays: the client's requests, the
//! browser's, and the person's, who decides at once by their API.

use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use protocol::{Card, card::Approve};
use serde_json::Value;

use crate::lab::Lab;
use crate::load::Ask;
use crate::machine::SERVER_CORE;
use crate::number::{Summary, quantile};
use crate::peer::oidc_provider;
use crate::stage::{Broker, Browser, PROJECT, READ, REDIRECT, SERVICE, agent, encoded, sign_in};

const TRIPS: usize = 200;
const QUICK: usize = 5;
const FORM: &str = "application/x-www-form-urlencoded";
/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Rounds of times in ms, each sorted.
#[derive(Default)]
pub struct Times {
    pub ours: Vec<Vec<f64>>,
    pub bare: Vec<Vec<f64>>,
    /// None where there is no peer.
    pub peer: Vec<Vec<f64>>,
}

/// How many times as long the first takes as the second, round by round.
pub fn ratio(first: &[Vec<f64>], second: &[Vec<f64>]) -> Summary {
    let median = |times: &Vec<f64>| quantile(times, 0.5);
    Summary::of(first.iter().zip(second).map(|(first, second)| median(first) / median(second)))
}

pub fn measure(lab: &Lab, broker: &Broker, peer: Option<SocketAddr>) -> Result<Times> {
    let (_bare, bare) = lab.own_server(SERVER_CORE, &["bare"])?;
    let trips = if lab.effort.quick { QUICK } else { TRIPS };
    let client = Client::of(broker)?;
    lab.runtime.block_on(async {
        let mut ours = Browser::open(&Ask::get(broker.address, "/")).await?;
        ours.keep(&sign_in(broker).await?);
        let mut plain = Browser::open(&Ask::get(bare, "/")).await?;
        let mut theirs = match peer {
            Some(at) => Some((Browser::open(&Ask::get(at, "/")).await?, at)),
            None => None,
        };
        let mut times = Times::default();
        for _ in 0..lab.effort.rounds {
            let mut round: [Vec<f64>; 3] = Default::default();
            // In turns, so that what the machine does meets all alike.
            for _ in 0..trips {
                round[0].push(timed(client.trip(&mut ours)).await?);
                round[1].push(timed(bare_trip(&mut plain, bare)).await?);
                if let Some((browser, at)) = &mut theirs {
                    round[2].push(timed(peer_trip(browser, *at)).await?);
                }
            }
            for round in &mut round {
                round.sort_by(f64::total_cmp);
            }
            let [ours, bare, peer] = round;
            times.ours.push(ours);
            times.bare.push(bare);
            times.peer.extend((!peer.is_empty()).then_some(peer));
        }
        Ok(times)
    })
}

/// In ms.
async fn timed(trip: impl Future<Output = Result<()>>) -> Result<f64> {
    let begun = Instant::now();
    trip.await?;
    Ok(begun.elapsed().as_secs_f64() * 1e3)
}

/// A client of the broker's, and the person who decides.
struct Client {
    at: SocketAddr,
    host: String,
    authorize: String,
    basic: String,
    person: String,
}

impl Client {
    fn of(broker: &Broker) -> Result<Self> {
        let details = format!(
            "[{{\"type\":\"service_access\",\"service\":\"{SERVICE}\",\"actions\":[\"{READ}\"],\"resources\":[\"{PROJECT}\"]}}]"
        );
        let authorize = format!(
            "/oauth/authorize?response_type=code&client_id={}&redirect_uri={REDIRECT}&scope=openid&state=bench\
             &code_challenge={CHALLENGE}&code_challenge_method=S256&authorization_details={}",
            agent(0),
            encoded(&details)
        );
        let basic = BASE64_STANDARD.encode(format!("{}:{}", agent(0), broker.agent_secret(0)?));
        Ok(Self {
            at: broker.address,
            host: broker.url.clone(),
            authorize,
            basic: format!("Basic {basic}"),
            person: format!("Bearer {}", broker.person_token()?),
        })
    }

    async fn trip(&self, browser: &mut Browser) -> Result<()> {
        let card = browser.led(self.get(&self.authorize)).await?;
        let request = card.strip_prefix("/requests/").with_context(|| format!("led to {card}"))?.to_owned();
        let shown = self.get(&format!("/v1/inbox/{request}")).header("authorization", self.person.clone());
        let card: Card = serde_json::from_slice(&browser.read(shown).await?)?;
        let approval = Approve {
            narrowing: None,
            request_digest: card.request_digest,
            grant_digest: card.grant_digest.context("the card grants nothing")?,
            reason: None,
            passkey: None,
        };
        let path = format!("/v1/inbox/{request}/approve");
        let approve = Ask::post(self.at, &path, "application/json", serde_json::to_string(&approval)?);
        browser.read(approve.host(&self.host).header("authorization", self.person.clone())).await?;
        let back = browser.led(self.get(&format!("/requests/{request}/return"))).await?;
        let redeem = Ask::post(self.at, "/oauth/token", FORM, redeem(&back)?).host(&self.host);
        given(&browser.read(redeem.header("authorization", self.basic.clone())).await?)
    }

    fn get(&self, path: &str) -> Ask {
        Ask::get(self.at, path).host(&self.host)
    }
}

/// The least that can be called the same: as many answers, of the same kinds.
async fn bare_trip(browser: &mut Browser, at: SocketAddr) -> Result<()> {
    let json = || {
        let body = r#"{"subject_token":"x","audience":"bench","scope":"items.read"}"#.to_owned();
        Ask::post(at, "/token", "application/json", body)
    };
    browser.led(Ask::get(at, "/go")).await?;
    browser.read(json()).await?;
    browser.read(json()).await?;
    browser.led(Ask::get(at, "/go")).await?;
    browser.read(Ask::post(at, "/form", FORM, redeem("/?code=x&state=bench")?)).await.map(drop)
}

/// Its person consents where ours decides; each time anew, and signed in but for the first.
async fn peer_trip(browser: &mut Browser, at: SocketAddr) -> Result<()> {
    let mut next = oidc_provider::authorization(CHALLENGE);
    while !next.starts_with(REDIRECT) {
        let path = next.strip_prefix(&format!("http://{at}")).unwrap_or(&next).to_owned();
        next = browser.led(Ask::get(at, &path)).await?;
    }
    let ask = Ask::post(at, "/token", FORM, redeem(&next)?);
    given(&browser.read(oidc_provider::by_client(ask)).await?)
}

/// What a client sends for a code that it got at this address.
fn redeem(address: &str) -> Result<String> {
    let (_, query) = address.split_once('?').context("no answer")?;
    let code =
        query.split('&').find_map(|it| it.strip_prefix("code=")).with_context(|| address.to_owned())?;
    Ok(format!("grant_type=authorization_code&code={code}&redirect_uri={REDIRECT}&code_verifier={VERIFIER}"))
}

fn given(body: &[u8]) -> Result<()> {
    let answer: Value = serde_json::from_slice(body)?;
    answer["access_token"].as_str().map(drop).context("there is no access token")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_taken_from_where_a_client_is_sent_back_to() {
        let back = redeem("http://127.0.0.1:9/callback?state=bench&code=csn_o_x&iss=y").unwrap();
        assert!(back.contains("&code=csn_o_x&redirect_uri="), "{back}");
        assert!(redeem("http://127.0.0.1:9/callback?error=access_denied").is_err());
    }

    #[test]
    fn medians_are_compared_round_by_round() {
        let (slow, fast) = ([vec![2.0, 4.0, 9.0], vec![6.0]], [vec![1.0, 2.0, 3.0], vec![2.0]]);
        assert_eq!(format!("{:?}", ratio(&slow, &fast)), "Summary { median: 2.5, least: 2.0, most: 3.0 }");
    }
}
