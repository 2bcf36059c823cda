//! The status for everybody, and announced work at the console.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    figures::Work,
    operator_views::{WorksView, works_page},
    store,
    views::{StatusView, status_page},
};
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::Shared,
    auth::Operator,
    db::Tx,
    features::operators,
    web::{
        forms::Errors,
        input::{Done, Form, line, moment},
        urls,
        viewer::Asked,
    },
};

/// Longest words of a work.
pub const WHAT: usize = 200;
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Works that are shown at the console.
const SHOWN: SignedDuration = SignedDuration::from_hours(24 * 90);

/// The status: everybody, without the database. Works: operators.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::status(), get(status))
        .route(urls::operator_works(), get(works).post(plan))
        .route("/operator/works/{work}/end", post(end))
}

async fn status(State(app): State<Shared>, Asked(ctx): Asked) -> Response {
    let page = status_page(&StatusView::of(&app, Timestamp::now()), &ctx);
    ([(header::CACHE_CONTROL, "no-store")], page).into_response()
}

async fn view(tx: &mut Tx) -> Result<WorksView> {
    let now = Timestamp::now();
    Ok(WorksView {
        name: operators::acts::name(tx).await?,
        works: store::works_at_console(tx, now - SHOWN).await?,
        form: WorkForm { id: Uuid::now_v7(), ..WorkForm::default() },
        errors: Errors::none(),
        done: None,
        now,
    })
}

async fn works(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Query(query): Query<Done>,
) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let view = WorksView { done: query.done, ..view(&mut tx).await? };
    tx.commit().await?;
    Ok(works_page(&view, &ctx).into_response())
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkForm {
    pub id: Uuid,
    #[serde(default)]
    pub from: String,
    #[serde(default)]
    pub to: String,
    #[serde(default)]
    pub what: String,
}

impl WorkForm {
    /// Every problem at once.
    fn checked(&self, now: Timestamp) -> Result<Work, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let mut time = |field: &'static str, raw: &str| match moment(field, raw) {
            Ok(Some(at)) => Some(at),
            Ok(None) => {
                wrong.push(FieldError::new(field, "empty", t("日時を入れてください。")));
                None
            }
            Err(problem) => {
                wrong.push(problem);
                None
            }
        };
        let (from, to) = (time("from", &self.from), time("to", &self.to));
        if from.is_some_and(|from| from < now + DAY) {
            wrong.push(FieldError::new(
                "from",
                "order",
                t("始まりは、いまから24時間より先にしてください。すぐに始める作業は、お知らせに書いてください。稼働率からは除けません。"),
            ));
        }
        if let (Some(from), Some(to)) = (from, to)
            && (to <= from || to.duration_since(from) > DAY)
        {
            wrong.push(FieldError::new("to", "order", t("終わりは、始まりのあと24時間以内にしてください。")));
        }
        let what = line("what", &self.what, WHAT).unwrap_or_else(|problem| {
            wrong.push(problem);
            String::new()
        });
        match (from, to) {
            (Some(from), Some(to)) if wrong.is_empty() => Ok(Work { id: self.id, from, to, what }),
            _ => Err(wrong),
        }
    }
}

async fn plan(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Form(form): Form<WorkForm>,
) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let errors: Errors = match form.checked(Timestamp::now()) {
        Ok(work) => match store::plan(&mut tx, &work).await {
            Ok(()) => {
                tx.commit().await?;
                return Ok(Redirect::to(&format!("{}?done=planned", urls::operator_works())).into_response());
            }
            Err(Error::Conflict(_)) => {
                // The transaction is over; what was typed stands on the page again.
                tx = app.db.operating(&who).await?;
                Errors::one(
                    "from",
                    t(
                        "お知らせできませんでした。始まりまで24時間を切ったか、同じ画面から別の作業がすでに出ています。もう一度、確かめてください。",
                    ),
                )
            }
            Err(error) => return Err(error),
        },
        Err(problems) => problems.into_iter().collect(),
    };
    let fresh = view(&mut tx).await?;
    tx.commit().await?;
    let view = WorksView { form: WorkForm { id: fresh.form.id, ..form }, errors, ..fresh };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, works_page(&view, &ctx)).into_response())
}

async fn end(State(app): State<Shared>, who: Operator, Path(work): Path<Uuid>) -> Result<Redirect> {
    let mut tx = app.db.operating(&who).await?;
    store::end(&mut tx, work).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("{}?done=ended", urls::operator_works())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_announced_a_day_before_and_lasts_a_day_at_most() {
        let now: Timestamp = "2026-11-27T10:00:00+09:00".parse().expect("a time");
        let form = |from: &str, to: &str, what: &str| WorkForm {
            id: Uuid::nil(),
            from: from.into(),
            to: to.into(),
            what: what.into(),
        };
        let good = form("2026-11-29T02:00", "2026-11-29T03:00", "更新").checked(now).expect("a plan");
        assert_eq!(good.from.to_string(), "2026-11-28T17:00:00Z");
        let fields = |form: WorkForm| -> Vec<String> {
            let wrong = form.checked(now).expect_err("refused");
            wrong.into_iter().map(|e| e.field.into_owned()).collect()
        };
        assert_eq!(fields(form("2026-11-28T09:00", "2026-11-28T11:00", "更新")), ["from"]);
        assert_eq!(fields(form("2026-11-29T02:00", "2026-11-30T02:01", "更新")), ["to"]);
        assert_eq!(fields(form("2026-11-29T02:00", "2026-11-29T02:00", "更新")), ["to"]);
        assert_eq!(fields(form("", "", "")), ["from", "to", "what"]);
    }
}
