//! The lines of a card, each as it stands under the narrowing.

use super::Shown;
use domain::{definition, proof, sentence, tier::tier_on};
use protocol::{
    Line,
    card::{CardAction, CardLine, CardResource, NarrowedLine},
};

pub(super) fn card_line(line: &Line, shown: &Shown<'_>) -> CardLine {
    let kept = shown.narrowing.lines.iter().find(|kept| kept.line == line.id);
    let keeps = |name: &String| kept.is_some_and(|it| it.actions.contains(name));
    // Naming resources lowers a tier, so what can be granted depends on the line as it stands.
    let standing = as_it_stands(line, kept);
    let action = |action: &protocol::Action| CardAction {
        name: action.name.clone(),
        label: definition::does(action),
        effect: action.effect,
        tier: tier_on(action, &standing),
        ticked: keeps(&action.name),
        disabled_because: proof::disabled_because(action, &standing, shown.means, shown.policy),
        tool: None,
    };
    let named = kept.and_then(|it| it.resources.as_ref());
    let mut resources: Vec<&String> = line.resources.iter().collect();
    resources.extend(named.into_iter().flatten().filter(|name| !line.resources.contains(name)));
    let resource = |name: &String| CardResource {
        name: name.clone(),
        ticked: kept.is_some() && named.is_none_or(|names| names.contains(name)),
    };
    let chosen = kept.and_then(|it| it.connection.as_ref());
    let possible = shown.choices.get(&line.id).cloned().unwrap_or_default();
    CardLine {
        line: line.id,
        service: line.service.id.clone(),
        title: line.service.title.clone(),
        origin: line.service.origin.clone(),
        connection: line
            .connection
            .clone()
            .or_else(|| possible.iter().find(|it| Some(&it.id) == chosen).cloned()),
        choices: possible,
        actions: line.actions.iter().map(action).collect(),
        resources: resources.into_iter().map(resource).collect(),
        conditions: standing.conditions.iter().map(sentence::condition_words).collect(),
        max_calls_asked: line.limits.max_calls,
        max_calls: kept.and_then(|it| it.max_calls).or(line.limits.max_calls),
    }
}

fn as_it_stands(line: &Line, kept: Option<&NarrowedLine>) -> Line {
    let resources = kept.and_then(|it| it.resources.clone()).unwrap_or_else(|| line.resources.clone());
    let mut conditions = line.conditions.clone();
    let added = kept.into_iter().flat_map(|it| &it.conditions);
    conditions.extend(added.filter(|it| !line.conditions.contains(it)).cloned());
    Line { resources, conditions, ..line.clone() }
}
