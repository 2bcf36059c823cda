//! One person of the staff: what is known of them, who administrates, and corrections. 403 for everybody but the admin.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    person_views::{PersonView, person_page},
    staff::{self, administrating},
};
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::Shared,
    audit,
    auth::Actor,
    web::{
        forms::Errors,
        input::{Done, Form, optional_text},
        ui::Profession,
        urls,
        viewer::Asked,
    },
};

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/facility/staff/{account}", get(show).post(correct))
        .route("/facility/staff/{account}/admin", post(set_admin))
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(account): Path<Uuid>,
    Query(q): Query<Done>,
) -> Result<Response> {
    let done = match q.done.as_deref() {
        Some("admin") => Some(t("管理者にしました。")),
        Some("staff") => Some(t("管理者の役割を外しました。")),
        Some("corrected") => Some(t("職種と資格を直しました。これからの記録に付きます。")),
        _ => None,
    };
    page(&app, &who, asked, account, None, Errors::none(), done, StatusCode::OK).await
}

#[allow(clippy::too_many_arguments, reason = "one page, shown first and again")]
async fn page(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    account: Uuid,
    typed: Option<CorrectionForm>,
    errors: Errors,
    done: Option<&'static str>,
    status: StatusCode,
) -> Result<Response> {
    let (mut tx, me) = administrating(app, who, "viewed_staff_person", None).await?;
    let known = staff::person(&mut tx, account).await?;
    audit::viewed(&mut tx, "viewed_staff_person", None, None, Some(account)).await?;
    tx.commit().await?;
    let (profession, licence_note) = match typed {
        Some(form) => (form.profession, form.licence_note),
        None => (known.profession.clone(), known.licence_note.clone()),
    };
    let view = PersonView {
        facility: me.facility.clone(),
        account,
        known,
        me: account == me.account_id,
        profession,
        licence_note,
        errors,
        done,
    };
    Ok((status, person_page(&view, &me.ctx(asked))).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CorrectionForm {
    profession: String,
    licence_note: String,
}

/// A profession of the list, and a note.
pub(super) fn checked(profession: &str, licence: &str) -> Result<(Profession, String)> {
    let mut wrong = Vec::new();
    let profession = Profession::from_code(profession);
    if profession.is_none() {
        wrong.push(FieldError::new("profession", "unknown", t("職種を選んでください。")));
    }
    let licence = optional_text("licence_note", licence, 200).map_err(|e| wrong.push(e)).unwrap_or_default();
    match (profession, wrong.is_empty()) {
        (Some(profession), true) => Ok((profession, licence)),
        _ => Err(Error::Invalid(wrong)),
    }
}

async fn correct(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(account): Path<Uuid>,
    Form(form): Form<CorrectionForm>,
) -> Result<Response> {
    match checked(&form.profession, &form.licence_note) {
        Ok((profession, licence)) => {
            let (tx, _) = administrating(&app, &who, "corrected_person", None).await?;
            staff::correct(&app, tx, account, profession, &licence).await?;
            Ok(Redirect::to(&format!("{}?done=corrected", urls::staff_person(account))).into_response())
        }
        Err(Error::Invalid(fields)) => {
            let (errors, status) = (fields.into_iter().collect(), StatusCode::UNPROCESSABLE_ENTITY);
            page(&app, &who, asked, account, Some(form), errors, None, status).await
        }
        Err(other) => Err(other),
    }
}

/// `yes` makes admin, `no` takes it away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Yes,
    No,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AdminForm {
    admin: Answer,
}

async fn set_admin(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(account): Path<Uuid>,
    Form(form): Form<AdminForm>,
) -> Result<Response> {
    let admin = form.admin == Answer::Yes;
    let (tx, me) = administrating(&app, &who, if admin { "made_admin" } else { "made_staff" }, None).await?;
    match staff::set_admin(tx, account, admin).await {
        // Whoever has stepped back may not see this page any more.
        Ok(()) if account == me.account_id => Ok(Redirect::to(urls::menu()).into_response()),
        Ok(()) => {
            let done = if admin { "admin" } else { "staff" };
            Ok(Redirect::to(&format!("{}?done={done}", urls::staff_person(account))).into_response())
        }
        Err(error @ Error::Conflict(_)) => {
            let errors = Errors::one("admin", &crate::web::problem::detail(&error));
            page(&app, &who, asked, account, None, errors, None, StatusCode::CONFLICT).await
        }
        Err(other) => Err(other),
    }
}
