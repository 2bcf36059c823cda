//! The installable app: manifest, service worker, and the page for when there is no line. Public, and the same for everybody: nothing
//! of a record, and nobody's name, ever stands in them or in a browser's cache.

use std::sync::LazyLock;

use axum::{
    Router,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use data_encoding::HEXLOWER;
use maud::{Markup, html};
use serde_json::json;

use super::{
    ui::{Ctx, asset, gate, styles},
    urls,
    viewer::Asked,
};
use crate::words::t;
use crate::{app::Shared, auth::token};

/// Everybody, without a session.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/manifest.webmanifest", get(manifest))
        .route(urls::family_manifest(), get(family_manifest))
        .route("/sw.js", get(worker))
        .route("/offline", get(offline))
}

async fn manifest() -> Response {
    app_of("/", "連携", "医療と介護のチームのための、閉じた連絡の場")
}

/// On a relative's home screen: opens her page, and no other.
async fn family_manifest() -> Response {
    app_of(urls::family(), t("連携 患者・家族"), t("在宅チームと患者さん・ご家族が話すところ"))
}

fn app_of(start: &str, name: &str, description: &str) -> Response {
    let icon = |name: &str, size: &str, purpose: &str| json!({"src": asset::asset(name), "sizes": size, "type": "image/png", "purpose": purpose});
    let body = json!({
        "id": start, "name": name, "short_name": "連携", "lang": "ja", "dir": "ltr",
        "description": description,
        "start_url": start, "scope": start, "display": "standalone",
        "background_color": "#003741", "theme_color": "#003741",
        "icons": [
            icon("icons/icon-192.png", "192x192", "any"),
            icon("icons/icon-512.png", "512x512", "any"),
            icon("icons/icon-maskable-512.png", "512x512", "maskable"),
        ],
    });
    ([(header::CONTENT_TYPE, "application/manifest+json")], body.to_string()).into_response()
}

/// What a browser may keep: files that are addressed by a hash of their content, and the page without a line.
static WORKER: LazyLock<String> = LazyLock::new(|| {
    let files = asset::all().into_iter().map(|(_, address)| address);
    let kept: Vec<String> = files.chain([styles::styles().to_owned()]).collect();
    let source = include_str!("pwa/sw.js");
    let version = HEXLOWER.encode(&token::sha256(format!("{kept:?}{source}").as_bytes())[..8]);
    format!(
        "const VERSION = {};\nconst ASSETS = {};\nconst ICON = {};\nconst BADGE = {};\n{source}",
        json!(version),
        json!(kept),
        json!(asset::asset("icons/icon-192.png")),
        json!(asset::asset("icons/badge-96.png")),
    )
});

async fn worker() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], WORKER.as_str()).into_response()
}

async fn offline(Asked(ctx): Asked) -> Markup {
    offline_page(&ctx)
}

fn offline_page(ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("つながりません")) }
        p { (t("電波の届くところで、もう一度開いてください。書きかけの文と、送信待ちの投稿は、この端末に残っています。")) }
        a.btn.primary.large.block href=(urls::home()) { (t("もう一度開く")) }
    };
    gate(ctx, t("つながりません"), main)
}
