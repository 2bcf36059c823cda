//! The pages of groups: the list, the members, and opening a group. Every form works without JavaScript.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    act_views::{OpenGroupView, open_group_page},
    acts::{self, Opening},
    member_views::{MembersView, members_page},
    model::Role,
    pages, read, refusals,
    views::{self, Filter, GroupKind},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    db::Tx,
    features::{face_sheets, facilities::directory, patients::room::Room},
    web::{
        forms::Errors,
        input::{Done, Form},
        person::Person,
        ui::time::day_of,
        urls,
        viewer::{Asked, Me},
    },
};

/// Signed-in persons; the database finds each group through the person's membership or administration (404 else).
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/groups", get(list).post(open))
        .route("/groups/{group}/members", get(members))
        .route("/patients/{patient}/open-group", get(ask_to_open))
        .merge(super::act_routes::routes())
        .merge(super::title_routes::routes())
}

#[derive(Debug, Deserialize)]
struct Shown {
    #[serde(default)]
    show: String,
}

async fn list(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(query): Query<Shown>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let rows = read::list(&mut tx, &app).await?;
    audit::viewed(&mut tx, "viewed_groups", None, None, None).await?;
    tx.commit().await?;
    let view = pages::group_list(rows, Filter::from_code(&query.show), None, &me);
    Ok(views::page(&view, &me.ctx(asked)).into_response())
}

async fn members(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Query(query): Query<Done>,
) -> Result<Response> {
    let pages::Opened { mut tx, me, role, mut room } = pages::opened(&app, &who, group).await?;
    let members = read::members(&mut tx, group, role).await?;
    let archived = read::archived(&mut tx, group).await?;
    let titles = match room.kind {
        GroupKind::Free => read::titles_of(&mut tx, &app, group).await?,
        GroupKind::Patient | GroupKind::Direct(_) => Vec::new(),
    };
    let rows = read::list(&mut tx, &app).await?;
    tx.commit().await?;
    room.list = Some(views::list_pane(&pages::group_list(rows, Filter::All, Some(group), &me)));
    let room_kind = room.kind;
    let view = MembersView {
        room,
        group_id: group,
        members: pages::member_rows(&members, me.account_id),
        pending: pages::pending_rows(&members, Timestamp::now()),
        host: role.keeps(),
        may_approve: role == Role::Host,
        may_invite: role.keeps(),
        // A conversation of two ends with its connection.
        may_leave: matches!(role, Role::Member | Role::Guest) && !matches!(room_kind, GroupKind::Direct(_)),
        titles,
        archived,
        done: query.done.as_deref().and_then(done_words).map(str::to_owned),
    };
    Ok(members_page(&view, &me.ctx(asked)).into_response())
}

/// What was just done, after the redirect.
fn done_words(code: &str) -> Option<&'static str> {
    Some(match code {
        "opened" => t("グループを開きました。"),
        "approved" => t("承認しました。"),
        "refused" => t("参加を見送りました。"),
        "cancelled" => t("招待を取り消しました。"),
        "answered_meanwhile" => t("返事が先に届いたので、取り消していません。"),
        "removed" => t("グループから外しました。"),
        "host" => t("ホストを引き継ぎました。"),
        "archived" => t("グループを終了しました。"),
        "titled" => t("名前と目的を変えました。"),
        "reopened" => t("グループを再開しました。"),
        _ => return None,
    })
}

/// The page that opens the group of a patient, or the group itself where there is one.
async fn ask_to_open(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(patient): Path<Uuid>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let room = match room_without_group(&mut tx, &app, patient).await {
        Ok(room) => room,
        Err(error) => {
            drop(tx);
            return refusals::noted(&app, &who, "member_opened", None, Some(patient), Err(error)).await;
        }
    };
    let existing = read::group_of(&mut tx, patient).await?;
    let hosts = hosts(&mut tx, &me).await?;
    audit::viewed(&mut tx, "viewed_face_sheet", None, Some(patient), None).await?;
    tx.commit().await?;
    if let Some(group) = existing {
        return Ok(Redirect::to(&urls::group_members(group)).into_response());
    }
    if !me.admin {
        return Err(Error::Forbidden("facility_admin_only".into()));
    }
    let host = me.account_id.to_string();
    let view = OpenGroupView { room, client_id: Uuid::now_v7(), hosts, host, errors: Errors::none() };
    Ok(open_group_page(&view, &me.ctx(asked)).into_response())
}

async fn room_without_group(tx: &mut Tx, app: &Shared, patient: Uuid) -> Result<Room> {
    let mut sheets = face_sheets::read::latest_many(tx, app, &[patient]).await?;
    let (_, fields) = sheets.remove(&patient).ok_or(Error::NotFound)?;
    Ok(Room::of(patient, None, &fields, day_of(Timestamp::now())))
}

/// Staff of the viewer's facility, the viewer first.
async fn hosts(tx: &mut Tx, me: &Me) -> Result<Vec<Person>> {
    let staff = directory::staff(tx, me.facility_id, "").await?;
    let mut people: Vec<Person> =
        staff.iter().map(|c| pages::person(c.id, &c.name, &c.profession, &me.facility)).collect();
    people.sort_by_key(|person| person.account_id != me.account_id);
    Ok(people)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenForm {
    client_id: Uuid,
    patient: Uuid,
    host: String,
}

async fn open(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(form): Form<OpenForm>,
) -> Result<Response> {
    let opened = match form.host.parse() {
        Ok(host) => {
            let new = Opening { client_id: form.client_id, patient_id: form.patient, host };
            acts::open(&app, &who, new).await
        }
        Err(_) => Err(Error::invalid("host", "empty", t("ホストを選んでください。"))),
    };
    match refusals::noted(&app, &who, "member_opened", None, Some(form.patient), opened).await {
        Ok((group, _)) => {
            let next = format!("{}?done=opened", urls::group_members(group));
            Ok(Redirect::to(&next).into_response())
        }
        Err(Error::Invalid(problems)) => {
            let mut tx = app.db.acting(&who).await?;
            let me = Me::load(&mut tx).await?;
            let room = room_without_group(&mut tx, &app, form.patient).await?;
            let hosts = hosts(&mut tx, &me).await?;
            tx.commit().await?;
            let errors = pages::errors(problems, &[]);
            let view = OpenGroupView { room, client_id: form.client_id, hosts, host: form.host, errors };
            let page = open_group_page(&view, &me.ctx(asked));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error),
    }
}
