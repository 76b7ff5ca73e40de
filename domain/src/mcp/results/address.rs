//! What kind of address stands somewhere, for all who may read it.

use super::steps::step;

/// No scheme that matters is longer.
const MAX_SCHEME: usize = 32;

/// What following an address does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It stays where the text is, or it is no address at all.
    Local,
    /// It asks another host, or another program.
    Remote,
    /// It runs what it says itself, or is written so that only a renderer knows what it is.
    Dangerous,
}

/// The kind of the address that a text begins with, read as generously as renderers do: behind spaces and `<`, with
/// Markdown's backslashes taken away, with a backslash as a slash, without line breaks and tabs within, regardless of
/// case. A character written as an entity in its scheme makes it dangerous.
pub(super) fn kind(text: &str) -> Kind {
    let text = text.trim_start_matches(|c: char| {
        step();
        c.is_whitespace() || c.is_control()
    });
    let text = text.strip_prefix('<').unwrap_or(text);
    let mut scheme = String::new();
    let mut chars = Unescaped(text);
    while let Some(c) = chars.next() {
        match c {
            _ if c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.') => {
                scheme.push(c.to_ascii_lowercase());
            }
            ':' => return of_scheme(&scheme, chars.0),
            '/' if scheme.is_empty() && chars.next() == Some('/') => return Kind::Remote,
            '&' if is_entity(chars.0) => return Kind::Dangerous,
            _ => return Kind::Local,
        }
        if scheme.len() > MAX_SCHEME {
            break;
        }
    }
    Kind::Local
}

/// Without Markdown's backslashes, line breaks and tabs; other backslashes as slashes.
struct Unescaped<'a>(&'a str);

impl Iterator for Unescaped<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        loop {
            step();
            let mut chars = self.0.chars();
            let mut c = chars.next()?;
            if c == '\\' && chars.as_str().starts_with(|next: char| next.is_ascii_punctuation()) {
                c = chars.next()?;
            }
            self.0 = chars.as_str();
            match c {
                '\t' | '\n' | '\r' => {}
                '\\' => return Some('/'),
                c => return Some(c),
            }
        }
    }
}

fn of_scheme(scheme: &str, rest: &str) -> Kind {
    match scheme {
        "" => Kind::Local,
        "javascript" | "vbscript" => Kind::Dangerous,
        // What is shown as a page or a drawing can run; a picture cannot.
        "data" => {
            let kind: String = Unescaped(rest).take(12).flat_map(char::to_lowercase).collect();
            let runs = ["text/html", "text/xml", "application/", "image/svg"];
            if runs.iter().any(|it| kind.starts_with(it)) { Kind::Dangerous } else { Kind::Local }
        }
        // A path of some programming language, or a word with a colon behind it.
        _ if rest.starts_with(|c: char| c == ':' || c.is_whitespace() || c == '…') || rest.is_empty() => {
            Kind::Local
        }
        _ => Kind::Remote,
    }
}

/// Whether what stands behind an ampersand makes it a character of a scheme, or one that is left out there.
fn is_entity(rest: &str) -> bool {
    let names = ["colon;", "Tab;", "NewLine;", "sol;", "bsol;", "plus;", "period;"];
    rest.starts_with('#') || names.iter().any(|name| rest.starts_with(name))
}

/// Whether a text begins with an address that runs something and that Markdown takes for one in angle brackets: there,
/// the scheme must be written plainly.
pub(super) fn runs_in_brackets(text: &str) -> bool {
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    let scheme = text.bytes().take(MAX_SCHEME).inspect(|_| step()).take_while(part).count();
    text.as_bytes().get(scheme) == Some(&b':') && kind(text) == Kind::Dangerous
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_seen_through_their_disguise() {
        use Kind::{Dangerous, Local, Remote};
        let table = [
            ("img/a.png", Local),
            ("/img/a.png", Local),
            ("#part", Local),
            ("", Local),
            ("crate::text", Local),
            ("note: text", Local),
            ("a b:c", Local),
            ("\\d+)", Local),
            ("&a, b)", Local),
            ("&lt;javascript:x", Local),
            ("&amp;#106;avascript:x", Local),
            ("?a=1&amp;b", Local),
            ("data:image/png;base64,xx", Local),
            ("http://evil", Remote),
            ("<HTTPS://evil>", Remote),
            ("  \n https:evil", Remote),
            ("//evil", Remote),
            ("\\/\\/evil", Remote),
            ("\\\\\\\\evil", Remote),
            ("http\\://evil", Remote),
            ("ht\ntp://evil", Remote),
            ("vscode:x", Remote),
            ("javascript:alert(1)", Dangerous),
            (" JavaScript :x", Local),
            ("java\n\t\r\nscript:x", Dangerous),
            ("vbscript:x", Dangerous),
            ("&#106;avascript:x", Dangerous),
            ("javascript&colon;x", Dangerous),
            ("h&#116tp://evil", Dangerous),
            ("data:text/html,x", Dangerous),
            ("data:TEXT/HTML;base64,x", Dangerous),
            ("data:image/svg+xml,x", Dangerous),
        ];
        for (text, is) in table {
            assert_eq!(kind(text), is, "{text:?}");
        }
    }
}
