//! How a call names its resource: `{owner}/{repo}` filled in from the names of the action's path.

use std::collections::{BTreeMap, BTreeSet};

/// Names, and the text between them. Two different sets of values never make the same name of a resource, because
/// no value may hold a character that stands between the names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceTemplate {
    before: String,
    names: Vec<(String, String)>,
}

impl ResourceTemplate {
    /// Parses a template. Each name stands in braces; something must stand between two of them.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (before, mut rest) = text.split_once('{').ok_or("must name at least one {name}")?;
        let mut names = Vec::new();
        let mut seen = BTreeSet::new();
        loop {
            let (name, after) = rest.split_once('}').ok_or("has a { without }")?;
            check_name(name)?;
            if !seen.insert(name) {
                return Err("has the same name twice");
            }
            let next = after.split_once('{');
            let between = next.map_or(after, |(between, _)| between);
            if next.is_some() && between.is_empty() {
                return Err("needs something between two names");
            }
            names.push((name.to_owned(), between.to_owned()));
            match next {
                Some((_, more)) => rest = more,
                None => break,
            }
        }
        let template = Self { before: before.to_owned(), names };
        let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '{' | '}' | '"' | '%');
        if template.literals().all(plain) {
            Ok(template)
        } else {
            Err("must have plain ASCII around its names")
        }
    }

    /// Its names, from the left.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|(name, _)| name.as_str())
    }

    /// The name of the resource that these values make; none if one is missing, empty or ambiguous.
    pub fn fill(&self, values: &BTreeMap<String, String>) -> Option<String> {
        let mut resource = self.before.clone();
        for (name, after) in &self.names {
            let value = values.get(name).filter(|value| self.is_value(value))?;
            resource.push_str(value);
            resource.push_str(after);
        }
        Some(resource)
    }

    /// Whether some values make this name.
    pub fn fits(&self, resource: &str) -> bool {
        let Some(mut rest) = resource.strip_prefix(self.before.as_str()) else { return false };
        for (number, (_, after)) in self.names.iter().enumerate() {
            let last = number + 1 == self.names.len();
            let split = if last {
                rest.strip_suffix(after.as_str()).map(|v| (v, ""))
            } else {
                rest.split_once(after)
            };
            match split {
                Some((value, more)) if self.is_value(value) => rest = more,
                _ => return false,
            }
        }
        true
    }

    /// A value is one segment of a path, which never holds a slash.
    fn is_value(&self, value: &str) -> bool {
        !value.is_empty() && !value.chars().any(|c| c == '/' || self.literals().any(|literal| literal == c))
    }

    /// All characters outside the braces.
    fn literals(&self) -> impl Iterator<Item = char> {
        self.before.chars().chain(self.names.iter().flat_map(|(_, after)| after.chars()))
    }
}

fn check_name(name: &str) -> Result<(), &'static str> {
    let mut bytes = name.bytes();
    let valid = bytes.next().is_some_and(|b| b.is_ascii_lowercase())
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if valid { Ok(()) } else { Err("has a name that is not of the form [a-z][a-z0-9_]*") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn templates_have_names_and_something_between_them() {
        for good in ["{project}", "{owner}/{repo}", "org:{org}", "{a}-{b}.json"] {
            assert!(ResourceTemplate::parse(good).is_ok(), "{good}");
        }
        for bad in
            ["", "project", "{a}{b}", "{a", "a}", "{}", "{A}", "{a}/{a}", "{a} {b}", "{a}\"{b}", "{{a}}"]
        {
            assert!(ResourceTemplate::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn two_calls_never_share_a_resource_by_accident() {
        let template = ResourceTemplate::parse("{owner}/{repo}").unwrap();
        assert_eq!(template.fill(&values(&[("owner", "acme"), ("repo", "site")])).unwrap(), "acme/site");
        let ambiguous = [
            [("owner", "acme/x"), ("repo", "y")],
            [("owner", "acme"), ("repo", "x/y")],
            [("owner", ""), ("repo", "y")],
        ];
        for call in ambiguous {
            assert_eq!(template.fill(&values(&call)), None, "{call:?}");
        }
        assert_eq!(template.fill(&values(&[("owner", "acme")])), None);
    }

    #[test]
    fn what_fits_is_what_can_be_filled() {
        let table = [
            ("{owner}/{repo}", "acme/site", true),
            ("{owner}/{repo}", "acme", false),
            ("{owner}/{repo}", "acme/", false),
            ("{owner}/{repo}", "a/b/c", false),
            ("{project}", "acme", true),
            ("{project}", "acme/site", false),
            ("{project}", "", false),
            ("org:{org}", "org:acme", true),
            ("org:{org}", "acme", false),
            ("{file}.json", "a.json", true),
            ("{file}.json", "a.txt", false),
        ];
        for (template, resource, fits) in table {
            assert_eq!(
                ResourceTemplate::parse(template).unwrap().fits(resource),
                fits,
                "{template} {resource}"
            );
        }
    }
}
