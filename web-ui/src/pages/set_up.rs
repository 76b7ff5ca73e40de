use crate::{
    components::{FormToken, Heading},
    texts::t,
};
use leptos::prelude::*;

/// `/set-up`: the first person of an empty installation comes in with the code that the broker printed.
#[component]
pub(crate) fn SetUp() -> impl IntoView {
    view! {
        <Heading title=t!("set-up") />
        <form class="card padded fields" method="post" action="/set-up">
            <FormToken />
            <p>{t!("set-up-what")}</p>
            <label>
                <b>{t!("set-up-code")}</b>
                <span class="soft small">{t!("set-up-code-hint")}</span>
                <input class="id" type="text" name="code" required=true maxlength="40" autocomplete="off"
                    autocapitalize="characters" spellcheck="false" placeholder="XXXX-XXXX-XXXX" />
            </label>
            <label>
                <b>{t!("set-up-name")}</b>
                <span class="soft small">{t!("set-up-name-hint")}</span>
                <input class="id" type="text" name="name" required=true maxlength="63" pattern="[a-z0-9]([a-z0-9\\-]*[a-z0-9])?"
                    autocomplete="username" autocapitalize="none" spellcheck="false" placeholder="paul" />
            </label>
            <label>
                <b>{t!("set-up-title")}</b>
                <span class="soft small">{t!("set-up-title-hint")}</span>
                <input type="text" name="title" maxlength="100" autocomplete="name" placeholder="Paul" />
            </label>
            <button class="b go">{t!("set-up")}</button>
        </form>
    }
}
