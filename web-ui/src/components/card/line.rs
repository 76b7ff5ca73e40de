//! The lines: what was asked, and what of it would be granted.

use super::{CardState, Mode};
use crate::{
    components::{Icon, Tag, tool::OnCard},
    texts::{foreign, rich, t},
};
use leptos::{either::Either, prelude::*};
use protocol::{
    access::RequestStatus,
    card::{CardAction, CardLine, CardResource},
    ids::Slug,
    terms::ConnectionRef,
};

/// How lines are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// With ticks and choices.
    Edit,
    /// With what is granted, or would be, and what not.
    Verdict,
    /// Only what was asked: nothing of it was granted.
    Asked,
}

impl Look {
    fn of(state: CardState, status: RequestStatus) -> Self {
        use RequestStatus::{Denied, Lapsed, Withdrawn};
        match status {
            Denied | Lapsed | Withdrawn => Self::Asked,
            _ if state.mode == Mode::Edit && state.decidable() => Self::Edit,
            _ => Self::Verdict,
        }
    }
}

/// All lines. They are built once: while a person works on them, the form is the state.
#[component]
pub(crate) fn Lines(state: CardState) -> impl IntoView {
    let card = state.card.get_untracked();
    let look = Look::of(state, card.status);
    let lines: Vec<_> = card.lines.into_iter().map(|line| view! { <Line line look /> }).collect();
    let added = (look == Look::Edit).then(|| view! { <AddedConditions state /> });
    view! { <div class="lines">{lines}</div> {added} }.into_any()
}

#[component]
fn Line(line: CardLine, look: Look) -> impl IntoView {
    let edit = look == Look::Edit;
    let number = line.line;
    let actions: Vec<_> =
        line.actions.into_iter().map(|action| view! { <Action action number look /> }).collect();
    let chosen = line.connection.as_ref().map(|it| it.id.clone());
    let account = line.connection.map(|it| view! { " " {rich!("card-as", account = it.account)} });
    let conditions: Vec<_> = line
        .conditions
        .into_iter()
        .map(|it| view! { <li>{rich!("card-only-if", condition = it)}</li> })
        .collect();
    view! {
        <fieldset class="line">
            <legend>
                <b>{line.title}</b>
                {account}
                " "
                <span class="soft small" title=t!("card-origin")><bdi>{line.origin}</bdi></span>
            </legend>
            {edit.then(|| view! { <input type="hidden" name="line" value=number /> })}
            {(edit && !line.choices.is_empty()).then(|| view! { <Account number choices=line.choices chosen /> })}
            <ul>{actions}</ul>
            <Resources resources=line.resources number look />
            {(!conditions.is_empty()).then(|| view! { <ul class="conditions small">{conditions}</ul> })}
            <MaxCalls asked=line.max_calls_asked now=line.max_calls number edit />
        </fieldset>
    }
    .into_any()
}

/// Conditions that the address added: the form keeps them, so that they are not lost with the next change.
#[component]
fn AddedConditions(state: CardState) -> impl IntoView {
    let fields = state.fields.get_untracked().into_iter().filter(|(name, _)| name.starts_with("condition."));
    fields.map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect::<Vec<_>>()
}

/// One action: a tick, or why it cannot be granted.
#[component]
fn Action(action: CardAction, number: u16, look: Look) -> impl IntoView {
    let edit = look == Look::Edit;
    let granted = action.ticked && action.disabled_because.is_none();
    let tag = view! { <Tag effect=action.effect tier=action.tier /> };
    let name = view! { <span class="what" lang=foreign()>{action.label}</span> };
    let tool = action.tool.map(|tool| view! { <OnCard name=action.name.clone() tool=*tool /> }.into_any());
    let Some(why) = action.disabled_because else {
        return if edit {
            let field = format!("action.{number}");
            view! {
                <li>
                    <label><input type="checkbox" name=field value=action.name checked=granted />{name}{tag}</label>
                    {tool}
                </li>
            }
            .into_any()
        } else {
            view! { <li class:off=look == Look::Verdict && !granted><Verdict granted look />{name}{tag}{tool}</li> }
                .into_any()
        };
    };
    view! {
        <li class:off=look != Look::Asked>
            {if edit {
                Either::Left(view! { <label><input type="checkbox" disabled=true />{name}{tag}</label> })
            } else {
                Either::Right(view! { <Verdict granted=false look />{name}{tag} })
            }}
            <span class="small because" lang=foreign()>{why}</span>
            {tool}
        </li>
    }
    .into_any()
}

/// Static: granted or not, in icon and word.
#[component]
fn Verdict(granted: bool, look: Look) -> impl IntoView {
    let (class, icon, word) =
        if granted { ("yes", "granted", "card-granted") } else { ("nope", "denied", "card-not-granted") };
    let shown = look == Look::Verdict;
    shown.then(|| view! { <span class=format!("verdict {class}")><Icon name=icon /><span class="vh">{t!(word)}": "</span></span> })
}

/// Where: each resource can be taken out. None means everywhere that the account reaches.
#[component]
fn Resources(resources: Vec<CardResource>, number: u16, look: Look) -> impl IntoView {
    let edit = look == Look::Edit;
    if resources.is_empty() {
        let field =
            edit.then(|| view! { <input type="hidden" name=format!("as_asked.{number}") value="yes" /> });
        return view! { <p class="where small"><span>{rich!("card-everywhere")}</span>{field}</p> }
            .into_any();
    }
    let field = format!("resource.{number}");
    let items = resources.into_iter().map(move |resource| {
        let CardResource { name, ticked } = resource;
        if edit {
            let field = field.clone();
            view! { <label><input type="checkbox" name=field value=name.clone() checked=ticked /><bdi>{name}</bdi></label> }
                .into_any()
        } else {
            view! { <span class="item" class:off=look == Look::Verdict && !ticked><Verdict granted=ticked look /><bdi>{name}</bdi></span> }.into_any()
        }
    });
    view! { <div class="where"><span class="soft small">{t!("card-in")}</span>{items.collect::<Vec<_>>()}</div> }
        .into_any()
}

/// How often: can only be lowered.
#[component]
fn MaxCalls(asked: Option<u32>, now: Option<u32>, number: u16, edit: bool) -> impl IntoView {
    let asked_for = asked
        .map_or_else(|| t!("card-asked-no-limit"), |asked| t!("card-asked-for", max = asked.to_string()));
    if !edit {
        let limit = now.map_or_else(|| t!("card-no-limit"), |now| t!("card-at-most", max = now.to_string()));
        return view! { <p class="limit small">{limit}" · "<span class="soft">{asked_for}</span></p> }
            .into_any();
    }
    view! {
        <label class="limit small">
            {t!("card-at-most-before")}
            <input type="number" name=format!("max_calls.{number}") min="1" max=asked value=now placeholder=t!("card-any-number") />
            {t!("card-at-most-after")}
            " · "
            <span class="soft">{asked_for}</span>
        </label>
    }
    .into_any()
}

/// Which account, where there are several: never a default.
#[component]
fn Account(number: u16, choices: Vec<ConnectionRef>, chosen: Option<Slug>) -> impl IntoView {
    let options = choices.into_iter().map(|choice| {
        let selected = chosen.as_ref() == Some(&choice.id);
        view! { <option value=choice.id.to_string() selected=selected>{choice.account}</option> }
    });
    view! {
        <label class="account">
            {t!("card-account")}
            <select name=format!("connection.{number}") required=true>
                <option value="" selected=chosen.is_none()>{t!("card-choose-account")}</option>
                {options.collect::<Vec<_>>()}
            </select>
        </label>
    }
    .into_any()
}
