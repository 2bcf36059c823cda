//! The region as a facility sees it: any of its staff read, its admin accepts.

use axum::{
    Router,
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    facility_views::{RegionView, region_page},
    read,
};
use crate::words::t;
use crate::{
    Result,
    app::Shared,
    auth::Actor,
    web::{
        input::{Done, Form},
        urls,
        viewer::{Asked, Me},
    },
};

/// Staff, for the facility for which they act.
pub fn routes() -> Router<Shared> {
    Router::new().route(urls::facility_region(), get(show).post(accept))
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(query): Query<Done>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let mine = read::mine(&mut tx).await?;
    tx.commit().await?;
    let done = query.done.map(|_| t("施設として同意しました。"));
    let view = RegionView { facility: me.facility.clone(), admin: me.admin, mine, done };
    Ok(region_page(&view, &me.ctx(asked)).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AcceptForm {
    region: Uuid,
    n: i32,
}

async fn accept(State(app): State<Shared>, who: Actor, Form(form): Form<AcceptForm>) -> Result<Redirect> {
    let mut tx = app.db.acting(&who).await?;
    read::accept(&mut tx, form.region, form.n).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("{}?done=accepted", urls::facility_region())))
}
