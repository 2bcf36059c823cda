//! The pages of a facility's administration. 403 for everybody but its admin.

use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    staff::{self, Colleague, folded},
    views::{StaffRow, StaffView, SuspensionView, staff_page, suspension_page},
};
use crate::words::t;
use crate::{
    Result,
    app::Shared,
    audit,
    auth::Actor,
    web::{
        input::Form,
        person::Person,
        ui::{Profession, time},
        urls,
        viewer::{Asked, Me},
    },
};

/// The facility admin, for the facility for which they act.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::facility(), get(list))
        .route("/facility/staff/{account}/suspension", get(ask).post(suspend))
        .merge(super::person_routes::routes())
}

#[derive(Debug, Deserialize)]
struct ListQuery {
    #[serde(default)]
    q: String,
    done: Option<String>,
}

async fn list(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(query): Query<ListQuery>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let colleagues = staff::all(&mut tx).await?;
    audit::viewed(&mut tx, "viewed_staff", None, None, None).await?;
    tx.commit().await?;
    let (now, wanted) = (Timestamp::now(), folded(&query.q));
    let rows = colleagues.into_iter().filter(|c| fits(c, &wanted)).map(|c| row(c, &me, now)).collect();
    let done = match query.done.as_deref() {
        Some("suspended") => Some(t("利用を止めました。開いていた画面も閉じました。").to_owned()),
        Some("resumed") => Some(t("利用を再開しました。").to_owned()),
        _ => None,
    };
    let view = StaffView { facility: me.facility.clone(), q: query.q, rows, done };
    Ok(staff_page(&view, &me.ctx(asked)).into_response())
}

fn fits(colleague: &Colleague, wanted: &str) -> bool {
    let label = Profession::of(&colleague.profession).label();
    [&colleague.name, &colleague.kana, &colleague.login_id, label]
        .into_iter()
        .any(|text| folded(text).contains(wanted))
}

/// Accounts that nobody has used this long are to be looked at.
const UNUSED_DAYS: i64 = 90;

fn row(colleague: Colleague, me: &Me, now: Timestamp) -> StaffRow {
    let days = colleague.last_seen.map(|seen| now.duration_since(seen).as_hours() / 24);
    StaffRow {
        person: Person {
            account_id: colleague.account_id,
            name: colleague.name,
            profession: Profession::of(&colleague.profession),
            facility: me.facility.clone(),
        },
        login_id: colleague.login_id,
        last_used: colleague.last_seen.map_or_else(|| t("まだありません").to_owned(), |t| time::when(t, now)),
        admin: colleague.admin,
        suspended: colleague.suspended,
        unused_days: days.filter(|d| *d >= UNUSED_DAYS).and_then(|d| u32::try_from(d).ok()),
        me: colleague.account_id == me.account_id,
    }
}

async fn ask(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(account): Path<Uuid>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let reach = staff::reach(&mut tx, account).await?;
    audit::viewed(&mut tx, "viewed_staff_person", None, None, Some(account)).await?;
    tx.commit().await?;
    let count = |n: i64| usize::try_from(n).unwrap_or_default();
    let view = SuspensionView {
        facility: me.facility.clone(),
        person: reach.person(account, &me.facility),
        login_id: reach.login_id,
        suspended: reach.suspended,
        devices: count(reach.devices),
        groups: count(reach.groups),
        hosted: count(reach.hosted),
    };
    Ok(suspension_page(&view, &me.ctx(asked)).into_response())
}

/// `yes` suspends, `no` lets in again.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Yes,
    No,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SuspensionForm {
    suspend: Answer,
}

async fn suspend(
    State(app): State<Shared>,
    who: Actor,
    Path(account): Path<Uuid>,
    Form(form): Form<SuspensionForm>,
) -> Result<Redirect> {
    let suspended = matches!(form.suspend, Answer::Yes);
    staff::set_suspended(&app, &who, account, suspended).await?;
    let done = if suspended { "suspended" } else { "resumed" };
    Ok(Redirect::to(&format!("{}?done={done}", urls::facility())))
}
