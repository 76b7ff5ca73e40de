//! `/oauth/bc-authorize`: OpenID Connect Client-Initiated Backchannel Authentication (CIBA) Core 1.0, poll mode. An agent
//! asks its owner for access, without a browser of its own, and fetches the outcome at the token endpoint (`ciba.rs`).
//!
//! 1. The client authenticates as at the token endpoint. Only agents that an admin or their owner registered may ask so:
//!    any other client has no person yet whom it could name.
//! 2. What it asks for becomes lines (`asked.rs`), which the one use case for asking pins.
//! 3. The person is named by a hint: see [`named`].
//! 4. The answer is a handle that is good for fetching the outcome, by this client, and for nothing else.

use super::{
    super::{address::Address, client, input::Form},
    OAuthError, Refusal,
    asked::{self, Asked, seconds},
    checked,
    params::Params,
};
use crate::{
    app::App,
    fault::Fault,
    grants::{self, Ask},
    ledger::{
        LedgerError, Why,
        acts::{Act, Entering},
    },
    polling::INTERVAL,
    store::{agents::Agent, ciba::Handle, grants::Stored},
    tokens::{OpaqueKind, OpaqueToken},
    vault::VaultError,
};
use axum::{Json as Answer, extract::State};
use http::HeaderMap;
use serde_json::{Value, json};
use std::sync::Arc;

/// The longest binding message (section 7.1 wants it short).
const LONGEST_MESSAGE: usize = 64;

/// What may stand in one beside letters and digits: nothing that looks like something else on another screen.
const MESSAGE_SIGNS: &str = " +-_.,:#";

/// The ways to name a person (section 7.1).
const HINTS: [&str; 3] = ["login_hint", "id_token_hint", "login_hint_token"];

pub(in crate::http) async fn backchannel(
    State(app): State<Arc<App>>,
    Address(from): Address,
    headers: HeaderMap,
    form: Form,
) -> Result<Answer<Value>, Refusal> {
    let form = checked(form)?;
    let client = client::authenticated(&app, from, &headers, &form).await?;
    let params = Params::read(form.0)?;
    let agent = &client.agent;
    app.limits.request(&agent.id)?;
    supported(&params)?;
    let hint = hint(&params)?;
    let offered = grants::offers(&app, &agent.owner).await?;
    let asked = asked::read(&app.public_url, &params, &offered)?;
    if !asked.openid {
        return Err(OAuthError::new("invalid_scope", "scope must contain openid (section 7.1)").into());
    }
    if asked.lines.is_empty() {
        let why = "nothing is asked for: name actions in scope or authorization_details; no admin has marked any to be \
                   offered unasked";
        return Err(OAuthError::new("invalid_scope", why).into());
    }
    let ask = Ask {
        lines: asked.lines.clone(),
        purpose: asked.purpose.clone(),
        duration: asked.duration,
        patience: expiry(&params)?.map(|it| it.min(app.policy.pending_asynchronous)),
        binding_message: message(&params)?,
        unchosen: asked.unchosen,
        by_name: true,
        idempotency_key: None,
        undecided: true,
    };
    // Last: whatever else is wrong is said whoever is named.
    named(&app, agent, &hint)?;
    let (stored, _) = grants::ask(&app, agent, ask).await.map_err(refused)?;
    handed_out(&app, agent, &stored, asked).await
}

/// The handle. Two of the same request may be about; the request is redeemed once.
async fn handed_out(
    app: &App,
    agent: &Agent,
    stored: &Stored,
    asked: Asked,
) -> Result<Answer<Value>, Refusal> {
    let id = OpaqueToken::mint(OpaqueKind::Backchannel, app.rng.source());
    let id = id.map_err(|error| Fault::Internal(error.to_string()))?;
    let expires_at = stored.grant.expires_at;
    let handle = Handle {
        request: stored.grant.id.clone(),
        agent: agent.id.clone(),
        resources: asked.resources,
        expires_at,
    };
    let entering = Entering::Handle { mac: id.mac(&app.mac_key), handle };
    app.ledger.act(Act::Enter(Box::new(entering))).await.map_err(Fault::from)?;
    let left = (expires_at - app.clock.now()).num_seconds().max(1);
    Ok(Answer(json!({"auth_req_id": id.expose(), "expires_in": left, "interval": INTERVAL})))
}

/// What is refused rather than ignored: who sends it relies on it.
fn supported(params: &Params) -> Result<(), OAuthError> {
    if params.get("request").is_some() || params.get("request_uri").is_some() {
        let why = "signed requests are not taken: send the parameters as they are";
        return Err(OAuthError::new("request_not_supported", why));
    }
    if params.get("client_notification_token").is_some() {
        let why = "client_notification_token is for ping and push, and only poll is supported: leave it out and poll";
        return Err(OAuthError::invalid(why));
    }
    params.need("scope").map(drop)
}

/// The person's name, or a token that holds it.
enum Hint<'a> {
    Login(&'a str),
    IdToken(&'a str),
}

/// Exactly one of them.
fn hint(params: &Params) -> Result<Hint<'_>, OAuthError> {
    let given: Vec<(&str, &str)> =
        HINTS.into_iter().filter_map(|name| Some((name, params.get(name)?))).collect();
    match given[..] {
        [("login_hint", name)] => Ok(Hint::Login(name)),
        [("id_token_hint", token)] => Ok(Hint::IdToken(token)),
        [(_, _)] => Err(OAuthError::invalid("login_hint_token is not supported: use login_hint")),
        [] => Err(OAuthError::invalid("login_hint is missing: name the person whose agent this is")),
        _ => Err(OAuthError::invalid("exactly one of login_hint and id_token_hint may be sent")),
    }
}

/// Only the agent's own owner can be named. Somebody else, somebody who does not exist, somebody who is blocked and a
/// request that nobody could approve are answered with one and the same error.
///
/// The specification would also allow to answer them like a good request and let that lapse. That was not chosen: it
/// would say that a person is being asked who is not, an agent's developer would wait ten minutes for a typing error, and
/// such an answer would have to feign every limit of a real one to be no oracle. The error is none either, since nobody
/// is looked up: the name is compared with that of the agent's owner, which the agent may know (`/v1/me`).
fn named(app: &App, agent: &Agent, hint: &Hint<'_>) -> Result<(), Refusal> {
    let owner = match hint {
        Hint::Login(name) => *name == agent.owner.as_str(),
        Hint::IdToken(token) => {
            let signer = app.signer().ok_or(Fault::from(VaultError::Sealed))?;
            signer.subject_of_hint(token, agent.id.as_str()).is_some_and(|it| it == agent.owner)
        }
    };
    if owner { Ok(()) } else { Err(nobody().into()) }
}

fn nobody() -> OAuthError {
    let why = "nobody can be asked for this: the hint must name the person whose agent this is, and there must be somebody \
               who may approve what is asked for. Nobody was asked, and nothing is granted";
    OAuthError::new("unknown_user_id", why)
}

/// What the agent's own screen shows, for the person to compare. The card shows it as text.
fn message(params: &Params) -> Result<Option<String>, OAuthError> {
    let Some(message) = params.get("binding_message") else { return Ok(None) };
    let plain = |c: char| c.is_ascii_alphanumeric() || MESSAGE_SIGNS.contains(c);
    if message.len() > LONGEST_MESSAGE || !message.chars().all(plain) || message.trim() != message {
        let why = format!(
            "binding_message must be 1 to {LONGEST_MESSAGE} letters A-Z a-z, digits and signs of {MESSAGE_SIGNS:?}, \
             without blanks at the ends"
        );
        return Err(OAuthError::new("invalid_binding_message", why));
    }
    Ok(Some(message.to_owned()))
}

/// For how long to wait for a decision, in seconds.
fn expiry(params: &Params) -> Result<Option<u32>, OAuthError> {
    let Some(text) = params.get("requested_expiry") else { return Ok(None) };
    let whole = text.bytes().all(|it| it.is_ascii_digit());
    let seconds_asked = text.parse().ok().filter(|it| whole && *it > 0);
    seconds_asked.map(Some).ok_or_else(|| seconds("requested_expiry"))
}

/// Why the request was not opened, in OAuth's words.
fn refused(fault: Fault) -> Refusal {
    match fault {
        Fault::NotApprovable(_)
        | Fault::Ledger(LedgerError::Refused(Why::Blocked("owner") | Why::Missing("owner"))) => {
            nobody().into()
        }
        Fault::Invalid { field, detail } if field.starts_with("authorization_details") => {
            let why = format!("{field}: {}. Nobody was asked", grants::visible(&detail));
            OAuthError::new("invalid_authorization_details", why).into()
        }
        fault => fault.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, value: &str) -> Params {
        Params::read(vec![(name.to_owned(), value.to_owned())]).ok().unwrap()
    }

    #[test]
    fn a_binding_message_is_short_and_plain() {
        let good = |text: &str| matches!(message(&with("binding_message", text)), Ok(Some(it)) if it == text);
        for text in ["K7-42", "W4SCT", "Order #12: 3.50, a+b_c", "x", &"x".repeat(64)] {
            assert!(good(text), "{text:?}");
        }
        let bad = [
            &"x".repeat(65),
            " x",
            "x ",
            "x\ny",
            "x\ty",
            "<b>",
            "x/y",
            "x;y",
            "x=y",
            "x@y",
            "ä",
            "x\u{200b}y",
            "x\u{202e}y",
            "Ｋ7",
            "К7",
            "x'y",
            "x\"y",
            "x&y",
            "x*y",
            "x(y)",
            "x\0y",
            "é",
            "x[y]",
            "x?y",
        ];
        for text in bad {
            let refused = message(&with("binding_message", text)).err().map(|it| it.error);
            assert_eq!(refused, Some("invalid_binding_message"), "{text:?}");
        }
    }

    #[test]
    fn an_expiry_is_whole_seconds() {
        assert!(matches!(expiry(&with("requested_expiry", "600")), Ok(Some(600))));
        assert!(matches!(expiry(&with("x", "600")), Ok(None)));
        for text in ["0", "-1", "+5", "1.5", "1e3", " 5", "5 ", "five", "0x10", "99999999999999999999", "٣"]
        {
            assert!(expiry(&with("requested_expiry", text)).is_err(), "{text}");
        }
    }
}
