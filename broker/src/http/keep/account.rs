//! An account is changed or removed: its name, who approves for it, and what ends with it. Whose it is never changes.

use super::{Done, FormPost, at, connection::known, fault_of, is_overtaken, rule, rules, wrong};
use crate::{
    app::App,
    fault::Fault,
    http::{
        desk::{account_seen, admins},
        effects,
        input::{Form, Named},
    },
    ledger::{
        Why,
        acts::{Act, Before, Declaration, Declaring},
    },
    people::reach::{self, Reach},
    services::{
        Wanted, WantedConnection,
        apply::{self, ApplyError},
    },
    store::{agents, connections, connections::Connection, people},
};
use axum::response::Response;
use http::StatusCode;
use protocol::{Digest, Slug};
use std::collections::BTreeMap;
use web_ui::{FormView, Review, Said};

/// Another name for people, or other approvers.
pub(in crate::http) async fn edit(Named(id): Named<Slug>, post: FormPost) -> Response {
    let page = format!("/connections/{id}/edit");
    post.then(&page, async |post| edited(post, &id).await).await
}

async fn edited(post: &FormPost, id: &Slug) -> Result<Done, Fault> {
    let FormPost { app, who, form, .. } = post;
    let it = looked_at(post, id).await?;
    let fields = post.kept();
    if form.get("do")? == Some("form") {
        let filled = FormView { fields, ..FormView::default() };
        return Ok(Done::Again(StatusCode::OK, Box::new(filled)));
    }
    let wanted = match wanted(&it, form) {
        Ok(wanted) => Wanted { connections: vec![wanted], ..Wanted::default() },
        Err(errors) => return Ok(wrong(fields, errors)),
    };
    let changes = match apply::changes(app, &wanted).await {
        Ok(changes) if changes.is_empty() => return Ok(wrong(fields, vec![at("", "keep-error-same")])),
        Ok(changes) => changes,
        Err(ApplyError::Refused(all)) => return Ok(wrong(fields, rules(all))),
        Err(error) => return Err(fault_of(error)),
    };
    let digest = apply::digest(&changes);
    if form.get("do")? != Some("save") {
        let review = Review {
            shown: digest.to_string(),
            changes: changes.into_iter().map(|it| (it.difference.what, it.difference.details)).collect(),
            effects: effects(app, &it, &wanted.connections[0]).await?,
            ..Review::default()
        };
        let filled = FormView { fields, review: Some(review), ..FormView::default() };
        return Ok(Done::Again(StatusCode::OK, Box::new(filled)));
    }
    let shown: Digest = form.need("shown")?;
    match apply::apply(app, &wanted, &shown, &BTreeMap::default(), &who.visitor.by()).await {
        Ok(_) => Ok(Done::gone(format!("/services/{}", it.service), Said::new("done-account-saved"))),
        Err(error) if is_overtaken(&error) => Err(Fault::refused(Why::Changed)),
        Err(error) => Err(fault_of(error)),
    }
}

/// The connection that a form is about, if it still is as it was when the form was rendered.
async fn looked_at(post: &FormPost, id: &Slug) -> Result<Connection, Fault> {
    let FormPost { app, who, form, .. } = post;
    let it = known(app, &who.visitor, id).await?;
    admins(&who.visitor)?;
    post.must_be_proven().await?;
    if form.get("seen")? != Some(account_seen(&it).as_str()) {
        let why = "somebody changed this account while you looked at it; this is how it is now";
        return Err(Fault::refused(Why::Outdated(why.to_owned())));
    }
    Ok(it)
}

fn wanted(it: &Connection, form: &Form) -> Result<WantedConnection, Vec<(String, Said)>> {
    let account = form.get("account").ok().flatten().unwrap_or_default().trim().to_owned();
    let mut errors = Vec::new();
    if let Err(why) = domain::text::plain_name(&account, 60) {
        errors.push(rule("account", why.to_string()));
    }
    let named = form.0.iter().filter(|(field, _)| field == "approver" && it.owner.is_none());
    let mut approver = |text: &str| {
        let slug = text.parse::<Slug>();
        slug.map_err(|error| errors.push(rule("approver", format!("must be {}", error.expected)))).ok()
    };
    let approvers: Vec<Slug> = named.filter_map(|(_, value)| approver(value)).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(WantedConnection {
        name: it.id.clone(),
        service: it.service.clone(),
        account,
        owner: it.owner.clone(),
        approvers,
        has_secret: false,
    })
}

/// Who could decide afterwards, where that is fewer than before, and what a new name means for what waits.
async fn effects(app: &App, before: &Connection, wanted: &WantedConnection) -> Result<Vec<Said>, Fault> {
    let mut conn = app.store.read().await?;
    let people = people::list(&mut conn).await?;
    let agents = agents::list(&mut conn).await?;
    drop(conn);
    let after =
        Connection { account: wanted.account.clone(), approvers: wanted.approvers.clone(), ..before.clone() };
    let of = |it: &Connection| Reach::of(&people, std::slice::from_ref(it), &agents);
    let lost = reach::lost(&of(before), &of(&after));
    let mut effects: Vec<Said> = lost.iter().map(effects::words).collect();
    if before.account != wanted.account {
        effects.push(Said::new("effect-account-renamed"));
    }
    Ok(effects)
}

/// It goes, with its secret and with what sessions hold of it.
pub(in crate::http) async fn remove(Named(id): Named<Slug>, post: FormPost) -> Response {
    let page = format!("/connections/{id}/remove");
    post.then(&page, async |post| removed(post, &id).await).await
}

async fn removed(post: &FormPost, id: &Slug) -> Result<Done, Fault> {
    let FormPost { app, who, .. } = post;
    let it = looked_at(post, id).await?;
    let declaration = Declaration::RemoveConnection(id.clone());
    let (by, before) = (who.visitor.by(), Some(Before::Connection(Some(it.clone()))));
    app.ledger.act(Act::DeclareAs(Box::new(Declaring { declaration, by, before }))).await?;
    let left = connections::of_service(&mut app.store.read().await?, &it.service).await?.len();
    let says = Said::new("done-account-removed")
        .with("account", it.account)
        .with("left", i64::try_from(left).unwrap_or(i64::MAX));
    Ok(Done::gone(format!("/services/{}", it.service), says))
}
