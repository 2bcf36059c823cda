//! `/.well-known/assetlinks.json`: which Android app may open this deployment without a browser's address line
//! (Digital Asset Links, statement list version 1).

use axum::{Json, Router, extract::State, response::IntoResponse, routing::get};
use serde_json::json;

use crate::{Error, app::Shared};

/// Anybody, and nothing leaves an event: the statement holds the app's public name and the hashes of public certificates.
pub fn routes() -> Router<Shared> {
    Router::new().route("/.well-known/assetlinks.json", get(statements))
}

async fn statements(State(app): State<Shared>) -> crate::Result<impl IntoResponse> {
    let android = &app.config.android;
    if android.package.is_empty() {
        return Err(Error::NotFound);
    }
    Ok(Json(json!([{
        "relation": ["delegate_permission/common.handle_all_urls"],
        "target": {
            "namespace": "android_app",
            "package_name": android.package,
            "sha256_cert_fingerprints": android.certificates,
        },
    }])))
}
