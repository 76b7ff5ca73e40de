//! What people see who are not signed in.

use super::{get, request};
use crate::fake::Fake;
use web_ui::{NoticeKind, PageNotice, Said};

#[tokio::test]
async fn signed_out_people_see_how_to_sign_in_and_nothing_else() {
    let out = Fake { signed_out: true, ..Fake::default() };
    for page in ["/", "/sessions", &request(1)] {
        let (status, html) = get(out.clone(), page).await;
        assert_eq!(status, 401, "{page}");
        assert!(
            html.contains("countersign-broker sign-in-link NAME") && !html.contains("Build agent"),
            "{html}"
        );
    }
    let (status, html) = get(out, "/sign-in/link?t=one%22use").await;
    assert_eq!(status, 200);
    assert!(
        html.contains("name=\"token\" value=\"one&quot;use\"") && html.contains("method=\"post\""),
        "{html}"
    );
}

#[tokio::test]
async fn a_page_says_where_it_can_be_read_again() {
    for page in [request(1), "/sessions?state=ended".to_owned()] {
        let (_, html) = get(Fake::default(), &page).await;
        assert!(html.contains(&format!("<body data-at=\"{page}\">")), "{page}: {html}");
    }
}

#[tokio::test]
async fn the_first_person_sets_up_before_signing_in() {
    let out = Fake { signed_out: true, ..Fake::default() };
    let (status, html) = get(out, "/set-up").await;
    assert_eq!(status, 200);
    let form = &html[html.find("action=\"/set-up\"").expect("a form")..];
    for field in ["name=\"code\"", "name=\"name\"", "name=\"title\""] {
        assert!(form.contains(field), "{field}: {form}");
    }
    assert!(!html.contains("sign-in-link NAME"));
}

#[tokio::test]
async fn a_refusal_without_a_page_shows_only_its_notice() {
    let notice = PageNotice {
        kind: NoticeKind::Problem,
        said: Said::English("Too large. The form was not read.".to_owned()),
        request_id: Some("0193a5".to_owned()),
    };
    for signed_out in [true, false] {
        let fake = Fake { signed_out, notice: Some(notice.clone()), ..Fake::default() };
        let (status, html) = get(fake, "/problem").await;
        assert_eq!(status, 200, "the broker sets the status");
        assert!(html.contains("Too large. The form was not read.") && html.contains("0193a5"));
        assert!(html.contains("<body>"), "it is at no address of its own: {html}");
        assert!(!html.contains("no page at this address") && !html.contains("sign-in-link NAME"), "{html}");
    }
}
