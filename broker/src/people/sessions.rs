//! A person's web sessions, as they see them.

use crate::{
    app::App,
    fault::Fault,
    store::{time, web},
};
use chrono::TimeDelta;
use protocol::{Slug, me::WebSession};

/// What a session is called in addresses. The HMAC behind a cookie is not shown.
fn name(app: &App, mac: &str) -> String {
    let mut tag = app.mac_key.tag("session-id", mac);
    tag.truncate(16);
    tag
}

async fn listed(app: &App, person: &Slug) -> Result<Vec<web::Listed>, Fault> {
    let now = app.clock.now();
    let oldest = now - TimeDelta::seconds(i64::from(app.policy.web_session));
    let idle = now - TimeDelta::seconds(i64::from(app.policy.web_idle));
    Ok(web::sessions(&mut app.store.read().await?, person, oldest, idle).await?)
}

/// The sessions that are good; `this` is the one that looks.
pub async fn list(app: &App, person: &Slug, this: &str) -> Result<Vec<WebSession>, Fault> {
    let session = |it: web::Listed| WebSession {
        id: name(app, &it.mac),
        this: it.mac == this,
        via: it.via,
        device: it.device,
        since: time(it.created_at),
        last_used_at: time(it.seen_at),
    };
    Ok(listed(app, person).await?.into_iter().map(session).collect())
}

/// The HMAC of a person's own session that is called this.
pub async fn find(app: &App, person: &Slug, called: &str) -> Result<Option<String>, Fault> {
    let mut all = listed(app, person).await?.into_iter();
    Ok(all.find(|it| name(app, &it.mac) == called).map(|it| it.mac))
}
