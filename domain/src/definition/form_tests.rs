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
    let read = from_pairs(&id(), &good(), None).unwrap();
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
        let mut definition = from_pairs(&id(), &good(), None).unwrap();
        (definition.auth, definition.allow_private) = (auth, true);
        definition.resource = Some("{repo}".to_owned());
        definition.actions[0].reversible = true;
        (definition.approvals, definition.four_eyes) = (2, true);
        definition.actions[0].effect = Effect::Read;
        definition.default_actions = vec!["issues.close".to_owned()];
        assert_eq!(from_pairs(&id(), &to_pairs(&definition), None).unwrap(), definition);
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
        assert_eq!(from_pairs(&id(), &form, None).unwrap_err().field, field, "{name} = {value}");
    }
    let mut empty = good();
    empty.retain(|(name, _)| name != "row");
    assert_eq!(from_pairs(&id(), &empty, None).unwrap_err().field, "actions");
    let mut many = good();
    many.extend((0..=MOST_ROWS).map(|row| ("row".to_owned(), row.to_string())));
    assert_eq!(from_pairs(&id(), &many, None).unwrap_err().field, "row");
}

fn server_form() -> Vec<Pair> {
    pairs(&[
        ("kind", "mcp"),
        ("title", "Everything"),
        ("origin", "https://mcp.example"),
        ("mcp_path", " /mcp "),
        ("auth", "none"),
        ("approvals", "1"),
        ("row", "0"),
        ("name.0", "not looked at"),
        ("resource", "{not} looked at"),
    ])
}

#[test]
fn an_mcp_server_has_a_path_and_no_rows() {
    let read = from_pairs(&id(), &server_form(), None).unwrap();
    assert_eq!((read.kind, &read.auth, &read.resource), (ServiceKind::Mcp, &AuthStyle::None, &None));
    let server = read.mcp.clone().unwrap();
    assert_eq!(server.transport, McpTransport::Http { path: "/mcp".to_owned() });
    assert!(read.actions.is_empty());
    assert_eq!(from_pairs(&id(), &to_pairs(&read), Some(&read)).unwrap(), read);
    for (name, value, field) in
        [("mcp_path", "mcp", "mcp_path"), ("auth", "oauth", "auth"), ("title", "", "title")]
    {
        let mut form = server_form();
        value.clone_into(&mut form.iter_mut().find(|(it, _)| it == name).unwrap().1);
        assert_eq!(from_pairs(&id(), &form, None).unwrap_err().field, field, "{name}");
    }
    let mut http = good();
    http.iter_mut().find(|(it, _)| it == "auth").unwrap().1 = "none".to_owned();
    assert_eq!(
        from_pairs(&id(), &http, None).unwrap_err().field,
        "auth",
        "only an MCP server asks for nothing"
    );
}

#[test]
fn a_form_changes_neither_the_kind_nor_the_program_nor_what_was_said_of_tools() {
    let mut before = from_pairs(&id(), &server_form(), None).unwrap();
    let server = before.mcp.as_mut().unwrap();
    server.kept = vec![protocol::mcp::ResultRule::Size];
    server.words = vec![protocol::mcp::ToolWord {
        tool: "echo".to_owned(),
        effect: Some(Effect::Read),
        reversible: None,
        verb: None,
        object: None,
        ask: false,
        for_digest: None,
    }];
    before.default_actions = vec!["echo".to_owned()];
    let mut form = to_pairs(&before);
    form.iter_mut().find(|(name, _)| name == "title").unwrap().1 = "Other".to_owned();
    let after = from_pairs(&id(), &form, Some(&before)).unwrap();
    assert_eq!(after, ServiceDefinition { title: "Other".to_owned(), ..before.clone() });
    before.mcp.as_mut().unwrap().transport = McpTransport::Stdio { program: "files".parse().unwrap() };
    (before.origin, before.auth) = ("http://files.program.invalid".to_owned(), AuthStyle::None);
    form.push(("mcp_path".to_owned(), "/elsewhere".to_owned()));
    form.iter_mut().find(|(name, _)| name == "origin").unwrap().1 = "https://evil.example".to_owned();
    let after = from_pairs(&id(), &form, Some(&before)).unwrap();
    assert_eq!(after, ServiceDefinition { title: "Other".to_owned(), ..before.clone() });
    form.retain(|(name, _)| name != "kind");
    assert_eq!(from_pairs(&id(), &form, Some(&before)).unwrap().kind, ServiceKind::Mcp);
    let http = from_pairs(&id(), &good(), None).unwrap();
    let mut form = to_pairs(&http);
    form.push(("kind".to_owned(), "mcp".to_owned()));
    assert_eq!(from_pairs(&id(), &form, Some(&http)).unwrap(), http);
}
