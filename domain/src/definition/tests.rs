use super::*;
use crate::samples;

fn refused(change: impl FnOnce(&mut ServiceDefinition)) -> String {
    let mut definition = samples::tracker();
    change(&mut definition);
    check(&definition).unwrap_err().to_string()
}

#[test]
fn a_good_definition_passes() {
    assert_eq!(check(&samples::tracker()), Ok(()));
}

#[test]
fn refusals_name_the_field() {
    let path = |path: &str| {
        let path = path.to_owned();
        move |d: &mut ServiceDefinition| {
            d.actions[1].recogniser = Recogniser::Http { method: "GET".to_owned(), path };
        }
    };
    assert!(refused(|d| d.title = "Is\u{202e}sue".to_owned()).starts_with("title must not hold"));
    assert!(refused(|d| d.origin.push('/')).starts_with("origin must be only"));
    assert!(refused(|d| d.resource = Some("x".to_owned())).starts_with("resource must name"));
    assert!(refused(|d| d.actions.clear()).starts_with("actions must name"));
    assert!(refused(|d| d.actions[0].name = "Read!".to_owned()).starts_with("actions[0].name must be"));
    assert_eq!(
        refused(|d| d.actions[1].name = "issues.read".to_owned()),
        "actions[1].name repeats issues.read"
    );
    assert!(refused(|d| d.actions[2].verb = "close\n".to_owned()).starts_with("actions[2].verb"));
    assert!(
        refused(|d| d.actions[2].object = String::new()).starts_with("actions[2].object must not be empty")
    );
    assert!(refused(path("issues")).starts_with("actions[1].recogniser.path"));
    assert!(refused(path("/a/{B}")).starts_with("actions[1].recogniser.path"));
    let method = |d: &mut ServiceDefinition| {
        d.actions[0].recogniser = Recogniser::Http { method: "get".to_owned(), path: "/x".to_owned() };
    };
    assert!(refused(method).starts_with("actions[0].recogniser.method must be one of"));
    assert!(
        refused(|d| d.auth = AuthStyle::Header { name: "x y".to_owned(), prefix: String::new() })
            .starts_with("auth.name")
    );
    assert!(refused(|d| d.auth = AuthStyle::Basic { user: "a:b".to_owned() }).starts_with("auth.user"));
}

#[test]
fn two_actions_never_recognise_the_same_call() {
    let same = |d: &mut ServiceDefinition| {
        d.actions[1].recogniser =
            Recogniser::Http { method: "GET".to_owned(), path: "/projects/{p}/issues".to_owned() };
    };
    assert_eq!(refused(same), "actions[1].recogniser.path recognises the same calls as issues.read");
}

#[test]
fn the_most_specific_action_is_meant() {
    let mut definition = samples::tracker();
    let get = |path: &str| Recogniser::Http { method: "GET".to_owned(), path: path.to_owned() };
    definition.actions[1].recogniser = get("/projects/{project}/{kind}");
    definition.actions[2].recogniser = get("/projects/acme/{kind}");
    check(&definition).unwrap();
    let meant = |method: &str, path: &str| {
        let path = CanonicalPath::parse(path).unwrap();
        recognise(&definition.actions, method, &path).map(|found| found.action.name.clone())
    };
    assert_eq!(meant("GET", "/projects/x/issues").unwrap(), "issues.read");
    assert_eq!(meant("GET", "/projects/x/pulls").unwrap(), "issues.comment");
    assert_eq!(meant("GET", "/projects/acme/pulls").unwrap(), "issues.close");
    assert_eq!(meant("POST", "/projects/x/pulls"), None);
    assert_eq!(meant("GET", "/projects/x/pulls/"), None);
    assert_eq!(meant("GET", "/other"), None);
}

#[test]
fn an_agent_sees_what_it_may_ask_for() {
    let askable = askable(&samples::tracker());
    assert_eq!(askable.actions[1].does, "comment on issues");
    assert_eq!(askable.actions[1].call, "POST /projects/{project}/issues/{issue}/comments");
    assert_eq!(askable.actions[1].cautions, [""; 0]);
    let delete = askable.actions.iter().find(|it| it.name == "issues.delete").unwrap();
    assert_eq!(
        delete.cautions,
        ["it deletes", "it cannot be undone", "a person grants it with a passkey, if at all"]
    );
}

#[test]
fn what_is_offered_unasked_only_reads() {
    let mut definition = samples::tracker();
    definition.default_actions = vec!["issues.read".to_owned()];
    check(&definition).unwrap();
    let offer = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
        refused(move |d| d.default_actions = names)
    };
    assert_eq!(offer(&["issues.fly"]), "default_actions[0] there is no action issues.fly");
    assert_eq!(offer(&["issues.read", "issues.read"]), "default_actions[1] repeats issues.read");
    assert_eq!(offer(&["issues.comment"]), "actions[1].default is only for actions with the effect read");
}
