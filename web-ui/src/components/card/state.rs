//! What the card knows while it is on the screen. The server renders the first state; its island moves it on.

use crate::{
    fields::Pair,
    format,
    texts::{foreign, t},
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use protocol::{access::RequestStatus, card::Card};
use serde::{Deserialize, Serialize};

/// How the card stands while nothing is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Mode {
    /// Ticks and choices.
    Edit,
    /// As it would be granted, to be approved or changed.
    Review,
}

/// What the server hands to the card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CardStart {
    pub card: Card,
    pub mode: Mode,
    /// The narrowing that `card` shows, as form fields.
    pub fields: Vec<Pair>,
    pub now: DateTime<Utc>,
    pub form_token: String,
}

/// Why Approve does not act although nothing is wrong with the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only the browser moves it"))]
pub(crate) enum Gate {
    /// It acts.
    Open,
    /// The card was put before the person only just now.
    Settling,
    /// Something was changed and the server has not yet said what that would grant.
    Asking,
    /// The server could not say it.
    Failed,
    /// It was pressed.
    Sent,
}

/// The card's signals.
#[derive(Clone, Copy)]
pub(crate) struct CardState {
    /// What is shown: replaced by each preview.
    pub card: RwSignal<Card>,
    /// The narrowing that `card` shows.
    pub fields: RwSignal<Vec<Pair>>,
    pub mode: Mode,
    /// Whether the island runs: then Approve is there without a review.
    pub scripted: RwSignal<bool>,
    pub gate: RwSignal<Gate>,
    /// Whether the request is no longer the one that was put before the person.
    pub frozen: RwSignal<bool>,
    /// Whether `A` was pressed and `Enter` would approve.
    pub armed: RwSignal<bool>,
    /// The server's clock, carried on by the browser.
    pub now: RwSignal<DateTime<Utc>>,
    /// What a screen reader hears.
    pub said: RwSignal<String>,
    pub form_token: StoredValue<String>,
}

impl CardState {
    pub(crate) fn new(start: CardStart) -> Self {
        Self {
            card: RwSignal::new(start.card),
            fields: RwSignal::new(start.fields),
            mode: start.mode,
            scripted: RwSignal::new(false),
            gate: RwSignal::new(Gate::Open),
            frozen: RwSignal::new(false),
            armed: RwSignal::new(false),
            now: RwSignal::new(start.now),
            said: RwSignal::new(String::new()),
            form_token: StoredValue::new(start.form_token),
        }
    }

    /// Seconds until it lapses.
    pub(crate) fn seconds_left(self) -> i64 {
        (self.card.with(|card| card.expires_at) - self.now.get()).num_seconds()
    }

    pub(crate) fn pending(self) -> bool {
        self.card.with(|card| card.status == RequestStatus::Pending)
    }

    /// Whether it lapsed while it was on the screen.
    pub(crate) fn expired(self) -> bool {
        self.pending() && self.seconds_left() <= 0
    }

    /// Whether the person may decide it at all.
    pub(crate) fn decidable(self) -> bool {
        self.pending() && self.card.with(|card| card.permission.allowed)
    }

    /// Whether nothing but the gate holds Approve back.
    pub(crate) fn approvable(self) -> bool {
        let card = self.card.with(|card| card.grant_digest.is_some() && card.blocked_because.is_empty());
        card && self.decidable() && !self.expired() && !self.frozen.get()
    }

    /// Whether pressing Approve acts.
    pub(crate) fn ready(self) -> bool {
        self.approvable() && self.gate.get() == Gate::Open
    }

    /// What stands in the person's way, in words.
    pub(crate) fn obstacles(self) -> Vec<Obstacle> {
        if self.expired() {
            return vec![Obstacle::Ours(t!("card-expired"))];
        }
        if self.gate.get() == Gate::Failed {
            return vec![Obstacle::Ours(t!("card-no-answer"))];
        }
        self.card.with(|card| card.blocked_because.iter().cloned().map(Obstacle::Rule).collect())
    }

    /// What happens to it if it is ignored.
    pub(crate) fn if_ignored(self) -> String {
        let lapses = format::moment(self.card.with(|card| card.expires_at), self.now.get_untracked());
        t!("card-ignored", time = lapses)
    }
}

/// What stands in the person's way.
pub(crate) enum Obstacle {
    /// In the words of the page.
    Ours(String),
    /// In those of the rules, which are English.
    Rule(String),
}

impl Obstacle {
    pub(crate) fn lang(&self) -> Option<&'static str> {
        if matches!(self, Self::Rule(_)) { foreign() } else { None }
    }

    pub(crate) fn into_words(self) -> String {
        match self {
            Self::Ours(text) | Self::Rule(text) => text,
        }
    }
}
