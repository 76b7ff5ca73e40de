//! Which action a call is, from the templates that `GET /v1/me` gives.

use protocol::{AskedLine, Slug, access::AskableService};

/// The action of `service` that a call of `method` and `path` is. One that is granted goes before one that is not,
/// a literal segment before a name; the broker judges anyway.
pub(crate) fn find<'a>(
    services: &'a [AskableService],
    granted: &[AskedLine],
    service: &Slug,
    method: &str,
    path: &str,
) -> Option<&'a str> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let is_granted = |action: &str| {
        granted.iter().any(|line| &line.service == service && line.actions.iter().any(|name| name == action))
    };
    services
        .iter()
        .filter(|askable| &askable.service == service)
        .flat_map(|askable| &askable.actions)
        .filter_map(|action| {
            let (template_method, template) = action.call.split_once(' ')?;
            let names = (template_method == method).then(|| names(template, path))??;
            Some((!is_granted(&action.name), names, action.name.as_str()))
        })
        .min()
        .map(|(_, _, action)| action)
}

/// Which segments of a matching template are names (true sorts last, so that literals win); none if it does not match.
fn names(template: &str, path: &str) -> Option<Vec<bool>> {
    let template: Vec<&str> = template.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    if template.len() != path.len() {
        return None;
    }
    template
        .iter()
        .zip(&path)
        .map(|(pattern, segment)| {
            let is_name = pattern.starts_with('{') && pattern.ends_with('}');
            let fits = if is_name { !segment.is_empty() } else { pattern == segment };
            fits.then_some(is_name)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::access::AskableAction;

    fn services() -> Vec<AskableService> {
        let action = |name: &str, call: &str| AskableAction {
            name: name.to_owned(),
            does: String::new(),
            call: call.to_owned(),
            cautions: Vec::new(),
        };
        vec![AskableService {
            service: "tracker".parse().unwrap(),
            title: "Tracker".to_owned(),
            resource: None,
            actions: vec![
                action("issues.read", "GET /issues/{issue}"),
                action("issues.search", "GET /issues/search"),
                action("issues.close", "PATCH /issues/{issue}"),
                action("issues.edit", "PATCH /issues/{number}"),
            ],
        }]
    }

    fn granted(actions: &[&str]) -> Vec<AskedLine> {
        let line = serde_json::json!({"service": "tracker", "actions": actions});
        vec![serde_json::from_value(line).unwrap()]
    }

    #[track_caller]
    fn check(granted_actions: &[&str], method: &str, path: &str, expected: Option<&str>) {
        let (services, granted) = (services(), granted(granted_actions));
        let tracker = "tracker".parse().unwrap();
        assert_eq!(find(&services, &granted, &tracker, method, path), expected);
    }

    #[test]
    fn a_call_is_recognised_by_method_and_template() {
        check(&["issues.read"], "GET", "/issues/7?full=1", Some("issues.read"));
        check(&["issues.read"], "GET", "/issues/7/comments", None);
        check(&["issues.read"], "DELETE", "/issues/7", None);
        check(&["issues.read"], "GET", "/issues/", None);
    }

    #[test]
    fn literals_win_over_names() {
        check(&["issues.read", "issues.search"], "GET", "/issues/search", Some("issues.search"));
    }

    #[test]
    fn what_is_granted_wins_and_what_is_not_is_still_named() {
        check(&["issues.edit"], "PATCH", "/issues/7", Some("issues.edit"));
        check(&["issues.read"], "PATCH", "/issues/7", Some("issues.close"));
    }
}
