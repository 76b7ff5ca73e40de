//! The parameters of an OAuth request: read once, by the rules of RFC 6749 sections 3.1 and 3.2.

use super::OAuthError;
use std::collections::HashSet;

/// Parameters that may stand more than once (RFC 8707 section 2, RFC 8693 section 2.1).
const REPEATABLE: [&str; 2] = ["resource", "audience"];

/// More parameters than any request has. What comes before a client has said who it is must cost little.
const MOST: usize = 100;

/// What was sent. A parameter without a value counts as left out; one that no door knows is never asked for, and so
/// ignored. Codes, secrets and assertions are among them, so nothing prints it.
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    /// Refuses a parameter that stands twice and may not.
    pub fn read(pairs: Vec<(String, String)>) -> Result<Self, OAuthError> {
        if pairs.len() > MOST {
            return Err(OAuthError::invalid(format!("there are more than {MOST} parameters")));
        }
        let mut seen = HashSet::new();
        if pairs.iter().any(|(name, _)| !seen.insert(name) && !REPEATABLE.contains(&name.as_str())) {
            return Err(OAuthError::invalid("a parameter stands there twice"));
        }
        Ok(Self(pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect()))
    }

    /// The value of a parameter that stands at most once.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The same where it must be there.
    pub fn need(&self, name: &str) -> Result<&str, OAuthError> {
        self.get(name).ok_or_else(|| OAuthError::invalid(format!("{name} is missing")))
    }

    /// Every value of a parameter.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// All of them, as they were sent.
    pub fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Result<Params, OAuthError> {
        Params::read(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn an_empty_parameter_is_left_out_and_a_double_one_is_refused() {
        let read =
            params(&[("scope", ""), ("state", "x"), ("resource", "a"), ("resource", "b")]).ok().unwrap();
        assert_eq!(read.get("state"), Some("x"));
        assert_eq!(read.all("resource").collect::<Vec<_>>(), ["a", "b"]);
        assert!(read.need("scope").is_err());
        assert!(params(&[("state", "x"), ("state", "x")]).is_err());
        assert!(params(&[("state", "x"), ("state", "")]).is_err());
    }

    #[test]
    fn no_request_has_so_many_parameters() {
        let many =
            |count: usize| Params::read((0..count).map(|at| (format!("p{at}"), "x".to_owned())).collect());
        assert!(many(MOST).is_ok() && many(MOST + 1).is_err());
    }
}
