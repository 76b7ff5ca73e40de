use crate::{
    components::{Field, Icon},
    desk::FormView,
    texts::t,
};
use domain::definition::form::EFFECTS;
use leptos::prelude::*;

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// An action in the form.
pub(super) fn row(form: &FormView, row: &str, number: usize) -> AnyView {
    let field = |name: &str, label: String| Field::new(form, format!("{name}.{row}"), label);
    let methods = METHODS.map(|it| (it.to_owned(), it.to_owned())).to_vec();
    let effects = EFFECTS.map(|(word, _)| (word.to_owned(), effect_words(word))).to_vec();
    view! {
        <fieldset class="card padded action-row">
            <legend class="vh">{t!("keep-action-number", number = number.to_string())}</legend>
            <input type="hidden" name="row" value=row.to_owned() />
            <div class="pair">
                {field("name", t!("keep-action-name")).hint(t!("keep-action-name-hint")).text(64)}
                {field("verb", t!("keep-verb")).hint(t!("keep-verb-hint")).text(40)}
                {field("object", t!("keep-object")).hint(t!("keep-object-hint")).text(60)}
            </div>
            <div class="pair call">
                {field("method", t!("keep-method")).choice(methods)}
                {field("path", t!("keep-path")).hint(t!("keep-path-hint")).text(300)}
            </div>
            <div class="pair">
                {field("effect", t!("keep-effect")).choice(effects)}
                {field("reversible", t!("keep-reversible")).tick()}
                {field("default", t!("keep-default")).hint(t!("keep-default-hint")).tick()}
            </div>
            <div>
                <button class="b quiet no" name="remove_row" value=row.to_owned()><Icon name="delete" />{t!("keep-remove-row")}</button>
            </div>
        </fieldset>
    }
    .into_any()
}

/// What an effect is called in forms.
pub(super) fn effect_words(word: &str) -> String {
    match word {
        "read" => t!("keep-effect-read"),
        "write" => t!("keep-effect-write"),
        "send" => t!("keep-effect-send"),
        "spend" => t!("keep-effect-spend"),
        "delete" => t!("keep-effect-delete"),
        _ => t!("keep-effect-admin"),
    }
}
