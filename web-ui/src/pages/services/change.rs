//! An account is changed or removed.

use super::{account::approvers, review::agree};
use crate::{
    components::{Field, FormToken, Heading, Icon, Message, wrong_as_a_whole},
    desk::{AccountView, FormView},
    pages::{NotFound, desk, id_in_path, show},
    texts::{rich, t},
};
use leptos::prelude::*;
use protocol::ids::Slug;

/// `/connections/ID/edit`: its name, and who approves for it.
#[component]
pub(crate) fn ChangeAccount() -> impl IntoView {
    let (Some(desk), Some(id)) = (desk(), id_in_path::<Slug>()) else {
        return view! { <NotFound /> }.into_any();
    };
    let filled = desk.filled();
    show(async move { desk.account(&id).await }, move |it| {
        let action = format!("/connections/{}/edit", it.connection.id);
        let title = t!("account-change");
        let note = it.connection.account.clone();
        let form = filled.unwrap_or_else(|| as_it_is(&it));
        let body = match form.review.clone() {
            Some(review) => agree(&form, review, action, &format!("/services/{}", it.service)),
            None => view! { <Fill it form action /> }.into_any(),
        };
        view! { <Heading title note /> {body} }.into_any()
    })
}

fn as_it_is(it: &AccountView) -> FormView {
    let approvers = it.connection.approvers.iter().map(|who| ("approver".to_owned(), who.to_string()));
    let account = ("account".to_owned(), it.connection.account.clone());
    FormView { fields: [account].into_iter().chain(approvers).collect(), ..FormView::default() }
}

#[component]
fn Fill(it: AccountView, form: FormView, action: String) -> impl IntoView {
    let errors = wrong_as_a_whole(&form);
    let account = Field::new(&form, "account", t!("keep-account")).hint(t!("keep-account-hint")).text(60);
    let whose = match &it.connection.owner {
        Some(owner) => {
            view! { <p class="small">{rich!("account-personal", owner = owner.to_string())}</p> }.into_any()
        }
        None => view! {
            <p class="small">{t!("account-shared")}</p>
            {approvers(&form, it.people)}
        }
        .into_any(),
    };
    view! {
        {errors}
        <form method="post" action=action class="keep card padded">
            <FormToken />
            <input type="hidden" name="seen" value=it.seen />
            {account}
            {whose}
            <div class="acts">
                <a class="b" href=format!("/services/{}", it.service)>{t!("back")}</a>
                <button class="b go" name="do" value="review">{t!("keep-review")}</button>
            </div>
        </form>
    }
}

/// `/connections/ID/remove`: what ends with it, to be agreed to.
#[component]
pub(crate) fn RemoveAccount() -> impl IntoView {
    let (Some(desk), Some(id)) = (desk(), id_in_path::<Slug>()) else {
        return view! { <NotFound /> }.into_any();
    };
    show(async move { desk.account(&id).await }, move |it| view! { <Confirm it /> }.into_any())
}

#[component]
fn Confirm(it: AccountView) -> impl IntoView {
    let AccountView { connection, service, sessions, requests, seen, .. } = it;
    let (name, action) = (connection.id.to_string(), format!("/connections/{}/remove", connection.id));
    view! {
        <Heading title=t!("account-remove") note=connection.account.clone() />
        <Message tone="high" icon="warning">
            <b>{t!("account-remove-sessions", count = sessions)}</b>
            " "
            {t!("account-remove-requests", count = requests)}
            " "
            {rich!("account-remove-what", account = connection.account, name = name)}
        </Message>
        <form method="post" action=action class="confirm">
            <FormToken />
            <input type="hidden" name="seen" value=seen />
            <div class="acts">
                <a class="b" href=format!("/services/{service}")>{t!("back")}</a>
                <button class="b no"><Icon name="stop" />{t!("account-remove-do")}</button>
            </div>
        </form>
    }
}
