//! Where signing in leads: to the page that somebody wanted when they had to sign in first. The browser keeps it, since
//! a sign-in link may be opened from anywhere.

use super::cookies;
use axum::response::{IntoResponse as _, Redirect, Response};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, Uri};

/// As long as a request waits, usually.
const SECONDS: u32 = 10 * 60;
/// What browsers keep of a cookie is 4 KiB: longer addresses are asked for again.
const LONGEST: usize = 2_900;
/// Where everybody lands who wanted nothing in particular.
const HOME: &str = "/";

/// To the page for signing in, and afterwards back to where this led.
pub(super) fn sign_in_first(wanted: &Uri, headers: &HeaderMap) -> Response {
    let response = Redirect::to("/sign-in").into_response();
    let wanted = wanted.path_and_query().map_or(HOME, |it| it.as_str());
    // What a script on a page asked for is no place to go.
    let navigates = headers.get("sec-fetch-dest").is_none_or(|it| it == "document");
    if wanted == HOME || wanted.len() > LONGEST || !navigates {
        return response;
    }
    cookies::with(response, cookies::NEXT, &BASE64_URL_SAFE_NO_PAD.encode(wanted), SECONDS)
}

/// Where this browser wanted to go, if it had to sign in first. What the cookie says is a page of ours, or nothing: on
/// localhost any program may have set it.
pub(super) fn wanted(headers: &HeaderMap) -> Option<String> {
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(cookies::read(headers, cookies::NEXT)?).ok()?;
    let page = String::from_utf8(decoded).ok()?;
    (is_page(&page) && page.parse::<Uri>().is_ok() && page.len() <= LONGEST).then_some(page)
}

/// Whether this is an address of ours, without a host: nobody is sent elsewhere.
pub(super) fn is_page(address: &str) -> bool {
    let plain = address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    plain && address.starts_with('/') && !address.starts_with("//")
}

/// There, and it is forgotten; else to the first page.
pub(super) fn go(wanted: Option<&str>) -> Response {
    match wanted {
        Some(page) => cookies::with(Redirect::to(page).into_response(), cookies::NEXT, "", 0),
        None => Redirect::to(HOME).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderValue, header};

    fn said(page: &str) -> Option<String> {
        let value = format!("{}={}", cookies::NEXT, BASE64_URL_SAFE_NO_PAD.encode(page));
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::try_from(value).unwrap());
        wanted(&headers)
    }

    #[test]
    fn only_a_page_of_ours_is_led_to() {
        for page in ["/requests/req_1", "/oauth/authorize?client_id=x&state=%2F%2Fevil.example"] {
            assert_eq!(said(page).as_deref(), Some(page));
            let kept = sign_in_first(&page.parse().unwrap(), &HeaderMap::new());
            assert!(kept.headers().contains_key(header::SET_COOKIE), "{page}");
        }
        for page in
            ["", "requests", "//evil.example", "/\\evil.example", "https://evil.example", "/a b", "/a\n"]
        {
            assert_eq!(said(page), None, "{page:?}");
        }
        assert_eq!(said(&format!("/{}", "x".repeat(LONGEST))), None);
        assert!(
            !sign_in_first(&"/".parse().unwrap(), &HeaderMap::new())
                .headers()
                .contains_key(header::SET_COOKIE)
        );
    }
}
