//! Addresses in an answer that lead back to the upstream, turned into addresses of the proxy.

use domain::path::{CanonicalPath, CanonicalQuery};
use url::Url;

use crate::egress::Origin;

/// Relations that page through a list. Others could make a browser load or run something.
const PAGING: &[&str] = &["first", "last", "next", "prev", "previous", "self"];

/// Turns a reference from an answer to `path` into `/proxy/{service}/…`, or `None` if it leads anywhere else.
pub(super) fn through_proxy(reference: &str, service: &str, origin: &Origin, path: &str) -> Option<String> {
    let base = Url::parse(&format!("{origin}{path}")).ok()?;
    let target = base.join(reference).ok()?;
    if Origin::of(&target).ok()? != *origin {
        return None;
    }
    let path = CanonicalPath::parse(target.path()).ok()?;
    let query = CanonicalQuery::parse(target.query()).ok()?;
    let question = if query.is_empty() { "" } else { "?" };
    Some(format!("/proxy/{service}{path}{question}{query}"))
}

/// A `Link` header with its paging links only, each rewritten. `None` if none is left.
pub(super) fn paging(value: &str, rewrite: impl Fn(&str) -> Option<String>) -> Option<String> {
    let links: Vec<_> = links(value)
        .filter_map(|(target, relation)| {
            let relation = PAGING.iter().find(|known| relation.eq_ignore_ascii_case(known))?;
            Some(format!("<{}>; rel=\"{relation}\"", rewrite(target)?))
        })
        .collect();
    if links.is_empty() { None } else { Some(links.join(", ")) }
}

/// Target and relation of each link. Commas and semicolons may stand inside the angle brackets, so these come first.
fn links(value: &str) -> impl Iterator<Item = (&str, &str)> {
    value.split('<').skip(1).filter_map(|link| {
        let (target, parameters) = link.split_once('>')?;
        let relation = parameters.split(';').find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("rel").then(|| value.trim_matches([' ', ',', '"', '\t']))
        })?;
        Some((target, relation))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewrite(reference: &str) -> Option<String> {
        let origin = Origin::parse("https://api.example.com").unwrap();
        through_proxy(reference, "tracker", &origin, "/v1/issues/7")
    }

    #[test]
    fn only_the_service_itself_is_rewritten() {
        let cases = [
            ("https://api.example.com/v1/x?a=b+c", Some("/proxy/tracker/v1/x?a=b%20c")),
            ("https://API.example.com:443/", Some("/proxy/tracker/")),
            ("/v2", Some("/proxy/tracker/v2")),
            ("8", Some("/proxy/tracker/v1/issues/8")),
            ("../users#top", Some("/proxy/tracker/v1/users")),
            ("?page=2", Some("/proxy/tracker/v1/issues/7?page=2")),
            ("https://user:pass@api.example.com/x", Some("/proxy/tracker/x")),
            ("//evil.example/x", None),
            ("\\\\evil.example/x", None),
            ("http://api.example.com/", None),
            ("https://api.example.com:8443/", None),
            ("https://api.example.com.evil.example/", None),
            ("javascript:alert(1)", None),
            ("data:text/html,x", None),
            ("/a//b", None),
            ("/a%2fb", None),
        ];
        for (reference, expected) in cases {
            assert_eq!(rewrite(reference).as_deref(), expected, "{reference}");
        }
    }

    #[test]
    fn paging_links_stay_and_others_go() {
        let value = "<https://api.example.com/v1/issues?page=2>; rel=\"next\", </x,y>;rel=last, \
                     <https://evil.example/>; rel=next, </style.css>; rel=preload, </a>; title=\"; rel=next\"";
        let expected = "</proxy/tracker/v1/issues?page=2>; rel=\"next\", </proxy/tracker/x,y>; rel=\"last\"";
        let kept = paging(value, rewrite).unwrap();
        assert!(kept.starts_with(expected), "{kept}");
        assert!(!kept.contains("evil") && !kept.contains("preload"), "{kept}");
        for nothing in ["", "x", "</a>", "</a>; rel=", "<</a>; rel=stylesheet", "</a>; rel=\"next preload\""]
        {
            assert_eq!(paging(nothing, rewrite), None, "{nothing}");
        }
    }
}
