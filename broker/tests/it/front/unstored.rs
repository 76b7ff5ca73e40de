//! No answer of an OAuth door is ever stored on its way: tokens, refusals and all (RFC 6749 section 5.1).

use super::{
    cast::{Heard, anonymous},
    support::{Front, exchange, on_each_front},
};
use broker::http::{Access, table};
use serde_json::json;

on_each_front!(no_answer_of_an_oauth_door_is_stored);

fn is_not_stored(heard: &Heard, what: &str) {
    let stored = heard.headers.get_all("cache-control");
    assert_eq!(stored.iter().collect::<Vec<_>>(), ["no-store"], "{what}: {}", heard.status);
}

async fn no_answer_of_an_oauth_door_is_stored(front: &Front) {
    let session = front.usual().await;
    let doors =
        table().into_iter().filter(|it| it.access == Access::Client || it.path.starts_with("/oauth/"));
    let mut walked = 0;
    for door in doors {
        let path = door.path.replace("{client}", "x");
        walked += 1;
        for asking in [anonymous(front), front.client(&front.agent), front.with(&front.agent.token)] {
            for body in
                ["", "x", "token=x", "grant_type=x", "grant_type=client_credentials", "token=a&token=b"]
            {
                let form = ("content-type", "application/x-www-form-urlencoded");
                let heard = asking.clone().header(form.0, form.1).send(door.method, &path, body).await;
                is_not_stored(&heard, &format!("{} {path} {body}", door.method));
            }
            let heard = asking.clone().post(&path, &json!({})).await;
            is_not_stored(&heard, &format!("{path} with JSON"));
            for method in ["GET", "PUT", "DELETE", "PATCH"] {
                let heard = asking.clone().send(method, &path, "").await;
                is_not_stored(&heard, &format!("{method} {path}"));
            }
        }
    }
    assert!(walked >= 3, "{walked}");
    // What is good, too.
    let fields = exchange(&session.token, "issues", "items.read");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for (path, fields) in [
        ("/oauth/token", fields.as_slice()),
        ("/oauth/token", &[("grant_type", "client_credentials")]),
        ("/oauth/introspect", &[("token", &session.token)]),
        ("/oauth/revoke", &[("token", &session.token)]),
    ] {
        let heard = front.client(&front.agent).form(path, fields).await;
        assert_eq!(heard.status, 200, "{path}: {}", heard.text());
        is_not_stored(&heard, path);
    }
}
