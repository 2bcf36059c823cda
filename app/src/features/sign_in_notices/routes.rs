//! `/menu/security`: one's own notices. `/facility/security`: those of the staff, and recoveries.

use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    acts, store,
    views::{FacilityView, MineView, NotMeView, facility_page, mine_page, not_me_page},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::{facilities::staff, recovery, sign_in::routes::gone},
    web::{
        input::Done,
        urls,
        viewer::{Asked, Me},
    },
};

/// Any signed-in person, for themselves; the facility's admin, for its staff.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::menu_security(), get(mine))
        .route("/menu/security/{notice}/not-me", get(ask).post(not_me))
        .route(urls::facility_security(), get(of_facility))
}

async fn mine(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(q): Query<Done>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let notices = store::mine(&mut tx).await?;
    let recovery = recovery::acts::mine(&mut tx).await?;
    store::saw(tx).await?;
    let done = (q.done.as_deref() == Some("cancelled")).then_some(t("回復の手続きを取り消しました。"));
    let view = MineView { notices, recovery, done, now: Timestamp::now() };
    // What this page shows is seen with it.
    let me = Me { notices: me.notices - i64::try_from(view.unseen()).unwrap_or_default(), ..me };
    Ok(mine_page(&view, &me.ctx(asked)).into_response())
}

async fn ask(State(app): State<Shared>, who: Actor, asked: Asked, Path(id): Path<Uuid>) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let notice = store::mine(&mut tx).await?.into_iter().find(|n| n.id == id).ok_or(Error::NotFound)?;
    tx.commit().await?;
    Ok(not_me_page(&NotMeView { notice, now: Timestamp::now() }, &me.ctx(asked)).into_response())
}

async fn not_me(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Response> {
    acts::not_me(&app, &who, id).await?;
    Ok(gone("/signed-out?everywhere=1"))
}

async fn of_facility(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    let (mut tx, me) = staff::administrating(&app, &who, "viewed_security", None).await?;
    let notices = store::of_facility(&mut tx).await?;
    let recoveries = recovery::acts::of_facility(&mut tx, None).await?;
    audit::viewed(&mut tx, "viewed_security", None, None, None).await?;
    tx.commit().await?;
    let view = FacilityView { facility: me.facility.clone(), notices, recoveries, now: Timestamp::now() };
    Ok(facility_page(&view, &me.ctx(asked)).into_response())
}
