//! What people keep from pages: who may, what is refused beside its field, what was overtaken, and that a secret is told
//! to nobody.

mod accounts;
mod agents;
mod connections;
mod services;
mod tools;
mod usage;

use super::{
    cast::{Heard, Member},
    forms::{READING, fields, form_token},
    support::Front,
};
use protocol::record::{Actor, Record};

/// The fields of a page's form, as the page has them.
pub async fn filled(front: &Front, who: &Member, page: &str, action: &str) -> Vec<(String, String)> {
    let heard = who.in_browser(front).get(page).await;
    assert_eq!(heard.status, 200, "{page}: {}", heard.text());
    let html = heard.text();
    let mut found = fields(&html, action);
    let start = html.find(&format!("action=\"{action}\"")).unwrap();
    let form = &html[start..][..html[start..].find("</form>").unwrap()];
    found.extend(selected(form));
    // Only what is ticked is sent, and no button.
    let ticks = |name: &str| {
        ["sensitive", "allow_private", "direct", "end_sessions", "approver", "whose"].contains(&name)
            || name.starts_with("reversible.")
            || name.starts_with("rule.")
    };
    let unticked: Vec<String> = form
        .split("<input")
        .skip(1)
        .map(|input| &input[..input.find('>').unwrap()])
        .filter(|input| input.contains("type=\"checkbox\"") && !input.contains("checked"))
        .filter_map(|input| Some(input.split(" name=\"").nth(1)?.split('"').next()?.to_owned()))
        .collect();
    found.retain(|(name, _)| {
        !(ticks(name) && (unticked.contains(name) || name == "whose" || name == "approver"))
    });
    found
}

/// What is chosen in the selects of a form.
fn selected(form: &str) -> Vec<(String, String)> {
    let of = |text: &str, name: &str| {
        let from = text.split(&format!(" {name}=\"")).nth(1)?;
        Some(from[..from.find('"')?].to_owned())
    };
    let selects = form.split("<select").skip(1).map(|it| &it[..it.find("</select>").unwrap()]);
    selects
        .filter_map(|select| {
            let name = of(&select[..select.find('>')?], "name")?;
            let options: Vec<&str> =
                select.split("<option").skip(1).map(|it| &it[..it.find('>').unwrap()]).collect();
            let chosen = options.iter().find(|it| it.contains("selected")).or(options.first())?;
            Some((name, of(chosen, "value")?))
        })
        .collect()
}

pub fn set(form: &mut Vec<(String, String)>, name: &str, value: &str) {
    form.retain(|(field, _)| field != name);
    form.push((name.to_owned(), value.to_owned()));
}

async fn post(front: &Front, who: &Member, path: &str, form: &[(String, String)]) -> Heard {
    let borrowed: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    front.wait(READING);
    who.in_browser(front).form(path, &borrowed).await
}

/// Posts these fields with a token of who posts.
async fn send(front: &Front, who: &Member, path: &str, form: &[(&str, &str)]) -> Heard {
    let token = form_token(front, who).await;
    let all: Vec<_> = form.iter().copied().chain([("form_token", token.as_str())]).collect();
    front.wait(READING);
    who.in_browser(front).form(path, &all).await
}

/// What the page says that a redirect leads to.
async fn said(front: &Front, who: &Member, heard: &Heard) -> String {
    assert_eq!(heard.status, 303, "{}", heard.text());
    who.in_browser(front).get(heard.header("location")).await.text()
}

/// The newest record of a kind.
pub async fn record(front: &Front, kind: &str) -> Option<Record> {
    front.records_of(kind).await.pop()
}

fn person(id: &str) -> Actor {
    Actor::Person { person: id.parse().unwrap(), via: "link".to_owned() }
}
