//! People with passkeys in software, who do by hand what the pages' script does.

use crate::{
    front::{
        cast::{COOKIE, Heard, Member, anonymous},
        forms::{fields, unescape},
        support::Front,
    },
    support::soft_passkey::SoftPasskey,
};

/// Where the tests' browser is.
pub const HERE: &str = "http://localhost:8420";

/// Somebody in a browser.
pub struct Holder {
    pub member: Member,
    pub soft: SoftPasskey,
    pub codes: Vec<String>,
}

/// A form as the server rendered it, and what the browser is asked for it.
pub struct Asked {
    pub options: String,
    pub fields: Vec<(String, String)>,
}

impl Asked {
    /// The form of this page that posts there.
    pub fn on(page: &Heard, action: &str) -> Self {
        assert_eq!(page.status, 200, "{}", page.text());
        let html = page.text();
        let from =
            html.find(&format!("action=\"{action}\"")).unwrap_or_else(|| panic!("no {action}: {html}"));
        let options = html[from..].split("data-options=\"").nth(1).expect("what is asked");
        let options = unescape(&options[..options.find('"').unwrap()]);
        Self { options, fields: fields(&html, action) }
    }

    /// The fields with what the device said.
    pub fn with<'a>(&'a self, answer: &'a str) -> Vec<(&'a str, &'a str)> {
        let given = self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        given.filter(|(name, _)| *name != "answer").chain([("answer", answer)]).collect()
    }
}

/// The cookie that an answer brings.
pub fn cookie_of(front: &Front, heard: &Heard) -> String {
    let cookie = heard.header("set-cookie");
    let value = cookie.split(';').next().and_then(|it| it.strip_prefix(&format!("{COOKIE}=")));
    let value = value.unwrap_or_else(|| panic!("{} brings no cookie: {}", heard.status, heard.text()));
    front.keep(value);
    value.to_owned()
}

/// The codes that a page shows.
pub fn codes_on(front: &Front, page: &Heard) -> Vec<String> {
    let html = page.text();
    let codes: Vec<String> =
        html.split("<li><code>").skip(1).map(|rest| rest[..rest.find('<').unwrap()].to_owned()).collect();
    assert!(codes.is_empty() || codes.len() == 10, "{html}");
    for code in &codes {
        front.keep(code);
    }
    codes
}

/// Makes a passkey for somebody who is signed in.
pub async fn enrol(front: &Front, member: &Member, name: &str) -> Holder {
    let mut soft = SoftPasskey::at(HERE);
    let page = member.in_browser(front).get("/me/passkeys/add").await;
    let heard = make(front, member, &page, &mut soft, name).await;
    assert!(heard.status == 200 || heard.header("location") == "/me", "{} {}", heard.status, heard.text());
    let codes = codes_on(front, &heard);
    let member = Member { cookie: cookie_of(front, &heard), ..member.clone() };
    Holder { member, soft, codes }
}

/// Posts the form that makes one.
pub async fn make(front: &Front, member: &Member, page: &Heard, soft: &mut SoftPasskey, name: &str) -> Heard {
    let asked = Asked::on(page, "/me/passkeys");
    let answer = soft.enrol(&asked.options);
    let mut form = asked.with(&answer);
    form.retain(|(field, _)| *field != "name");
    form.push(("name", name));
    member.in_browser(front).form("/me/passkeys", &form).await
}

/// What the sign-in page asks now.
pub async fn sign_in_page(front: &Front) -> Asked {
    Asked::on(&anonymous(front).get("/sign-in").await, "/sign-in/passkey")
}

/// Posts an answer to it.
pub async fn sign_in_with(front: &Front, asked: &Asked, answer: &str) -> Heard {
    let own = anonymous(front).header("sec-fetch-site", "same-origin");
    own.header("user-agent", "X11; Linux Firefox/140").form("/sign-in/passkey", &asked.with(answer)).await
}

/// Signs in, which must work; a session beside the others.
pub async fn sign_in(front: &Front, holder: &mut Holder) -> Member {
    let asked = sign_in_page(front).await;
    let answer = holder.soft.answer(&asked.options);
    let heard = sign_in_with(front, &asked, &answer).await;
    assert_eq!((heard.status.as_u16(), heard.header("location")), (303, "/"), "{}", heard.text());
    Member { cookie: cookie_of(front, &heard), ..holder.member.clone() }
}

/// Whether somebody is signed in.
pub async fn is_in(front: &Front, member: &Member) -> bool {
    let heard = member.in_browser(front).get("/").await;
    assert!(heard.status == 200 || heard.header("location") == "/sign-in", "{}", heard.status);
    heard.status == 200
}

/// Longer than a passkey's answer is fresh.
pub fn later(front: &Front) {
    front.wait(301_000);
}
