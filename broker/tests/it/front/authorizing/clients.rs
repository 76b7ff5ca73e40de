//! Rust's own clients, `oauth2` and `openidconnect`, as their documentation has them used: whatever they check of an answer,
//! they have checked here.

use super::{
    super::{
        cast::anonymous,
        support::{Front, on_each_front},
    },
    ISSUER, REDIRECT, Tab, redirects_to,
};
use http::Request;
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse,
    IntrospectionUrl, PkceCodeChallenge, RedirectUrl, RefreshToken, RequestTokenError, RevocationUrl, Scope,
    StandardRevocableToken, TokenIntrospectionResponse as _, TokenResponse as _, TokenUrl,
    basic::{BasicClient, BasicErrorResponseType},
};
use openidconnect::{
    AccessTokenHash, AuthenticationFlow, IssuerUrl, Nonce, TokenResponse as _,
    core::{CoreAuthDisplay, CoreClient, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreResponseType},
};
use std::{convert::Infallible, pin::Pin};
use url::Url;

on_each_front!(
    as1_oauth2_gets_a_session_uses_it_and_gives_it_back,
    as1_openidconnect_discovers_signs_in_and_believes_the_id_token,
);

/// Where a session of these tests reads.
const ITEMS: &str = "/proxy/issues/projects/acme/items";

type Sent<'a> = Pin<Box<dyn Future<Output = Result<HttpResponse, Infallible>> + Send + 'a>>;

/// What the crates send through: the router instead of the network.
fn through<'a>(front: &'a Front) -> impl Fn(HttpRequest) -> Sent<'a> + 'a {
    move |request: Request<Vec<u8>>| {
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let mut asking = anonymous(front);
            for (name, value) in &head.headers {
                asking = asking.header(name.as_str(), value.to_str().unwrap());
            }
            let address = head.uri.to_string();
            let path = address.strip_prefix(ISSUER).unwrap_or_else(|| panic!("it asks {address}"));
            let heard = asking.send(head.method.as_str(), path, body).await;
            let mut response = http::Response::new(heard.body.to_vec());
            *response.status_mut() = heard.status;
            *response.headers_mut() = heard.headers;
            Ok(response)
        })
    }
}

/// A person opens the address, the approver approves: the code that the client hears, with its state.
async fn approved(front: &Front, address: &Url, state: &CsrfToken) -> AuthorizationCode {
    let mut tab = Tab::of(&front.owner);
    let heard = tab.open(front, address.as_str().strip_prefix(ISSUER).unwrap()).await;
    let request = heard.header("location").strip_prefix("/requests/");
    let request = request.unwrap_or_else(|| panic!("{} {}", heard.status, heard.text())).to_owned();
    front.approve(&front.approver, &request).await;
    let answered = tab.go_back(front, &request).await;
    assert_eq!((answered.to.as_str(), answered.of("state")), (REDIRECT, state.secret().as_str()));
    front.keep(answered.of("code"));
    AuthorizationCode::new(answered.of("code").to_owned())
}

fn at(path: &str) -> String {
    format!("{ISSUER}{path}")
}

async fn as1_oauth2_gets_a_session_uses_it_and_gives_it_back(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let http = through(front);
    let client = BasicClient::new(ClientId::new(front.agent.id.clone()))
        .set_client_secret(ClientSecret::new(front.agent.token.clone()))
        .set_auth_uri(AuthUrl::new(at("/oauth/authorize")).unwrap())
        .set_token_uri(TokenUrl::new(at("/oauth/token")).unwrap())
        .set_introspection_url(IntrospectionUrl::new(at("/oauth/introspect")).unwrap())
        // RFC 7009 wants TLS, and the crate insists: the router does not mind what it is called.
        .set_revocation_url(RevocationUrl::new(at("/oauth/revoke").replace("http:", "https:")).unwrap())
        .set_redirect_uri(RedirectUrl::new(REDIRECT.to_owned()).unwrap());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let asking = client.authorize_url(CsrfToken::new_random).set_pkce_challenge(challenge);
    let (address, state) = asking.add_scope(Scope::new("issues:items.read".to_owned())).url();
    let code = approved(front, &address, &state).await;
    let given = client.exchange_code(code).set_pkce_verifier(verifier).request_async(&http).await.unwrap();
    let token = given.access_token();
    front.keep(token.secret());
    assert!(given.refresh_token().is_none());
    assert_eq!(given.expires_in().unwrap().as_secs(), 3_600);
    assert_eq!(given.scopes().unwrap().as_slice(), [Scope::new("items.read".to_owned())]);
    assert_eq!(front.with(token.secret()).get(ITEMS).await.status, 200);
    let known = client.introspect(token).request_async(&http).await.unwrap();
    assert!(known.active());
    assert_eq!(known.client_id().map(|it| it.as_str()), Some("helper"));
    assert_eq!(known.sub(), Some("otto"));
    let revoke = client.revoke_token(StandardRevocableToken::AccessToken(token.clone())).unwrap();
    let plain = async |request: HttpRequest| {
        let (mut head, body) = request.into_parts();
        head.uri = head.uri.to_string().replace("https:", "http:").parse().unwrap();
        http(Request::from_parts(head, body)).await
    };
    revoke.request_async(&plain).await.unwrap();
    assert!(!front.with(token.secret()).get(ITEMS).await.status.is_success());
    assert!(!client.introspect(token).request_async(&http).await.unwrap().active());
    let asks = client.exchange_client_credentials().request_async(&http).await.unwrap();
    front.keep(asks.access_token().secret());
    assert_eq!(asks.scopes().unwrap().as_slice(), [Scope::new("ask".to_owned())]);
    let refresh = RefreshToken::new(token.secret().clone());
    let refused = client.exchange_refresh_token(&refresh).request_async(&http).await.unwrap_err();
    let RequestTokenError::ServerResponse(said) = refused else { panic!("{refused}") };
    assert_eq!(said.error(), &BasicErrorResponseType::UnsupportedGrantType);
}

async fn as1_openidconnect_discovers_signs_in_and_believes_the_id_token(front: &Front) {
    redirects_to(front, &[REDIRECT]).await;
    let http = through(front);
    let issuer = IssuerUrl::new(ISSUER.to_owned()).unwrap();
    let known = CoreProviderMetadata::discover_async(issuer, &http).await.unwrap();
    let secret = ClientSecret::new(front.agent.token.clone());
    let client =
        CoreClient::from_provider_metadata(known, ClientId::new(front.agent.id.clone()), Some(secret))
            .set_redirect_uri(RedirectUrl::new(REDIRECT.to_owned()).unwrap());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
    let asking = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
    let asking = asking.add_scope(Scope::new("issues:items.read".to_owned())).set_pkce_challenge(challenge);
    let (address, state, nonce) = asking.set_display(CoreAuthDisplay::Page).url();
    let code = approved(front, &address, &state).await;
    let exchange = client.exchange_code(code).unwrap().set_pkce_verifier(verifier);
    let given = exchange.request_async(&http).await.unwrap();
    front.keep(given.access_token().secret());
    let clock = front.clock.clone();
    let verifier = client.id_token_verifier().set_time_fn(move || clock.now());
    let verifier = verifier.set_allowed_algs([CoreJwsSigningAlgorithm::EcdsaP256Sha256]);
    let token = given.id_token().unwrap();
    let claims = token.claims(&verifier, &nonce).unwrap();
    assert_eq!(claims.subject().as_str(), "otto");
    let (alg, key) = (token.signing_alg().unwrap(), token.signing_key(&verifier).unwrap());
    let hash = AccessTokenHash::from_token(given.access_token(), alg, key).unwrap();
    assert_eq!(Some(&hash), claims.access_token_hash());
    // Neither for another request of this client, nor for ever.
    assert!(token.claims(&verifier, &Nonce::new_random()).is_err());
    front.wait(300_001);
    assert!(token.claims(&verifier, &nonce).is_err());
}
