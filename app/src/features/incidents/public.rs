//! What was published about incidents: for everybody, without signing in.

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use maud::{Markup, html};
use uuid::Uuid;

use super::acts::{self, Public};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    web::{
        page::way,
        ui::{Ctx, gate, icon, time},
        urls,
        viewer::Asked,
    },
};

/// Everybody.
pub fn routes() -> Router<Shared> {
    Router::new().route(urls::public_incidents(), get(list)).route("/notices/incidents/{incident}", get(show))
}

async fn list(State(app): State<Shared>, Asked(ctx): Asked) -> Result<Response> {
    let all = acts::public(&app).await?;
    Ok(list_page(&all, &ctx).into_response())
}

async fn show(State(app): State<Shared>, Asked(ctx): Asked, Path(id): Path<Uuid>) -> Result<Response> {
    let all = acts::public(&app).await?;
    let one = all.iter().find(|p| p.id == id).ok_or(Error::NotFound)?;
    Ok(one_page(one, &ctx).into_response())
}

fn list_page(all: &[Public], ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("インシデントのお知らせ")) }
        @if all.is_empty() { p { (t("お知らせすることはありません。")) } }
        @else { ul.panel.flush.ways { @for p in all { (way(&urls::public_incident(p.id), "info", &p.title, &time::day_long(p.at))) } } }
    };
    gate(ctx, t("インシデントのお知らせ"), main)
}

fn one_page(p: &Public, ctx: &Ctx) -> Markup {
    let main = html! {
        article.stack-s {
            h1 { (p.title) }
            p.when-line { (t("公表 ")) (time::day_long(p.first_at)) @if p.version > 1 { (t("・更新 ")) (time::date_long(p.at)) } }
            p.told { (p.body) }
        }
        p { a.btn href=(urls::public_incidents()) { (icon("list")) (t("お知らせの一覧")) } }
    };
    gate(ctx, t("インシデントのお知らせ"), main)
}
