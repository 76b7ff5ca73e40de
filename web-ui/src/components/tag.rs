use super::Icon;
use leptos::prelude::*;
use protocol::services::{Effect, Tier};

/// The colour of a tier. Never alone: an icon and a word stand with it.
pub(crate) fn tone(tier: Tier) -> &'static str {
    match tier {
        Tier::Low => "low",
        Tier::Medium => "medium",
        Tier::High | Tier::Critical => "high",
    }
}

/// A tier in a word, for where no effect stands beside its colour.
pub(crate) fn tier_word(tier: Tier) -> &'static str {
    match tier {
        Tier::Low => "low risk",
        Tier::Medium => "medium risk",
        Tier::High => "high risk",
        Tier::Critical => "critical",
    }
}

fn word(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "read",
        Effect::Write => "write",
        Effect::Send => "send",
        Effect::Spend => "spend",
        Effect::Delete => "delete",
        Effect::Admin => "admin",
    }
}

/// What an action does, in icon, word and colour.
#[component]
pub(crate) fn Tag(effect: Effect, tier: Tier) -> impl IntoView {
    view! { <span class=format!("tag {}", tone(tier))><Icon name=word(effect) />{word(effect)}</span> }
}
