//! A request on its way to a decision.

use crate::{client::Client, error::Error, http::Ask, session::Session, wait};
use protocol::{RequestId, RequestView, access::Redeemed};
use std::time::Duration;

/// A request that was made. Show [`approve_url`](RequestView::approve_url) and
/// [`matching_code`](RequestView::matching_code) to the person, then [`wait`](Self::wait).
#[derive(Debug, Clone)]
pub struct Pending {
    client: Client,
    view: RequestView,
}

impl Pending {
    pub(crate) fn new(client: Client, view: RequestView) -> Self {
        Self { client, view }
    }

    /// Its id.
    pub fn id(&self) -> &RequestId {
        &self.view.id
    }

    /// The request as it was last read.
    pub fn view(&self) -> &RequestView {
        &self.view
    }

    /// Reads it again.
    pub async fn refresh(&mut self) -> Result<&RequestView, Error> {
        self.view = self.client.view(&self.view.id).await?;
        Ok(&self.view)
    }

    /// Waits until a person approved (the answer says what was granted, beside what was asked), or fails with
    /// [`Error::Denied`], [`Error::Lapsed`], [`Error::Withdrawn`], [`Error::Ended`], or
    /// [`Error::StillPending`] after `timeout`.
    pub async fn wait(&mut self, timeout: Duration) -> Result<&RequestView, Error> {
        self.view = wait::for_decision(&self.client, &self.view, timeout).await?;
        Ok(&self.view)
    }

    /// What its state means to the one who asked, as [`wait`](Self::wait) answers it, without waiting.
    pub fn outcome(&self) -> Result<&RequestView, Error> {
        wait::decided(self.view.clone())?;
        Ok(&self.view)
    }

    /// Turns an approved request into a session: once, ever, so it is not tried again when the answer is lost.
    pub async fn redeem(&self) -> Result<Session, Error> {
        let path = ["v1", "requests", self.view.id.as_str(), "redeem"];
        let redeemed: Redeemed =
            self.client.http.ask(&self.client.bearer().await?, &Ask::post(&path)).await?;
        Ok(self.client.session(redeemed))
    }

    /// Takes the request back while it is pending.
    pub async fn withdraw(&self) -> Result<RequestView, Error> {
        let path = ["v1", "requests", self.view.id.as_str()];
        self.client.http.ask(&self.client.bearer().await?, &Ask::delete(&path)).await
    }
}
