//! The page and the file of the patients whose records somebody was shown.

use std::collections::HashMap;

use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::{Timestamp, ToSpan};
use uuid::Uuid;

use super::{
    charts_routes::span,
    filter::usual_period,
    patients::{self, Name},
    read,
    routes::{accounts, patient_name, patient_with_title},
    shown::{self, Shown, Typed},
    shown_views::{ShownRow, ShownView, shown_page},
    words::words,
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    db::Tx,
    features::{facilities::staff, sign_in::Fresh},
    web::{
        csv::{self, download},
        forms::Errors,
        ui::time,
        urls,
        viewer::Asked,
    },
};

/// Devices that were used in this time can be chosen.
const DEVICES_OF: i64 = 24 * 92;

/// The facility admin, for the facility for which they act.
pub fn routes() -> Router<Shared> {
    Router::new().route(urls::access_log_shown(), get(page)).route(urls::access_log_shown_csv(), get(save))
}

async fn page(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(mut typed): Query<Typed>,
) -> Result<Response> {
    let now = Timestamp::now();
    let asks = !typed.is_empty();
    if typed.from.is_empty() && typed.to.is_empty() {
        (typed.from, typed.to) = usual_period(now);
    }
    let (mut tx, me) = staff::administrating(&app, &who, "viewed_shown_patients", None).await?;
    audit::viewed(&mut tx, "viewed_shown_patients", None, None, None).await?;
    let (rows, errors) = match typed.read(now) {
        Ok(suspicion) => (Some(shown::patients(&mut tx, &suspicion).await?), Errors::none()),
        Err(problems) if asks => (None, problems.into_iter().collect()),
        Err(_) => (None, Errors::none()),
    };
    let names = named(&app, &mut tx, rows.as_deref().unwrap_or_default()).await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = ShownView {
        facility: me.facility.clone(),
        accounts: accounts(&mut tx, &[]).await?,
        devices: read::devices_seen(&mut tx, now - DEVICES_OF.hours()).await?,
        errors,
        rows: rows.map(|rows| rows.iter().map(|row| in_words(row, &names)).collect()),
        typed,
    };
    tx.commit().await?;
    Ok((status, shown_page(&view, &me.ctx(asked))).into_response())
}

async fn named(app: &Shared, tx: &mut Tx, rows: &[Shown]) -> Result<HashMap<Uuid, Name>> {
    let ids: Vec<Uuid> = rows.iter().map(|r| r.patient).collect();
    patients::names(tx, app, &ids).await
}

fn acts(row: &Shown) -> String {
    row.acts.iter().map(|act| words(act, false)).collect::<Vec<_>>().join(t("、"))
}

fn in_words(row: &Shown, names: &HashMap<Uuid, Name>) -> ShownRow {
    ShownRow {
        patient: patient_with_title(names, row.patient),
        opened: row.opened,
        acts: acts(row),
        events: row.events,
        span: span(row.first_at, row.last_at),
    }
}

const HEAD: [&str; 7] = ["患者", "患者のID", "見え方", "したこと", "件数", "はじめ", "おわり"];

async fn save(State(app): State<Shared>, Fresh(who): Fresh, Query(typed): Query<Typed>) -> Result<Response> {
    let (mut tx, _) = staff::administrating(&app, &who, "downloaded_shown_patients", None).await?;
    let suspicion = typed.read(Timestamp::now()).map_err(Error::Invalid)?;
    audit::viewed(&mut tx, "downloaded_shown_patients", None, None, None).await?;
    let rows = shown::patients(&mut tx, &suspicion).await?;
    let names = named(&app, &mut tx, &rows).await?;
    tx.commit().await?;
    let line = |row: &Shown| {
        [
            patient_name(&names, row.patient),
            row.patient.to_string(),
            if row.opened { t("記録を開いた") } else { t("一覧に名前") }.to_owned(),
            acts(row),
            row.events.to_string(),
            time::machine(row.first_at),
            time::machine(row.last_at),
        ]
    };
    Ok(download("shown-patients.csv", csv::file(HEAD.map(t), rows.iter().map(line))))
}
