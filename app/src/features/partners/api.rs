//! `/api/v1/groups/{id}/partners` and `/api/v1/facilities/{id}/partners`.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Path, State},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{read, routes::opened_for_facility, views::Partner};
use crate::{
    Result,
    app::Shared,
    auth::Actor,
    features::groups::{
        self, door,
        model::{Member, Role},
    },
    people::PersonBody,
    web::{problem::Problem, viewer::Acting},
};

/// Members of the group (404 else); the facility's admin, for the facility for which they act.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(of_group)).routes(routes!(of_facility))
}

/// One facility and how it shares. Withdrawn posts do not count.
#[derive(Serialize, ToSchema)]
struct PartnerBody {
    id: Uuid,
    name: String,
    kind: String,
    phone: String,
    posts_within_90_days: u64,
    posts_within_180_days: u64,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_post_at: Option<Timestamp>,
    /// Patients about whom it shared within 180 days.
    patients: u64,
    /// Who of it is in the group now; empty in the facility's list.
    people: Vec<PersonBody>,
}

impl PartnerBody {
    fn of(p: Partner, members: &[Member]) -> Self {
        let person =
            |m: &Member| PersonBody { id: m.id, name: m.name.clone(), profession: m.profession.clone() };
        Self {
            people: members.iter().filter(|m| m.facility_id == p.facility).map(person).collect(),
            id: p.facility,
            name: p.name,
            kind: p.kind,
            phone: p.phone,
            posts_within_90_days: p.near,
            posts_within_180_days: p.far,
            last_post_at: p.last,
            patients: p.patients,
        }
    }
}

/// How many facilities shared something.
#[derive(Serialize, ToSchema)]
struct Sharing {
    facilities: usize,
    /// The same by the kind of facility: `{"pharmacy": 2}`.
    by_kind: BTreeMap<String, usize>,
}

impl Sharing {
    fn of(partners: &[&Partner], shared: fn(&Partner) -> u64) -> Self {
        let mut by_kind = BTreeMap::new();
        for partner in partners.iter().filter(|p| shared(p) > 0) {
            *by_kind.entry(partner.kind.clone()).or_default() += 1;
        }
        Self { facilities: by_kind.values().sum(), by_kind }
    }
}

#[derive(Serialize, ToSchema)]
struct Partners {
    /// Other facilities than the caller's. Whether two are 特別の関係 is not known here.
    within_90_days: Sharing,
    within_180_days: Sharing,
    items: Vec<PartnerBody>,
    /// Always null: there is one page.
    next: Option<String>,
}

impl Partners {
    /// `mine`: the caller's facility, which is no partner of its own.
    fn of(partners: Vec<Partner>, members: &[Member], mine: Uuid) -> Self {
        let others: Vec<&Partner> = partners.iter().filter(|p| p.facility != mine).collect();
        let (near, far) = (Sharing::of(&others, |p| p.near), Sharing::of(&others, |p| p.far));
        let items = partners.into_iter().map(|p| PartnerBody::of(p, members)).collect();
        Self { within_90_days: near, within_180_days: far, items, next: None }
    }
}

/// The facilities that share about one patient, the caller's own among them, with what they posted.
#[utoipa::path(get, path = "/api/v1/groups/{id}/partners", tag = "groups", params(("id" = Uuid, Path)),
    responses((status = 200, body = Partners), (status = 404, body = Problem)))]
async fn of_group(State(app): State<Shared>, who: Actor, Path(group): Path<Uuid>) -> Result<Json<Partners>> {
    let (mut tx, _) = door::for_member(&app, &who, group, "viewed_partners").await?;
    let me = Acting::load(&mut tx).await?;
    let partners = read::of_group(&mut tx, group).await?;
    let members = groups::read::members(&mut tx, group, Role::Member).await?.items;
    tx.commit().await?;
    Ok(Json(Partners::of(partners, &members, me.facility_id)))
}

/// The facilities with which the facility shares about any of its patients.
#[utoipa::path(get, path = "/api/v1/facilities/{id}/partners", tag = "facilities", params(("id" = Uuid, Path)),
    responses((status = 200, body = Partners), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn of_facility(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<Partners>> {
    let (mut tx, me) = opened_for_facility(&app, &who, Some(id)).await?;
    let partners = read::of_facility(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(Partners::of(partners, &[], me.facility_id)))
}
