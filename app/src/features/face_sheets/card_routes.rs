//! The page of the summary card. Writing it is the face sheet's own form (`?section=summary`).

use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    card,
    card_views::{CardView, card_page},
    pages,
    read::note_view,
};
use crate::words::t;
use crate::{
    Result,
    app::Shared,
    audit::noting_refusal,
    auth::Actor,
    web::{
        input::{Done, Form},
        ui::time::day_of,
        urls,
        viewer::{Asked, Me},
    },
};

/// Members of the patient's group and admins of the managing facility; 404 for everybody else.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/patients/{patient}/summary", get(show))
        .route("/patients/{patient}/summary/read", post(mark_read))
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(patient): Path<Uuid>,
    Query(q): Query<Done>,
) -> Result<Response> {
    let read = async {
        let mut tx = app.db.acting(&who).await?;
        let me = Me::load(&mut tx).await?;
        let card = card::card(&app, &mut tx, patient).await?;
        note_view(&mut tx, "viewed_summary", &card.sheet, None).await?;
        tx.commit().await?;
        Ok((me, card))
    };
    let (me, card) = noting_refusal(&app, &who, "viewed_summary", patient, read.await).await?;
    let now = Timestamp::now();
    let done = match q.done.as_deref() {
        Some("read") => Some(t("読んだことを記録しました。")),
        Some(code) => pages::done_words(code),
        None => None,
    };
    let view = CardView {
        room: pages::room(&card.sheet, day_of(now)),
        rows: card
            .history
            .iter()
            .map(|e| (pages::row(&e.version, &app.people, now), e.changes.clone()))
            .collect(),
        me: me.account_id,
        card,
        done,
        now,
    };
    Ok(card_page(&view, &me.ctx(asked)).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadForm {
    version: i64,
}

async fn mark_read(
    State(app): State<Shared>,
    who: Actor,
    Path(patient): Path<Uuid>,
    Form(form): Form<ReadForm>,
) -> Result<Response> {
    let read = card::mark_read(&app, &who, patient, form.version).await;
    noting_refusal(&app, &who, "read_summary", patient, read).await?;
    Ok(Redirect::to(&urls::summary_done(patient, "read")).into_response())
}
