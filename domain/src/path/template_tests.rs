use proptest::prelude::*;

use super::*;

fn template(text: &str) -> Template {
    Template::parse(text).unwrap()
}

fn path(text: &str) -> CanonicalPath {
    CanonicalPath::parse(text).unwrap()
}

#[test]
fn a_match_names_the_decoded_segments() {
    let found = template("/repos/{owner}/{repo}/issues/{issue}")
        .matches(&path("/repos/acme/a%20b/issues/7"))
        .unwrap();
    let expected = [("issue", "7"), ("owner", "acme"), ("repo", "a b")];
    assert_eq!(found, expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
}

#[test]
fn a_template_is_shown_as_it_was_written() {
    for text in ["/", "/a/", "/repos/{owner}/caf%c3%a9/{n}"] {
        let template = template(text);
        assert_eq!((template.as_str(), template.to_string().as_str()), (text, text));
    }
    assert_eq!(template("/repos/{owner}/x/{n}").names().collect::<Vec<_>>(), ["owner", "n"]);
}

#[test]
fn only_the_whole_path_matches() {
    let issues = template("/repos/{repo}/issues");
    for other in [
        "/repos/a/issues/",
        "/repos/a/issues/1",
        "/repos/issues",
        "/repos/a/Issues",
        "/repos/a/b/issues",
        "/",
    ] {
        assert_eq!(issues.matches(&path(other)), None, "{other}");
    }
    assert!(template("/").matches(&path("/")).is_some());
    assert!(template("/a/").matches(&path("/a/")).is_some());
    assert!(template("/caf%C3%A9").matches(&path("/caf%c3%a9")).is_some());
}

#[test]
fn bad_templates_say_why() {
    let cases = [
        ("repos", "path_not_absolute"),
        ("//", "path_empty_segment"),
        ("/a//b", "path_empty_segment"),
        ("/a/../b", "path_dot_segment"),
        ("/a/*?", "path_invalid_character"),
        ("/a/v{n}", "template_partial_segment"),
        ("/a/{n}.json", "template_partial_segment"),
        ("/a/{", "template_partial_segment"),
        ("/a/{}", "template_bad_name"),
        ("/a/{N}", "template_bad_name"),
        ("/a/{1}", "template_bad_name"),
        ("/a/{a-b}", "template_bad_name"),
        ("/a/{{a}}", "template_bad_name"),
        ("/{a}/{a}", "template_repeated_name"),
    ];
    for (text, code) in cases {
        assert_eq!(Template::parse(text).unwrap_err().code(), code, "{text}");
    }
    let code = |text: &str| Template::parse(text).map_err(super::TemplateRefusal::code).map(drop);
    assert_eq!(code(&format!("/{{{}}}", "a".repeat(64))), Ok(()));
    assert_eq!(code(&format!("/{{{}}}", "a".repeat(65))), Err("template_bad_name"));
    assert_eq!(code(&"/a".repeat(64)), Ok(()));
    assert_eq!(code(&"/a".repeat(65)), Err("path_too_many_segments"));
    assert_eq!(code(&format!("/{}", "a".repeat(2047))), Ok(()));
    assert_eq!(code(&format!("/{}", "a".repeat(2048))), Err("path_too_long"));
}

#[test]
fn the_more_literal_template_wins() {
    let order = [
        "/{a}/{b}/{c}",
        "/{a}/{b}/z",
        "/{a}/y/{c}",
        "/x/{b}/{c}",
        "/{a}/y/z",
        "/x/{b}/z",
        "/x/y/{c}",
        "/x/y/z",
    ];
    for pair in order.windows(2) {
        assert!(template(pair[0]).specificity() < template(pair[1]).specificity(), "{pair:?}");
        assert!(template(pair[0]).overlaps(&template(pair[1])), "{pair:?}");
    }
}

#[test]
fn overlap_needs_the_same_shape_of_path() {
    assert!(!template("/a/{x}").overlaps(&template("/b/{x}")));
    assert!(!template("/a/{x}").overlaps(&template("/a/{x}/")));
    assert!(!template("/a/{x}").overlaps(&template("/a")));
    assert!(template("/a/{x}").overlaps(&template("/{y}/b")));
}

fn any_template() -> impl Strategy<Value = Template> {
    let parts = prop::collection::vec((any::<bool>(), "[ab]"), 0..4);
    (parts, any::<bool>()).prop_map(|(parts, trailing)| {
        let parts: Vec<_> = parts
            .into_iter()
            .enumerate()
            .map(|(i, (literal, text))| if literal { text } else { format!("{{n{i}}}") })
            .collect();
        let text = format!("/{}", parts.join("/"));
        template(&if trailing && !parts.is_empty() { text + "/" } else { text })
    })
}

/// Small enough that random paths do match random templates.
fn any_path() -> impl Strategy<Value = CanonicalPath> {
    (prop::collection::vec("[abc]", 0..4), any::<bool>()).prop_map(|(segments, trailing)| {
        let text = format!("/{}", segments.join("/"));
        path(&if trailing && !segments.is_empty() { text + "/" } else { text })
    })
}

proptest! {
    #[test]
    fn templates_that_match_one_path_overlap_and_can_be_told_apart(a in any_template(), b in any_template(), p in any_path()) {
        if a.matches(&p).is_some() && b.matches(&p).is_some() {
            prop_assert!(a.overlaps(&b) && b.overlaps(&a));
            prop_assert_eq!(a.specificity() == b.specificity(), a == b);
        }
    }

    #[test]
    fn overlapping_templates_share_a_path(a in any_template(), b in any_template()) {
        let parts = a.parts.iter().zip(&b.parts).map(|pair| match pair {
            (Part::Literal(text), _) | (_, Part::Literal(text)) => text.as_str(),
            _ => "free",
        });
        let parts = parts.collect::<Vec<_>>();
        let slash = if a.trailing_slash && !parts.is_empty() { "/" } else { "" };
        let text = format!("/{}{slash}", parts.join("/"));
        let shared = path(&text);
        prop_assert_eq!(a.overlaps(&b), a.matches(&shared).is_some() && b.matches(&shared).is_some());
    }
}
