//! A service's definition as the fields of an HTML form, so that a page without JavaScript can send one.
//!
//! | field | meaning |
//! |---|---|
//! | `title`, `origin`, `resource` | as in the definition; an empty `resource` means none |
//! | `auth` | `bearer`, `header` or `basic` |
//! | `auth_name`, `auth_prefix`, `auth_user` | what the chosen style needs; the others are not looked at |
//! | `sensitive`, `allow_private`, `four_eyes` | there if they are ticked |
//! | `approvals` | how many people must approve; empty means one |
//! | `row` (repeated) | the numbers of the rows that the form shows |
//! | `name.N`, `verb.N`, `object.N`, `effect.N`, `method.N`, `path.N` | the action in row N; a row without a name, a path and words is none |
//! | `reversible.N` | there if what it does can be undone |
//! | `default.N` | there if it is offered to a client that names no action |
//!
//! Other fields of the same form are not looked at. What the definition itself must be is [`check`]'s.

use super::{APPROVALS, BadDefinition, bad, check};
use protocol::{
    Action, Slug,
    services::{AuthStyle, Effect, Recogniser, ServiceDefinition, ServiceKind},
};

/// A field of a form: its name and value.
pub type Pair = (String, String);

/// The most rows that a form may have.
pub const MOST_ROWS: usize = 100;

/// The effects in the order in which a form offers them.
pub const EFFECTS: [(&str, Effect); 6] = [
    ("read", Effect::Read),
    ("write", Effect::Write),
    ("send", Effect::Send),
    ("spend", Effect::Spend),
    ("delete", Effect::Delete),
    ("admin", Effect::Admin),
];

/// Reads the definition of the service `id` out of a form and checks it. What is wrong is said with the name of the
/// form's field.
pub fn from_pairs(id: &Slug, pairs: &[Pair]) -> Result<ServiceDefinition, BadDefinition> {
    let rows = rows(pairs);
    if rows.len() > MOST_ROWS {
        return Err(bad("row", format!("must be at most {MOST_ROWS}")));
    }
    let filled: Vec<&str> = rows.into_iter().filter(|row| is_filled(pairs, row)).collect();
    let resource = text(pairs, "resource").trim();
    let definition = ServiceDefinition {
        id: id.clone(),
        title: text(pairs, "title").trim().to_owned(),
        kind: ServiceKind::Http,
        origin: text(pairs, "origin").trim().trim_end_matches('/').to_owned(),
        auth: auth(pairs)?,
        allow_private: has(pairs, "allow_private"),
        sensitive: has(pairs, "sensitive"),
        resource: (!resource.is_empty()).then(|| resource.to_owned()),
        approvals: approvals(pairs)?,
        four_eyes: has(pairs, "four_eyes"),
        default_actions: filled
            .iter()
            .filter(|row| has(pairs, &format!("default.{row}")))
            .map(|row| text(pairs, &format!("name.{row}")).trim().to_owned())
            .collect(),
        mcp: None,
        actions: filled.iter().map(|row| action(pairs, row)).collect::<Result<_, _>>()?,
    };
    check(&definition).map_err(|it| BadDefinition { field: field(&it.field, &filled), ..it })?;
    Ok(definition)
}

/// The numbers of the rows that the form shows, each once, as they are written.
pub fn rows(pairs: &[Pair]) -> Vec<&str> {
    let mut rows: Vec<&str> = Vec::new();
    for (_, row) in pairs.iter().filter(|(name, _)| name == "row") {
        if !rows.contains(&row.as_str()) {
            rows.push(row);
        }
    }
    rows
}

/// The fields of a form that shows this definition.
pub fn to_pairs(definition: &ServiceDefinition) -> Vec<Pair> {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut pairs = vec![
        pair("title", &definition.title),
        pair("origin", &definition.origin),
        pair("resource", definition.resource.as_deref().unwrap_or_default()),
    ];
    match &definition.auth {
        AuthStyle::Bearer => pairs.push(pair("auth", "bearer")),
        AuthStyle::Header { name, prefix } => {
            pairs.extend([pair("auth", "header"), pair("auth_name", name), pair("auth_prefix", prefix)]);
        }
        AuthStyle::Basic { user } => pairs.extend([pair("auth", "basic"), pair("auth_user", user)]),
        AuthStyle::None => pairs.push(pair("auth", "none")),
    }
    pairs.extend(definition.allow_private.then(|| pair("allow_private", "yes")));
    pairs.extend(definition.sensitive.then(|| pair("sensitive", "yes")));
    pairs.push(pair("approvals", &definition.approvals.to_string()));
    pairs.extend(definition.four_eyes.then(|| pair("four_eyes", "yes")));
    for (at, action) in definition.actions.iter().enumerate() {
        let named = |name: &str, value: &str| (format!("{name}.{at}"), value.to_owned());
        let Recogniser::Http { method, path } = &action.recogniser else { continue };
        pairs.push(("row".to_owned(), at.to_string()));
        pairs.extend([
            named("name", &action.name),
            named("verb", &action.verb),
            named("object", &action.object),
            named("effect", effect_word(action.effect)),
            named("method", method),
            named("path", path),
        ]);
        pairs.extend(action.reversible.then(|| named("reversible", "yes")));
        let default = definition.default_actions.contains(&action.name);
        pairs.extend(default.then(|| named("default", "yes")));
    }
    pairs
}

/// The word of an effect in a form.
pub fn effect_word(effect: Effect) -> &'static str {
    EFFECTS.iter().find(|(_, it)| *it == effect).map_or("read", |(word, _)| word)
}

fn text<'a>(pairs: &'a [Pair], name: &str) -> &'a str {
    pairs.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
}

fn has(pairs: &[Pair], name: &str) -> bool {
    pairs.iter().any(|(field, _)| field == name)
}

fn is_filled(pairs: &[Pair], row: &str) -> bool {
    ["name", "verb", "object", "path"].iter().any(|it| !text(pairs, &format!("{it}.{row}")).trim().is_empty())
}

fn approvals(pairs: &[Pair]) -> Result<u8, BadDefinition> {
    let text = text(pairs, "approvals").trim();
    let number = if text.is_empty() { Ok(1) } else { text.parse() };
    number.map_err(|_| bad("approvals", APPROVALS))
}

fn auth(pairs: &[Pair]) -> Result<AuthStyle, BadDefinition> {
    match text(pairs, "auth") {
        "bearer" => Ok(AuthStyle::Bearer),
        "header" => Ok(AuthStyle::Header {
            name: text(pairs, "auth_name").trim().to_owned(),
            // Its space at the end is what separates it from the secret.
            prefix: text(pairs, "auth_prefix").to_owned(),
        }),
        "basic" => Ok(AuthStyle::Basic { user: text(pairs, "auth_user").to_owned() }),
        _ => Err(bad("auth", "must be bearer, header or basic")),
    }
}

fn action(pairs: &[Pair], row: &str) -> Result<Action, BadDefinition> {
    let of = |name: &str| text(pairs, &format!("{name}.{row}")).trim().to_owned();
    let effect = of("effect");
    let effect = EFFECTS.iter().find(|(word, _)| *word == effect).map(|(_, effect)| *effect);
    Ok(Action {
        name: of("name"),
        verb: of("verb"),
        object: of("object"),
        effect: effect.ok_or_else(|| bad(format!("effect.{row}"), "must be one of those offered"))?,
        reversible: has(pairs, &format!("reversible.{row}")),
        recogniser: Recogniser::Http { method: of("method").to_ascii_uppercase(), path: of("path") },
    })
}

/// The form's name of a definition's field.
fn field(of_definition: &str, rows: &[&str]) -> String {
    match of_definition {
        "auth.name" => return "auth_name".to_owned(),
        "auth.prefix" => return "auth_prefix".to_owned(),
        "auth.user" => return "auth_user".to_owned(),
        _ => {}
    }
    let of_action = of_definition.strip_prefix("actions[").and_then(|rest| rest.split_once("]."));
    let Some((number, part)) = of_action else { return of_definition.to_owned() };
    let row = number.parse().ok().and_then(|at: usize| rows.get(at)).copied().unwrap_or_default();
    format!("{}.{row}", part.strip_prefix("recogniser.").unwrap_or(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(of: &[(&str, &str)]) -> Vec<Pair> {
        of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn id() -> Slug {
        "git".parse().unwrap()
    }

    fn good() -> Vec<Pair> {
        pairs(&[
            ("title", " Git "),
            ("origin", "https://git.example/"),
            ("resource", ""),
            ("auth", "header"),
            ("auth_name", "X-Key"),
            ("auth_prefix", "token "),
            ("auth_user", "not looked at"),
            ("sensitive", "yes"),
            ("approvals", ""),
            ("row", "4"),
            ("row", "9"),
            ("name.4", ""),
            ("effect.4", "read"),
            ("name.9", "issues.close"),
            ("verb.9", "close"),
            ("object.9", "issues"),
            ("effect.9", "write"),
            ("method.9", "post"),
            ("path.9", "/{repo}/issues/{issue}/close"),
            ("form_token", "x"),
        ])
    }

    #[test]
    fn a_form_is_read_and_an_empty_row_is_none() {
        let read = from_pairs(&id(), &good()).unwrap();
        assert_eq!((read.title.as_str(), read.origin.as_str()), ("Git", "https://git.example"));
        assert_eq!(read.auth, AuthStyle::Header { name: "X-Key".to_owned(), prefix: "token ".to_owned() });
        assert_eq!((read.resource, read.sensitive, read.allow_private), (None, true, false));
        let [action] = read.actions.as_slice() else { panic!("{:?}", read.actions) };
        assert_eq!((action.effect, action.reversible), (Effect::Write, false));
        let Recogniser::Http { method, .. } = &action.recogniser else { panic!("{action:?}") };
        assert_eq!(method, "POST");
    }

    #[test]
    fn what_a_form_shows_reads_as_the_same_definition() {
        for auth in [
            AuthStyle::Bearer,
            AuthStyle::Basic { user: "paul".to_owned() },
            AuthStyle::Header { name: "X-Key".to_owned(), prefix: String::new() },
        ] {
            let mut definition = from_pairs(&id(), &good()).unwrap();
            (definition.auth, definition.allow_private) = (auth, true);
            definition.resource = Some("{repo}".to_owned());
            definition.actions[0].reversible = true;
            (definition.approvals, definition.four_eyes) = (2, true);
            definition.actions[0].effect = Effect::Read;
            definition.default_actions = vec!["issues.close".to_owned()];
            assert_eq!(from_pairs(&id(), &to_pairs(&definition)).unwrap(), definition);
        }
    }

    #[test]
    fn what_is_wrong_is_said_by_the_name_of_the_field() {
        let table = [
            ("title", "", "title"),
            ("origin", "git.example", "origin"),
            ("auth", "oauth", "auth"),
            ("auth_name", "X Key", "auth_name"),
            ("auth_prefix", "é", "auth_prefix"),
            ("resource", "repo", "resource"),
            ("approvals", "many", "approvals"),
            ("approvals", "0", "approvals"),
            ("approvals", "10", "approvals"),
            ("name.9", "Issues", "name.9"),
            ("verb.9", "", "verb.9"),
            ("object.9", "", "object.9"),
            ("effect.9", "steal", "effect.9"),
            ("method.9", "TRACE", "method.9"),
            ("path.9", "issues", "path.9"),
        ];
        for (name, value, field) in table {
            let mut form = good();
            let pair = form.iter_mut().find(|(it, _)| it == name).unwrap();
            value.clone_into(&mut pair.1);
            assert_eq!(from_pairs(&id(), &form).unwrap_err().field, field, "{name} = {value}");
        }
        let mut empty = good();
        empty.retain(|(name, _)| name != "row");
        assert_eq!(from_pairs(&id(), &empty).unwrap_err().field, "actions");
        let mut many = good();
        many.extend((0..=MOST_ROWS).map(|row| ("row".to_owned(), row.to_string())));
        assert_eq!(from_pairs(&id(), &many).unwrap_err().field, "row");
    }
}
