//! The pages, which are made to be printed.

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    read,
    views::{self, FacilityView, GroupView},
};
use crate::{
    Result,
    app::Shared,
    audit,
    auth::Actor,
    db::Tx,
    features::{
        facilities::staff,
        groups::{self, door, model::Role},
    },
    web::{
        ui::Profession,
        urls,
        viewer::{Asked, Me},
    },
};

/// Members of the group; the facility's admin.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/groups/{group}/partners", get(of_group))
        .route(urls::facility_partners(), get(of_facility))
}

/// Those of a facility, which an address may name, for its admin.
pub(super) async fn opened_for_facility(app: &Shared, who: &Actor, named: Option<Uuid>) -> Result<(Tx, Me)> {
    let (mut tx, me) = staff::administrating(app, who, "viewed_partners", named).await?;
    audit::viewed(&mut tx, "viewed_partners", None, None, None).await?;
    Ok((tx, me))
}

async fn of_group(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
) -> Result<Response> {
    let (mut tx, me, _) = door::page(&app, &who, group, "viewed_partners").await?;
    let mut partners = read::of_group(&mut tx, group).await?;
    let members = groups::read::members(&mut tx, group, Role::Member).await?.items;
    let room = groups::read::room(&mut tx, &app, group).await?;
    tx.commit().await?;
    for partner in &mut partners {
        let people = members.iter().filter(|m| m.facility_id == partner.facility);
        partner.people = people.map(|m| (m.name.clone(), Profession::of(&m.profession))).collect();
    }
    let view = GroupView { room, group, partners, mine: me.facility_id, now: Timestamp::now() };
    Ok(views::group_page(&view, &me.ctx(asked)).into_response())
}

async fn of_facility(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    let (mut tx, me) = opened_for_facility(&app, &who, None).await?;
    let partners = read::of_facility(&mut tx).await?;
    tx.commit().await?;
    let view = FacilityView { facility: me.facility.clone(), partners, now: Timestamp::now() };
    Ok(views::facility_page(&view, &me.ctx(asked)).into_response())
}
