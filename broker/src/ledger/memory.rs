//! What may be remembered of a grant: its content, which does not change once it is active. That a call is allowed
//! is never remembered: time, revocations and limits are judged in every batch.

use crate::{
    remembered::Remembered,
    store::{Conn, Store, grants},
};
use chrono::{DateTime, Utc};
use domain::{state::State, watermark::Bearings};
use protocol::{
    GrantId, Line, Slug,
    access::RequestStatus,
    terms::{LineId, Terms},
};
use std::sync::Arc;

/// Active grants that are remembered, twice over.
const REMEMBERED: usize = 50_000;

/// The content of an active grant. An active grant leaves its state only when its time is up or after a revocation,
/// both of which are judged without asking its row; so what is remembered here may lag behind, and nothing comes of it.
#[derive(Debug)]
pub struct Content {
    /// What was granted.
    pub terms: Terms,
    /// Who approved it.
    pub approver: Slug,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// The highest revocation at its approval.
    pub watermark: i64,
    /// What ends it early.
    pub bearings: Arc<Bearings>,
}

impl Content {
    /// A line by its number.
    pub fn line(&self, id: LineId) -> Option<&Line> {
        self.terms.lines.iter().find(|line| line.id == id)
    }
}

/// A grant as it was found.
#[derive(Debug, Clone)]
pub enum Found {
    /// It can be judged.
    Active(Arc<Content>),
    /// It is not active, for whatever reason.
    Other {
        /// Its agent.
        agent: Slug,
        /// What it is instead.
        status: RequestStatus,
    },
    /// There is none.
    Missing,
}

/// The remembered grants. Clones share one memory.
#[derive(Debug, Clone)]
pub struct ActiveGrants(Arc<Remembered<GrantId, Arc<Content>>>);

impl Default for ActiveGrants {
    fn default() -> Self {
        Self(Arc::new(Remembered::new(REMEMBERED)))
    }
}

impl ActiveGrants {
    /// A grant, from memory or from the database.
    pub async fn find(&self, store: &Store, id: &GrantId) -> sqlx::Result<Found> {
        if let Some(content) = self.0.get(id) {
            return Ok(Found::Active(content));
        }
        let found = read(&mut store.read().await?, id).await?;
        if let Found::Active(content) = &found {
            self.0.put(id.clone(), content.clone());
        }
        Ok(found)
    }

    /// The same inside a transaction. What it reads may have been written by the transaction itself, which may not be
    /// committed, so it is not remembered.
    pub(super) async fn find_within(&self, conn: &mut Conn, id: &GrantId) -> sqlx::Result<Found> {
        match self.0.get(id) {
            Some(content) => Ok(Found::Active(content)),
            None => read(conn, id).await,
        }
    }

    /// What is remembered of a grant.
    pub(super) fn remembered(&self, id: &GrantId) -> Option<Arc<Content>> {
        self.0.get(id)
    }

    /// Forgets a grant whose row changed.
    pub(super) fn forget(&self, id: &GrantId) {
        self.0.forget(id);
    }
}

async fn read(conn: &mut Conn, id: &GrantId) -> sqlx::Result<Found> {
    let Some(stored) = grants::find(conn, &id.request()).await? else {
        return Ok(Found::Missing);
    };
    let (status, bearings) = (stored.grant.status(), Arc::new(stored.grant.bearings()));
    let State::Active { approval, .. } = stored.grant.state else {
        return Ok(Found::Other { agent: stored.grant.asked.agent.id, status });
    };
    Ok(Found::Active(Arc::new(Content {
        terms: approval.terms,
        approver: approval.verdict.by,
        ends_at: approval.ends_at,
        watermark: stored.watermark,
        bearings,
    })))
}
