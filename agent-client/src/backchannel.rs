//! Asking by OpenID Connect CIBA (poll mode): the standard's way to the same session, for agents that should run at more
//! than one kind of broker. [`Client::request`](crate::Client::request) is the short way, and tells more on the way.
//!
//! 1. The metadata of the broker (RFC 8414) says where its doors are.
//! 2. The request names the person; the answer is a handle.
//! 3. The token endpoint is asked until there is a decision: each question waits there for a while, and the pauses between
//!    two are as long as the broker wants them.

use crate::{client::Client, error::Error, http::Ask, secret::Secret, session::Session};
use chrono::TimeDelta;
use protocol::{AskedLine, GrantId, Hint, access::Redeemed};
use serde::Deserialize;
use std::time::{Duration, Instant};

/// The grant type (CIBA Core section 10.1).
const CIBA: &str = "urn:openid:params:grant-type:ciba";
/// What one question asks to be held for.
const HOLD: Duration = Duration::from_secs(25);
/// The interval where the broker names none (CIBA Core section 7.3), and what is added whenever it was too short.
const INTERVAL: u64 = 5;
/// A broker that asks for longer pauses is not believed.
const LONGEST_INTERVAL: u64 = 300;

/// What to ask a person for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BackchannelRequest {
    /// The person whose agent this is.
    pub login_hint: String,
    /// What for.
    pub authorization_details: Vec<AskedLine>,
    /// Why.
    pub purpose: Option<String>,
    /// For how long from the approval, in seconds.
    pub duration: Option<u32>,
    /// What the agent's own screen shows, for the person to compare: at most 64 plain characters.
    pub binding_message: Option<String>,
    /// How long to wait for a decision, in seconds.
    pub requested_expiry: Option<u32>,
}

/// A request that was made. Show the person the binding message, then [`wait`](Self::wait).
#[derive(Debug)]
pub struct PendingBackchannel {
    client: Client,
    token_endpoint: Vec<String>,
    auth_req_id: Secret,
    expires_in: Duration,
    interval: u64,
    /// Whether an answer was lost that may have been the tokens.
    lost: Option<Error>,
}

/// RFC 8414 section 2, CIBA Core section 4.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    token_endpoint: String,
    backchannel_authentication_endpoint: Option<String>,
    #[serde(default)]
    backchannel_token_delivery_modes_supported: Vec<String>,
}

/// CIBA Core section 7.3.
#[derive(Deserialize)]
struct Begun {
    auth_req_id: String,
    expires_in: u64,
    #[serde(default = "usual")]
    interval: u64,
}

fn usual() -> u64 {
    INTERVAL
}

/// CIBA Core section 10.1.1, with the `grant_id` of Grant Management for OAuth 2.0.
#[derive(Deserialize)]
struct Given {
    access_token: String,
    token_type: String,
    expires_in: i64,
    grant_id: GrantId,
    authorization_details: Vec<AskedLine>,
}

impl Client {
    /// Asks a person by CIBA.
    pub async fn backchannel(&self, asked: &BackchannelRequest) -> Result<PendingBackchannel, Error> {
        let known: Metadata = self
            .http
            .ask(&crate::http::Auth::Nobody, &Ask::get(&[".well-known", "oauth-authorization-server"]))
            .await?;
        if known.issuer != self.http.audience {
            let why = format!("the broker is {}: use that address, or `with_audience`", known.issuer);
            return Err(Error::protocol(why));
        }
        let polled = known.backchannel_token_delivery_modes_supported.iter().any(|mode| mode == "poll");
        let door = known.backchannel_authentication_endpoint.as_deref().filter(|_| polled);
        let door = door.ok_or_else(|| Error::protocol("this broker has no CIBA in poll mode"))?;
        let (door, token_endpoint) = (below(&known, door)?, below(&known, &known.token_endpoint)?);
        let door: Vec<&str> = door.iter().map(String::as_str).collect();
        let begun: Begun = self.http.ask(&self.client(), &Ask::post(&door).form(fields(asked)?)).await?;
        Ok(PendingBackchannel {
            client: self.clone(),
            token_endpoint,
            auth_req_id: Secret::new(begun.auth_req_id),
            expires_in: Duration::from_secs(begun.expires_in),
            interval: begun.interval,
            lost: None,
        })
    }
}

/// A secret goes nowhere but to the broker, whatever its metadata say: of an endpoint only the path counts.
fn below(known: &Metadata, endpoint: &str) -> Result<Vec<String>, Error> {
    let rest = endpoint.strip_prefix(&known.issuer).and_then(|it| it.strip_prefix('/'));
    let path =
        rest.filter(|it| !it.contains(['?', '#', '%', '\\']) && !it.split('/').any(|it| it.starts_with('.')));
    let path = path.ok_or_else(|| Error::protocol(format!("{endpoint} is no address of this broker")))?;
    Ok(path.split('/').map(str::to_owned).collect())
}

fn fields(asked: &BackchannelRequest) -> Result<Vec<(&'static str, String)>, Error> {
    let details = serde_json::to_string(&asked.authorization_details);
    let details = details.map_err(|why| Error::invalid(why.to_string()))?;
    let mut fields = vec![
        ("scope", "openid".to_owned()),
        ("login_hint", asked.login_hint.clone()),
        ("authorization_details", details),
    ];
    let optional = [
        ("purpose", asked.purpose.clone()),
        ("binding_message", asked.binding_message.clone()),
        ("duration", asked.duration.map(|it| it.to_string())),
        ("requested_expiry", asked.requested_expiry.map(|it| it.to_string())),
    ];
    fields.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
    Ok(fields)
}

impl PendingBackchannel {
    /// How long there was to decide when it was asked.
    pub fn expires_in(&self) -> Duration {
        self.expires_in
    }

    /// Waits until a person approved, and gives the session, once, ever. Fails with [`Error::OAuth`]: `access_denied`,
    /// `expired_token`, `invalid_grant` where it is over, or `authorization_pending` after `timeout`, when it may be
    /// waited for again. A question that is under way is not given up: its answer may be the session.
    pub async fn wait(&mut self, timeout: Duration) -> Result<Session, Error> {
        let until = Instant::now() + timeout;
        let (mut failures, mut paused) = (0, Duration::ZERO);
        loop {
            let asked = Instant::now();
            let error = match self.poll(until.saturating_duration_since(asked).min(HOLD)).await {
                Ok(given) => return self.session(given),
                Err(error) => error,
            };
            let pause = match self.pause_after(&error) {
                Some(interval) => {
                    failures = 0;
                    interval.saturating_sub(asked.elapsed())
                }
                None if error.is_passing() => {
                    failures += 1;
                    let pause = self.client.http.retry.pause_after(failures).max(self.seconds());
                    paused += pause;
                    if paused > self.client.http.retry.patience {
                        return Err(error);
                    }
                    if matches!(error, Error::OutcomeUnknown { .. }) {
                        self.lost = Some(error);
                    }
                    self.client.http.pauser.pause(pause).await;
                    continue;
                }
                // It was given out, and the answer was lost.
                None if is(&error, "invalid_grant") => return Err(self.lost.take().unwrap_or(error)),
                None => return Err(error),
            };
            if Instant::now() + pause >= until {
                return Err(error);
            }
            self.client.http.pauser.pause(pause).await;
        }
    }

    /// How long after the last question the next one may come; none if there is no use in one.
    fn pause_after(&mut self, error: &Error) -> Option<Duration> {
        if is(error, "slow_down") {
            self.interval += INTERVAL;
        } else if is(error, "temporarily_unavailable") {
            let hinted = match error.hint() {
                Some(Hint::Retry { after }) => Duration::from_secs((*after).into()),
                _ => Duration::ZERO,
            };
            return Some(self.seconds().max(hinted));
        } else if !is(error, "authorization_pending") {
            return None;
        }
        Some(self.seconds())
    }

    fn seconds(&self) -> Duration {
        Duration::from_secs(self.interval.min(LONGEST_INTERVAL))
    }

    async fn poll(&self, hold: Duration) -> Result<Given, Error> {
        let fields =
            vec![("grant_type", CIBA.to_owned()), ("auth_req_id", self.auth_req_id.expose().to_owned())];
        let path: Vec<&str> = self.token_endpoint.iter().map(String::as_str).collect();
        let ask = Ask::post(&path).form(fields).held(hold);
        self.client.http.ask_once(&self.client.client(), &ask).await
    }

    fn session(&self, given: Given) -> Result<Session, Error> {
        if !given.token_type.eq_ignore_ascii_case("bearer") {
            return Err(Error::protocol("it gave another kind of token than a bearer token"));
        }
        #[expect(clippy::disallowed_methods, reason = "the standard says for how long, and not until when")]
        let now = chrono::Utc::now();
        Ok(self.client.session(Redeemed {
            grant: given.grant_id,
            grant_token: given.access_token,
            token_type: given.token_type,
            expires_in: given.expires_in,
            ends_at: now + TimeDelta::try_seconds(given.expires_in).unwrap_or_default(),
            authorization_details: given.authorization_details,
        }))
    }
}

fn is(error: &Error, word: &str) -> bool {
    matches!(error, Error::OAuth { error, .. } if error == word)
}
