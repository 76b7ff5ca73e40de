//! What a browser without JavaScript makes of a page: its forms, as they would be sent, and its links.

use std::time::Instant;

use anyhow::{Context, Result};
use url::form_urlencoded;

/// A page that was shown.
pub struct Page {
    pub path: String,
    pub html: String,
    /// When it was there to be read.
    pub shown: Instant,
}

/// A form: where it goes, and what it sends.
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

impl Page {
    /// The form whose opening tag holds this attribute.
    pub fn form(&self, attribute: &str) -> Result<Form> {
        let mut forms = self.html.split("<form").skip(1);
        let form = forms.find(|it| it.split('>').next().is_some_and(|tag| tag.contains(attribute)));
        let form = form.with_context(|| format!("{} has no form with {attribute}", self.path))?;
        let form = form.split("</form>").next().unwrap_or_default();
        let action =
            read(form, "action").with_context(|| format!("the form of {} leads nowhere", self.path))?;
        Ok(Form { action, fields: form.split("<input").skip(1).filter_map(sent).collect() })
    }

    /// The first address of a link, or of a refresh, that begins with this.
    pub fn link(&self, begins: &str, ends: &str) -> Option<String> {
        let links = self.html.split("href=\"").skip(1).filter_map(|it| it.split('"').next());
        links.map(unescaped).find(|it| it.starts_with(begins) && it.ends_with(ends))
    }

    /// Whether it shows this text, outside of tags or in them.
    pub fn shows(&self, text: &str) -> bool {
        unescaped(&self.html).contains(text)
    }
}

impl Form {
    /// Its fields as they are sent.
    pub fn encoded(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.fields).finish()
    }

    /// Unticks a box.
    pub fn untick(&mut self, value: &str) -> Result<()> {
        let ticked = self.fields.iter().position(|(name, it)| name.starts_with("action.") && it == value);
        self.fields.remove(ticked.with_context(|| format!("there is no box {value} that is ticked"))?);
        Ok(())
    }
}

/// What an input sends, if it sends anything.
fn sent(input: &str) -> Option<(String, String)> {
    let tag = input.split('>').next()?.trim_end_matches('/');
    let has = |word: &str| tag.split_whitespace().any(|it| it == word || it.starts_with(&format!("{word}=")));
    let boxed = matches!(read(tag, "type").as_deref(), Some("checkbox" | "radio"));
    if has("disabled") || (boxed && !has("checked")) {
        return None;
    }
    Some((
        read(tag, "name")?,
        read(tag, "value").unwrap_or_else(|| if boxed { "on".into() } else { String::new() }),
    ))
}

/// An attribute of the tag that a text begins with.
fn read(tag: &str, name: &str) -> Option<String> {
    let tag = tag.split('>').next()?;
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next().map(unescaped)
}

fn unescaped(text: &str) -> String {
    let known =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#39;", "'"), ("&amp;", "&")];
    known.iter().fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(html: &str) -> Page {
        Page { path: "/x".to_owned(), html: html.to_owned(), shown: Instant::now() }
    }

    #[test]
    fn a_form_sends_what_is_ticked_and_nothing_that_is_disabled() {
        let page = page(
            "<form id=\"other\" action=\"/no\"></form><form id=\"narrow\" method=\"get\" action=\"/a?b=1&amp;c=2\">\
             <input type=\"hidden\" name=\"line\" value=\"0\"/><input type=\"checkbox\" name=\"action.0\" value=\"read\" checked>\
             <input type=\"checkbox\" name=\"action.0\" value=\"write\" checked/><input type=\"checkbox\" name=\"action.0\" \
             value=\"spend\"><input type=\"checkbox\" disabled checked name=\"action.0\" value=\"delete\"></form>\
             <input name=\"outside\">",
        );
        let mut form = page.form("id=\"narrow\"").unwrap();
        assert_eq!(form.action, "/a?b=1&c=2");
        form.untick("write").unwrap();
        assert!(form.untick("spend").is_err() && form.untick("delete").is_err());
        assert_eq!(form.encoded(), "line=0&action.0=read");
        assert!(page.form("id=\"absent\"").is_err());
    }

    #[test]
    fn a_link_is_found_by_its_ends() {
        let page = page("<a href=\"/requests/1\">x</a> <a href=\"/requests/1/return\">y</a> &amp;lt;");
        assert_eq!(page.link("/requests/", "/return").as_deref(), Some("/requests/1/return"));
        assert_eq!(page.link("/requests/", "/2"), None);
        assert!(page.shows("&lt;") && !page.shows("<b>"));
    }
}
