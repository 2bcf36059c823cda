//! The page of the sign-in policy: the form, whom it would sign out, and the versions so far. 403 for everybody but the admin.

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
    acts,
    model::{Demands, Hours},
    policy_views::{PolicyForm, PolicyView, policy_page, preview_page},
    store,
};
use crate::{
    FieldError, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::facilities::staff,
    web::{
        forms::Errors,
        input::{Done, Form},
        urls,
        viewer::Asked,
    },
};

/// The facility admin, for the facility for which they act.
pub fn routes() -> Router<Shared> {
    Router::new().route(urls::sign_in_policy(), get(show).post(set))
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(done): Query<Done>,
) -> Result<Response> {
    page(&app, &who, asked, None, Errors::none(), done.done.is_some()).await
}

async fn page(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    typed: Option<PolicyForm>,
    errors: Errors,
    done: bool,
) -> Result<Response> {
    let (mut tx, me) = staff::administrating(app, who, "viewed_sign_in_policy", None).await?;
    audit::viewed(&mut tx, "viewed_sign_in_policy", None, None, None).await?;
    let (now, before) = acts::policies(app, &mut tx).await?;
    tx.commit().await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let form = typed.unwrap_or_else(|| PolicyForm::of(&now.demands));
    let view =
        PolicyView { facility: me.facility.clone(), form, now, before, errors, done, at: Timestamp::now() };
    Ok((status, policy_page(&view, &me.ctx(asked))).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    managed: Option<String>,
    idle_minutes: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    /// Left out by a page of the version before: none.
    copy_hours: Option<String>,
    confirmed: Option<String>,
}

fn checked(form: &PolicyForm) -> Result<Demands, FieldError> {
    let hours = Hours::parse(&form.from, &form.to)?;
    let idle = form.idle_minutes.trim().parse().unwrap_or(0);
    let copies = form.copy_hours.trim().parse().unwrap_or(-1);
    Demands::checked(form.managed, idle, hours, copies)
}

/// Nobody is signed out unasked: where it would sign somebody out, the list comes first.
async fn set(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(sent): Form<Sent>,
) -> Result<Response> {
    let form = PolicyForm {
        managed: sent.managed.is_some(),
        idle_minutes: sent.idle_minutes,
        from: sent.from,
        to: sent.to,
        copy_hours: sent.copy_hours.unwrap_or_else(|| "0".into()),
    };
    let demands = match checked(&form) {
        Ok(demands) => demands,
        Err(problem) => {
            let errors = Errors::one(&problem.field, &problem.message);
            return page(&app, &who, asked, Some(form), errors, false).await;
        }
    };
    let (mut tx, me) = staff::administrating(&app, &who, "changed_sign_in_policy", None).await?;
    if sent.confirmed.is_none() {
        let shut_out = store::preview(&mut tx, &demands).await?;
        if !shut_out.is_empty() {
            tx.commit().await?;
            return Ok(preview_page(&me.facility, &form, &shut_out, &me.ctx(asked)).into_response());
        }
    }
    drop(tx);
    acts::set_policy(&app, &who, &demands).await?;
    Ok(Redirect::to(&format!("{}?done=saved", urls::sign_in_policy())).into_response())
}
