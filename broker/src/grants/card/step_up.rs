//! What of a request its agent holds already, in sessions that live and that the visitor may see.

use super::super::{Visitor, view::standing_at};
use crate::{
    app::App,
    fault::Fault,
    people::permission::{Grounds, may_see},
    store::{grants, grants::Stored, history, watermarks},
};
use domain::step_up::difference;
use protocol::{Terms, access::RequestStatus, step_up::StepUp};
use std::collections::HashSet;

pub(super) async fn step_up(
    app: &App,
    visitor: &Visitor,
    stored: &Stored,
    grounds: Grounds<'_>,
) -> Result<Option<StepUp>, Fault> {
    let (asked, now) = (&stored.grant.asked, app.clock.now());
    let mut conn = app.store.read().await?;
    let held = grants::of_agent(&mut conn, &asked.agent.id).await?;
    let services: HashSet<_> = asked.lines.iter().map(|line| &line.service.id).collect();
    let mut live = Vec::new();
    for other in held.iter().filter(|it| it.grant.id != stored.grant.id) {
        let Some(approval) = other.grant.approval() else { continue };
        let touches = approval.terms.lines.iter().any(|line| services.contains(&line.service.id));
        if !touches || !may_see(&visitor.person, &approval.terms, grounds) {
            continue;
        }
        let grant = other.grant.grant_id();
        let is_live = history::is_live(&mut conn, &grant, now).await?;
        let (status, _) = standing_at(other, now, is_live);
        if !matches!(status, RequestStatus::Approved | RequestStatus::Active) {
            continue;
        }
        let taken = watermarks::taken(&mut conn, &[grant.digits()]).await?;
        let mut terms = approval.terms.clone();
        terms.lines.retain(|it| !taken.contains(&(grant.digits().to_owned(), it.service.id.to_string())));
        live.push((terms, approval.ends_at));
    }
    let terms: Vec<Terms> = live.iter().map(|(terms, _)| terms.clone()).collect();
    let Some(it) = difference(asked, &terms) else { return Ok(None) };
    // Of those that say something about it.
    let alone = |terms: &Terms| difference(asked, std::slice::from_ref(terms)).is_some();
    let ends_at = live.iter().filter(|(terms, _)| alone(terms)).map(|(_, ends_at)| *ends_at).max();
    Ok(ends_at.map(|ends_at| StepUp { has: it.has, adds: it.adds, ends_at }))
}
