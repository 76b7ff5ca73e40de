use crate::components::{FormToken, Heading};
use leptos::prelude::*;

/// `/set-up`: the first person of an empty installation comes in with the code that the broker printed.
#[component]
pub(crate) fn SetUp() -> impl IntoView {
    view! {
        <Heading title="Set up" />
        <form class="card padded fields" method="post" action="/set-up">
            <FormToken />
            <p>"Make yourself the first person of this installation. You become its admin and an approver."</p>
            <label>
                <b>"Code"</b>
                <span class="soft small">"The broker printed it when it started. It works once, for 30 minutes."</span>
                <input class="id" type="text" name="code" required=true maxlength="40" autocomplete="off"
                    autocapitalize="characters" spellcheck="false" placeholder="XXXX-XXXX-XXXX" />
            </label>
            <label>
                <b>"Name"</b>
                <span class="soft small">"For commands and the record: small letters, digits and hyphens."</span>
                <input class="id" type="text" name="name" required=true maxlength="63" pattern="[a-z0-9]([a-z0-9\\-]*[a-z0-9])?"
                    autocomplete="username" autocapitalize="none" spellcheck="false" placeholder="paul" />
            </label>
            <label>
                <b>"Name for people"</b>
                <span class="soft small">"Shown on pages and to agents. Left empty, it is the same."</span>
                <input type="text" name="title" maxlength="100" autocomplete="name" placeholder="Paul" />
            </label>
            <button class="b go">"Set up"</button>
        </form>
    }
}
