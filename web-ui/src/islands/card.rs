use crate::components::card::{
    CardStart, CardState, Client, Decide, Duration, Earlier, Facts, Lines, Mode, Quorum, Says, Settled,
    StepUp, Who, Why, Worst,
};
use crate::texts::t;
use leptos::{html, prelude::*};

/// The request card. With JavaScript, ticks change the sentence in place and Approve is there at once; without, the
/// form leads to a review, which is the same card without ticks.
#[island]
pub(crate) fn RequestCard(start: CardStart) -> impl IntoView {
    let state = CardState::new(start);
    let form: NodeRef<html::Form> = NodeRef::new();
    wake(state, form);
    let action = state.card.with_untracked(|card| format!("/requests/{}", card.request));
    let edit = state.mode == Mode::Edit && state.decidable();
    let held = move || !state.decidable() || state.expired() || state.frozen.get();
    view! {
        <section class="card" class:scripted=move || state.scripted.get() class:frozen=move || state.frozen.get()>
            <Who state />
            <Client state />
            <Says state />
            <Worst state />
            <StepUp state />
            <Facts state />
            <Why state />
            <Quorum state />
            <Earlier state />
            <Show when=move || !state.decidable()>
                <Settled state />
            </Show>
            <form id="narrow" method="get" action=action node_ref=form>
                <fieldset class="held" disabled=move || edit && held()>
                    <legend class="vh">{t!("card-what")}</legend>
                    <Lines state />
                    <Duration state />
                </fieldset>
            </form>
            <Show when=move || state.decidable()>
                <Decide state />
            </Show>
            <p class="vh" role="status">{move || state.said.get()}</p>
        </section>
    }
}

#[cfg(feature = "hydrate")]
use crate::browser::card::wake;

/// On the server nothing moves.
#[cfg(not(feature = "hydrate"))]
fn wake(_: CardState, _: NodeRef<html::Form>) {}
