//! The pages on which a facility's admin invites. 403 for everybody else.

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
    acts, csv_routes, join_routes,
    model::InvitationBody,
    views::{HandOut, ListView, NewView, list_page, made_page, new_page, word},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::facilities::staff::administrating,
    web::{
        forms::Errors,
        input::{Done, Form},
        urls,
        viewer::Asked,
    },
};

/// The facility's admin; and whoever holds a link.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/facility/staff/invitations", get(list))
        .route("/facility/staff/invitations/new", get(ask).post(invite))
        .route("/facility/staff/invitations/{invitation}/cancellation", post(cancel))
        .route("/facility/staff/invitations/{invitation}/link", post(renew))
        .merge(csv_routes::routes())
        .merge(join_routes::routes())
}

async fn list(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(q): Query<Done>,
) -> Result<Response> {
    let (mut tx, me) = administrating(&app, &who, "viewed_staff_invitations", None).await?;
    let items = acts::all(&mut tx).await?;
    audit::viewed(&mut tx, "viewed_staff_invitations", None, None, None).await?;
    tx.commit().await?;
    let done = match q.done.as_deref() {
        Some("cancelled") => Some(t("招待を取り消しました。リンクはもう使えません。").to_owned()),
        _ => None,
    };
    let view = ListView { facility: me.facility.clone(), items, now: Timestamp::now(), done };
    Ok(list_page(&view, &me.ctx(asked)).into_response())
}

async fn ask(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    let first = InvitationBody { client_id: Uuid::now_v7(), ..InvitationBody::default() };
    form(&app, &who, asked, first, Errors::none(), StatusCode::OK).await
}

async fn form(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    typed: InvitationBody,
    errors: Errors,
    status: StatusCode,
) -> Result<Response> {
    let (tx, me) = administrating(app, who, "invited_staff", None).await?;
    tx.commit().await?;
    let view =
        NewView { facility: me.facility.clone(), typed, errors, mails: app.config.mail.is_configured() };
    Ok((status, new_page(&view, &me.ctx(asked))).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InviteForm {
    client_id: Uuid,
    name: String,
    kana: String,
    profession: String,
    licence_note: String,
    mail: String,
    login_id: String,
    admin: Option<String>,
}

async fn invite(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(form_): Form<InviteForm>,
) -> Result<Response> {
    let body = InvitationBody {
        client_id: form_.client_id,
        name: form_.name,
        kana: form_.kana,
        profession: form_.profession,
        licence_note: form_.licence_note,
        login_id: form_.login_id,
        mail: form_.mail,
        admin: form_.admin.is_some(),
    };
    let new = match body.checked() {
        Ok(new) => new,
        Err(wrong) => {
            let errors = wrong.into_iter().collect();
            return form(&app, &who, asked, body, errors, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    };
    let (tx, me) = administrating(&app, &who, "invited_staff", None).await?;
    let made = acts::invite(&app, tx, std::slice::from_ref(&new)).await?.pop();
    let (invited, _) = made.ok_or_else(|| Error::internal("one invitation"))?;
    let out = HandOut { name: new.name, profession: new.profession.label(), invited };
    Ok(made_page(&me.facility.clone(), &out, &me.ctx(asked)).into_response())
}

async fn cancel(State(app): State<Shared>, who: Actor, Path(invitation): Path<Uuid>) -> Result<Redirect> {
    let (tx, _) = administrating(&app, &who, "cancelled_staff_invitation", None).await?;
    acts::cancel(tx, invitation).await?;
    Ok(Redirect::to(&format!("{}?done=cancelled", urls::staff_invitations())))
}

async fn renew(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(invitation): Path<Uuid>,
) -> Result<Response> {
    let (tx, me) = administrating(&app, &who, "renewed_staff_invitation", None).await?;
    let (found, invited) = acts::renew(&app, tx, invitation).await?;
    let out = HandOut { name: found.name, profession: word(&found.profession), invited };
    Ok(made_page(&me.facility.clone(), &out, &me.ctx(asked)).into_response())
}
