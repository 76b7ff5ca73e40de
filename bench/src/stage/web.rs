//! What a browser would do: sign in, open pages, and send their forms.

use anyhow::{Context, Result, ensure};
use http::header::{LOCATION, SET_COOKIE};
use http_body_util::BodyExt;

use super::{Broker, PERSON};
use crate::load::Ask;
use crate::load::own::{connect, request};

const ENCODED: &str = "application/x-www-form-urlencoded";

/// A page, as a browser asks for it.
pub fn page(broker: &Broker, path: &str) -> Ask {
    Ask::get(broker.address, path).host(&broker.url).header("accept", "text/html")
}

/// A link that signs the person in.
pub fn sign_in_link(broker: &Broker) -> Result<String> {
    Ok(broker.say(&["sign-in-link", PERSON])?.trim().to_owned())
}

/// The cookie of somebody who used a sign-in link, as a browser would.
pub async fn sign_in(broker: &Broker) -> Result<String> {
    let link = sign_in_link(broker)?;
    let token = link.rsplit_once('=').context("the link has no token")?.1;
    let ask = Ask::post(broker.address, "/sign-in/link", ENCODED, format!("token={token}"));
    let ask = ask.host(&broker.url).header("sec-fetch-site", "same-origin");
    let mut sender = connect(&ask).await?;
    let answer = sender.send_request(request(&ask)?).await?;
    let (head, body) = answer.into_parts();
    let text = body.collect().await?.to_bytes();
    ensure!(
        head.headers.get(LOCATION).is_some_and(|it| it == "/"),
        "signing in: {} {}",
        head.status,
        String::from_utf8_lossy(&text)
    );
    let cookie = head.headers.get(SET_COOKIE).context("no cookie was set")?.to_str()?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

/// A form of a page, filled in as it stands.
pub struct Form {
    action: String,
    body: String,
}

impl Form {
    /// The form that posts to this address.
    pub fn of(html: &str, action: &str) -> Result<Self> {
        let (_, rest) = html.split_once(&format!("action=\"{action}\"")).context("no such form")?;
        let form = rest.split("</form>").next().unwrap_or_default();
        let inputs = form.split("<input").skip(1).filter_map(|it| it.split_once('>')).map(|(it, _)| it);
        let pairs = inputs
            .filter_map(|it| Some((attribute(it, "name")?, attribute(it, "value").unwrap_or_default())));
        let pairs: Vec<String> =
            pairs.map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        ensure!(!pairs.is_empty(), "the form has no fields");
        Ok(Self { action: action.to_owned(), body: pairs.join("&") })
    }

    /// The form, sent from our own page.
    pub fn ask(&self, broker: &Broker) -> Ask {
        Ask::post(broker.address, &self.action, ENCODED, self.body.clone())
            .host(&broker.url)
            .header("accept", "text/html")
            .header("sec-fetch-site", "same-origin")
    }
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split_once(&format!(" {name}=\""))?.1.split('"').next()
}

/// Percent-encoded; the values here are ids, digests, tokens, numbers and JSON.
pub fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_sent_as_it_stands() {
        let html = "<form action=\"/other\"><input name=\"x\"></form><form method=\"post\" action=\"/a/approve\">\
            <input type=\"hidden\" name=\"resource.1\" value=\"acme/site\"/><input name=\"answer\"></form><input name=\"y\">";
        assert_eq!(Form::of(html, "/a/approve").unwrap().body, "resource.1=acme%2Fsite&answer=");
        assert!(Form::of(html, "/b").is_err());
    }
}
