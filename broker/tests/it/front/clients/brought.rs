//! Whose agent a client is: the pair of it and the person who brought it along.

use super::{brought, known, of_sdk, register, session, text};
use crate::front::{
    cast::Member,
    support::{Front, on_each_front},
};
use crate::support::installation::slug;
use broker::{
    clients::{self, OAuthClient},
    fault::Fault,
    grants,
    store::people::{self, Person},
};
use futures::future::join_all;
use protocol::clients::{Came, TwinKind};
use serde_json::json;

on_each_front!(
    each_person_has_an_agent_of_their_own,
    sixty_four_meet_and_one_agent_comes_of_it,
    an_agent_of_here_is_its_owners_alone,
    as6_redirect_addresses_of_an_agent_of_here_are_kept_on_its_page,
    one_person_brings_so_many_and_no_more,
    as10_the_card_pins_how_well_the_client_is_known,
    as10_a_client_that_takes_another_name_still_looks_alike,
);

async fn person(front: &Front, member: &Member) -> Person {
    let id = member.id.parse().unwrap();
    people::find(&mut front.app.store.read().await.unwrap(), &id).await.unwrap().unwrap()
}

async fn registered(front: &Front, name: &str) -> OAuthClient {
    let said = register(front, &of_sdk(name)).await;
    known(front, text(&said, "client_id")).await
}

async fn each_person_has_an_agent_of_their_own(front: &Front) {
    let client = registered(front, "Claude Code").await;
    let (ottos, mallorys) =
        (brought(front, &client, &front.owner).await, brought(front, &client, &front.other_owner).await);
    assert_eq!((ottos.id.as_str(), mallorys.id.as_str()), ("claude-code-otto", "claude-code-mallory"));
    assert_eq!((ottos.title.as_str(), ottos.owner.as_str()), ("Claude Code", "otto"));
    assert!(ottos.direct && !ottos.blocked);
    assert_eq!(brought(front, &client, &front.owner).await, ottos, "and it is the same the next time");
    // Another client of the same name is another agent.
    let twin = registered(front, "Claude Code").await;
    assert_eq!(brought(front, &twin, &front.owner).await.id.as_str(), "claude-code-otto-2");
    // It has no secret that anybody could have, and its name is no client's id.
    assert!(clients::find(&front.app, "claude-code-otto", &slug("otto")).await.unwrap().is_none());
    let (_, token) = session(front, &ottos).await;
    assert_eq!(front.with(&token).get("/proxy/issues/projects/acme/items").await.status, 200);
    let agents = front.owner.at(front).get("/v1/agents").await.text();
    assert!(agents.contains("claude-code-otto-2") && !agents.contains("claude-code-mallory"), "{agents}");
}

async fn sixty_four_meet_and_one_agent_comes_of_it(front: &Front) {
    let client = registered(front, "Crowd").await;
    let owner = person(front, &front.owner).await;
    let met = join_all((0..64).map(|_| clients::agent_of(&front.app, &client, &owner))).await;
    for agent in met {
        assert_eq!(agent.unwrap().id.as_str(), "crowd-otto");
    }
    let records = "SELECT COUNT(*) FROM audit WHERE kind = 'agent.brought'";
    assert_eq!(crate::support::invariants::count(&front.app.store, records).await, 1);
}

async fn an_agent_of_here_is_its_owners_alone(front: &Front) {
    let client = known(front, "helper").await;
    assert!(client.is_confidential() && client.redirect_uris.is_empty());
    assert_eq!(brought(front, &client, &front.owner).await.id.as_str(), "helper");
    let mallory = person(front, &front.other_owner).await;
    let refused = clients::agent_of(&front.app, &client, &mallory).await;
    assert!(matches!(&refused, Err(Fault::Forbidden(why)) if why.contains("not yours")), "{refused:?}");
    let told = refused.unwrap_err().to_string();
    assert!(!told.contains("otto"), "whose it is, is not for everybody: {told}");
    // What is paused is no client.
    let path = "/v1/agents/helper/revoke";
    front.admin.at(front).post(path, &json!({"block": true})).await.good::<serde_json::Value>();
    assert!(clients::find(&front.app, "helper", &slug("otto")).await.unwrap().is_none());
}

async fn as6_redirect_addresses_of_an_agent_of_here_are_kept_on_its_page(front: &Front) {
    let save = async |uris: &str| {
        let page = front.owner.in_browser(front).get("/agents/helper").await.text();
        let field = |name: &str| {
            let from = page.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("a field");
            from.split('"').next().unwrap_or_default().to_owned()
        };
        let (seen, token) = (field("seen"), field("form_token"));
        front.wait(1_000);
        let fields = [
            ("seen", seen.as_str()),
            ("title", "The helper"),
            ("redirect_uris", uris),
            ("form_token", &token),
        ];
        front.owner.in_browser(front).form("/agents/helper/edit", &fields).await
    };
    let heard = save("https://helper.example/cb\r\n\r\n http://127.0.0.1/cb \r\n").await;
    assert_eq!(heard.status, 303, "{}", heard.text());
    let client = known(front, "helper").await;
    assert_eq!(client.redirect_uris, ["https://helper.example/cb", "http://127.0.0.1/cb"]);
    assert!(
        client.may_be_sent_to("http://127.0.0.1:999/cb") && !client.may_be_sent_to("http://localhost/cb")
    );
    for bad in ["http://helper.example/cb", "javascript:alert(1)", "https://helper.example/cb#x"] {
        let heard = save(bad).await;
        assert_eq!(heard.status, 422, "{bad}");
        assert!(heard.text().contains("f-redirect_uris-wrong"), "{}", heard.text());
    }
    assert_eq!(known(front, "helper").await.redirect_uris.len(), 2);
    let page = front.owner.in_browser(front).get("/agents/helper").await.text();
    assert!(
        page.contains("https://helper.example/cb") && page.contains("by somebody who keeps agents"),
        "{page}"
    );
    save("").await;
    assert!(known(front, "helper").await.redirect_uris.is_empty());
}

async fn one_person_brings_so_many_and_no_more(front: &Front) {
    let client = registered(front, "One").await;
    brought(front, &client, &front.owner).await;
    for number in 0..clients::MOST_AGENTS {
        front.wait(4_000);
        let next = registered(front, &format!("Client {number}")).await;
        let owner = person(front, &front.owner).await;
        let met = clients::agent_of(&front.app, &next, &owner).await;
        assert_eq!(met.is_ok(), number + 1 < clients::MOST_AGENTS, "{number}: {met:?}");
    }
    brought(front, &client, &front.owner).await;
    brought(front, &client, &front.other_owner).await;
}

async fn as10_the_card_pins_how_well_the_client_is_known(front: &Front) {
    let client = registered(front, "The  HELPER").await;
    let agent = brought(front, &client, &front.owner).await;
    front.wait(180_000);
    let lines = [crate::front::support::line("issues", &["items.read"], None)];
    let wanted = json!({"authorization_details": lines, "purpose": "Look"});
    let wanted = serde_json::from_value(wanted).unwrap();
    let (asked, _) = grants::open(&front.app, &agent, &wanted).await.unwrap();
    let card = front.card(&front.approver, asked.id.as_str()).await;
    let shown = card.agent.client.as_deref().expect("the client");
    assert_eq!(
        (shown.came, shown.host.as_deref(), shown.name.as_str()),
        (Came::Registered, None, "The HELPER")
    );
    assert_eq!((&shown.id, shown.first_seen), (&client.id, client.first_seen_at));
    assert_eq!(shown.redirect_hosts, ["localhost"]);
    assert!(shown.is_anybody_on_this_device() && card.agent.direct);
    let twins: Vec<_> = card.twins.iter().map(|it| (it.kind, it.name.as_str())).collect();
    assert_eq!(twins, [(TwinKind::Agent, "The helper")], "its owner's agent is called alike");
    // What an agent of here asks pins no client, so that it is the same as ever.
    let usual = front.ask(&front.agent, &lines).await;
    let usual = front.card(&front.approver, usual.id.as_str()).await;
    assert!(usual.agent.client.is_none() && usual.twins.is_empty());
    // Changing its name afterwards changes nothing of what was asked.
    let page = front.approver.in_browser(front).get(&format!("/requests/{}", asked.id)).await;
    assert!(
        page.text().contains("It registered itself:") && page.text().contains("The helper"),
        "{}",
        page.text()
    );
}

async fn as10_a_client_that_takes_another_name_still_looks_alike(front: &Front) {
    let said = register(front, &of_sdk("Claude Code")).await;
    let (id, token) = (text(&said, "client_id"), text(&said, "registration_access_token"));
    let agent = brought(front, &known(front, id).await, &front.owner).await;
    // What its agent is called, which is what stands at the head of a card, stays.
    let mut renamed = of_sdk("A tool of mine");
    renamed["client_id"] = json!(id);
    let json = front.with(token).header("content-type", "application/json");
    let heard = json.send("PUT", &format!("/oauth/register/{id}"), renamed.to_string()).await;
    assert_eq!(heard.status, 200, "{}", heard.text());
    let lines = [crate::front::support::line("issues", &["items.read"], None)];
    let wanted = serde_json::from_value(json!({"authorization_details": lines, "purpose": "Look"})).unwrap();
    let (asked, _) = grants::open(&front.app, &agent, &wanted).await.unwrap();
    let card = front.card(&front.approver, asked.id.as_str()).await;
    let client = card.agent.client.as_deref().expect("the client");
    assert_eq!((card.agent.title.as_str(), client.name.as_str()), ("Claude Code", "A tool of mine"));
    let twins: Vec<_> = card.twins.iter().map(|it| (it.kind, it.name.as_str())).collect();
    assert_eq!(twins, [(TwinKind::Product, "Claude Code")]);
    let page = front.owner.in_browser(front).get(&format!("/agents/{}", agent.id)).await.text();
    assert!(page.contains("a well-known product"), "{page}");
}
