use super::*;
use serde_json::{Value, json};

fn line(number: u16, service: &str, actions: &[(&str, bool)], more: &Value) -> Value {
    let actions: Vec<Value> = actions
        .iter()
        .map(|(name, ticked)| {
            json!({"name": name, "label": name, "effect": "read", "tier": "low", "ticked": ticked,
                   "disabled_because": if *ticked { Value::Null } else { json!("needs a passkey") }})
        })
        .collect();
    let mut line = json!({"line": number, "service": service, "title": service, "origin": "https://x.example",
        "connection": null, "choices": [], "actions": actions, "resources": [], "conditions": [],
        "max_calls_asked": null, "max_calls": null});
    line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    line
}

fn card(lines: &[Value]) -> Card {
    serde_json::from_value(json!({
        "request": format!("req_{:032x}", 1), "version": 1, "status": "pending",
        "agent": {"id": "bot", "title": "Bot", "key": 1, "direct": false}, "owner": "paul", "yours": true,
        "agent_since": "2026-01-01T00:00:00Z", "sentence": [], "matching_code": "AB12",
        "worst": {"tier": "low", "headline": "", "detail": ""}, "purpose": {"text": "", "removed": 0},
        "history": {"asked": 0, "approved": 0, "denied": 0, "calls_on_average": 0}, "lines": lines,
        "duration": {"asked": 3600, "chosen": 3600, "options": [900, 3600], "ends_at": "2026-01-01T01:00:00Z"},
        "expires_at": "2026-01-01T00:10:00Z", "asked_at": "2026-01-01T00:00:00Z",
        "request_digest": "0".repeat(64), "grant_digest": null, "blocked_because": [],
        "permission": {"allowed": true, "why_not": null}, "approve_label": "Approve", "outcome": null
    }))
    .unwrap()
}

fn two_lines() -> Card {
    let tracker = line(
        1,
        "tracker",
        &[("issues.read", true), ("issues.delete", false)],
        &json!({"max_calls": 50, "resources": [{"name": "a/b", "ticked": true}, {"name": "c/d", "ticked": false}]}),
    );
    let choices = json!([{"id": "work", "account": "@w", "owner": null}, {"id": "home", "account": "@h", "owner": null}]);
    let mail = line(2, "mail", &[("issues.read", true), ("send", true)], &json!({"choices": choices}));
    card(&[tracker, mail])
}

fn stays(less: &Less) -> Vec<(u16, Vec<String>)> {
    let narrowing = less.apply(&two_lines()).unwrap();
    narrowing.lines.into_iter().map(|line| (line.line, line.actions)).collect()
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn what_cannot_be_granted_is_never_sent_along() {
    let narrowing = Less::default().apply(&two_lines()).unwrap();
    assert_eq!(narrowing.lines[0].actions, ["issues.read"]);
    assert_eq!(narrowing.lines[0].resources, Some(texts(&["a/b"])));
    assert_eq!(narrowing.duration, Some(3600));
}

#[test]
fn without_takes_an_action_away_everywhere_or_from_one_service() {
    let everywhere = Less { without: texts(&["issues.read"]), ..Less::default() };
    assert_eq!(stays(&everywhere), [(2, texts(&["send"]))]);
    let one = Less { without: texts(&["mail:issues.read"]), ..Less::default() };
    assert_eq!(stays(&one), [(1, texts(&["issues.read"])), (2, texts(&["send"]))]);
}

#[test]
fn only_keeps_nothing_else() {
    let less = Less { only: texts(&["send"]), ..Less::default() };
    assert_eq!(stays(&less), [(2, texts(&["send"]))]);
}

#[test]
fn limits_and_time_only_get_lower() {
    let lines = |max_calls| {
        let narrowing = Less { max_calls, ..Less::default() }.apply(&two_lines()).unwrap();
        narrowing.lines.into_iter().map(|line| line.max_calls).collect::<Vec<_>>()
    };
    assert_eq!(lines(Some(10)), [Some(10), Some(10)]);
    assert_eq!(lines(Some(500)), [Some(50), Some(500)]);
    let duration =
        |wanted| Less { duration: Some(wanted), ..Less::default() }.apply(&two_lines()).unwrap().duration;
    assert_eq!((duration(60), duration(99_999)), (Some(60), Some(3600)));
}

#[test]
fn an_account_is_chosen_only_where_there_is_a_choice() {
    let less = Less { connections: vec!["home".parse().unwrap()], ..Less::default() };
    let narrowing = less.apply(&two_lines()).unwrap();
    let chosen: Vec<Option<&str>> =
        narrowing.lines.iter().map(|line| line.connection.as_ref().map(Slug::as_str)).collect();
    assert_eq!(chosen, [None, Some("home")]);
}

#[test]
fn a_misspelt_name_stops_everything() {
    let less = Less { without: texts(&["issue.read", "tracker:send"]), ..Less::default() };
    assert_eq!(less.apply(&two_lines()), Err(texts(&["issue.read", "tracker:send"])));
}
