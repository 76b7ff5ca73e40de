use super::Icon;
use crate::texts::t;
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
#[cfg(feature = "ssr")]
pub(crate) fn tier_word(tier: Tier) -> String {
    match tier {
        Tier::Low => t!("tier-low"),
        Tier::Medium => t!("tier-medium"),
        Tier::High => t!("tier-high"),
        Tier::Critical => t!("tier-critical"),
    }
}

/// The icon of an effect, and its word.
fn look(effect: Effect) -> (&'static str, String) {
    match effect {
        Effect::Read => ("read", t!("effect-read")),
        Effect::Write => ("write", t!("effect-write")),
        Effect::Send => ("send", t!("effect-send")),
        Effect::Spend => ("spend", t!("effect-spend")),
        Effect::Delete => ("delete", t!("effect-delete")),
        Effect::Admin => ("admin", t!("effect-admin")),
    }
}

/// What an action does, in icon, word and colour.
#[component]
pub(crate) fn Tag(effect: Effect, tier: Tier) -> impl IntoView {
    let (icon, word) = look(effect);
    view! { <span class=format!("tag {}", tone(tier))><Icon name=icon />{word}</span> }
}
