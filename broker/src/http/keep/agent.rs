//! Agents: registered, changed, paused, let in again; their credentials. Developers keep their own, admins all.

use super::{Done, FormPost, at, declare, fault_of, is_overtaken, rule, rules, wrong};
use crate::{
    app::App,
    clients::redirect,
    fault::Fault,
    grants,
    http::{
        access::Browser,
        desk::{admins, agent_to_change, seen_of},
        input::{Form, Named},
    },
    ledger::{Why, acts::Declaration},
    services::{
        Wanted, WantedAgent,
        apply::{self, ApplyError},
        pasted,
    },
    store::{
        agent_keys::Key,
        agents::{self, Agent},
    },
};
use axum::response::Response;
use protocol::{
    Slug,
    revoke::{RevokeRequest, Subject},
    sessions::Role,
};
use std::collections::BTreeMap;
use web_ui::{FormView, Once, Said};

/// A new agent.
pub(in crate::http) async fn register(post: FormPost) -> Response {
    post.then("/agents/new", registered).await
}

async fn registered(post: &FormPost) -> Result<Done, Fault> {
    let FormPost { app, who, form, .. } = post;
    let person = &who.visitor.person;
    if !person.is(Role::Admin) && !person.is(Role::Developer) {
        return Err(Fault::Forbidden("this needs the developer role, or an admin".into()));
    }
    post.must_be_proven().await?;
    let fields = post.kept();
    let wanted = match wanted(&person.id, form) {
        Ok(wanted) => wanted,
        Err(errors) => return Ok(wrong(fields, errors)),
    };
    if wanted.owner != person.id && !person.is(Role::Admin) {
        return Ok(wrong(fields, vec![at("owner", "agents-error-owner")]));
    }
    if agents::find(&mut app.store.read().await?, &wanted.name).await?.is_some() {
        return Ok(wrong(fields, vec![at("name", "keep-error-taken")]));
    }
    let says = Said::new("done-agent-registered").with("title", wanted.title.clone());
    let name = wanted.name.clone();
    let wanted = Wanted { agents: vec![wanted], ..Wanted::default() };
    match make(app, who, &wanted, &name, says).await {
        Err(ApplyError::Refused(all)) => Ok(wrong(fields, rules(all))),
        Err(error) if is_overtaken(&error) => Ok(wrong(fields, vec![at("name", "keep-error-taken")])),
        made => made.map_err(fault_of),
    }
}

/// The agent that a form describes, or what is wrong with it.
fn wanted(me: &Slug, form: &Form) -> Result<WantedAgent, Vec<(String, Said)>> {
    let text = |name: &str| form.get(name).ok().flatten().unwrap_or_default().trim();
    let mut errors = Vec::new();
    let mut slug = |field: &str, text: &str| match text.parse::<Slug>() {
        Ok(slug) if slug.as_str() == "new" => {
            errors.push(at(field, "keep-error-new"));
            None
        }
        Ok(slug) => Some(slug),
        Err(error) => {
            errors.push(rule(field, format!("must be {}", error.expected)));
            None
        }
    };
    let name = slug("name", text("name"));
    let owner = if text("owner").is_empty() { Some(me.clone()) } else { slug("owner", text("owner")) };
    if let Err(why) = domain::text::plain_name(text("title"), 60) {
        errors.push(rule("title", why.to_string()));
    }
    let by_key = text("credential") == "key";
    let keys = if by_key {
        keys_in(text("jwk")).map_err(|why| errors.push(("jwk".to_owned(), why))).ok()
    } else {
        None
    };
    match (name, owner) {
        (Some(name), Some(owner)) if errors.is_empty() => Ok(WantedAgent {
            name,
            title: text("title").to_owned(),
            owner,
            direct: form.get("direct").ok().flatten().is_some(),
            secret: Some(!by_key),
            keys,
            redirect_uris: None,
        }),
        _ => Err(errors),
    }
}

/// The keys in what was pasted. It is never repeated: somebody may have pasted a private one.
fn keys_in(text: &str) -> Result<Vec<Key>, Said> {
    if text.is_empty() {
        return Err(Said::new("agents-error-key"));
    }
    pasted::pasted(text).map_err(|why| Said::English(why.to_string()))
}

/// Makes an agent so; a secret that it gets is shown on the page that answers.
async fn make(app: &App, who: &Browser, wanted: &Wanted, id: &Slug, says: Said) -> Result<Done, ApplyError> {
    let changes = apply::changes(app, wanted).await?;
    let page = format!("/agents/{id}");
    if changes.is_empty() {
        return Ok(Done::Gone { page, says: Said::new("done-same") });
    }
    let ended: i64 = changes.iter().map(|it| it.difference.sessions_end).sum();
    let by = who.visitor.by();
    let made = apply::apply(app, wanted, &apply::digest(&changes), &BTreeMap::default(), &by).await?;
    let says = says.with("ended", ended);
    Ok(match made.get(id) {
        Some(secret) => {
            let once = Some(Once { agent: id.clone(), secret: secret.expose().to_owned(), says });
            Done::Once(page, Box::new(FormView { once, ..FormView::default() }))
        }
        None => Done::Gone { page, says },
    })
}

/// The agent that a form is about, with its keys, as whoever posts it saw it.
struct Seen {
    agent: Agent,
    keys: Vec<Key>,
}

impl Seen {
    /// The agent, if it still is as it was when the form was rendered.
    async fn by(post: &FormPost, id: &Slug) -> Result<Self, Fault> {
        let FormPost { app, who, form, .. } = post;
        let (agent, has_secret, keys) = agent_to_change(app, &who.visitor, id).await?;
        if form.get("seen")? != Some(seen_of(&agent, has_secret, &keys).as_str()) {
            let why = "somebody changed this agent while you looked at it; this is how it is now";
            return Err(Fault::refused(Why::Outdated(why.to_owned())));
        }
        post.must_be_proven().await?;
        Ok(Self { agent, keys })
    }

    /// The agent as it is.
    fn unchanged(&self) -> WantedAgent {
        let Agent { id, title, owner, direct, .. } = self.agent.clone();
        WantedAgent { name: id, title, owner, direct, secret: None, keys: None, redirect_uris: None }
    }

    /// How it should be, if nobody was faster: the ledger looks again.
    fn to(self, wanted: WantedAgent) -> Wanted {
        Wanted { agents: vec![wanted], agent_as_seen: Some((self.agent, self.keys)), ..Wanted::default() }
    }
}

fn page(id: &Slug) -> String {
    format!("/agents/{id}")
}

/// Its title and whether its grant token works at the proxy.
pub(in crate::http) async fn edit(Named(id): Named<Slug>, post: FormPost) -> Response {
    post.then(&page(&id), async |post| edited(post, &id).await).await
}

/// It gets a new secret.
pub(in crate::http) async fn new_secret(Named(id): Named<Slug>, post: FormPost) -> Response {
    post.then(&page(&id), async |post| renewed(post, &id).await).await
}

/// It gets a public key.
pub(in crate::http) async fn add_key(Named(id): Named<Slug>, post: FormPost) -> Response {
    post.then(&page(&id), async |post| with_key(post, &id).await).await
}

/// It loses one.
pub(in crate::http) async fn remove_key(Named(id): Named<Slug>, post: FormPost) -> Response {
    post.then(&page(&id), async |post| without_key(post, &id).await).await
}

/// All that it holds ends, and it may not ask.
pub(in crate::http) async fn pause(Named(id): Named<Slug>, post: FormPost) -> Response {
    post.then(&page(&id), async |post| paused(post, &id).await).await
}

/// It may ask again.
pub(in crate::http) async fn resume(Named(id): Named<Slug>, post: FormPost) -> Response {
    post.then(&page(&id), async |post| resumed(post, &id).await).await
}

async fn edited(post: &FormPost, id: &Slug) -> Result<Done, Fault> {
    let FormPost { app, who, form, .. } = post;
    let seen = Seen::by(post, id).await?;
    let title = form.get("title")?.unwrap_or_default().trim().to_owned();
    if let Err(why) = domain::text::plain_name(&title, 60) {
        return Ok(wrong(post.kept(), vec![rule("title", why.to_string())]));
    }
    let direct = form.get("direct")?.is_some();
    let redirect_uris = match form.get("redirect_uris")?.map(redirects).transpose() {
        Ok(uris) => uris,
        Err(why) => return Ok(wrong(post.kept(), vec![rule("redirect_uris", why)])),
    };
    let wanted = WantedAgent { title, direct, redirect_uris, ..seen.unchanged() };
    let wanted = seen.to(wanted);
    make(app, who, &wanted, id, Said::new("done-agent-saved")).await.map_err(fault_of)
}

/// One address in each line.
fn redirects(text: &str) -> Result<Vec<String>, String> {
    let lines: Vec<String> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    for line in &lines {
        redirect::check(line).map_err(str::to_owned)?;
    }
    Ok(lines)
}

async fn renewed(post: &FormPost, id: &Slug) -> Result<Done, Fault> {
    let FormPost { app, who, form, .. } = post;
    let seen = Seen::by(post, id).await?;
    let end_sessions = form.get("end_sessions")?.is_some();
    let unchanged = seen.unchanged();
    let wanted = Wanted { new_secrets: vec![id.clone()], end_sessions, ..seen.to(unchanged) };
    let says = Said::new("done-agent-secret");
    make(app, who, &wanted, id, says).await.map_err(fault_of)
}

async fn with_key(post: &FormPost, id: &Slug) -> Result<Done, Fault> {
    let FormPost { app, who, form, .. } = post;
    let seen = Seen::by(post, id).await?;
    let mut keys = seen.keys.clone();
    let new = match keys_in(form.get("jwk")?.unwrap_or_default().trim()) {
        Ok(new) => new,
        Err(why) => return Ok(wrong(post.kept(), vec![("jwk".to_owned(), why)])),
    };
    keys.retain(|key| new.iter().all(|it| it.thumbprint != key.thumbprint));
    keys.extend(new);
    let wanted = WantedAgent { keys: Some(keys), ..seen.unchanged() };
    let wanted = seen.to(wanted);
    match make(app, who, &wanted, id, Said::new("done-agent-key")).await {
        Err(ApplyError::Refused(all)) => Ok(wrong(post.kept(), vec![rule("jwk", all.join("; "))])),
        made => made.map_err(fault_of),
    }
}

async fn without_key(post: &FormPost, id: &Slug) -> Result<Done, Fault> {
    let FormPost { app, who, form, .. } = post;
    let seen = Seen::by(post, id).await?;
    let mut keys = seen.keys.clone();
    let thumbprint = form.get("thumbprint")?.unwrap_or_default();
    if keys.iter().all(|key| key.thumbprint != thumbprint) {
        return Err(Fault::NotFound("key"));
    }
    keys.retain(|key| key.thumbprint != thumbprint);
    let wanted = WantedAgent { keys: Some(keys), ..seen.unchanged() };
    let wanted = seen.to(wanted);
    let says = Said::new("done-agent-key-removed");
    make(app, who, &wanted, id, says).await.map_err(fault_of)
}

async fn paused(post: &FormPost, id: &Slug) -> Result<Done, Fault> {
    let FormPost { app, who, form, .. } = post;
    let asked = RevokeRequest { block: true, reason: form.get("reason")?.map(str::to_owned) };
    let subject = Subject::Agent { agent: id.clone() };
    let stopped = grants::revoke(app, &who.visitor, subject, &asked).await?;
    let says =
        Said::new("done-agent-paused").with("sessions", stopped.sessions).with("requests", stopped.requests);
    Ok(Done::Gone { page: format!("/agents/{id}"), says })
}

async fn resumed(post: &FormPost, id: &Slug) -> Result<Done, Fault> {
    let FormPost { app, who, .. } = post;
    let (agent, ..) = match agent_to_change(app, &who.visitor, id).await {
        Err(Fault::Forbidden(_)) => {
            return Err(admins(&who.visitor).err().unwrap_or(Fault::NotFound("agent")));
        }
        found => found?,
    };
    admins(&who.visitor)?;
    post.must_be_proven().await?;
    if agent.blocked {
        declare(app, &who.visitor, Declaration::Unblock(Subject::Agent { agent: id.clone() })).await?;
    }
    declare(app, &who.visitor, Declaration::LiftCoolDown(id.clone())).await?;
    let says = Said::new("done-unblocked");
    Ok(Done::Gone { page: format!("/agents/{id}"), says })
}
