//! The person: signs in by a link, opens what a client sends their browser to, reads the card for as long as it must be
//! read, decides with its forms, and goes where the page leads then. A browser without JavaScript, with its cookies.

mod page;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use http::{Method, Request, header};
use serde::Deserialize;
use url::Url;

use super::stage::Stage;
use super::web::Web;
use page::{Form, Page};

/// No decision is taken sooner after its page was made: the broker counts 800 ms from its own rendering.
const READS: Duration = Duration::from_millis(850);
/// How many redirects a browser follows.
const HOPS: usize = 10;

/// What the person makes of a card.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Decision {
    /// They deny it.
    pub deny: bool,
    /// The actions that they untick.
    pub without: Vec<String>,
}

/// Where a browser is.
enum Place {
    /// On a page of the broker.
    Page(Page),
    /// On its way to another site.
    Left(String),
}

pub struct Person<'a> {
    stage: &'a Stage,
    web: Web,
    cookies: BTreeMap<String, String>,
}

impl<'a> Person<'a> {
    /// Somebody who is not signed in.
    pub fn new(stage: &'a Stage) -> Result<Self> {
        Ok(Self { stage, web: Web::new()?, cookies: BTreeMap::new() })
    }

    /// Opens the address that a client sent them to, decides, and goes back: where the client is told the outcome.
    pub fn sent_to(&mut self, address: &str, decision: &Decision) -> Result<String> {
        ensure!(address.starts_with(&self.stage.url), "a client sends people to {address}");
        match self.open(address, "cross-site")? {
            // Refused before there was anything to decide.
            Place::Left(location) => Ok(location),
            Place::Page(page) => {
                let done = self.decide(page, decision)?;
                let back = done.link("/requests/", "/return").context("the page leads back to no client")?;
                match self.open(&back, "same-origin")? {
                    Place::Left(location) => Ok(location),
                    Place::Page(page) => bail!("the way back leads to {}", page.path),
                }
            }
        }
    }

    /// Looks into the inbox for a request whose card shows this text, and decides it.
    pub fn finds(&mut self, text: &str, decision: &Decision) -> Result<()> {
        let inbox = self.page("/")?;
        let rows = inbox.html.split("href=\"/requests/").skip(1).filter_map(|it| it.split('"').next());
        for row in rows {
            let card = self.page(&format!("/requests/{row}"))?;
            if card.shows(text) {
                return self.decide(card, decision).map(drop);
            }
        }
        bail!("no request in the inbox shows {text:?}")
    }

    /// Follows an address to another site, which gets no cookies of ours.
    pub fn leave_for(&self, address: &str) -> Result<()> {
        let answer = self.web.send(Request::get(address).body(String::new())?)?;
        ensure!(answer.status == 200, "{address} answers {}", answer.status);
        Ok(())
    }

    /// Decides on a card; the page that says what came of it.
    fn decide(&mut self, card: Page, decision: &Decision) -> Result<Page> {
        let (page, form) = if decision.deny {
            let form = card.form("/deny\"")?;
            (card, form)
        } else {
            let mut narrow = card.form("id=\"narrow\"")?;
            for action in &decision.without {
                narrow.untick(action)?;
            }
            narrow.fields.push(("review".to_owned(), "1".to_owned()));
            let review = self.page(&format!("{}?{}", narrow.action, narrow.encoded()))?;
            let form = review.form("id=\"approve\"")?;
            (review, form)
        };
        std::thread::sleep((page.shown + READS).saturating_duration_since(Instant::now()));
        let said = self.post(&form)?;
        let wanted = if decision.deny { "Denied" } else { "Approved" };
        ensure!(said.shows(wanted), "{} does not say {wanted:?}: {}", said.path, words(&said.html));
        Ok(said)
    }

    /// A page of the broker, reached by a link on another one.
    fn page(&mut self, path: &str) -> Result<Page> {
        match self.open(path, "same-origin")? {
            Place::Page(page) => Ok(page),
            Place::Left(location) => bail!("{path} leads to {location}"),
        }
    }

    /// Goes to an address, signing in on the way if that is asked for.
    fn open(&mut self, address: &str, site: &str) -> Result<Place> {
        match self.follow(Method::GET, address, String::new(), site)? {
            Place::Page(page) if page.path == "/sign-in" => self.sign_in(),
            place => Ok(place),
        }
    }

    /// Uses a sign-in link: opens it, and presses the button that it shows. It leads to where one wanted to go.
    fn sign_in(&mut self) -> Result<Place> {
        let link = self.stage.sign_in_link()?;
        let Place::Page(page) = self.follow(Method::GET, &link, String::new(), "none")? else {
            bail!("a sign-in link leads away");
        };
        let form = page.form("action=\"/sign-in/link\"")?;
        self.follow(Method::POST, &form.action, form.encoded(), "same-origin")
    }

    fn post(&mut self, form: &Form) -> Result<Page> {
        match self.follow(Method::POST, &form.action, form.encoded(), "same-origin")? {
            Place::Page(page) => Ok(page),
            Place::Left(location) => bail!("{} leads to {location}", form.action),
        }
    }

    /// Asks, and follows redirects within the broker.
    fn follow(&mut self, mut method: Method, address: &str, mut body: String, site: &str) -> Result<Place> {
        let home = Url::parse(&self.stage.url)?;
        let mut at = home.join(address)?;
        for _ in 0..HOPS {
            let answer = self.web.send(self.request(&method, &at, body, site)?)?;
            self.keep(&answer.cookies);
            let Some(location) = answer.location else {
                ensure!(
                    answer.status == 200,
                    "{} answers {}: {}",
                    at.path(),
                    answer.status,
                    words(&answer.body)
                );
                return Ok(Place::Page(Page {
                    path: at.path().to_owned(),
                    html: answer.body,
                    shown: Instant::now(),
                }));
            };
            ensure!(answer.status == 303, "{} redirects with {}", at.path(), answer.status);
            at = at.join(&location)?;
            if at.origin() != home.origin() {
                return Ok(Place::Left(at.into()));
            }
            (method, body) = (Method::GET, String::new());
        }
        bail!("{address} leads in circles")
    }

    fn request(&self, method: &Method, at: &Url, body: String, site: &str) -> Result<Request<String>> {
        let mut request = Request::builder().method(method.clone()).uri(at.as_str());
        request = request.header(header::ACCEPT, "text/html").header(header::ACCEPT_LANGUAGE, "en");
        for (name, value) in
            [("sec-fetch-site", site), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")]
        {
            request = request.header(name, value);
        }
        if !self.cookies.is_empty() {
            let cookies: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        if method == Method::POST {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        Ok(request.body(body)?)
    }

    fn keep(&mut self, cookies: &[String]) {
        for cookie in cookies {
            let (pair, rest) = cookie.split_once(';').unwrap_or((cookie, ""));
            let Some((name, value)) = pair.split_once('=') else { continue };
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// The words of a page, for an error.
fn words(html: &str) -> String {
    const MOST: usize = 600;
    let main = html.split("<main").nth(1).unwrap_or(html);
    let text: Vec<&str> =
        main.split('<').filter_map(|it| it.split_once('>')).map(|(_, text)| text.trim()).collect();
    let text: Vec<&str> = text.into_iter().filter(|it| !it.is_empty()).collect();
    text.join(" ").chars().take(MOST).collect()
}
