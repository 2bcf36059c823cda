//! The operator's page of alarms and figures.

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    charts::{STEP_MINUTES, STEPS, Series},
    store::{self, Sample},
    views::{WatchView, watch_page},
};
use crate::words::t;
use crate::{
    Result,
    app::Shared,
    auth::Operator,
    features::operators,
    web::{urls, viewer::Asked},
};

/// Operators.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::operator_watch(), get(page))
        .route("/operator/watch/alarms/{alarm}/seen", post(seen))
        .route("/operator/watch/jobs/{job}/again", post(again))
}

/// A day of steps; the last one holds now.
fn day_before(now: Timestamp) -> Timestamp {
    now - SignedDuration::from_mins(i64::from(STEP_MINUTES) * STEPS as i64)
}

async fn page(State(app): State<Shared>, who: Operator, Asked(ctx): Asked) -> Result<Response> {
    let now = Timestamp::now();
    let since = day_before(now);
    let mut tx = app.db.operating(&who).await?;
    let name = operators::acts::name(&mut tx).await?;
    let alarms = store::alarms(&mut tx, 100).await?;
    let samples = store::samples(&mut tx, since, STEP_MINUTES).await?;
    let nodes = store::nodes(&mut tx).await?;
    let schedules = store::schedules(&mut tx).await?;
    let dead = store::dead(&mut tx).await?;
    tx.commit().await?;
    let watch = &app.config.watch;
    let view = WatchView {
        name,
        alarms,
        series: series(since, &samples),
        since,
        nodes,
        schedules,
        dead,
        mail: app.config.mail.is_configured() && !watch.mail_to.is_empty(),
        webhook: !watch.webhook.is_empty(),
        now,
    };
    Ok(watch_page(&view, &ctx).into_response())
}

fn series(since: Timestamp, samples: &[Sample]) -> Vec<(&'static str, Series)> {
    let one = |id, title, unit, name, factor| (id, Series::of(title, unit, name, factor, since, samples));
    vec![
        one("requests", t("受けた要求（10分ごと）"), t("件"), "requests_count", 1.0),
        one("errors", t("こちらの不具合による失敗"), t("件"), "errors_count", 1.0),
        one("p95", t("答えるまでの時間（20件中19件が収まる）"), t("ミリ秒"), "p95_ms", 1.0),
        one("failures", t("間違ったサインイン"), t("回"), "sign_in_failures_count", 1.0),
        one("disk", t("ディスクの使用"), t("％"), "disk_per_mille", 0.1),
        one("streams", t("開いている画面"), t("枚"), "streams", 1.0),
    ]
}

async fn seen(State(app): State<Shared>, who: Operator, Path(alarm): Path<Uuid>) -> Result<Redirect> {
    let mut tx = app.db.operating(&who).await?;
    store::see(&mut tx, alarm).await?;
    tx.commit().await?;
    Ok(Redirect::to(urls::operator_watch()))
}

async fn again(State(app): State<Shared>, who: Operator, Path(job): Path<Uuid>) -> Result<Redirect> {
    let mut tx = app.db.operating(&who).await?;
    store::revive(&mut tx, job).await?;
    tx.commit().await?;
    app.jobs.ring();
    Ok(Redirect::to(urls::operator_watch()))
}
