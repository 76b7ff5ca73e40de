//! What may be remembered of a grant: its content, which does not change once it is active. That a call is allowed
//! is never remembered: time, revocations and limits are judged in every batch.

use crate::store::{Conn, grants};
use chrono::{DateTime, Utc};
use domain::{state::State, watermark::Bearings};
use protocol::{GrantId, Slug, access::RequestStatus, terms::LineId};
use std::{collections::HashMap, sync::Arc};

/// Active grants that are remembered at once.
const REMEMBERED: usize = 100_000;

/// The content of an active grant, as far as calls are judged by it.
#[derive(Debug)]
pub(super) struct Content {
    pub agent: Slug,
    pub owner: Slug,
    pub approver: Slug,
    pub ends_at: DateTime<Utc>,
    pub watermark: i64,
    pub bearings: Bearings,
    pub lines: Vec<Line>,
}

/// What a call needs to know of a line.
#[derive(Debug)]
pub(super) struct Line {
    pub id: LineId,
    pub service: Slug,
    pub limited: bool,
}

/// A grant as it was found.
pub(super) enum Found {
    Active(Arc<Content>),
    Other(RequestStatus),
    Missing,
}

/// The remembered grants.
#[derive(Default)]
pub(super) struct Memory(HashMap<GrantId, Arc<Content>>);

impl Memory {
    /// The content of a grant, from memory or from the database.
    pub async fn find(&mut self, conn: &mut Conn, id: &GrantId) -> sqlx::Result<Found> {
        if let Some(content) = self.0.get(id) {
            return Ok(Found::Active(content.clone()));
        }
        let Some(stored) = grants::find(conn, &id.request()).await? else {
            return Ok(Found::Missing);
        };
        let State::Active { approval, .. } = &stored.grant.state else {
            return Ok(Found::Other(stored.grant.status()));
        };
        let lines = approval.terms.lines.iter().map(|line| Line {
            id: line.id,
            service: line.service.id.clone(),
            limited: line.limits.max_calls.is_some(),
        });
        let content = Arc::new(Content {
            agent: stored.grant.asked.agent.id.clone(),
            owner: stored.grant.asked.owner.clone(),
            approver: approval.verdict.by.clone(),
            ends_at: approval.ends_at,
            watermark: stored.watermark,
            bearings: stored.grant.bearings(),
            lines: lines.collect(),
        });
        if self.0.len() >= REMEMBERED {
            self.0.clear();
        }
        self.0.insert(id.clone(), content.clone());
        Ok(Found::Active(content))
    }

    /// Forgets a grant whose row changed.
    pub fn forget(&mut self, id: &GrantId) {
        self.0.remove(id);
    }
}
