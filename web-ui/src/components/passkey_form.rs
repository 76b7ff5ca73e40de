use super::FormToken;
use crate::{islands::Passkey, texts::t};
use leptos::prelude::*;
use protocol::me::Ceremony;

/// A form that is posted with what a passkey says: its button asks the device first.
#[component]
pub(crate) fn PasskeyForm(
    ceremony: Ceremony,
    #[prop(into)] action: String,
    #[prop(optional)] class: &'static str,
    children: Children,
) -> impl IntoView {
    let kind = if ceremony.make { "make" } else { "ask" };
    view! {
        <form method="post" action=action class=class data-passkey=kind data-options=ceremony.options>
            <FormToken />
            <input type="hidden" name="nonce" value=ceremony.nonce />
            <input type="hidden" name="answer" value="" />
            {children()}
            <Passkey />
            <noscript><p class="small">{t!("passkey-noscript")}</p></noscript>
        </form>
    }
}
