//! The pages of inviting and answering. Every form works without JavaScript.

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    model::{Answer, Decision, Invitation, Named},
    read,
    views::{
        AnswerView, InvitationGoneView, InvitationView, answer_page, invitation_gone_page, invitation_page,
    },
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    features::groups::{pages, refusals},
    web::{
        input::Form,
        ui::time,
        urls,
        viewer::{Asked, Me},
    },
};

/// Inviting is for those who keep the group; an invitation is for the invited person alone; the host approves.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/invitations/{name}", get(show))
        .route("/invitations/{name}/acceptance", post(answer))
        .route("/groups/{group}/members/{account}/approval", post(decide))
        .route("/groups/{group}/invitations/{invitation}/cancellation", post(cancel))
        .merge(super::new_routes::routes())
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(name): Path<String>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let named = Named::parse(&name);
    let found = match read::find(&mut tx, &app, named).await {
        Err(Error::NotFound) => {
            drop(tx);
            crate::audit::refused(&app, &who, "viewed_invitation", None, named.id).await;
            return Ok(gone(&me, asked));
        }
        found => found?,
    };
    let title = read::title_of(&mut tx, &found).await?;
    crate::audit::viewed(&mut tx, "viewed_invitation", None, None, Some(found.invitation.id)).await?;
    tx.commit().await?;
    Ok(match found.state.as_str() {
        "invited" => {
            invitation_page(&view(name, found.invitation, found.from_now_on, title, &me), &me.ctx(asked))
                .into_response()
        }
        "accepted" => answer_page(AnswerView::Waiting, &me.ctx(asked)).into_response(),
        "declined" => answer_page(AnswerView::Declined, &me.ctx(asked)).into_response(),
        "joined" => Redirect::to(&urls::group(found.group)).into_response(),
        _ => gone(&me, asked),
    })
}

/// One page for used, expired and somebody else's: it tells nothing.
fn gone(me: &Me, asked: Asked) -> Response {
    let page = invitation_gone_page(&InvitationGoneView, &me.ctx(asked));
    (StatusCode::NOT_FOUND, page).into_response()
}

fn view(
    name: String,
    invitation: Invitation,
    from_now_on: bool,
    title: Option<String>,
    me: &Me,
) -> InvitationView {
    let by = &invitation.invited_by;
    InvitationView {
        id_or_token: name,
        title,
        client_id: Uuid::now_v7(),
        inviter: pages::person(by.id, &by.name, &by.profession, &by.facility),
        facility: invitation.managing_facility,
        until: invitation.until.map(|until| time::day_long(pages::last_instant(until))),
        whole_history: !from_now_on,
        ends: time::when(invitation.expires_at, Timestamp::now()),
        needs_approval: invitation.needs_approval,
        other_facility: invitation.facility_id != me.facility_id,
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerForm {
    client_id: Uuid,
    decision: Answer,
}

async fn answer(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(name): Path<String>,
    Form(form): Form<AnswerForm>,
) -> Result<Response> {
    let named = Named::parse(&name);
    let done = acts::answer(&app, &who, named, form.client_id, form.decision).await;
    match refusals::noted(&app, &who, "member_answered", None, named.id, done).await {
        Ok((state, group)) if state == "joined" => Ok(Redirect::to(&urls::group(group)).into_response()),
        Ok(_) => Ok(Redirect::to(&urls::invitation(&name)).into_response()),
        Err(Error::NotFound | Error::Conflict(_)) => {
            let mut tx = app.db.acting(&who).await?;
            let me = Me::load(&mut tx).await?;
            tx.commit().await?;
            Ok(gone(&me, asked))
        }
        Err(error) => Err(error),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionForm {
    client_id: Uuid,
    decision: Decision,
}

async fn decide(
    State(app): State<Shared>,
    who: Actor,
    Path((group, account)): Path<(Uuid, Uuid)>,
    Form(form): Form<DecisionForm>,
) -> Result<Response> {
    let done = acts::decide(&app, &who, group, account, form.client_id, form.decision).await;
    let state = refusals::noted(&app, &who, "member_approved", Some(group), Some(account), done).await?;
    let code = if state == "joined" { "approved" } else { "refused" };
    Ok(Redirect::to(&format!("{}?done={code}", urls::group_members(group))).into_response())
}

/// Taken back, or answered meanwhile: the members' page says which.
async fn cancel(
    State(app): State<Shared>,
    who: Actor,
    Path((group, invitation)): Path<(Uuid, Uuid)>,
) -> Result<Response> {
    let done = acts::cancel(&app, &who, invitation).await;
    let code = match refusals::noted(&app, &who, "member_refused", Some(group), Some(invitation), done).await
    {
        Ok(_) => "cancelled",
        Err(Error::Conflict(_)) => "answered_meanwhile",
        Err(other) => return Err(other),
    };
    Ok(Redirect::to(&format!("{}?done={code}", urls::group_members(group))).into_response())
}
