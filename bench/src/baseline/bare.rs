//! `bench bare ADDRESS`: axum that reads a JSON body or a form and answers with JSON, or leads somewhere, to a page of a size;
//! nothing else.

use std::collections::HashMap;
use std::net::SocketAddr;

use anyhow::Result;
use axum::extract::Path;
use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use serde::{Deserialize, Serialize};

#[derive(clap::Args)]
pub struct Args {
    address: SocketAddr,
}

/// What it is asked, as a token exchange would be.
#[derive(Serialize, Deserialize)]
pub struct Asked {
    pub subject_token: String,
    pub audience: String,
    pub scope: String,
}

#[derive(Serialize)]
struct Given {
    access_token: String,
    token_type: &'static str,
    expires_in: u32,
    scope: String,
}

#[expect(clippy::disallowed_methods, reason = "the one table is the broker's; this is not the broker")]
pub fn run(args: &Args) -> Result<()> {
    let routes = Router::new()
        .route("/token", post(token))
        .route("/form", post(form))
        .route("/go", get(go))
        .route("/decide/{bytes}", post(decide))
        .route("/page/{bytes}", get(page));
    super::serve(args.address, routes)
}

async fn token(Json(asked): Json<Asked>) -> Json<Given> {
    let Asked { subject_token, scope, .. } = asked;
    Json(Given { access_token: subject_token, token_type: "Bearer", expires_in: 60, scope })
}

/// As a form of OAuth is answered.
async fn form(Form(asked): Form<HashMap<String, String>>) -> Json<HashMap<String, String>> {
    Json(asked)
}

async fn go() -> Redirect {
    Redirect::to("/page/0")
}

async fn decide(Path(bytes): Path<usize>, _form: String) -> Redirect {
    Redirect::to(&format!("/page/{bytes}"))
}

async fn page(Path(bytes): Path<usize>) -> Html<String> {
    Html("x".repeat(bytes))
}
