//! Every kind of credential at every door that takes one: exactly the diagonal is accepted (SECURITY.md 2.6). Another kind is
//! one more line of [`KINDS`]; another door is one more of [`Door`], with what it means to be accepted there.

use super::{
    acts::Session,
    agent_keys::Signing,
    authorizing::{Tab, address, asking, code, reading, redeem, redirects},
    cast::{COOKIE, anonymous},
    ciba,
    clients::{of_sdk, register, text},
    support::{Front, exchange, line, on_each_front},
};
use crate::passkeys::support::{Holder, enrol};
use base64::{Engine as _, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use broker::tokens::IdToken;
use futures::{
    FutureExt as _,
    future::{self, BoxFuture},
};
use protocol::Slug;
use serde_json::Value;

on_each_front!(exactly_the_diagonal_is_accepted);

/// Where somebody could try a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    AgentsApi,
    PeoplesApi,
    Proxy,
    Mcp,
    Subject,
    Actor,
    Introspection,
    ClientSecret,
    ClientAssertion,
    Cookie,
    Link,
    RecoveryCode,
    Code,
    AuthReqId,
    RequestUri,
    RegisteredSecret,
    Registration,
    /// The last: it ends the session.
    Revocation,
}
use Door::{
    Actor, AgentsApi, AuthReqId, ClientAssertion, ClientSecret, Code, Cookie, Introspection, Link, Mcp,
    PeoplesApi, Proxy, RecoveryCode, RegisteredSecret, Registration, RequestUri, Revocation, Subject,
};

const DOORS: [Door; 18] = [
    AgentsApi,
    PeoplesApi,
    Proxy,
    Mcp,
    Subject,
    Actor,
    Introspection,
    ClientSecret,
    ClientAssertion,
    Cookie,
    Link,
    RecoveryCode,
    Code,
    AuthReqId,
    RequestUri,
    RegisteredSecret,
    Registration,
    Revocation,
];

/// What a kind is called, how a fresh one is got, and which doors accept it.
type Kind = (&'static str, for<'a> fn(&'a Stage<'a>) -> BoxFuture<'a, String>, &'static [Door]);

const KINDS: &[Kind] = &[
    ("an agent's secret", |it| ready(&it.front.agent.token), &[AgentsApi, ClientSecret]),
    ("a person's token", |it| ready(&it.front.owner.token), &[PeoplesApi]),
    ("a web session's cookie", |it| ready(&it.front.owner.cookie), &[Cookie]),
    ("a sign-in link", |it| it.front.link("otto").boxed(), &[Link]),
    ("a recovery code", |it| ready(&it.holder.codes[0]), &[RecoveryCode]),
    ("a grant token", |it| ready(&it.session.token), &[Subject, Introspection, Revocation]),
    ("a bound grant token", |it| it.bound().boxed(), &[Subject, Introspection, Revocation]),
    ("a direct agent's grant token", |it| ready(&it.direct.token), &[Proxy, Mcp]),
    ("a call token", |it| it.call().boxed(), &[Proxy, Introspection]),
    (
        "a token for asking",
        |it| it.front.ask_token(&it.front.agent).boxed(),
        &[AgentsApi, Actor, Introspection],
    ),
    ("an ID token", |it| ready(&it.id_token()), &[]),
    ("a client assertion", |it| ready(&it.key.assertion(it.front)), &[ClientAssertion]),
    ("an authorization code", |it| it.code().boxed(), &[Code]),
    ("an auth_req_id", |it| it.auth_req_id().boxed(), &[AuthReqId]),
    ("a request_uri", |it| it.request_uri().boxed(), &[RequestUri]),
    ("a browser's cookie", |it| it.browsers_cookie().boxed(), &[]),
    ("a registered client's secret", |it| ready(text(it.client, "client_secret")), &[RegisteredSecret]),
    ("a registration token", |it| ready(text(it.client, "registration_access_token")), &[Registration]),
    ("something like a code", |it| ready(&it.random("")), &[]),
    ("something like a secret", |it| ready(&it.random("csn_a_")), &[]),
    ("nothing", |_| ready(""), &[]),
];

fn ready(text: &str) -> BoxFuture<'static, String> {
    future::ready(text.to_owned()).boxed()
}

/// The agent's session, another that its agent uses directly, the agent's key, and a person with recovery codes.
struct Stage<'a> {
    front: &'a Front,
    session: Session,
    direct: Session,
    key: &'a Signing,
    holder: &'a Holder,
    /// A confidential client that registered itself.
    client: &'a Value,
}

impl Stage<'_> {
    async fn bound(&self) -> String {
        self.front.bound(&self.session, &self.front.agent, &["issues"]).await
    }

    async fn call(&self) -> String {
        self.front.call_token(&self.session, "issues", "items.read").await
    }

    fn id_token(&self) -> String {
        let front = self.front;
        let sub: Slug = "otto".parse().unwrap();
        let now = front.clock.now();
        let (client_id, access_token) = (front.agent.id.as_str(), self.session.token.as_str());
        let token = IdToken { client_id, sub: &sub, nonce: None, auth_time: now, access_token };
        front.app.signer().unwrap().id_token(&token, now).unwrap().expose().to_owned()
    }

    async fn code(&self) -> String {
        code(self.front, &asking(&reading())).await.1
    }

    async fn auth_req_id(&self) -> String {
        // A person is asked only so often.
        self.front.wait(13_000);
        ciba::approved(self.front, &ciba::good()).await
    }

    async fn request_uri(&self) -> String {
        let params = asking(&reading());
        let fields: Vec<(&str, &str)> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let heard = self.front.client(&self.front.agent).form("/oauth/par", &fields).await;
        text(&heard.json(), "request_uri").to_owned()
    }

    async fn browsers_cookie(&self) -> String {
        let mut tab = Tab::of(&self.front.owner);
        let request = tab.land(self.front, &asking(&reading())).await;
        self.front.approve(&self.front.approver, &request).await;
        tab.browser().to_owned()
    }

    fn random(&self, prefix: &str) -> String {
        let name = self.front.app.rng.name(self.front.clock.now()).unwrap();
        format!("{prefix}{}", BASE64_URL_SAFE_NO_PAD.encode(name.repeat(2)))
    }

    /// Whether this credential, and nothing else, gets somebody in there.
    async fn accepts(&self, door: Door, credential: &str) -> bool {
        let front = self.front;
        let same_site = || anonymous(front).header("sec-fetch-site", "same-origin");
        match door {
            AgentsApi => front.with(credential).get("/v1/me").await.status == 200,
            PeoplesApi => front.with(credential).get("/v1/inbox").await.status == 200,
            Proxy => front.with(credential).get("/proxy/issues/projects/acme/items").await.status == 200,
            Mcp => {
                let asked = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#;
                let asking = front.with(credential).header("content-type", "application/json");
                let asking = asking.header("accept", "application/json, text/event-stream");
                asking.send("POST", "/mcp", asked).await.status == 200
            }
            Subject => self.exchanged(credential, None).await,
            Actor => self.exchanged(&self.session.token, Some(credential)).await,
            Introspection => {
                let client = front.client(&front.agent);
                client.form("/oauth/introspect", &[("token", credential)]).await.json()["active"] == true
            }
            ClientSecret => {
                let pair = BASE64_STANDARD.encode(format!("{}:{credential}", front.agent.id));
                let asking = anonymous(front).header("authorization", &format!("Basic {pair}"));
                asking.form("/oauth/token", &[("grant_type", "client_credentials")]).await.status == 200
            }
            ClientAssertion => {
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                let fields = [
                    ("grant_type", "client_credentials"),
                    ("client_assertion_type", kind),
                    ("client_assertion", credential),
                ];
                anonymous(front).form("/oauth/token", &fields).await.status == 200
            }
            Cookie => {
                let asking = same_site().header("cookie", &format!("{COOKIE}={credential}"));
                asking.header("accept", "text/html").get("/").await.status == 200
            }
            Link => {
                let heard = same_site().form("/sign-in/link", &[("token", credential)]).await;
                heard.header("location") == "/" && !heard.header("set-cookie").is_empty()
            }
            RecoveryCode => {
                let link = front.link(&self.holder.member.id).await;
                let heard =
                    same_site().form("/sign-in/link", &[("token", &link), ("code", credential)]).await;
                heard.header("location") == "/me/recover"
            }
            Code => redeem(front, &front.agent, credential, &[]).await.status == 200,
            AuthReqId => ciba::poll(front, credential).await.status == 200,
            RequestUri => {
                let params = [("client_id", "helper".to_owned()), ("request_uri", credential.to_owned())];
                let heard = Tab::of(&front.owner).open(front, &address(&params)).await;
                heard.header("location").starts_with("/requests/")
            }
            RegisteredSecret => {
                let pair = BASE64_STANDARD.encode(format!("{}:{credential}", text(self.client, "client_id")));
                let asking = anonymous(front).header("authorization", &format!("Basic {pair}"));
                asking.form("/oauth/introspect", &[("token", "x")]).await.status == 200
            }
            Registration => {
                let id = text(self.client, "client_id");
                front.with(credential).get(&format!("/oauth/register/{id}")).await.status == 200
            }
            Revocation => {
                front.client(&front.agent).form("/oauth/revoke", &[("token", credential)]).await;
                !self.exchanged(&self.session.token, None).await
            }
        }
    }

    async fn exchanged(&self, subject: &str, actor: Option<&str>) -> bool {
        let mut fields = exchange(subject, "issues", "items.read");
        if let Some(actor) = actor {
            fields.push(("actor_token", actor.to_owned()));
            let kind = "urn:ietf:params:oauth:token-type:access_token";
            fields.push(("actor_token_type", kind.to_owned()));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.front.client(&self.front.agent).form("/oauth/token", &fields).await.status == 200
    }
}

async fn exactly_the_diagonal_is_accepted(front: &Front) {
    redirects(front, false).await;
    let mut confidential = of_sdk("Confidential");
    confidential["token_endpoint_auth_method"] = "client_secret_basic".into();
    let client = register(front, &confidential).await;
    let key = Signing::of(front, &front.agent).await;
    let holder = enrol(front, &front.auditor, "").await;
    let reading = [line("issues", &["items.read"], None)];
    for (kind, fresh, accepted) in KINDS {
        let session = front.session(&reading).await;
        let direct = front.session_of(&front.direct, &reading, 3_600).await;
        let stage = Stage { front, session, direct, key: &key, holder: &holder, client: &client };
        for door in DOORS {
            let credential = fresh(&stage).await;
            let got_in = stage.accepts(door, &credential).await;
            assert_eq!(got_in, accepted.contains(&door), "{kind} at {door:?}");
        }
        // Agents ask, and people sign in, only so often.
        front.wait(61_000);
    }
}
