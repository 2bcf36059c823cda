//! Leaving by oneself: one facility or all. Pages alone: the password is asked for again.

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    read::{self, Whose},
    withdrawal_views::{Place, WithdrawalView, withdrawal_page},
};
use crate::words::{fill, t};
use crate::{
    Error, Result,
    app::Shared,
    auth::{Actor, token},
    db::Tx,
    features::sign_in::{acts::Origin, confirm::confirm_password},
    web::{
        error::status,
        forms::Errors,
        input::Form,
        urls,
        viewer::{Asked, Me},
    },
};

/// Any signed-in person, only ever for themselves.
pub fn routes() -> Router<Shared> {
    Router::new().route(urls::my_withdrawal(), get(ask).post(leave))
}

/// The caller's facilities, the one for which they act last.
async fn places(tx: &mut Tx, app: &Shared) -> Result<Vec<Place>> {
    let mut places = Vec::new();
    for mine in read::my_ties(tx).await? {
        let plan = read::plan(tx, app, Whose::Own(mine.facility)).await?;
        let hosted = plan.groups.iter().filter(|tie| tie.is_host());
        let mut followers: Vec<String> =
            hosted.clone().filter_map(|tie| tie.successors.first().map(|s| s.name.clone())).collect();
        followers.sort();
        followers.dedup();
        places.push(Place {
            id: mine.facility,
            name: mine.name,
            last_admin: mine.last_admin,
            groups: plan.groups.iter().filter(|tie| tie.is_member()).count(),
            hosted: hosted.count(),
            followers,
        });
    }
    Ok(places)
}

async fn ask(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    page(&app, &who, asked, Uuid::now_v7(), String::new(), Errors::none(), StatusCode::OK).await
}

async fn page(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    client_id: Uuid,
    chosen: String,
    errors: Errors,
    status: StatusCode,
) -> Result<Response> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let places = places(&mut tx, app).await?;
    tx.commit().await?;
    let view = WithdrawalView { client_id, places, chosen, errors };
    Ok((status, withdrawal_page(&view, &me.ctx(asked))).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WithdrawalForm {
    client_id: Uuid,
    /// `all`, or a facility.
    #[serde(default)]
    place: String,
    password: String,
    sure: Option<String>,
}

/// A client id of its own for each facility that is left.
fn part(client_id: Uuid, facility: Uuid) -> Uuid {
    let hash = token::sha256(format!("renkei/withdrawal/v1|{client_id}|{facility}").as_bytes());
    token::id_of(&hash)
}

/// What was chosen, in the order in which it is left: the facility of the session last, whose end is the session's.
fn chosen(place: &str, places: &[Place]) -> Result<Vec<Uuid>> {
    let all: Vec<Uuid> = match place {
        "all" => places.iter().map(|p| p.id).collect(),
        one => places.iter().map(|p| p.id).filter(|id| id.to_string() == one).collect(),
    };
    if all.is_empty() {
        return Err(Error::invalid("place", "empty", t("離れる施設を選んでください。")));
    }
    if places.iter().any(|p| p.last_admin && all.contains(&p.id)) {
        return Err(Error::Conflict("last_admin".into()));
    }
    Ok(all)
}

async fn leave(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    origin: Origin,
    Form(form): Form<WithdrawalForm>,
) -> Result<Response> {
    match withdraw(&app, &who, &origin, &form).await {
        Ok(stays) if stays => Ok(Redirect::to(&format!("{}?done=withdrawn", urls::menu())).into_response()),
        Ok(_) => Ok(Redirect::to("/signed-out").into_response()),
        Err(error) => {
            let at = status(&error);
            let (at, errors) = match error {
                Error::WrongCredentials => (
                    StatusCode::UNPROCESSABLE_ENTITY,
                    Errors::one("password", t("いまのパスワードと違います。")),
                ),
                Error::TooMany { retry_after } => {
                    let why = fill(
                        t("{0}分ほど待ってから、もう一度お試しください。"),
                        &[("0", &retry_after.div_ceil(60))],
                    );
                    (at, Errors::one("password", &why))
                }
                Error::Conflict(reason) if reason == "last_admin" => (
                    at,
                    Errors::one(
                        "place",
                        t("ほかに管理者のいない施設があります。先に別の方を管理者にしてください。"),
                    ),
                ),
                Error::Invalid(fields) => (at, fields.into_iter().collect()),
                other => return Err(other),
            };
            page(&app, &who, asked, form.client_id, form.place, errors, at).await
        }
    }
}

/// Whether the session lives on.
async fn withdraw(app: &Shared, who: &Actor, origin: &Origin, form: &WithdrawalForm) -> Result<bool> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let places = places(&mut tx, app).await?;
    tx.commit().await?;
    let leaving = chosen(&form.place, &places)?;
    if form.sure.is_none() {
        return Err(Error::invalid(
            "sure",
            "not_sure",
            t("元に戻せないことを確かめて、印を付けてください。"),
        ));
    }
    confirm_password(app, who, form.password.clone(), origin).await?;
    for facility in &leaving {
        acts::withdraw(app, who, *facility, part(form.client_id, *facility)).await?;
    }
    Ok(!leaving.contains(&me.facility_id))
}
