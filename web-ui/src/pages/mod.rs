//! A file per page. A page asks the desk, and shows what it answers or why it could not.

mod activity;
mod agents;
mod audit;
mod codes;
mod connect;
mod docs;
mod inbox;
mod me;
mod not_found;
mod nothing_asked;
mod operator;
mod passkeys;
mod people;
mod problem;
mod prove;
mod refused_client;
mod request;
mod revoke_service;
mod search;
mod services;
mod session;
mod sessions;
mod set_up;
mod sign_in;
mod stop_all;

pub(crate) use {
    activity::Activity,
    agents::{Agent, Agents, NewAgent},
    audit::{Audit, AuditEvent},
    codes::RecoveryCodes,
    connect::ConnectAgent,
    docs::Docs,
    inbox::Inbox,
    me::Me,
    not_found::NotFound,
    nothing_asked::NothingAsked,
    operator::{Settings, System},
    passkeys::{AddPasskey, Recover, RemovePasskey},
    people::{Decides, People, Person},
    problem::ProblemNotice,
    prove::Prove,
    refused_client::RefusedClient,
    request::Request,
    revoke_service::RevokeService,
    search::Search,
    services::{
        ChangeAccount, Connect, EditService, NewService, Reconnect, RemoveAccount, Results, Service,
        Services, Tool,
    },
    session::Session,
    sessions::Sessions,
    set_up::SetUp,
    sign_in::{SignIn, SignInLink},
    stop_all::StopAll,
};

use crate::{components::ProblemView, desk::Desk};
use http::StatusCode;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_router::hooks::{use_params_map, use_query_map};
use protocol::problem::Problem;
use std::{future::Future, str::FromStr, sync::Arc};

/// The desk of this request. There is none only while the routes are being listed.
pub(crate) fn desk() -> Option<Arc<dyn Desk>> {
    use_context()
}

/// Shows what was asked of the desk once it is there, or the problem, with its status.
fn show<T, V>(asked: impl Future<Output = Result<T, Problem>> + Send + 'static, view: V) -> AnyView
where
    T: Send + 'static,
    V: FnOnce(T) -> AnyView + Send + 'static,
{
    let status = status_setter();
    Suspend::new(async move {
        match asked.await {
            Ok(answer) => view(answer),
            Err(problem) => {
                status(problem.status);
                view! { <ProblemView problem /> }.into_any()
            }
        }
    })
    .into_any()
}

/// Sets the status of the response, from within what is rendered later.
fn status_setter() -> impl Fn(u16) + Send {
    let response = use_context::<ResponseOptions>();
    move |status| {
        if let (Some(response), Ok(status)) = (&response, StatusCode::from_u16(status)) {
            response.set_status(status);
        }
    }
}

/// The id in the path, if it is one.
fn id_in_path<T: FromStr>() -> Option<T> {
    use_params_map().read_untracked().get("id")?.parse().ok()
}

/// All fields of the query, repeated ones included, in their order.
fn query_fields() -> Vec<(String, String)> {
    let query = use_query_map().get_untracked();
    query.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
}
