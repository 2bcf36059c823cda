//! The pages: what would end, with a choice of hosts; the report of what was ended; all reports. 403 for everybody but the admin.

use std::collections::HashMap;

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    acts,
    ask_views::{AskView, ask_page},
    csv,
    model::{Departing, Plan},
    read::{self, Names, Whose},
    report_views::{list_page, report_page},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::{facilities::staff, sign_in::Fresh},
    web::{
        csv::download,
        input::Form,
        urls,
        viewer::{Asked, Me},
    },
};

/// The facility admin, for the facility for which they act.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/facility/staff/{account}/departure", get(ask).post(depart))
        .route("/facility/departures", get(list))
        .route("/facility/departures/{departure}", get(report))
        .route("/facility/departures/{departure}/report.csv", get(save))
}

async fn ask(
    State(app): State<Shared>,
    Fresh(who): Fresh,
    asked: Asked,
    Path(account): Path<Uuid>,
) -> Result<Response> {
    let first = Departing { client_id: Uuid::now_v7(), successors: HashMap::new() };
    page(&app, &who, asked, account, first, None).await
}

/// The page as it is first shown, or again with why it was refused and what was chosen.
async fn page(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    account: Uuid,
    chosen: Departing,
    refusal: Option<&'static str>,
) -> Result<Response> {
    let (mut tx, me) = staff::administrating(app, who, "departed", None).await?;
    let reach = staff::reach(&mut tx, account).await?;
    let plan = read::plan(&mut tx, app, Whose::Staff(account)).await?;
    let last_admin = account == me.account_id && is_last_admin(&mut tx, &me).await?;
    let groups: Vec<Uuid> = plan.groups.iter().map(|tie| tie.group).collect();
    let patients = read::patients(&mut tx, app, &groups).await?;
    audit::viewed(&mut tx, "viewed_departure", None, None, Some(account)).await?;
    tx.commit().await?;
    let Plan { groups, invitations } = plan;
    let view = AskView {
        facility: me.facility.clone(),
        person: reach.person(account, &me.facility),
        login_id: reach.login_id,
        me: account == me.account_id,
        last_admin,
        devices: reach.devices,
        groups,
        patients,
        invitations: invitations.len(),
        chosen,
        refusal,
    };
    let status = if refusal.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    Ok((status, ask_page(&view, &me.ctx(asked))).into_response())
}

async fn is_last_admin(tx: &mut crate::db::Tx, me: &Me) -> Result<bool> {
    let all = staff::all(tx).await?;
    Ok(!all.iter().any(|c| c.admin && !c.suspended && c.account_id != me.account_id))
}

/// `client_id`, and `host-{group}` with an account for every group whose host the person is.
fn typed(pairs: &[(String, String)]) -> Option<Departing> {
    let mut client_id = None;
    let mut successors = HashMap::new();
    for (name, value) in pairs {
        let id: Uuid = value.parse().ok()?;
        match name.strip_prefix("host-") {
            Some(group) => drop(successors.insert(group.parse().ok()?, id)),
            None if name == "client_id" => client_id = Some(id),
            None => return None,
        }
    }
    Some(Departing { client_id: client_id?, successors })
}

async fn depart(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(account): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let new = typed(&pairs).ok_or(Error::BadRequest("unreadable_form".into()))?;
    match acts::depart(&app, &who, account, &new).await {
        Ok(report) => Ok(Redirect::to(&urls::departure_report(report.id)).into_response()),
        Err(Error::Conflict(reason)) if reason == "successor_cannot_be_host" => {
            let why = t(
                "選んでいるあいだに、グループが変わりました。新しいホストを確かめて、もう一度押してください。",
            );
            page(&app, &who, asked, account, new, Some(why)).await
        }
        Err(error @ (Error::NotFound | Error::Forbidden(_))) if !error.wants_step_up() => {
            audit::refused(&app, &who, "departed", None, Some(account)).await;
            Err(error)
        }
        Err(error) => Err(error),
    }
}

async fn list(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    let (mut tx, me) = staff::administrating(&app, &who, "viewed_departures", None).await?;
    audit::viewed(&mut tx, "viewed_departures", None, None, None).await?;
    let reports = read::all(&mut tx).await?;
    let names = Names::of(&mut tx, &app, &reports.iter().collect::<Vec<_>>()).await?;
    tx.commit().await?;
    Ok(list_page(&me.facility, &reports, &names, Timestamp::now(), &me.ctx(asked)).into_response())
}

async fn report(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(departure): Path<Uuid>,
) -> Result<Response> {
    let (mut tx, me) = staff::administrating(&app, &who, "viewed_departure", None).await?;
    let report = read::one(&mut tx, departure).await?;
    audit::viewed(&mut tx, "viewed_departure", None, None, Some(report.account)).await?;
    let names = Names::of(&mut tx, &app, &[&report]).await?;
    tx.commit().await?;
    Ok(report_page(&me.facility, &report, &names, &me.ctx(asked)).into_response())
}

async fn save(State(app): State<Shared>, Fresh(who): Fresh, Path(departure): Path<Uuid>) -> Result<Response> {
    let (mut tx, _) = staff::administrating(&app, &who, "downloaded_departure", None).await?;
    let report = read::one(&mut tx, departure).await?;
    audit::viewed(&mut tx, "downloaded_departure", None, None, Some(report.account)).await?;
    let names = Names::of(&mut tx, &app, &[&report]).await?;
    tx.commit().await?;
    Ok(download("departure.csv", csv::file(&report, &names)))
}
