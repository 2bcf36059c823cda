//! The installable app: manifest, service worker, and the page for when there is no line. Public, and the same for everybody: nothing
//! of a record, and nobody's name, ever stands in them or in a browser's cache.

mod share_target;

use std::sync::LazyLock;

use axum::{
    Router,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use data_encoding::HEXLOWER;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::{
    ui::{Ctx, asset, gate, styles},
    urls,
    viewer::Asked,
};
use crate::words::{language, t};
use crate::{app::Shared, auth::token};

/// Everybody, without a session. `most_files`: of one post.
pub fn routes(most_files: usize) -> Router<Shared> {
    Router::new()
        .route("/manifest.webmanifest", get(manifest))
        .route(urls::family_manifest(), get(family_manifest))
        .route("/sw.js", get(move |app| worker(app, most_files)))
        .route("/offline", get(offline))
}

async fn manifest() -> Response {
    let mut app = app_of("/", t("連携"), t("医療と介護のチームのための、閉じた連絡の場"));
    app["share_target"] = share_target::share_target();
    as_manifest(&app)
}

/// On a relative's home screen: opens her page, and no other.
async fn family_manifest() -> Response {
    as_manifest(&app_of(urls::family(), t("連携 患者・家族"), t("在宅チームと患者さん・ご家族が話すところ")))
}

fn app_of(start: &str, name: &str, description: &str) -> Value {
    let icon = |name: &str, size: &str, purpose: &str| json!({"src": asset::asset(name), "sizes": size, "type": "image/png", "purpose": purpose});
    json!({
        "id": start, "name": name, "short_name": t("連携"), "lang": language().code(), "dir": "ltr",
        "description": description,
        "start_url": start, "scope": start, "display": "standalone",
        "background_color": "#003741", "theme_color": "#003741",
        "icons": [
            icon("icons/icon-192.png", "192x192", "any"),
            icon("icons/icon-512.png", "512x512", "any"),
            icon("icons/icon-maskable-512.png", "512x512", "maskable"),
        ],
    })
}

fn as_manifest(app: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/manifest+json")], app.to_string()).into_response()
}

/// What a browser may keep: files that are addressed by a hash of their content, and the page without a line.
static WORKER: LazyLock<String> = LazyLock::new(|| {
    let files = asset::all().into_iter().map(|(_, address)| address);
    let kept: Vec<String> = files.chain([styles::styles().to_owned()]).collect();
    let source = concat!(include_str!("pwa/sw.js"), include_str!("pwa/share.js"));
    let version = HEXLOWER.encode(&token::sha256(format!("{kept:?}{source}").as_bytes())[..8]);
    format!(
        "const VERSION = {};\nconst ASSETS = {};\nconst ICON = {};\nconst BADGE = {};\nconst DOORS = {};\n{source}",
        json!(version),
        json!(kept),
        json!(asset::asset("icons/icon-192.png")),
        json!(asset::asset("icons/badge-96.png")),
        doors(),
    )
});

/// Where each door says whether this device is to be reached, and is told how.
fn doors() -> Value {
    json!([
        {"asked": "/api/v1/me/notification-settings", "told": "/api/v1/me/push-subscriptions"},
        {"asked": urls::family_subscription(), "told": urls::family_subscription()},
    ])
}

async fn worker(State(app): State<Shared>, most_files: usize) -> Response {
    // What it takes from other apps: no more than a post may carry.
    let largest = app.config.limits.file_bytes;
    // What a notice says, in the language of this browser: another one is another program, which the browser then takes.
    let words = json!({"lang": language().code(), "title": t("連携"), "body": t("新しいお知らせがあります")});
    let source = format!(
        "const WORDS = {words};\nconst LARGEST = {largest};\nconst MOST = {most_files};\n{}",
        WORKER.as_str()
    );
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], source).into_response()
}

async fn offline(Asked(ctx): Asked) -> Markup {
    offline_page(&ctx)
}

fn offline_page(ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("つながりません")) }
        p { (t("電波の届くところで、もう一度開いてください。書きかけの文と、送信待ちの投稿は、この端末に残っています。")) }
        a.btn.primary.large.block href=(urls::home()) { (t("もう一度開く")) }
        // What this device has kept is shown here, by the script.
        div.stack data-offline {}
    };
    gate(ctx, t("つながりません"), main)
}
