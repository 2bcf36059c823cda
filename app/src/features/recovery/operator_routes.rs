//! Where a facility has no second admin, an operator is the second person.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    operator_views::{DeskView, desk_page},
};
use crate::words::t;
use crate::{
    Result,
    app::Shared,
    auth::Operator,
    features::operators,
    web::{
        forms::Errors,
        input::{Done, Form},
        urls,
        viewer::Asked,
    },
};

/// Operators.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::operator_recoveries(), get(show))
        .route("/operator/recoveries/{recovery}/confirmation", post(confirm))
}

async fn view(app: &Shared, who: &Operator) -> Result<DeskView> {
    let mut tx = app.db.operating(who).await?;
    let (name, rows) = (operators::acts::name(&mut tx).await?, acts::at_console(&mut tx).await?);
    tx.commit().await?;
    Ok(DeskView { name, rows, unticked: None, done: None, now: Timestamp::now() })
}

async fn show(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Query(q): Query<Done>,
) -> Result<Response> {
    let done = (q.done.as_deref() == Some("confirmed"))
        .then_some(t("確認しました。施設の管理者がコードを渡せます。"));
    let view = DeskView { done, ..view(&app, &who).await? };
    Ok(desk_page(&view, &ctx).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfirmForm {
    called: Option<String>,
}

async fn confirm(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(recovery): Path<Uuid>,
    Form(form): Form<ConfirmForm>,
) -> Result<Response> {
    if form.called.is_none() {
        let why = Errors::one("called", t("電話で確かめてから、印を付けてください。"));
        let view = DeskView { unticked: Some((recovery, why)), ..view(&app, &who).await? };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, desk_page(&view, &ctx)).into_response());
    }
    acts::confirm_at_console(&app, &who, recovery).await?;
    Ok(Redirect::to(&format!("{}?done=confirmed", urls::operator_recoveries())).into_response())
}
