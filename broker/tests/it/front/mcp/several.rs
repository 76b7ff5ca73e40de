//! `/mcp`: all MCP servers that a session holds behind one door, their tools under the names of their services.

use super::{Client, declared, error, reading, result, said, writing};
use crate::{
    front::{
        acts::{Session, approval, line},
        authorizing::{ISSUER, Tab, address, asking, redeem, redirects, with},
        support::{Front, on_each_front},
    },
    support::mcp_server::McpServer,
};
use broker::ledger::acts::Declaration;
use domain::sentence::plain;
use protocol::{card::Card, problem::Code, services::ServiceDefinition};
use serde_json::json;

on_each_front!(
    gw6_tools_have_the_names_of_their_services,
    gw3_the_name_is_made_anew_for_the_server,
    only_what_was_granted_is_behind_the_door,
    a_token_for_some_servers_opens_only_those,
    what_no_one_server_can_be_meant_for_is_not_guessed,
    what_was_taken_out_of_a_session_is_behind_no_door,
    a_person_chooses_the_servers_behind_one_door,
    where_nothing_is_marked_a_person_chooses_among_all_tools,
);

/// Two servers that both have `look`, a third that the session does not hold, and a service that is no MCP server.
async fn two(front: &Front) -> ([McpServer; 3], Session) {
    let alpha = McpServer::start(&[reading("look"), writing("write")]).await;
    let beta = McpServer::start(&[reading("look"), reading("look__more")]).await;
    let gamma = McpServer::start(&[reading("look")]).await;
    for (id, server) in [("alpha", &alpha), ("beta", &beta), ("gamma", &gamma)] {
        front.connect(id, server).await;
    }
    let lines = [
        json!({"service": "beta", "actions": ["look", "look__more"]}),
        json!({"service": "alpha", "actions": ["look"]}),
        line("issues", &["items.read"], None),
    ];
    let session = front.session_of(&front.direct, &lines, 3_600).await;
    ([alpha, beta, gamma], session)
}

async fn gw6_tools_have_the_names_of_their_services(front: &Front) {
    let ([alpha, beta, gamma], session) = two(front).await;
    let mut client = Client::new(front, &session, "/mcp");
    let names = ["alpha__look", "beta__look", "beta__look__more"];
    assert_eq!(client.tools().await, names);
    let good =
        |it: &str| it.len() <= 128 && it.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
    assert!(names.iter().all(|it| good(it)));
    for (name, n) in names.into_iter().zip(0..) {
        let heard = client.call(name, &json!({"n": n})).await;
        assert_eq!(said(&heard), json!({"n": n}).to_string());
        let service = name.split("__").next().unwrap();
        assert_eq!(result(&heard)["_meta"]["dev.countersign/origin"], service);
    }
    assert_eq!((alpha.calls().len(), beta.calls().len(), gamma.calls().len()), (1, 2, 0));
    client.begin(&json!({})).await;
    for (name, n) in [("beta__look", 1), ("alpha__look", 2)] {
        let heard = client.legacy(n, "tools/call", &json!({"name": name, "arguments": {"n": n}})).await;
        assert_eq!(said(&heard), json!({"n": n}).to_string());
    }
    assert_eq!((alpha.calls().len(), beta.calls().len()), (2, 3));
}

async fn gw3_the_name_is_made_anew_for_the_server(front: &Front) {
    let ([_, beta, _], session) = two(front).await;
    let client = Client::new(front, &session, "/mcp");
    client.call("beta__look__more", &json!({})).await;
    let got = beta.last();
    assert_eq!(
        (got.header("mcp-name"), &got.message["params"]["name"]),
        ("look__more", &json!("look__more"))
    );
    assert!(!format!("{:?}{}", got.headers, got.text).contains("beta__"), "{got:?}");
}

async fn only_what_was_granted_is_behind_the_door(front: &Front) {
    let ([alpha, beta, gamma], session) = two(front).await;
    let client = Client::new(front, &session, "/mcp");
    let heard = client.call("alpha__write", &json!({})).await;
    heard.refused(403, Code::NotGranted);
    let challenge = heard.header("www-authenticate");
    assert!(challenge.ends_with("oauth-protected-resource/mcp\""), "{challenge}");
    assert!(challenge.contains("scope=\"alpha:write\""), "{challenge}");
    client.call("gamma__look", &json!({})).await.refused(403, Code::NotGranted);
    for name in ["look", "alpha_look", "alpha__", "__look", "alpha__look__", "Alpha__look", "alpha__nothing"]
    {
        assert_eq!(error(&client.call(name, &json!({})).await), (200, -32602), "{name}");
    }
    let heard = client.call("issues__items.read", &json!({})).await;
    assert!(heard.status == 403 || error(&heard).1 == -32602, "{}", heard.text());
    let heard = client.call("nowhere__look", &json!({})).await;
    assert!(heard.status == 404 || error(&heard).1 == -32602, "{}", heard.text());
    assert!(alpha.calls().is_empty() && beta.calls().is_empty() && gamma.calls().is_empty());
}

async fn a_token_for_some_servers_opens_only_those(front: &Front) {
    let ([alpha, beta, _], session) = two(front).await;
    for (paths, status) in [(&["/mcp/alpha"][..], 401), (&["/mcp/alpha", "/mcp/beta"], 401), (&["/mcp"], 200)]
    {
        let token = front.bound_to(&session, &front.direct, paths).await;
        let client = Client { front, token, path: "/mcp".to_owned(), session: None };
        assert_eq!(client.modern(1, "tools/list", &json!({})).await.status, status, "{paths:?}");
    }
    let token = front.bound_to(&session, &front.direct, &["/mcp", "/mcp/alpha"]).await;
    let client = Client { front, token, path: "/mcp".to_owned(), session: None };
    assert_eq!(said(&client.call("alpha__look", &json!({})).await), "{}");
    assert_eq!(alpha.calls().len(), 1);
    drop(beta);
}

async fn what_no_one_server_can_be_meant_for_is_not_guessed(front: &Front) {
    let ([alpha, beta, _], session) = two(front).await;
    let mut client = Client::new(front, &session, "/mcp");
    client.begin(&json!({})).await;
    for (list, member) in [("resources/list", "resources"), ("prompts/list", "prompts")] {
        let said = result(&client.legacy(1, list, &json!({})).await);
        assert_eq!(said[member], json!([]));
    }
    for (method, params) in [
        ("resources/read", json!({"uri": "file:///x"})),
        ("prompts/get", json!({"name": "x"})),
        ("completion/complete", json!({"ref": {"type": "ref/prompt", "name": "x"}})),
        ("completion/complete", json!({})),
    ] {
        assert_eq!(error(&client.legacy(2, method, &params).await), (200, -32602), "{method}");
    }
    for server in [&alpha, &beta] {
        let asked = server.got();
        assert!(
            asked.iter().all(|it| !it.asked().starts_with("resources") && !it.asked().starts_with("prompts"))
        );
    }
}

async fn what_was_taken_out_of_a_session_is_behind_no_door(front: &Front) {
    let ([alpha, _beta, _gamma], session) = two(front).await;
    let client = Client::new(front, &session, "/mcp");
    let path = format!("/v1/sessions/{}/services/alpha/take-away", session.grant);
    let taken = front.owner.at(front).post(&path, &json!({"reason": "enough"})).await;
    assert_eq!(taken.status, 200, "{}", taken.text());
    assert_eq!(client.tools().await, ["beta__look", "beta__look__more"]);
    let asked = alpha.got().len();
    let heard = client.call("alpha__look", &json!({})).await;
    assert_eq!((heard.status.as_u16(), alpha.got().len()), (403, asked), "{}", heard.text());
    let alone = Client::new(front, &session, "/mcp/alpha");
    assert_eq!(alone.tools().await, [""; 0]);
    assert_eq!(said(&client.call("beta__look", &json!({"n": 1})).await), r#"{"n":1}"#);
}

async fn a_person_chooses_the_servers_behind_one_door(front: &Front) {
    redirects(front, true).await;
    for id in ["alpha", "beta"] {
        let server = McpServer::start(&[reading("look")]).await;
        let offering =
            ServiceDefinition { default_actions: vec!["look".to_owned()], ..declared(id, &server, &[]) };
        front.declare(Declaration::Service(offering.clone())).await;
        front.connection(&offering, id, None).await;
        front.import(id).await;
    }
    let all = format!("{ISSUER}/mcp");
    let nothing_named = with(asking(&json!([])), "authorization_details", None);
    let mut tab = Tab::of(&front.owner);
    let request = tab.land(front, &with(nothing_named.clone(), "resource", Some(&all))).await;
    let card = front.card(&front.approver, &request).await;
    assert_eq!((card.lines.len(), &card.grant_digest), (2, &None));
    assert!(card.lines.iter().all(|line| line.actions.iter().all(|it| !it.ticked)), "{:?}", card.lines);
    assert!(card.blocked_because[0].contains("nothing is chosen yet"), "{:?}", card.blocked_because);
    let page = front.approver.in_browser(front).get(&format!("/requests/{request}")).await.text();
    assert!(page.contains("nothing is chosen yet"), "{page}");
    // One of the two.
    let beta = card.lines.iter().find(|line| line.service.as_str() == "beta").unwrap();
    let narrowing = json!({"lines": [{"line": beta.line, "actions": ["look"]}]});
    let path = format!("/v1/inbox/{request}");
    let card: Card = front.approver.at(front).post(&format!("{path}/preview"), &narrowing).await.good();
    let approved =
        front.approver.at(front).post(&format!("{path}/approve"), &approval(&card, Some(&narrowing))).await;
    assert_eq!(approved.status, 200, "{}", approved.text());
    let code = tab.go_back(front, &request).await.code(front);
    let given = redeem(front, &front.agent, &code, &[]).await.json();
    let token = given["access_token"].as_str().unwrap().to_owned();
    let client = Client { front, token, path: "/mcp".to_owned(), session: None };
    assert_eq!(client.tools().await, ["beta__look"]);
    // Behind the door of one server what is offered is chosen: there is nothing to choose among.
    let one = with(nothing_named, "resource", Some(&format!("{all}/alpha")));
    let request = Tab::of(&front.owner).land(front, &one).await;
    assert!(front.card(&front.approver, &request).await.grant_digest.is_some());
}

async fn where_nothing_is_marked_a_person_chooses_among_all_tools(front: &Front) {
    redirects(front, true).await;
    let server = McpServer::start(&[writing("write"), reading("look"), reading("each")]).await;
    let mut alpha = declared("alpha", &server, &[]);
    let words = &mut alpha.mcp.as_mut().unwrap().words;
    words.push(protocol::mcp::ToolWord { tool: "each".to_owned(), ask: true, ..words[0].clone() });
    front.declare(Declaration::Service(alpha.clone())).await;
    front.connection(&alpha, "alpha", None).await;
    front.import("alpha").await;
    let nothing_named = with(asking(&json!([])), "authorization_details", None);
    for door in ["mcp", "mcp/alpha"] {
        let mut tab = Tab::of(&front.owner);
        let params = with(nothing_named.clone(), "resource", Some(&format!("{ISSUER}/{door}")));
        let request = tab.land(front, &params).await;
        let card = front.card(&front.approver, &request).await;
        // Of what can be granted, all is shown and nothing is chosen.
        let [line] = card.lines.as_slice() else { panic!("{:?}", card.lines) };
        let shown: Vec<_> = line.actions.iter().map(|it| (it.name.as_str(), it.ticked)).collect();
        assert_eq!((shown, &card.grant_digest), (vec![("look", false), ("write", false)], &None), "{door}");
        assert!(plain(&card.sentence).starts_with("wants to use some of 2 tools on "), "{:?}", card.sentence);
        assert_eq!(card.approve_label, "Approve as shown");
        let narrowing = json!({"lines": [{"line": line.line, "actions": ["write"]}]});
        let path = format!("/v1/inbox/{request}");
        let card: Card = front.approver.at(front).post(&format!("{path}/preview"), &narrowing).await.good();
        assert!(plain(&card.sentence).starts_with("wants to use write on "), "{:?}", card.sentence);
        let approved = front
            .approver
            .at(front)
            .post(&format!("{path}/approve"), &approval(&card, Some(&narrowing)))
            .await;
        assert_eq!(approved.status, 200, "{}", approved.text());
        let code = tab.go_back(front, &request).await.code(front);
        let given = redeem(front, &front.agent, &code, &[]).await.json();
        let token = given["access_token"].as_str().unwrap().to_owned();
        let client = Client { front, token, path: format!("/{door}"), session: None };
        let name = if door == "mcp" { "alpha__write" } else { "write" };
        assert_eq!(client.tools().await, [name]);
    }
    // Who names no server is offered nothing that nobody marked.
    let page = Tab::of(&front.owner).open(front, &address(&nothing_named)).await;
    assert!(page.text().contains("Nothing to decide"), "{}", page.text());
}
