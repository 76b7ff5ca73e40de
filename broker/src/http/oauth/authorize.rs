//! `/oauth/authorize` (RFC 6749 section 4.1.1, OAuth 2.1, RFC 9126): a client sends a person's browser here. What it asks
//! becomes a request like any other, and the browser lands on its card; `come_back` takes it to the client again.
//!
//! Until the client and its redirect URI are known, what is wrong is shown here and nobody is sent anywhere; nor is anybody
//! sent on with an error to a client that they have not met.

use super::{
    super::{
        access::Browser,
        browser_cookie::BrowserCookie,
        guard::ExchangeId,
        input::pairs,
        language, next,
        pages::{self, refilled},
    },
    OAuthError,
    asked::{self, Asked},
    come_back::{Outcome, leave},
    par,
    params::Params,
};
use crate::{
    app::App,
    clients::{self, OAuthClient, redirect},
    fault::Fault,
    grants::{self, Ask},
    ledger::{
        LedgerError, Why,
        acts::{Act, Authorizing},
    },
    store::{
        agent_keys,
        agents::{self, Agent},
        authorizations::Authorization,
    },
};
use axum::{
    Extension,
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use http::{HeaderMap, StatusCode, Uri};
use protocol::{RequestId, Slug};
use std::sync::Arc;
use web_ui::FormView;

/// The longest `state` and `nonce`: they are kept until the browser goes back.
const LONGEST: usize = 2_000;
/// Whoever signed in so many seconds ago did so for this request.
const JUST_NOW: i64 = 60;
/// An S256 challenge: 256 bits, base64url (RFC 7636 section 4.2).
const CHALLENGE_CHARS: usize = 43;

pub(in crate::http) async fn authorize(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Browser>,
    exchange: Option<Extension<ExchangeId>>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Fault> {
    let query = uri.query().unwrap_or_default();
    let person = &who.visitor.person;
    let from = From::read(&app, pairs(query.as_bytes()), &person.id).await?;
    // Before anything else, since asking makes them meet.
    let met = clients::has_met(&app, &from.client, &person.id).await?;
    let look = (language::of(&headers), exchange.map(|Extension(id)| id.0).unwrap_or_default());
    let begun = async {
        let params = from.params()?;
        let wanted = Wanted::read(&params)?;
        if wanted.is_too_long_ago(&app, &who) {
            return Ok(Begun::SignInFirst);
        }
        let offered = grants::offers(&app, &person.id).await?;
        let asked = asked::read(&app.public_url, &params, &offered)?;
        if asked.lines.is_empty() {
            return Ok(Begun::Nothing(asked));
        }
        // The pair of a client and a person comes into being here: not before there is something to ask.
        let agent = clients::agent_of(&app, &from.client, person).await?;
        let agent = with_credential(&app, agent, from.via.clone()).await?;
        let cookie = BrowserCookie::of(&app, &headers)?;
        begin(&app, &who, &from, wanted, &agent, (asked, cookie)).await.map(Begun::Request)
    };
    match begun.await {
        Ok(Begun::Request(landed)) => {
            let card = Redirect::to(&format!("/requests/{}", landed.request)).into_response();
            Ok(landed.cookie.carry(card))
        }
        Ok(Begun::SignInFirst) => Ok(next::sign_in_first(&uri, &headers)),
        Ok(Begun::Nothing(asked)) => Ok(nothing(&app, &who, look, &from, &asked).await),
        Err(error) if !met => Ok(refused(&app, &who, look, &from, error).await),
        Err(error) => Ok(leave(&app, &from.redirect_uri, from.state(), &Outcome::Error(error))),
    }
}

/// What came of it.
enum Begun {
    /// A request, to be decided on its card.
    Request(Landed),
    /// The client wants the person to sign in anew.
    SignInFirst,
    /// Nothing was named, and no admin marked anything to be offered then.
    Nothing(Asked),
}

struct Landed {
    request: RequestId,
    cookie: BrowserCookie,
}

/// Who asks, and where answers go: known before anything else is looked at.
struct From {
    client: OAuthClient,
    redirect_uri: String,
    pairs: Vec<(String, String)>,
    /// What uses up what was pushed ahead.
    pushed: Option<String>,
    /// The key that the agent pushed it with.
    via: Option<String>,
}

impl From {
    async fn read(app: &App, query: Vec<(String, String)>, person: &Slug) -> Result<Self, Fault> {
        let id = once(&query, "client_id")?.ok_or_else(|| untrusted("client_id is missing"))?.to_owned();
        let client = clients::find(app, &id, person).await?;
        let client = client.ok_or_else(|| untrusted("there is no such client"))?;
        let (pairs, pushed, via) = match once(&query, "request_uri")? {
            Some(uri) => {
                let it = par::pushed(app, &id, uri).await?;
                (it.pairs, Some(it.mac), it.via)
            }
            None => (query, None, None),
        };
        let redirect_uri = match (once(&pairs, "redirect_uri")?, client.redirect_uris.as_slice()) {
            (Some(uri), registered) if redirect::permits(registered, uri) => uri.to_owned(),
            (None, [only]) => only.clone(),
            (None, _) => return Err(untrusted("redirect_uri is missing")),
            _ => return Err(untrusted("redirect_uri is none that this client registered")),
        };
        Ok(Self { client, redirect_uri, pairs, pushed, via })
    }

    fn params(&self) -> Result<Params, OAuthError> {
        Params::read(self.pairs.clone())
    }

    /// What the client wants back, if it is clear which.
    fn state(&self) -> Option<&str> {
        once(&self.pairs, "state").ok().flatten().filter(|it| it.len() <= LONGEST)
    }
}

/// A parameter that says where answers go must be clear.
fn once<'a>(pairs: &'a [(String, String)], name: &str) -> Result<Option<&'a str>, Fault> {
    let mut values = pairs.iter().filter(|(given, value)| given == name && !value.is_empty());
    match (values.next(), values.next()) {
        (first, None) => Ok(first.map(|(_, value)| value.as_str())),
        _ => Err(untrusted(&format!("{name} stands there twice"))),
    }
}

/// What is said here, since nobody knows where else it could be said.
fn untrusted(why: &str) -> Fault {
    Fault::invalid("authorization request", format!("{why}. Nobody was asked, nothing was granted"))
}

/// What the client wants beside access. The same is judged where it is pushed ahead (RFC 9126 section 2.1).
pub(super) struct Wanted {
    challenge: String,
    nonce: Option<String>,
    /// How long ago the person may have signed in, in seconds; none for any time.
    max_age: Option<i64>,
}

impl Wanted {
    /// Whether the person must sign in once more (OpenID Connect Core section 3.1.2.1). Who just did has done so.
    fn is_too_long_ago(&self, app: &App, who: &Browser) -> bool {
        self.max_age.is_some_and(|most| (app.clock.now() - who.since).num_seconds() > most.max(JUST_NOW))
    }

    pub fn read(params: &Params) -> Result<Self, OAuthError> {
        for (name, error) in [
            ("request", "request_not_supported"),
            ("request_uri", "request_uri_not_supported"),
            ("registration", "registration_not_supported"),
        ] {
            if params.get(name).is_some() {
                return Err(OAuthError::new(error, format!("{name} is not taken here")));
            }
        }
        if params.need("response_type")? != "code" {
            return Err(OAuthError::new("unsupported_response_type", "response_type must be code"));
        }
        if params.get("response_mode").is_some_and(|it| it != "query") {
            return Err(OAuthError::invalid("response_mode must be query"));
        }
        if params.get("prompt").is_some_and(|it| it.split(' ').any(|it| it == "none")) {
            let why = "a person has to look at the request: it cannot be approved unseen";
            return Err(OAuthError::new("interaction_required", why));
        }
        let challenge = params.need("code_challenge")?;
        if params.get("code_challenge_method") != Some("S256") {
            return Err(OAuthError::invalid("code_challenge_method must be S256 (RFC 7636)"));
        }
        let base64url = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_');
        if challenge.len() != CHALLENGE_CHARS || !challenge.bytes().all(base64url) {
            return Err(OAuthError::invalid("code_challenge must be a SHA-256 in base64url"));
        }
        for name in ["state", "nonce"] {
            if params.get(name).is_some_and(|it| it.len() > LONGEST) {
                return Err(OAuthError::invalid(format!("{name} must have at most {LONGEST} bytes")));
            }
        }
        let max_age = params.get("max_age").map(|it| it.parse().map_err(|_| asked::seconds("max_age")));
        let anew = params.get("prompt").is_some_and(|it| it.split(' ').any(|it| it == "login"));
        Ok(Self {
            challenge: challenge.to_owned(),
            nonce: params.get("nonce").map(str::to_owned),
            max_age: if anew { Some(0) } else { max_age.transpose()? },
        })
    }
}

/// A session belongs to the credential that it was asked for with, so that a stolen one is worth nothing in sessions of the
/// other: the key that pushed the request ahead, else the agent's secret, or its only key where it has none.
async fn with_credential(app: &App, agent: Agent, pushed: Option<String>) -> Result<Agent, OAuthError> {
    if pushed.is_some() || agent.client.is_some() {
        return Ok(Agent { via: pushed, ..agent });
    }
    let mut conn = app.store.read().await.map_err(Fault::from)?;
    if agents::has_secret(&mut conn, &agent.id).await.map_err(Fault::from)? {
        return Ok(agent);
    }
    let mut keys = agent_keys::of_agent(&mut conn, &agent.id).await.map_err(Fault::from)?;
    if let (Some(only), None) = (keys.pop(), keys.pop()) {
        return Ok(Agent { via: Some(only.thumbprint), ..agent });
    }
    let why = "this agent has no secret and not exactly one key: push the request ahead (RFC 9126), authenticated with the \
               key that shall redeem it";
    Err(OAuthError::new("unauthorized_client", why))
}

/// Opens the request, and remembers which browser goes back where.
async fn begin(
    app: &App,
    who: &Browser,
    from: &From,
    wanted: Wanted,
    agent: &Agent,
    (asked, cookie): (Asked, BrowserCookie),
) -> Result<Landed, OAuthError> {
    app.limits.request(&agent.id)?;
    let Asked { lines, unchosen, openid, resources, purpose, duration, .. } = asked;
    let ask = Ask { lines, unchosen, purpose, duration, undecided: true, ..Ask::default() };
    let (stored, _) = grants::ask(app, agent, ask).await?;
    let now = app.clock.now();
    let authorization = Authorization {
        id: app.rng.name(now).map_err(Fault::from)?,
        request: stored.grant.id.clone(),
        client: from.client.id.clone(),
        person: who.visitor.person.id.clone(),
        browser: cookie.mac().to_owned(),
        redirect_uri: from.redirect_uri.clone(),
        state: from.state().map(str::to_owned),
        challenge: wanted.challenge,
        nonce: wanted.nonce,
        openid,
        resources,
        auth_time: who.since,
        asked_at: now,
        used_at: None,
    };
    let begin = Authorizing::Begin { authorization: Box::new(authorization), pushed: from.pushed.clone() };
    match app.ledger.act(Act::Authorize(Box::new(begin))).await {
        Ok(_) => Ok(Landed { request: stored.grant.id.clone(), cookie }),
        Err(LedgerError::Refused(Why::Spent)) => Err(par::used()),
        Err(error) => Err(Fault::from(error).into()),
    }
}

/// The page that says why there is nothing to decide, and what an admin would have to do.
async fn nothing(
    app: &Arc<App>,
    who: &Browser,
    look: (web_ui::Language, String),
    from: &From,
    asked: &Asked,
) -> Response {
    let why = OAuthError::new(
        "invalid_scope",
        "nothing was named, and no admin marked anything to be offered then",
    );
    let mut fields = way_back(app, from, why);
    fields.extend(asked.services.iter().map(|it| ("service".to_owned(), it.to_string())));
    let filled = FormView { fields, ..FormView::default() };
    refilled(app, who, look, pages::NOTHING_ASKED, StatusCode::OK, filled).await
}

/// The page that says what is wrong, for a client that the person has not met: anybody can register one for an address of
/// theirs, and a redirect at once would lead from the broker to whatever is there (RFC 9700 section 4.11.2).
async fn refused(
    app: &Arc<App>,
    who: &Browser,
    look: (web_ui::Language, String),
    from: &From,
    error: OAuthError,
) -> Response {
    let said = [("error".to_owned(), error.error.to_owned()), ("why".to_owned(), error.description.clone())];
    let mut fields = way_back(app, from, error);
    fields.extend(said);
    let filled = FormView { fields, ..FormView::default() };
    refilled(app, who, look, pages::REFUSED_CLIENT, StatusCode::BAD_REQUEST, filled).await
}

/// Who is told, and the link by which it is.
fn way_back(app: &App, from: &From, error: OAuthError) -> Vec<(String, String)> {
    vec![
        ("client".to_owned(), from.client.name.clone()),
        ("host".to_owned(), redirect::host(&from.redirect_uri).unwrap_or_default()),
        ("back".to_owned(), Outcome::Error(error).address(app, &from.redirect_uri, from.state())),
    ]
}
