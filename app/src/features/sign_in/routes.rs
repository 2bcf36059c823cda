//! The pages of signing in. Every form works without JavaScript.

use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use maud::Markup;
use serde::Deserialize;

use super::{
    acts::{self, FirstStep, Opened, Origin, Proof},
    enrol_views::{EnrolView, RecoveryCodesView, enrol_page, recovery_codes_page},
    views::{
        CodeView, LockView, Refusal, SignInView, SignedOutView, code_page, lock_page, sign_in_page,
        signed_out_page,
    },
};
use crate::{
    Error, Result,
    app::Shared,
    auth::{self, Actor, SESSION_COOKIE, cookie},
    features::{service_modes, sign_in::DEVICE_COOKIE},
    web::{
        forms::Errors,
        input::Form,
        person::Person,
        ui::{Ctx, Profession},
        urls,
        viewer::Asked,
    },
};

/// Between the two pages of signing in; five minutes.
const PRE_COOKIE: &str = "__Host-renkei-pre";

/// Seconds that a browser keeps a device cookie: the most that browsers allow.
pub const DEVICE_AGE: u64 = 400 * 24 * 3600;

/// Nobody is signed in here; the lock and the enrolment take a session in their own state.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/sign-in", get(ask).post(first))
        .route("/sign-in/code", get(ask_code).post(second))
        .route("/enrol", get(enrol).post(confirm))
        .route("/enrol/recovery-codes", get(kept_get).post(kept))
        .route("/lock", get(locked).post(lock))
        .route("/unlock", post(unlock))
        .route("/sign-out", post(sign_out))
        .route("/signed-out", get(signed_out))
}

#[derive(Debug, Deserialize)]
struct Next {
    next: Option<String>,
}

/// Only a path of this site; anything else leads home.
pub fn safe_next(next: Option<&str>) -> String {
    let fine = next.filter(|n| {
        n.starts_with('/') && !n.starts_with("//") && !n.contains('\\') && !n.chars().any(char::is_control)
    });
    fine.unwrap_or("/").to_owned()
}

/// The mode of everybody stands on the page, where the database can tell it.
async fn with_mode(app: &Shared, mut ctx: Ctx) -> Ctx {
    ctx.mode = service_modes::acts::of_all(app).await.unwrap_or_default();
    ctx
}

async fn ask(State(app): State<Shared>, Asked(ctx): Asked, Query(q): Query<Next>) -> impl IntoResponse {
    let ctx = with_mode(&app, ctx).await;
    let view = SignInView {
        login_id: String::new(),
        next: safe_next(q.next.as_deref()),
        refusal: None,
        device: None,
    };
    sign_in_page(&view, &ctx)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstForm {
    login_id: String,
    password: String,
    next: Option<String>,
}

async fn first(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    origin: Origin,
    Form(form): Form<FirstForm>,
) -> Result<Response> {
    let next = safe_next(form.next.as_deref());
    let proof = Proof { login_id: form.login_id.clone(), password: form.password, code: None };
    match acts::first_step(&app, proof, &origin).await {
        Ok(FirstStep::In(opened)) => Ok(signed_in(&opened, &next)),
        Ok(FirstStep::CodeWanted { pre_token }) => {
            let mut response =
                Redirect::to(&format!("{}?next={}", urls::sign_in_code(), urls::encode(&next)))
                    .into_response();
            set_cookie(response.headers_mut(), PRE_COOKIE, &pre_token, Some(300));
            Ok(response)
        }
        Err(error) => {
            let refusal = refusal(error)?;
            let view = SignInView { login_id: form.login_id, next, refusal: Some(refusal), device: None };
            Ok(refused(refusal, sign_in_page(&view, &ctx)))
        }
    }
}

async fn ask_code(Asked(ctx): Asked, Query(q): Query<Next>) -> impl IntoResponse {
    let view = CodeView {
        next: safe_next(q.next.as_deref()),
        refusal: None,
        remember: false,
        with_recovery_code: false,
    };
    code_page(&view, &ctx)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeForm {
    #[serde(default)]
    code: String,
    #[serde(default)]
    recovery_code: String,
    remember: Option<String>,
    next: Option<String>,
}

async fn second(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    origin: Origin,
    headers: HeaderMap,
    Form(form): Form<CodeForm>,
) -> Result<Response> {
    let next = safe_next(form.next.as_deref());
    let remember = form.remember.is_some();
    let recovery = !form.recovery_code.trim().is_empty();
    let code = if recovery { &form.recovery_code } else { &form.code };
    let Some(pre) = cookie(&headers, PRE_COOKIE) else { return Ok(begin_again(&ctx, next)) };
    match acts::second_step(&app, &pre, code, &origin, remember).await {
        Ok(opened) => {
            let mut response = signed_in(&opened, &next);
            set_cookie(response.headers_mut(), PRE_COOKIE, "", Some(0));
            Ok(response)
        }
        Err(Error::NotSignedIn) => Ok(begin_again(&ctx, next)),
        Err(error) => {
            let refusal = refusal(error)?;
            let view = CodeView { next, refusal: Some(refusal), remember, with_recovery_code: recovery };
            Ok(refused(refusal, code_page(&view, &ctx)))
        }
    }
}

fn begin_again(ctx: &crate::web::ui::Ctx, next: String) -> Response {
    let view = SignInView { login_id: String::new(), next, refusal: Some(Refusal::TooLate), device: None };
    (StatusCode::UNAUTHORIZED, sign_in_page(&view, ctx)).into_response()
}

pub fn refusal(error: Error) -> Result<Refusal> {
    match error {
        Error::WrongCredentials => Ok(Refusal::Wrong),
        Error::TooMany { retry_after } => Ok(Refusal::Wait { minutes: retry_after.div_ceil(60) }),
        other => Err(other),
    }
}

/// The page again, with its status and, where one has to wait, for how long (RFC 9110 §10.2.3).
pub fn refused(refusal: Refusal, page: Markup) -> Response {
    match refusal {
        Refusal::Wait { minutes } => {
            let wait = [(header::RETRY_AFTER, HeaderValue::from(minutes.saturating_mul(60)))];
            (StatusCode::TOO_MANY_REQUESTS, wait, page).into_response()
        }
        Refusal::Wrong | Refusal::TooLate => (StatusCode::UNAUTHORIZED, page).into_response(),
    }
}

fn signed_in(opened: &Opened, next: &str) -> Response {
    let to = if opened.enrolling {
        urls::enrol()
    } else if opened.pending {
        urls::device_waits()
    } else {
        next
    };
    let mut response = Redirect::to(to).into_response();
    set_cookie(response.headers_mut(), SESSION_COOKIE, &opened.token, None);
    if let Some(device) = &opened.new_device {
        set_cookie(response.headers_mut(), DEVICE_COOKIE, device, Some(DEVICE_AGE));
    }
    response
}

/// `age` in seconds; none: until the browser closes.
pub fn set_cookie(headers: &mut HeaderMap, name: &str, value: &str, age: Option<u64>) {
    let age = age.map(|s| format!("; Max-Age={s}")).unwrap_or_default();
    let line = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{age}");
    if let Ok(value) = HeaderValue::from_str(&line) {
        headers.append(header::SET_COOKIE, value);
    }
}

fn session_token(headers: &HeaderMap) -> Result<String> {
    auth::session(headers).ok_or(Error::NotSignedIn)
}

async fn enrol(State(app): State<Shared>, Asked(ctx): Asked, headers: HeaderMap) -> Result<Response> {
    Ok(enrol_page(&enrol_view(&app, &session_token(&headers)?, Errors::none()).await?, &ctx).into_response())
}

async fn enrol_view(app: &Shared, token: &str, errors: Errors) -> Result<EnrolView> {
    let offer = acts::offer_enrolment(app, token).await?;
    Ok(EnrolView {
        qr: offer.enrolment.qr,
        key: offer.enrolment.key,
        login_id: offer.login_id,
        errors,
        required: true,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfirmForm {
    code: String,
}

async fn confirm(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    headers: HeaderMap,
    Form(form): Form<ConfirmForm>,
) -> Result<Response> {
    let token = session_token(&headers)?;
    match acts::confirm_enrolment(&app, &token, &form.code).await {
        Ok(codes) => {
            let view = RecoveryCodesView { codes, replaces_older: false, errors: Errors::none() };
            Ok(recovery_codes_page(&view, &ctx).into_response())
        }
        Err(Error::WrongCredentials) => {
            let errors =
                Errors::one("code", "コードが合いません。アプリに出ている新しい6けたを入れてください。");
            let view = enrol_view(&app, &token, errors).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, enrol_page(&view, &ctx)).into_response())
        }
        Err(other) => Err(other),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptForm {
    #[serde(rename = "step")]
    _step: String,
    #[serde(rename = "kept")]
    _kept: Option<String>,
}

/// The codes stand on the page before; this only leads on. They cannot be shown again, ticked or not.
async fn kept(Form(_): Form<KeptForm>) -> Redirect {
    Redirect::to(urls::home())
}

async fn kept_get() -> Redirect {
    Redirect::to(urls::home())
}

async fn locked(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    headers: HeaderMap,
    Query(q): Query<Next>,
) -> Result<Response> {
    let next = safe_next(q.next.as_deref());
    let Ok(token) = session_token(&headers) else { return Ok(Redirect::to(urls::sign_in()).into_response()) };
    match acts::state(&app, &Actor::from_token(&token)).await? {
        Some(state) if state.state == "locked" => {
            Ok(lock_page(&lock_view(state, next, None), &ctx).into_response())
        }
        Some(_) => Ok(Redirect::to(&next).into_response()),
        None => Ok(Redirect::to(urls::sign_in()).into_response()),
    }
}

fn lock_view(state: acts::SessionState, next: String, refusal: Option<Refusal>) -> LockView {
    let who = Person {
        account_id: state.account_id,
        name: state.name,
        profession: Profession::from_code(&state.profession).unwrap_or(Profession::Other),
        facility: state.facility,
    };
    LockView { who, next, refusal, has_draft: true }
}

/// The page locks itself after the quiet minutes; the person may do it at once.
async fn lock(State(app): State<Shared>, who: Actor) -> Result<Redirect> {
    acts::lock(&app, &who).await?;
    Ok(Redirect::to(urls::lock()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnlockForm {
    password: String,
    #[serde(rename = "username")]
    _username: Option<String>,
    next: Option<String>,
}

async fn unlock(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    origin: Origin,
    headers: HeaderMap,
    Form(form): Form<UnlockForm>,
) -> Result<Response> {
    let token = session_token(&headers)?;
    let next = safe_next(form.next.as_deref());
    match acts::unlock(&app, &token, form.password, &origin).await {
        Ok(()) => Ok(Redirect::to(&next).into_response()),
        Err(error) => {
            let refusal = refusal(error)?;
            let state = acts::state(&app, &Actor::from_token(&token)).await?.ok_or(Error::NotSignedIn)?;
            Ok(refused(refusal, lock_page(&lock_view(state, next, Some(refusal)), &ctx)))
        }
    }
}

async fn sign_out(State(app): State<Shared>, who: Option<Actor>) -> Result<Response> {
    if let Some(who) = who {
        acts::sign_out(&app, &who).await?;
    }
    let mut response = Redirect::to("/signed-out").into_response();
    let headers = response.headers_mut();
    set_cookie(headers, SESSION_COOKIE, "", Some(0));
    // Drafts and the outbox of this browser go too; the device cookie stays, it holds nothing of a patient.
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}

#[derive(Debug, Deserialize)]
struct SignedOutQuery {
    everywhere: Option<String>,
}

async fn signed_out(Asked(ctx): Asked, Query(q): Query<SignedOutQuery>) -> impl IntoResponse {
    signed_out_page(&SignedOutView { everywhere: q.everywhere.is_some() }, &ctx)
}

#[cfg(test)]
mod tests {
    use super::safe_next;

    #[test]
    fn the_way_on_never_leaves_this_site() {
        assert_eq!(safe_next(Some("/groups/1?x=2")), "/groups/1?x=2");
        for bad in [
            "https://elsewhere.example",
            "//elsewhere.example",
            "/\\elsewhere",
            "/\t/elsewhere.example",
            "javascript:1",
            "",
        ] {
            assert_eq!(safe_next(Some(bad)), "/", "{bad}");
        }
    }
}
