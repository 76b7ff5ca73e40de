//! Fields of forms: each with its label, a hint and what is wrong with it, tied together for screen readers. What was
//! typed stands in them again; a secret never does.

use super::Icon;
use crate::desk::FormView;
use leptos::prelude::*;

/// A field in the making.
pub(crate) struct Field<'a> {
    form: &'a FormView,
    name: String,
    label: String,
    hint: Option<String>,
    id: String,
}

impl<'a> Field<'a> {
    pub(crate) fn new(form: &'a FormView, name: impl Into<String>, label: String) -> Self {
        let name = name.into();
        let id = format!("f-{}", name.replace('.', "-"));
        Self { form, name, label, hint: None, id }
    }

    pub(crate) fn hint(self, hint: String) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// One line of text.
    pub(crate) fn text(self, most: u32) -> AnyView {
        let value = self.form.value(&self.name).to_owned();
        let (name, id, wrong, described) = self.parts();
        let input = view! {
            <input type="text" id=id name=name value=value maxlength=most autocomplete="off" autocapitalize="none"
                spellcheck="false" aria-invalid=wrong.then_some("true") aria-describedby=described />
        };
        self.around(input.into_any())
    }

    /// A secret: always empty, never kept by the browser.
    pub(crate) fn secret(self) -> AnyView {
        let (name, id, wrong, described) = self.parts();
        let input = view! {
            <input type="password" id=id name=name autocomplete="off" autocapitalize="none" spellcheck="false"
                aria-invalid=wrong.then_some("true") aria-describedby=described />
        };
        self.around(input.into_any())
    }

    /// Several lines that are not shown again.
    pub(crate) fn pasted(self) -> AnyView {
        let (name, id, wrong, described) = self.parts();
        let input = view! {
            <textarea id=id name=name rows="4" autocomplete="off" autocapitalize="none" spellcheck="false"
                aria-invalid=wrong.then_some("true") aria-describedby=described></textarea>
        };
        self.around(input.into_any())
    }

    /// Several lines.
    pub(crate) fn lines(self) -> AnyView {
        let value = self.form.value(&self.name).to_owned();
        let (name, id, wrong, described) = self.parts();
        let input = view! {
            <textarea id=id name=name rows="3" autocomplete="off" autocapitalize="none" spellcheck="false"
                aria-invalid=wrong.then_some("true") aria-describedby=described>{value}</textarea>
        };
        self.around(input.into_any())
    }

    /// One of several: value and words.
    pub(crate) fn choice(self, options: Vec<(String, String)>) -> AnyView {
        let chosen = self.form.value(&self.name).to_owned();
        let (name, id, wrong, described) = self.parts();
        let option = |(value, words): (String, String)| {
            let selected = value == chosen;
            view! { <option value=value selected=selected>{words}</option> }
        };
        let options: Vec<_> = options.into_iter().map(option).collect();
        let input = view! {
            <select id=id name=name aria-invalid=wrong.then_some("true") aria-describedby=described>{options}</select>
        };
        self.around(input.into_any())
    }

    /// A box to tick.
    pub(crate) fn tick(self) -> AnyView {
        let checked = self.form.has(&self.name);
        let (name, id, _, described) = self.parts();
        let of = id.clone();
        let after = self.after();
        let label = self.label;
        view! {
            <div class="field tick">
                <label for=of>
                    <input type="checkbox" id=id name=name value="yes" checked=checked aria-describedby=described />
                    <span>{label}</span>
                </label>
                {after}
            </div>
        }
        .into_any()
    }

    fn parts(&self) -> (String, String, bool, Option<String>) {
        let wrong = self.form.error(&self.name).is_some();
        let hint = self.hint.as_ref().map(|_| format!("{}-hint", self.id));
        let error = wrong.then(|| format!("{}-wrong", self.id));
        let described: Vec<String> = hint.into_iter().chain(error).collect();
        let described = (!described.is_empty()).then(|| described.join(" "));
        (self.name.clone(), self.id.clone(), wrong, described)
    }

    fn after(&self) -> AnyView {
        let hint = self.hint.clone().map(|hint| {
            view! { <p class="hint" id=format!("{}-hint", self.id)>{hint}</p> }
        });
        view! { {hint} {wrong(self.form, &self.name, &format!("{}-wrong", self.id))} }.into_any()
    }

    fn around(self, input: AnyView) -> AnyView {
        let after = self.after();
        view! {
            <div class="field">
                <label for=self.id>{self.label}</label>
                {input}
                {after}
            </div>
        }
        .into_any()
    }
}

/// What is wrong with a field, beside it.
pub(crate) fn wrong(form: &FormView, name: &str, id: &str) -> Option<AnyView> {
    form.error(name).map(|why| {
        view! { <p class="wrong" id=id.to_owned()><Icon name="warning" />{why.clone().view()}</p> }.into_any()
    })
}

/// What is wrong with the form as a whole, above it.
pub(crate) fn wrong_as_a_whole(form: &FormView) -> Option<AnyView> {
    let all: Vec<_> =
        form.errors.iter().filter(|(field, _)| field.is_empty()).map(|(_, why)| why.clone().view()).collect();
    if form.errors.is_empty() {
        return None;
    }
    let lines: Vec<_> = all.into_iter().map(|line| view! { <br />{line} }).collect();
    let (head, log) = (crate::texts::t!("keep-form-wrong"), form.log.clone());
    Some(
        view! {
            <super::Message tone="high" icon="warning" alert=true><b>{head}</b>{lines} <super::LogId id=log /></super::Message>
        }
        .into_any(),
    )
}

/// The fields of a form that only travel with it.
pub(crate) fn hidden(fields: &[(String, String)]) -> AnyView {
    let field = |(name, value): &(String, String)| {
        view! { <input type="hidden" name=name.clone() value=value.clone() /> }
    };
    fields.iter().map(field).collect::<Vec<_>>().into_any()
}
