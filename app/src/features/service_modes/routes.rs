//! The modes at the console.

use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    acts::{self, Change},
    views::{ModesView, modes_page},
};
use crate::words::t;
use crate::{
    FieldError, Result,
    app::Shared,
    auth::Operator,
    db::Tx,
    features::{facilities::known, operators},
    service::ServiceMode,
    web::{
        forms::Errors,
        input::{Done, Form, moment},
        urls,
        viewer::Asked,
    },
};

/// Operators.
pub fn routes() -> Router<Shared> {
    Router::new().route(urls::operator_modes(), get(show).post(set))
}

async fn view(tx: &mut Tx) -> Result<ModesView> {
    Ok(ModesView {
        name: operators::acts::name(tx).await?,
        standing: acts::modes(tx).await?,
        changes: acts::changes(tx).await?,
        facilities: known::choices(&known::all(tx).await?),
        facility: "all".to_owned(),
        ..ModesView::default()
    })
}

async fn show(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Query(query): Query<Done>,
) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let view = ModesView { done: query.done.is_some(), ..view(&mut tx).await? };
    tx.commit().await?;
    Ok(modes_page(&view, Timestamp::now(), &ctx).into_response())
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModeForm {
    /// `all` or a facility's id.
    facility: String,
    #[serde(default)]
    mode: String,
    reason: String,
    #[serde(default)]
    until: String,
}

fn parse(form: &ModeForm) -> Result<Change, FieldError> {
    let mode = ServiceMode::from_code(&form.mode)
        .ok_or_else(|| FieldError::new("mode", "empty", t("どのモードにするかを選んでください。")))?;
    let facility =
        match form.facility.as_str() {
            "all" => None,
            id => Some(id.parse().map_err(|_| {
                FieldError::new("facility", "empty", t("どこを切り替えるかを選んでください。"))
            })?),
        };
    Change::checked(facility, mode, &form.reason, moment("until", &form.until)?, Timestamp::now())
}

async fn set(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Form(form): Form<ModeForm>,
) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let problem = match parse(&form) {
        Ok(change) => match acts::set(&mut tx, &change).await {
            Ok(()) => {
                tx.commit().await?;
                return Ok(Redirect::to(&format!("{}?done=set", urls::operator_modes())).into_response());
            }
            Err(error) => return Err(error),
        },
        Err(problem) => problem,
    };
    let standing = view(&mut tx).await?;
    tx.commit().await?;
    let view = ModesView {
        facility: form.facility,
        mode: form.mode,
        reason: form.reason,
        until: form.until,
        errors: Errors::one(&problem.field, &problem.message),
        ..standing
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, modes_page(&view, Timestamp::now(), &ctx)).into_response())
}
