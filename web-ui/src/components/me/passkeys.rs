use crate::{
    components::{FormToken, Icon, Message},
    format,
    texts::t,
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use protocol::me::{Me, PasskeySummary};

/// What a person signs in and proves decisions with.
#[component]
pub(crate) fn Passkeys(me: Me, now: DateTime<Utc>) -> impl IntoView {
    let none = me.passkeys.is_empty();
    let rows: Vec<_> = me.passkeys.into_iter().map(|passkey| view! { <Passkey passkey now /> }).collect();
    let add = match me.impossible {
        Some(why) => {
            view! { <Message tone="medium" icon="warning">{t!("me-passkeys-impossible")} " " <bdi lang="en">{why}"."</bdi></Message> }
                .into_any()
        }
        None => {
            view! { <p class="after"><a class="b" href="/me/passkeys/add"><Icon name="lock" />{t!("me-passkeys-add")}</a></p> }.into_any()
        }
    };
    view! {
        <section id="passkeys">
            <h2>{t!("me-passkeys")}</h2>
            {none.then(|| view! { <p class="soft">{t!("me-passkeys-none")}</p> })}
            <ul class="list">{rows}</ul>
            {add}
        </section>
    }
}

#[component]
fn Passkey(passkey: PasskeySummary, now: DateTime<Utc>) -> impl IntoView {
    let PasskeySummary { id, name, added_at, last_used_at, backed_up, counts } = passkey;
    let used = match last_used_at {
        Some(at) => t!("me-passkey-used", ago = format::ago(at, now)),
        None => t!("me-passkey-unused"),
    };
    let kept = if backed_up { t!("me-passkey-synced") } else { t!("me-passkey-here") };
    let field = format!("name-{id}");
    view! {
        <li class="row">
            <span class="face"><Icon name="lock" /></span>
            <div>
                <b><bdi>{name.clone()}</bdi></b>
                <p class="soft small">{t!("me-passkey-added", time = format::dated(added_at))} " · " {used} " · " {kept}</p>
                {(counts == Some(false)).then(|| view! { <p class="tag high"><Icon name="warning" />{t!("me-passkey-foreign")}</p> })}
                <details>
                    <summary class="small">{t!("me-passkey-rename")}</summary>
                    <form method="post" action=format!("/me/passkeys/{id}/rename") class="inline">
                        <FormToken />
                        <label class="vh" for=field.clone()>{t!("me-passkey-name")}</label>
                        <input type="text" id=field name="name" value=name required=true maxlength="60" autocomplete="off" />
                        <button class="b quiet">{t!("me-passkey-rename-do")}</button>
                    </form>
                </details>
            </div>
            <div class="end"><a class="b quiet no" href=format!("/me/passkeys/{id}/remove")>{t!("me-passkey-remove")}</a></div>
        </li>
    }
}
