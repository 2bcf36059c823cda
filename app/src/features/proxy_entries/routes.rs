//! メニュー → 代行入力: what waits for the person's word, and which systems may speak for her.

use std::collections::HashMap;

use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    views::{EntriesView, entries_page},
};
use crate::words::t;
use crate::{
    Result,
    app::Shared,
    audit,
    auth::Actor,
    features::{
        groups::{self, refusals},
        posts,
    },
    web::{
        input::{Done, Form},
        urls,
        viewer::{Asked, Me},
    },
};

/// Any signed-in person, for herself.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::proxy_entries(), get(show).post(let_speak))
        .route("/posts/{post}/confirmation", post(confirm))
}

fn words(done: &Done) -> Option<&'static str> {
    Some(match done.done.as_deref()? {
        "confirmed" => t("確認しました。投稿に「本人確認済み」と出ます。"),
        "agreed" => t("代行入力を認めました。いつでも、この画面でやめられます。"),
        "stopped" => {
            t("代行入力を認めるのをやめました。これから先は入りません。すでに入ったものは残ります。")
        }
        _ => return None,
    })
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(done): Query<Done>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let (waiting, all) = acts::waiting(&app, &mut tx).await?;
    let asking = acts::asking(&mut tx).await?;
    let titles: HashMap<Uuid, String> =
        if waiting.is_empty() { HashMap::new() } else { groups::read::titles(&mut tx, &app).await? };
    audit::viewed(&mut tx, "viewed_proxy_entries", None, None, None).await?;
    tx.commit().await?;
    let view = EntriesView {
        facility: me.facility.clone(),
        waiting,
        all,
        titles,
        asking,
        done: words(&done),
        now: jiff::Timestamp::now(),
    };
    Ok(entries_page(&view, &me.ctx(asked)).into_response())
}

fn back(done: &str) -> Redirect {
    Redirect::to(&format!("{}?done={done}", urls::proxy_entries()))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsentForm {
    system: Uuid,
    agreed: bool,
}

async fn let_speak(State(app): State<Shared>, who: Actor, Form(form): Form<ConsentForm>) -> Result<Redirect> {
    let done = acts::let_speak(&app, &who, form.system, form.agreed).await;
    refusals::noted(&app, &who, "allowed_proxy_entry", None, Some(form.system), done).await?;
    Ok(back(if form.agreed { "agreed" } else { "stopped" }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfirmForm {
    /// Where the button stood: the list, or else the timeline.
    #[serde(default)]
    from_list: bool,
}

async fn confirm(
    State(app): State<Shared>,
    who: Actor,
    Path(post): Path<Uuid>,
    Form(form): Form<ConfirmForm>,
) -> Result<Redirect> {
    let confirmed = acts::confirm(&app, &who, post).await;
    refusals::noted(&app, &who, "confirmed_entry", None, Some(post), confirmed).await?;
    if form.from_list {
        return Ok(back("confirmed"));
    }
    let mut tx = app.db.acting(&who).await?;
    let of = posts::store::target(&mut tx, post).await?;
    tx.commit().await?;
    Ok(Redirect::to(&urls::post_in_group(of.group, post)))
}
