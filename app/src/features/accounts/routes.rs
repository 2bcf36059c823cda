//! The pages of the menu and of one's own account. Every form works without JavaScript.

use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts::{self, PasswordChange},
    password_views::{PasswordView, password_page},
    store,
    views::{FacilityChoice, MenuView, menu_page},
};
use crate::words::{fill, t};
use crate::{
    Error, Result,
    app::Shared,
    auth::{Actor, password},
    features::{
        sign_in::{
            Fresh,
            acts::Origin,
            enrol_views::{
                NewRecoveryCodesView, RecoveryCodesView, new_recovery_codes_page, recovery_codes_page,
            },
            routes::{gone, safe_next, set_cookie},
        },
        tasks::{self, read::Wanted},
    },
    web::{
        error::status,
        forms::Errors,
        input::{Done, Form},
        person::Person,
        ui::{Profession, Theme},
        urls,
        viewer::{Asked, DISPLAY_COOKIE, Me},
    },
};

/// Any signed-in person, for their own account. The display settings are the browser's and need nobody.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::menu(), get(menu))
        .route(urls::menu_display(), post(display))
        .route(urls::acting_facility(), post(act_for))
        .route(urls::sign_out_everywhere(), post(sign_out_everywhere))
        .route(urls::menu_password(), get(ask_password).post(change_password))
        .route(urls::menu_recovery_codes(), get(ask_code).post(renew_codes))
}

/// What was just done, by its code in the address.
impl Done {
    fn words(&self) -> Option<String> {
        let words = match self.done.as_deref()? {
            "display" => t("表示を変えました。"),
            "facility" => t("働く施設を変えました。"),
            "password" => t("パスワードを変えました。ほかの端末からはサインアウトしました。"),
            "joined" => t("施設に加わりました。どの施設の人として書くかは「いま働いている施設」で選びます。"),
            "withdrawn" => t("施設を離れました。"),
            _ => return None,
        };
        Some(words.to_owned())
    }
}

async fn menu(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(q): Query<Done>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let (facilities, protection) = (store::facilities(&mut tx).await?, store::protection(&mut tx).await?);
    let mine = Wanted { owner: Some(me.account_id), open: Some(true), ..Wanted::default() };
    let tasks = tasks::read::list(&app, &mut tx, mine).await?;
    tx.commit().await?;
    let choice = |(id, name)| FacilityChoice { id, name, acting: id == me.facility_id };
    let view = MenuView {
        me: Person {
            account_id: me.account_id,
            name: me.name.clone(),
            profession: Profession::of(&me.profession),
            facility: me.facility.clone(),
        },
        login_id: me.login_id.clone(),
        facilities: facilities.into_iter().map(choice).collect(),
        tasks: tasks.len(),
        tasks_late: tasks.iter().filter(|task| task.overdue).count(),
        devices: usize::try_from(protection.devices).unwrap_or_default(),
        recovery_codes_left: protection.second_factor.then(|| codes_left(protection)),
        single_sign_on: !app.config.single_sign_on.providers.is_empty(),
        done: q.words(),
    };
    Ok(menu_page(&view, &me.ctx(asked)).into_response())
}

fn codes_left(protection: store::Protection) -> u32 {
    u32::try_from(protection.recovery_codes).unwrap_or_default()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DisplayForm {
    theme: String,
    text: String,
    back: Option<String>,
}

/// A setting of the browser, not of the person: a shared PC keeps it for whoever comes next.
async fn display(Asked(ctx): Asked, Form(form): Form<DisplayForm>) -> Response {
    let back = safe_next(form.back.as_deref());
    let to = if back == urls::menu() { format!("{back}?done=display") } else { back };
    let large = if form.text == "large" { "1" } else { "0" };
    // The readings are a relative's choice, who may use the same browser.
    let readings = u8::from(ctx.readings);
    let value = format!("{}.{large}.{readings}", Theme::from_code(&form.theme).code());
    let mut response = Redirect::to(&to).into_response();
    set_cookie(response.headers_mut(), DISPLAY_COOKIE, &value, Some(400 * 24 * 3600));
    response
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FacilityForm {
    facility: Uuid,
}

async fn act_for(State(app): State<Shared>, who: Actor, Form(form): Form<FacilityForm>) -> Result<Redirect> {
    acts::act_for(&app, &who, form.facility).await?;
    Ok(Redirect::to("/menu?done=facility"))
}

async fn sign_out_everywhere(State(app): State<Shared>, who: Actor) -> Result<Response> {
    acts::sign_out_everywhere(&app, &who).await?;
    Ok(gone("/signed-out?everywhere=1"))
}

async fn ask_password(State(app): State<Shared>, Fresh(who): Fresh, asked: Asked) -> Result<Response> {
    password_form(&app, &who, asked, Errors::none(), StatusCode::OK).await
}

async fn password_form(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    errors: Errors,
    status: StatusCode,
) -> Result<Response> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let second_factor = store::protection(&mut tx).await?.second_factor;
    tx.commit().await?;
    let least = if second_factor { password::MIN_WITH_SECOND_FACTOR } else { password::MIN_ALONE };
    let view = PasswordView { errors, min_chars: u32::try_from(least).unwrap_or_default() };
    Ok((status, password_page(&view, &me.ctx(asked))).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PasswordForm {
    password: String,
    new_password: String,
    new_password_again: String,
}

async fn change_password(
    State(app): State<Shared>,
    Fresh(who): Fresh,
    asked: Asked,
    origin: Origin,
    Form(form): Form<PasswordForm>,
) -> Result<Response> {
    let change =
        PasswordChange { old: form.password, new: form.new_password, again: form.new_password_again };
    match acts::change_password(&app, &who, &origin, change).await {
        Ok(()) => Ok(Redirect::to("/menu?done=password").into_response()),
        Err(error) => {
            let (status, errors) = problem(error, "password", t("いまのパスワードと違います。"))?;
            password_form(&app, &who, asked, errors, status).await
        }
    }
}

/// A refused proof or an unfit value as the form's errors; anything else goes on its way.
fn problem(error: Error, proof: &str, wrong: &str) -> Result<(StatusCode, Errors)> {
    let errors = match &error {
        Error::WrongCredentials => return Ok((StatusCode::UNPROCESSABLE_ENTITY, Errors::one(proof, wrong))),
        Error::TooMany { retry_after } => Errors::one(
            proof,
            &fill(t("{0}分ほど待ってから、もう一度お試しください。"), &[("0", &retry_after.div_ceil(60))]),
        ),
        Error::Invalid(fields) => fields.iter().cloned().collect(),
        _ => return Err(error),
    };
    Ok((status(&error), errors))
}

async fn ask_code(State(app): State<Shared>, Fresh(who): Fresh, asked: Asked) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let protection = store::protection(&mut tx).await?;
    tx.commit().await?;
    let view = NewRecoveryCodesView { left: codes_left(protection) };
    Ok(new_recovery_codes_page(&view, &me.ctx(asked)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

async fn renew_codes(
    State(app): State<Shared>,
    who: Actor,
    Asked(ctx): Asked,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response> {
    let codes = acts::renew_recovery_codes(&app, &who).await?;
    let view = RecoveryCodesView { codes, replaces_older: true, errors: Errors::none() };
    Ok(recovery_codes_page(&view, &ctx).into_response())
}
