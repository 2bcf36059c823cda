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
    enrol_routes, lock_routes,
    views::{CodeView, Refusal, SignInView, SignedOutView, code_page, sign_in_page, signed_out_page},
};
use crate::words::{COOKIE, COOKIE_AGE, Language};
use crate::{
    Error, Result,
    app::{App, Shared},
    auth::{self, Actor, SESSION_COOKIE, cookie},
    features::{service_modes, sign_in::DEVICE_COOKIE},
    web::{input::Form, ui::Ctx, urls, viewer::Asked},
};

/// Between the two pages of signing in; five minutes.
pub const PRE_COOKIE: &str = "__Host-renkei-pre";

/// Seconds that a browser keeps a device cookie: the most that browsers allow.
pub const DEVICE_AGE: u64 = 400 * 24 * 3600;

/// Nobody is signed in here; the lock and the enrolment take a session in their own state.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/sign-in", get(ask).post(first))
        .route("/sign-in/code", get(ask_code).post(second))
        .route("/sign-out", post(sign_out))
        .route("/signed-out", get(signed_out))
        .merge(enrol_routes::routes())
        .merge(lock_routes::routes())
}

#[derive(Debug, Deserialize)]
pub(super) struct Next {
    pub(super) next: Option<String>,
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
    sign_in_page(&begin_view(&app, safe_next(q.next.as_deref()), None), &ctx)
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
        Ok(step) => Ok(after_first(&step, &next)),
        Err(error) => {
            let refusal = refusal(error)?;
            let view = SignInView { login_id: form.login_id, ..begin_view(&app, next, Some(refusal)) };
            Ok(refused(refusal, sign_in_page(&view, &ctx)))
        }
    }
}

/// In, or on to the page of the second factor.
pub fn after_first(step: &FirstStep, next: &str) -> Response {
    let pre_token = match step {
        FirstStep::In(opened) => return signed_in(opened, next),
        FirstStep::CodeWanted { pre_token } => pre_token,
    };
    let mut response =
        Redirect::to(&format!("{}?next={}", urls::sign_in_code(), urls::encode(next))).into_response();
    set_cookie(response.headers_mut(), PRE_COOKIE, pre_token, Some(300));
    response
}

/// The first page with nothing typed yet.
pub fn begin_view(app: &App, next: String, refusal: Option<Refusal>) -> SignInView {
    let providers = &app.config.single_sign_on.providers;
    let providers = providers.iter().map(|p| (p.id.clone(), p.label.clone())).collect();
    SignInView { login_id: String::new(), next, refusal, device: None, providers }
}

async fn ask_code(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    headers: HeaderMap,
    Query(q): Query<Next>,
) -> Result<Response> {
    let next = safe_next(q.next.as_deref());
    let pre = cookie(&headers, PRE_COOKIE).unwrap_or_default();
    let Some(ways) = acts::second_step_ways(&app, &pre).await? else {
        return Ok(begin_again(&app, &ctx, next));
    };
    let view = CodeView { next, refusal: None, remember: false, with_recovery_code: !ways.code, ways };
    Ok(code_page(&view, &ctx).into_response())
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
    let Some(pre) = cookie(&headers, PRE_COOKIE) else { return Ok(begin_again(&app, &ctx, next)) };
    match acts::second_step(&app, &pre, code, &origin, remember).await {
        Ok(opened) => {
            let mut response = signed_in(&opened, &next);
            set_cookie(response.headers_mut(), PRE_COOKIE, "", Some(0));
            Ok(response)
        }
        Err(Error::NotSignedIn) => Ok(begin_again(&app, &ctx, next)),
        Err(error) => {
            let refusal = refusal(error)?;
            let Some(ways) = acts::second_step_ways(&app, &pre).await? else {
                return Ok(begin_again(&app, &ctx, next));
            };
            let with_recovery_code = recovery || !ways.code;
            let view = CodeView { next, refusal: Some(refusal), remember, with_recovery_code, ways };
            Ok(refused(refusal, code_page(&view, &ctx)))
        }
    }
}

fn begin_again(app: &App, ctx: &Ctx, next: String) -> Response {
    (StatusCode::UNAUTHORIZED, sign_in_again(app, Refusal::TooLate, next, ctx)).into_response()
}

/// The first page again, with why.
pub fn sign_in_again(app: &App, refusal: Refusal, next: String, ctx: &Ctx) -> Markup {
    sign_in_page(&begin_view(app, next, Some(refusal)), ctx)
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
        Refusal::ProviderAway => (StatusCode::SERVICE_UNAVAILABLE, page).into_response(),
        Refusal::Wrong | Refusal::TooLate => (StatusCode::UNAUTHORIZED, page).into_response(),
        Refusal::UnknownDevice => (StatusCode::FORBIDDEN, page).into_response(),
    }
}

/// The cookies of a session that has just begun, and the way on: first of all to the second factor, where there is none.
pub fn signed_in(opened: &Opened, next: &str) -> Response {
    let to = if opened.enrolling {
        urls::enrol()
    } else if opened.pending {
        urls::device_waits()
    } else {
        next
    };
    let mut response = Redirect::to(to).into_response();
    set_opened(response.headers_mut(), opened);
    response
}

/// The cookies of a session that has begun.
pub fn set_opened(headers: &mut HeaderMap, opened: &Opened) {
    set_session(headers, Some(&opened.token));
    set_language(headers, opened.language);
    if let Some(device) = &opened.new_device {
        set_cookie(headers, DEVICE_COOKIE, device, Some(DEVICE_AGE));
    }
}

/// The language that the account has chosen comes to the browser that signs in.
pub fn set_language(headers: &mut HeaderMap, language: Option<Language>) {
    if let Some(language) = language {
        set_cookie(headers, COOKIE, language.code(), Some(COOKIE_AGE));
    }
}

/// It stays with the account: on a shared device the next person reads the browser's language, or her own.
pub fn forget_language(headers: &mut HeaderMap) {
    set_cookie(headers, COOKIE, "", Some(0));
}

/// The session's new token; `None`: it keeps the one it has.
pub fn set_session(headers: &mut HeaderMap, token: Option<&str>) {
    if let Some(token) = token {
        set_cookie(headers, SESSION_COOKIE, token, None);
    }
}

/// `age` in seconds; none: until the browser closes.
pub fn set_cookie(headers: &mut HeaderMap, name: &str, value: &str, age: Option<u64>) {
    let age = age.map(|s| format!("; Max-Age={s}")).unwrap_or_default();
    let line = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{age}");
    if let Ok(value) = HeaderValue::from_str(&line) {
        headers.append(header::SET_COOKIE, value);
    }
}

/// What the session's token and what it is bound to are known by together; see [`auth::binding`].
pub fn session_token(headers: &HeaderMap) -> Result<String> {
    auth::session(headers).ok_or(Error::NotSignedIn)
}

async fn sign_out(State(app): State<Shared>, who: Option<Actor>) -> Result<Response> {
    if let Some(who) = who {
        acts::sign_out(&app, &who).await?;
    }
    Ok(gone("/signed-out"))
}

/// What a browser is told when its person has gone.
pub fn gone(next: &str) -> Response {
    let mut response = Redirect::to(next).into_response();
    let headers = response.headers_mut();
    set_cookie(headers, SESSION_COOKIE, "", Some(0));
    forget_language(headers);
    // Drafts and the outbox of this browser go too; the device cookie stays, it holds nothing of a patient.
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    response
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
