//! 施設の管理 → 外部システム.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use uuid::Uuid;

use super::{
    facility_views::{SystemView, SystemsView, Typed, system_page, systems_page},
    model, systems,
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::{facilities::staff, groups::refusals},
    web::{
        forms::Errors,
        input::{Done, Fields, Form},
        urls,
        viewer::Asked,
    },
};

/// The facility's admin, for the facility for which they act.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::facility_systems(), get(show_all).post(register))
        .route("/facility/systems/{system}", get(show).post(make_token))
        .route("/facility/systems/{system}/end", post(end))
        .route("/facility/systems/{system}/tokens/{token}/end", post(end_token))
}

fn words(done: &Done) -> Option<&'static str> {
    Some(match done.done.as_deref()? {
        "ended" => {
            t("使うのをやめました。このシステムからは、もう何も入りません。すでに入ったものは残ります。")
        }
        "token_ended" => t("使えなくしました。このトークンでは、もう何もできません。"),
        _ => return None,
    })
}

async fn show_all(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(done): Query<Done>,
) -> Result<Response> {
    all(&app, &who, asked, Typed::fresh(""), Errors::none(), words(&done)).await
}

async fn all(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    typed: Typed,
    errors: Errors,
    done: Option<&'static str>,
) -> Result<Response> {
    let (mut tx, me) = staff::administrating(app, who, "viewed_systems", None).await?;
    audit::viewed(&mut tx, "viewed_systems", None, None, None).await?;
    let systems = systems::all(&mut tx).await?;
    tx.commit().await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = SystemsView {
        facility: me.facility.clone(),
        systems,
        typed,
        errors,
        done,
        now: jiff::Timestamp::now(),
    };
    Ok((status, systems_page(&view, &me.ctx(asked))).into_response())
}

fn client_id(fields: &Fields) -> Result<Uuid> {
    fields.one("client_id").parse().map_err(|_| Error::BadRequest("unreadable_form".into()))
}

async fn register(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let fields = Fields::only(pairs, &["client_id", "name"])?;
    let typed = Typed { id: client_id(&fields)?, text: fields.one("name").to_owned() };
    let name = match model::name(&typed.text) {
        Ok(name) => name,
        Err(problem) => {
            let errors = [problem].into_iter().collect();
            return all(&app, &who, asked, typed, errors, None).await;
        }
    };
    let registered = systems::register(&app, &who, typed.id, &name).await;
    if let Err(Error::Conflict(reason)) = &registered
        && reason == "a_system_of_this_name_already"
    {
        let errors = Errors::one(
            "name",
            t("同じ名前の外部システムが、もうあります。見分けられる名前にしてください。"),
        );
        return all(&app, &who, asked, typed, errors, None).await;
    }
    refusals::noted(&app, &who, "registered_system", None, None, registered).await?;
    Ok(Redirect::to(&urls::facility_system(typed.id)).into_response())
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(system): Path<Uuid>,
    Query(done): Query<Done>,
) -> Result<Response> {
    one(&app, &who, asked, system, Typed::fresh(USUAL_DAYS), Errors::none(), (None, words(&done))).await
}

/// Days that a new token lives unless somebody says otherwise.
const USUAL_DAYS: &str = "365";

async fn one(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    id: Uuid,
    typed: Typed,
    errors: Errors,
    (made, done): (Option<String>, Option<&'static str>),
) -> Result<Response> {
    let (mut tx, me) = staff::administrating(app, who, "viewed_systems", None).await?;
    let system = systems::all(&mut tx).await?.into_iter().find(|system| system.id == id);
    let system = system.ok_or(Error::NotFound)?;
    let tokens = systems::tokens(&mut tx, id).await?;
    let spoken_for = systems::spoken_for(&mut tx, id).await?;
    audit::viewed(&mut tx, "viewed_systems", None, None, Some(id)).await?;
    tx.commit().await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = SystemView {
        facility: me.facility.clone(),
        system,
        tokens,
        spoken_for,
        made,
        typed,
        errors,
        done,
        now: jiff::Timestamp::now(),
    };
    Ok((status, system_page(&view, &me.ctx(asked))).into_response())
}

async fn end(State(app): State<Shared>, who: Actor, Path(system): Path<Uuid>) -> Result<Redirect> {
    let ended = systems::end(&app, &who, system).await;
    refusals::noted(&app, &who, "ended_system", None, Some(system), ended).await?;
    Ok(Redirect::to(&format!("{}?done=ended", urls::facility_systems())))
}

async fn make_token(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(system): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let fields = Fields::only(pairs, &["client_id", "days"])?;
    let typed = Typed { id: client_id(&fields)?, text: fields.one("days").to_owned() };
    let days = match model::days(typed.text.trim().parse().ok()) {
        Ok(days) => days,
        Err(problem) => {
            let errors = [problem].into_iter().collect();
            return one(&app, &who, asked, system, typed, errors, (None, None)).await;
        }
    };
    let made = systems::make_token(&app, &who, system, typed.id, days).await;
    match refusals::noted(&app, &who, "made_system_token", None, Some(system), made).await? {
        made @ Some(_) => {
            one(&app, &who, asked, system, Typed::fresh(USUAL_DAYS), Errors::none(), (made, None)).await
        }
        // Sent again by a reload: it stands in the list.
        None => Ok(Redirect::to(&urls::facility_system(system)).into_response()),
    }
}

async fn end_token(
    State(app): State<Shared>,
    who: Actor,
    Path((system, token)): Path<(Uuid, Uuid)>,
) -> Result<Redirect> {
    let ended = systems::end_token(&app, &who, system, token).await;
    refusals::noted(&app, &who, "ended_system_token", None, Some(system), ended).await?;
    Ok(Redirect::to(&format!("{}?done=token_ended", urls::facility_system(system))))
}
