//! `/metrics` on a listener of its own: what it tells is nobody's business on the public door.

use std::{net::SocketAddr, path::Path};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::net::TcpListener;

use crate::{Error, Result, app::Shared};

/// Not a route of the public door.
const PATH: &str = "/metrics";
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The address where it is served, if the configuration wants it.
pub async fn serve(app: &Shared) -> Result<Option<(SocketAddr, tokio::task::JoinHandle<()>)>> {
    let Some(address) = app.config.watch.metrics_address()? else { return Ok(None) };
    let listener = TcpListener::bind(address).await.map_err(Error::internal)?;
    let address = listener.local_addr().map_err(Error::internal)?;
    let router = router(app.clone());
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "metrics are no longer served");
        }
    });
    Ok(Some((address, task)))
}

pub fn router(app: Shared) -> Router {
    Router::new().route(PATH, get(metrics)).with_state(app)
}

async fn metrics(State(app): State<Shared>, headers: HeaderMap) -> Response {
    if !may(&app.config.watch.metrics_token_file, &headers).await {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response();
    }
    ([(header::CONTENT_TYPE, TEXT)], app.watch.metrics.text()).into_response()
}

/// The token is read each time, so it can be replaced without a restart. A file that cannot be read lets nobody in.
async fn may(file: &Path, headers: &HeaderMap) -> bool {
    if file.as_os_str().is_empty() {
        return true;
    }
    let Ok(wanted) = tokio::fs::read(file).await else { return false };
    let wanted = wanted.trim_ascii();
    let given = headers.get(header::AUTHORIZATION).and_then(|v| v.as_bytes().strip_prefix(b"Bearer "));
    given.is_some_and(|given| {
        !wanted.is_empty() && aws_lc_rs::constant_time::verify_slices_are_equal(given, wanted).is_ok()
    })
}
