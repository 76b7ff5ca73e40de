//! `/services/ID/tool?name=NAME`: one tool of an MCP server: what it does, the operator's word on it, and how it changed.

use super::{form::Overtaken, review::agree, row::effect_words};
use crate::{
    components::{
        Field, FormToken, Heading, Message, Tag, When,
        tool::{Describes, Like, Parts, SaidBy, Short},
        wrong_as_a_whole,
    },
    desk::{Definition, FormView, ToolPage, ToolView},
    pages::{NotFound, desk, id_in_path, query_fields, show},
    texts::{foreign, rich, t},
};
use chrono::{DateTime, Utc};
use domain::{
    definition::{does, form::EFFECTS},
    tier::action_tier,
};
use leptos::prelude::*;
use protocol::{
    ids::Slug,
    services::{Action, Effect},
};

/// The page.
#[component]
pub(crate) fn Tool() -> impl IntoView {
    let (Some(desk), Some(id)) = (desk(), id_in_path::<Slug>()) else {
        return view! { <NotFound /> }.into_any();
    };
    let name = query_fields().into_iter().find(|(name, _)| name == "name").map(|(_, value)| value);
    let name = name.unwrap_or_default();
    let (filled, now) = (desk.filled(), desk.now());
    show(async move { desk.tool(&id, &name).await }, move |page| {
        let service = page.service.to_string();
        let (title, note) = (page.name.clone(), page.service_title.clone());
        let body = match filled.as_ref().and_then(|it| it.review.clone().map(|review| (it, review))) {
            Some((form, review)) => {
                agree(form, review, format!("/services/{service}/tool"), &format!("/services/{service}"))
            }
            None => view! { <Whole page filled now /> }.into_any(),
        };
        view! {
            <Heading title note />
            {body}
            <p class="after"><a class="b" href=format!("/services/{service}")>{t!("tool-back")}</a></p>
        }
        .into_any()
    })
}

#[component]
fn Whole(page: ToolPage, filled: Option<FormView>, now: DateTime<Utc>) -> impl IntoView {
    let history: Vec<_> = page.history.iter().cloned().map(|it| view! { <Past it now /> }).collect();
    let definition = page.definition.clone();
    let facts = match page.now.clone() {
        Some((tool, action)) => view! { <Facts tool action sensitive=page.sensitive now /> }.into_any(),
        None => view! { <Message tone="medium" icon="warning">{t!("tool-is-gone")}</Message> }.into_any(),
    };
    let word = (page.may_keep && page.now.is_some()).then(|| {
        let form = filled.unwrap_or_else(|| as_it_is(&page));
        view! { <Word form page=page.clone() /> }
    });
    view! {
        {facts}
        {word}
        <section>
            <h2>{t!("tool-history")}</h2>
            <ol class="history">{history}</ol>
            <details class="more">
                <summary>{t!("tool-as-written")}</summary>
                <pre class="copy written" tabindex="0" dir="ltr"><code>{definition}</code></pre>
            </details>
        </section>
    }
    .into_any()
}

#[component]
fn Facts(tool: ToolView, action: Action, sensitive: bool, now: DateTime<Utc>) -> impl IntoView {
    let tier = action_tier(action.effect, action.reversible, sensitive, false);
    let undone = (!action.reversible && action.effect != Effect::Read)
        .then(|| view! { <span class="soft">", "{t!("keep-not-undone")}</span> });
    let asked = action.ask.then(|| view! { <br /><span class="small">{t!("tool-asks")}</span> });
    let changed = tool
        .changed_at
        .map(|at| view! { <div><dt>{t!("tool-changed-last")}</dt><dd><When at now /></dd></div> });
    let titled = (tool.title != tool.name).then(
        || view! { <div><dt>{t!("tools-titled")}</dt><dd>"“"<bdi>{tool.title.clone()}</bdi>"”"</dd></div> },
    );
    view! {
        <dl class="facts-of">
            <div><dt>{t!("keep-effect")}</dt><dd><Tag effect=action.effect tier />{undone}<br /><span class="small tool"><SaidBy said_by=tool.said_by /></span>{asked}</dd></div>
            <div><dt>{t!("tool-name")}</dt><dd class="tool"><code>{tool.name}</code><Like names=tool.like /></dd></div>
            <div><dt>{t!("tools-sentence")}</dt><dd>"“"<bdi lang=foreign()>{does(&action)}</bdi>"”"</dd></div>
            {titled}
            <div><dt>{t!("tool-description")}</dt><dd class="tool"><Describes description=tool.description /></dd></div>
            <div><dt>{t!("tool-digest")}</dt><dd><code>{tool.digest.to_string()}</code></dd></div>
            <div><dt>{t!("tool-seen-first")}</dt><dd><When at=tool.first_seen now /></dd></div>
            {changed}
        </dl>
    }
    .into_any()
}

fn as_it_is(page: &ToolPage) -> FormView {
    let word = page.word.clone();
    let of = |name: &str, value: Option<String>| value.map(|value| (name.to_owned(), value));
    let yes = |it: bool| if it { "yes" } else { "no" }.to_owned();
    let said = word.map(|it| {
        let effect = it.effect.map(|it| domain::definition::form::effect_word(it).to_owned());
        [
            of("effect", effect),
            of("reversible", it.reversible.map(yes)),
            of("verb", it.verb),
            of("object", it.object),
            it.ask.then(|| ("ask".to_owned(), "yes".to_owned())),
        ]
    });
    let default = page.default.then(|| ("default".to_owned(), "yes".to_owned()));
    let fields = said.into_iter().flatten().flatten().chain(default).collect();
    FormView { fields, ..FormView::default() }
}

/// The operator's word. It is given for the definition that the page shows.
#[component]
fn Word(form: FormView, page: ToolPage) -> impl IntoView {
    let action = format!("/services/{}/tool", page.service);
    let digest = page.now.as_ref().map(|(tool, _)| tool.digest.to_string()).unwrap_or_default();
    let version =
        if form.has("version") { form.value("version").to_owned() } else { page.version.to_string() };
    let field = |name: &str, label: String| Field::new(&form, name, label);
    let unsaid = (String::new(), t!("word-unsaid"));
    let effects = EFFECTS.map(|(word, _)| (word.to_owned(), effect_words(word)));
    let effects = [unsaid.clone()].into_iter().chain(effects).collect();
    let undo = vec![unsaid, ("yes".to_owned(), t!("word-undone")), ("no".to_owned(), t!("word-not-undone"))];
    let overtaken =
        form.overtaken.clone().map(|differs| view! { <Overtaken differs log=form.log.clone() /> });
    view! {
        <section>
            <h2>{t!("word-title")}</h2>
            <p class="soft small">{t!("word-is")}</p>
            {overtaken}
            {wrong_as_a_whole(&form)}
            <form method="post" action=action class="keep card padded">
                <FormToken />
                <input type="hidden" name="name" value=page.name />
                <input type="hidden" name="version" value=version />
                <input type="hidden" name="digest" value=digest />
                <div class="pair">
                    {field("effect", t!("keep-effect")).choice(effects)}
                    {field("reversible", t!("word-reversible")).choice(undo)}
                </div>
                <div class="pair">
                    {field("verb", t!("keep-verb")).hint(t!("word-verb-hint")).text(40)}
                    {field("object", t!("keep-object")).hint(t!("word-object-hint")).text(60)}
                </div>
                {field("ask", t!("word-ask")).hint(t!("word-ask-hint")).tick()}
                {field("default", t!("keep-default")).hint(t!("word-default-hint")).tick()}
                <div class="acts"><button class="b go" name="do" value="review">{t!("keep-review")}</button></div>
            </form>
        </section>
    }
    .into_any()
}

/// A definition of before or of now, and how it differs from the one before it.
#[component]
fn Past(it: Definition, now: DateTime<Utc>) -> impl IntoView {
    let current = it.current.then(|| view! { " "<b>{t!("tool-now")}</b> });
    let parts = match it.changed {
        Some(parts) => view! { <Parts parts /> }.into_any(),
        None => view! { <p class="small soft">{t!("tool-oldest")}</p> }.into_any(),
    };
    view! {
        <li class="card padded tool">
            <p><Short digest=it.digest />{current}" · "{rich!("tool-seen", time = view! { <When at=it.first_seen now /> }.into_any())}</p>
            {parts}
        </li>
    }
    .into_any()
}
