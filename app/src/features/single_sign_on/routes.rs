//! The ways out, the way back, and the page of one's own identities. Every form works without JavaScript.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts::{self, Arrived, Brought, Comer, Leaving, Trouble},
    views::{
        ConfirmView, GONE, IdentitiesView, IdentityRow, OfferRow, confirm_page, going_page, identities_page,
        trouble_page,
    },
};
use crate::words::{fill, t};
use crate::{
    Error, Result,
    app::Shared,
    auth::{Actor, cookie},
    features::sign_in::{
        acts::Origin,
        routes::{after_first, begin_view, refusal, refused, safe_next, set_cookie},
        views::{Refusal, sign_in_page},
    },
    web::{
        error::status,
        forms::Errors,
        input::{Done, Form},
        ui::{Ctx, time},
        urls,
        viewer::{Asked, Me},
    },
};

/// The browser's half of what a way out is known by; ten minutes.
const WAY_COOKIE: &str = "__Host-renkei-way";
const WAY_SECONDS: u64 = 600;

/// Anybody may leave and come back; identities are a signed-in person's own. 404 without a provider.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/sign-in/with/{provider}", post(leave))
        .route("/sign-in/with/{provider}/callback", get(come_back))
        .route(urls::identities(), get(identities))
        .route("/menu/identities/with/{provider}", get(ask_link).post(link))
        .route("/menu/identities/{identity}/end", get(ask_end).post(end))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LeaveForm {
    next: Option<String>,
}

async fn leave(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    Path(provider): Path<String>,
    Form(form): Form<LeaveForm>,
) -> Result<Response> {
    let next = safe_next(form.next.as_deref());
    match acts::leave_to_sign_in(&app, &provider, &next).await {
        Ok(leaving) => Ok(going(&app, &ctx, &provider, &leaving)),
        Err(Trouble::Other(error)) => Err(error),
        // To leave, nothing can be wrong but the provider.
        Err(_) => Ok(away(&app, &ctx, next)),
    }
}

/// A page that leads on at once, and by its link where that does not work. Not a redirect: after a form the policy of the
/// pages (`form-action`) would stop the browser at the first address that is not ours, wherever the provider sends it on.
fn going(app: &Shared, ctx: &Ctx, provider: &str, leaving: &Leaving) -> Response {
    let label = app.config.single_sign_on.provider(provider).map_or("", |p| p.label.as_str());
    let mut response = going_page(label, &leaving.url, ctx).into_response();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&format!("0; url={}", leaving.url)) {
        headers.insert(header::REFRESH, value);
    }
    set_cookie(headers, WAY_COOKIE, &leaving.browser, Some(WAY_SECONDS));
    response
}

fn away(app: &Shared, ctx: &Ctx, next: String) -> Response {
    let refusal = Refusal::ProviderAway;
    refused(refusal, sign_in_page(&begin_view(app, next, Some(refusal)), ctx))
}

/// As providers send it; what else they add is nobody's business (RFC 6749 §4.1.2).
#[derive(Deserialize)]
struct BackQuery {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

async fn come_back(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    Path(provider): Path<String>,
    Query(q): Query<BackQuery>,
    who: Option<Actor>,
    origin: Origin,
    headers: HeaderMap,
) -> Result<Response> {
    let brought = Brought { state: q.state, code: q.code, error: q.error, iss: q.iss };
    let comer = Comer { browser: cookie(&headers, WAY_COOKIE), who, origin: &origin };
    let back = acts::come_back(&app, &provider, brought, comer).await?;
    let mut response = match back.outcome {
        Ok(Arrived::Linked) => Redirect::to("/menu/identities?done=linked").into_response(),
        Ok(Arrived::SigningIn { step, next }) => after_first(&step, &next),
        Err(trouble) => in_trouble(&app, &ctx, trouble, back.linking)?,
    };
    set_cookie(response.headers_mut(), WAY_COOKIE, "", Some(0));
    Ok(response)
}

fn in_trouble(app: &Shared, ctx: &Ctx, trouble: Trouble, linking: bool) -> Result<Response> {
    match trouble {
        Trouble::Away if !linking => Ok(away(app, ctx, "/".to_owned())),
        Trouble::Other(error) if linking => Err(error),
        Trouble::Other(error) => {
            let refusal = refusal(error)?;
            Ok(refused(refusal, sign_in_page(&begin_view(app, "/".to_owned(), Some(refusal)), ctx)))
        }
        other => {
            let status = match other {
                Trouble::Away => StatusCode::SERVICE_UNAVAILABLE,
                Trouble::LinkedElsewhere | Trouble::AnotherLinked => StatusCode::CONFLICT,
                Trouble::NotAccepted | Trouble::TooLate => StatusCode::BAD_REQUEST,
                _ => StatusCode::UNAUTHORIZED,
            };
            Ok((status, trouble_page(&other, linking, ctx)).into_response())
        }
    }
}

impl Done {
    fn of_identities(&self) -> Option<String> {
        let words = match self.done.as_deref()? {
            "linked" => t("連携IDを結び付けました。次から、このIDでもサインインできます。"),
            "unlinked" => t("連携IDの結び付けを外しました。"),
            _ => return None,
        };
        Some(words.to_owned())
    }
}

async fn identities(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(q): Query<Done>,
) -> Result<Response> {
    let (me, mine) = mine(&app, &who).await?;
    let providers = &app.config.single_sign_on.providers;
    let now = Timestamp::now();
    let row = |i: &acts::Identity| IdentityRow {
        id: i.id,
        provider: label(&app, i),
        linked: time::short(i.linked_at, now),
        last_used: i.last_shown_at.map(|t| time::when(t, now)),
    };
    let free = providers.iter().filter(|p| mine.iter().all(|i| i.issuer != p.issuer));
    let view = IdentitiesView {
        identities: mine.iter().map(row).collect(),
        offers: free.map(|p| OfferRow { id: p.id.clone(), label: p.label.clone() }).collect(),
        done: q.of_identities(),
    };
    Ok(identities_page(&view, &me.ctx(asked)).into_response())
}

/// Who asks, and her identities. 404 where no provider is configured.
async fn mine(app: &Shared, who: &Actor) -> Result<(Me, Vec<acts::Identity>)> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let mine = acts::mine(&mut tx).await?;
    tx.commit().await?;
    if app.config.single_sign_on.providers.is_empty() {
        return Err(Error::NotFound);
    }
    Ok((me, mine))
}

fn label(app: &Shared, identity: &acts::Identity) -> Option<String> {
    let providers = &app.config.single_sign_on.providers;
    providers.iter().find(|p| p.issuer == identity.issuer).map(|p| p.label.clone())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfirmForm {
    /// May be empty where the session was confirmed just now.
    #[serde(default)]
    password: String,
}

async fn ask_link(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(provider): Path<String>,
) -> Result<Response> {
    link_form(&app, &who, asked, &provider, (StatusCode::OK, Errors::none())).await
}

async fn link_form(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    provider: &str,
    (status, errors): (StatusCode, Errors),
) -> Result<Response> {
    let (me, _) = mine(app, who).await?;
    let label = app.config.single_sign_on.provider(provider).ok_or(Error::NotFound)?.label.clone();
    let view = ConfirmView { label, action: urls::link_identity(provider), ending: false, errors };
    Ok((status, confirm_page(&view, &me.ctx(asked))).into_response())
}

async fn link(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    origin: Origin,
    Path(provider): Path<String>,
    Form(form): Form<ConfirmForm>,
) -> Result<Response> {
    // First of all: whether somebody asks who may. The door comes before what is behind it.
    mine(&app, &who).await?;
    match acts::leave_to_link(&app, &who, &provider, form.password, &origin).await {
        Ok(leaving) => Ok(going(&app, &asked.0, &provider, &leaving)),
        Err(Trouble::Other(error)) => link_form(&app, &who, asked, &provider, problem(error)?).await,
        Err(trouble) => in_trouble(&app, &asked.0, trouble, true),
    }
}

async fn ask_end(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(identity): Path<Uuid>,
) -> Result<Response> {
    end_form(&app, &who, asked, identity, (StatusCode::OK, Errors::none())).await
}

async fn end_form(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    identity: Uuid,
    (status, errors): (StatusCode, Errors),
) -> Result<Response> {
    let (me, mine) = mine(app, who).await?;
    let own = mine.iter().find(|i| i.id == identity).ok_or(Error::NotFound)?;
    let label = label(app, own).unwrap_or_else(|| t(GONE).to_owned());
    let view = ConfirmView { label, action: urls::end_identity(identity), ending: true, errors };
    Ok((status, confirm_page(&view, &me.ctx(asked))).into_response())
}

async fn end(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    origin: Origin,
    Path(identity): Path<Uuid>,
    Form(form): Form<ConfirmForm>,
) -> Result<Response> {
    // First of all: whose it is. A stranger's password is not even looked at.
    let (_, mine) = mine(&app, &who).await?;
    if mine.iter().all(|i| i.id != identity) {
        return Err(Error::NotFound);
    }
    match acts::unlink(&app, &who, identity, form.password, &origin).await {
        Ok(()) => Ok(Redirect::to("/menu/identities?done=unlinked").into_response()),
        Err(error) => end_form(&app, &who, asked, identity, problem(error)?).await,
    }
}

/// What was wrong, beside the password; anything else goes on its way.
fn problem(error: Error) -> Result<(StatusCode, Errors)> {
    let (status, message) = match &error {
        Error::WrongCredentials => (StatusCode::UNPROCESSABLE_ENTITY, t("パスワードが違います。").to_owned()),
        Error::Forbidden(reason) if reason == "confirm_first" => {
            (StatusCode::UNPROCESSABLE_ENTITY, t("パスワードを入れてください。").to_owned())
        }
        Error::TooMany { retry_after } => {
            let minutes = retry_after.div_ceil(60);
            (
                status(&error),
                fill(t("{minutes}分ほど待ってから、もう一度お試しください。"), &[("minutes", &minutes)]),
            )
        }
        _ => return Err(error),
    };
    Ok((status, Errors::one("password", &message)))
}
