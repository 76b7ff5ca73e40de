//! The record for people in a browser: to take away, and to verify.

use super::{
    access::Browser,
    forms::rendered_at,
    input::{Form, pairs},
    pages::posted,
};
use crate::{
    app::App,
    audit::{self, Form as ExportForm},
    fault::Fault,
};
use axum::{
    Extension,
    body::Body,
    extract::{RawQuery, State},
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderValue,
    header::{CONTENT_DISPOSITION, CONTENT_TYPE},
};
use std::sync::Arc;
use web_ui::Said;

type AppState = State<Arc<App>>;
type Who = Extension<Browser>;

pub(super) async fn json_lines(
    State(app): AppState,
    Extension(who): Who,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    exported(app, &who, query.as_deref(), ExportForm::JsonLines).await
}

pub(super) async fn csv(
    State(app): AppState,
    Extension(who): Who,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    exported(app, &who, query.as_deref(), ExportForm::Csv).await
}

async fn exported(
    app: Arc<App>,
    who: &Browser,
    query: Option<&str>,
    form: ExportForm,
) -> Result<Response, Fault> {
    let (query, unread) = domain::audit_query::from_pairs(&pairs(query.unwrap_or_default().as_bytes()));
    if let Some(field) = unread.first() {
        // A file must not hold more than was asked for.
        return Err(Fault::invalid(field, "cannot be read as a filter"));
    }
    let lines = audit::write_out(app, &who.visitor, &query, form).await?;
    let (media_type, file) = match form {
        ExportForm::JsonLines => ("application/jsonl", "attachment; filename=\"record.jsonl\""),
        ExportForm::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"record.csv\""),
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (CONTENT_DISPOSITION, HeaderValue::from_static(file)),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}

pub(super) async fn verify(State(app): AppState, Extension(who): Who, form: Form) -> Response {
    let done = async {
        rendered_at(&app, &who, &form)?;
        audit::verify(&app, &who.visitor).await
    };
    let said = done.await.map(|_| Some(Said::new("done-verified")));
    posted(&app, &who, "/audit", said).await
}
