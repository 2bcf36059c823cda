//! `/api/v1/session` and `/api/v1/me`.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::acts::{self, Kind, Origin, Proof};
use crate::{
    Error, Result,
    app::Shared,
    auth::{Actor, Operator, factors::REMEMBERED},
    features::operators,
    web::{input::Strict, problem::Problem, viewer::Me},
};

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(open, end)).routes(routes!(me))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SessionBody {
    login_id: String,
    password: String,
    /// Six digits of the authenticator, or a recovery code.
    totp: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct SessionAnswer {
    token: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: jiff::Timestamp,
    account: Account,
}

#[derive(Serialize, ToSchema)]
struct Account {
    id: Uuid,
    name: String,
    profession: String,
    facilities: Vec<FacilityRoles>,
}

#[derive(Serialize, ToSchema)]
struct FacilityRoles {
    id: Uuid,
    name: String,
    roles: Vec<&'static str>,
}

#[derive(Serialize, ToSchema)]
struct MeAnswer {
    id: Uuid,
    name: String,
    profession: String,
    facilities: Vec<FacilityRoles>,
    /// Null for whoever sits at the console.
    acting_facility: Option<Uuid>,
    roles: Vec<&'static str>,
    factors: Vec<String>,
}

const FACILITIES: &str = "SELECT id, name, admin FROM act.my_facilities()";

async fn who_am_i(app: &Shared, who: &Actor) -> Result<MeAnswer> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let rows = tx.query_and_commit(FACILITIES, &[]).await?;
    let facilities =
        rows.iter().map(|r| FacilityRoles { id: r.get(0), name: r.get(1), roles: roles(r.get(2)) }).collect();
    Ok(MeAnswer {
        id: me.account_id,
        name: me.name,
        profession: me.profession,
        facilities,
        acting_facility: Some(me.facility_id),
        roles: roles(me.admin),
        factors: me.factors.into_iter().filter(|f| f != REMEMBERED).collect(),
    })
}

fn roles(admin: bool) -> Vec<&'static str> {
    if admin { vec!["staff", "facility_admin"] } else { vec!["staff"] }
}

/// Signs in with everything at once and gives a bearer token.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", request_body = SessionBody,
    responses((status = 200, body = SessionAnswer), (status = 401, body = Problem), (status = 429, body = Problem)))]
async fn open(
    State(app): State<Shared>,
    origin: Origin,
    Strict(body): Strict<SessionBody>,
) -> Result<Json<SessionAnswer>> {
    let proof = Proof { login_id: body.login_id, password: body.password, code: body.totp };
    let opened = acts::sign_in(&app, proof, &origin, Kind::Token, false).await?;
    let who = opened.actor(&origin).ok_or(crate::Error::NotSignedIn)?;
    if opened.enrolling || opened.pending {
        // The API cannot enrol a factor: that is done on the screen once. Nor can a program wait as a browser does: its next sign-in would
        // be another device.
        acts::sign_out(&app, &who).await?;
        return Err(if opened.enrolling { Error::MustEnrol } else { Error::DeviceWaits });
    }
    let me = who_am_i(&app, &who).await?;
    let account = Account { id: me.id, name: me.name, profession: me.profession, facilities: me.facilities };
    Ok(Json(SessionAnswer { token: opened.token, expires_at: opened.expires_at, account }))
}

/// Ends the session; its token and live connections die at once.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session", responses((status = 204)))]
async fn end(State(app): State<Shared>, who: Actor) -> Result<StatusCode> {
    acts::sign_out(&app, &who).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who the caller is, for which facility they act, and by which factors they signed in.
#[utoipa::path(get, path = "/api/v1/me", tag = "session", responses((status = 200, body = MeAnswer), (status = 401, body = Problem)))]
async fn me(State(app): State<Shared>, who: Result<Actor>, desk: Result<Operator>) -> Result<Json<MeAnswer>> {
    if let Ok(who) = who {
        match who_am_i(&app, &who).await {
            Err(Error::NotSignedIn) => {}
            answer => return answer.map(Json),
        }
    }
    at_the_console(&app, &desk?).await.map(Json)
}

/// An operator or a secretariat: no facility, no profession, and always both factors.
async fn at_the_console(app: &Shared, who: &Operator) -> Result<MeAnswer> {
    let mut tx = app.db.operating(who).await?;
    let desk = operators::acts::desk(&mut tx).await?;
    tx.commit().await?;
    Ok(MeAnswer {
        id: desk.id,
        name: desk.name,
        profession: String::new(),
        facilities: Vec::new(),
        acting_facility: None,
        roles: vec![if desk.region.is_some() { "secretariat" } else { "operator" }],
        factors: ["know", "have"].map(str::to_owned).to_vec(),
    })
}
