//! A facility's admin sees what concerns the facility, and nothing of any other.

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    acts::{self, Mine},
    facility_views::{ListView, Patient, SliceView, how, list_page, slice_page},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::{App, Shared},
    audit,
    auth::Actor,
    db::Tx,
    features::{access_log::words::words, face_sheets::read::latest_many, sign_in::Fresh},
    web::{
        csv,
        ui::time,
        urls,
        viewer::{Asked, Me},
    },
};

/// The facility's admin; 403 for its other staff, 404 for facilities that are not concerned.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::facility_incidents(), get(list))
        .route("/facility/incidents/{incident}", get(show))
        .route("/facility/incidents/{incident}/patients.csv", get(save))
}

/// Passes the result on; a refusal stands in the access log.
async fn noted<T>(
    app: &Shared,
    who: &Actor,
    what: &str,
    incident: Option<Uuid>,
    result: Result<T>,
) -> Result<T> {
    if let Err(Error::NotFound | Error::Forbidden(_)) = &result {
        audit::refused(app, who, what, None, incident).await;
    }
    result
}

async fn list(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let told = acts::mine(&mut tx).await;
    if told.is_ok() {
        audit::viewed(&mut tx, "viewed_incidents", None, None, None).await?;
        tx.commit().await?;
    } else {
        drop(tx);
    }
    let told = noted(&app, &who, "viewed_incidents", None, told).await?;
    let view = ListView { facility: me.facility.clone(), told, now: Timestamp::now() };
    Ok(list_page(&view, &me.ctx(asked)).into_response())
}

/// The slice with names, opened in the caller's own session. Reading it is an event of the access log.
async fn slice(app: &App, tx: &mut Tx, id: Uuid, act: &str) -> Result<SliceView> {
    let (told, answers) = acts::my_one(tx, id).await?;
    let mine = acts::my_affected(tx, id, act).await?;
    let ids: Vec<Uuid> = mine.iter().map(|m| m.patient).collect();
    let mut sheets = latest_many(tx, app, &ids).await?;
    let patient = |m: Mine| {
        let mut fields = sheets.remove(&m.patient).map(|(_, fields)| fields).unwrap_or_default();
        let mut take = |field: &str| fields.remove(field).unwrap_or_default();
        Patient { name: take("name"), kana: take("kana"), mine: m }
    };
    let mut patients: Vec<Patient> = mine.into_iter().map(patient).collect();
    patients.sort_by(|a, b| (&a.kana, a.mine.patient).cmp(&(&b.kana, b.mine.patient)));
    Ok(SliceView { facility: String::new(), told, answers, patients, now: Timestamp::now() })
}

async fn show(State(app): State<Shared>, who: Actor, asked: Asked, Path(id): Path<Uuid>) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let view = match slice(&app, &mut tx, id, "viewed_affected").await {
        Ok(view) => view,
        Err(refused) => {
            drop(tx);
            return noted(&app, &who, "viewed_affected", Some(id), Err(refused)).await;
        }
    };
    let me = Me::load(&mut tx).await?;
    tx.commit().await?;
    let view = SliceView { facility: me.facility.clone(), ..view };
    Ok(slice_page(&view, &me.ctx(asked)).into_response())
}

async fn save(State(app): State<Shared>, Fresh(who): Fresh, Path(id): Path<Uuid>) -> Result<Response> {
    const HEAD: [&str; 7] = ["患者", "よみ", "患者の番号", "影響", "したこと", "はじめ", "おわり"];
    let mut tx = app.db.acting(&who).await?;
    let view = match slice(&app, &mut tx, id, "downloaded_affected").await {
        Ok(view) => view,
        Err(refused) => {
            drop(tx);
            return noted(&app, &who, "downloaded_affected", Some(id), Err(refused)).await;
        }
    };
    tx.commit().await?;
    let row = |p: &Patient| {
        let acts: Vec<_> = p.mine.acts.iter().map(|a| words(a, false)).collect();
        [
            p.name.clone(),
            p.kana.clone(),
            p.mine.patient.to_string(),
            how(p.mine.opened).to_owned(),
            acts.join(t("、")),
            time::machine(p.mine.first),
            time::machine(p.mine.last),
        ]
    };
    Ok(csv::download("affected-patients.csv", csv::file(HEAD.map(t), view.patients.iter().map(row))))
}
