//! お知らせの設定 of a patient or relative. Everything but ringing this phone works without script.

use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    notices::{self, Quiet, Settings},
    notices_views::{NoticesView, Typed, notices_page},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::Relative,
    features::notifications::{model::time, public_key},
    web::{
        forms::Errors,
        input::{self, Done, Form, Strict},
        ui::Ctx,
        urls,
        viewer::Asked,
    },
};

/// Whoever came in by the family's door, for herself.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::family_notices(), get(show).post(save))
        .route(urls::family_subscription(), get(subscription).post(subscribe))
        .route(urls::family_notices_test(), post(test))
        .route(urls::family_notices_end(), post(end))
        .route(urls::family_mail(), post(ask_mail))
        .route(urls::family_mail_confirmation(), post(confirm_mail))
        .route(urls::family_mail_end(), post(end_mail))
}

fn words(done: &Done) -> Option<&'static str> {
    Some(match done.done.as_deref()? {
        "saved" => t("設定を 保存しました。"),
        "ended" => t("もう 知らせません。"),
        "tested" => t("ためしに 送りました。とどいたか どうかは、下に 出ます。"),
        "asked" => t("数字を メールで 送りました。数字を 下に 入れてください。"),
        "confirmed" => t("メールでも 知らせます。"),
        _ => return None,
    })
}

fn back(done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", urls::family_notices())).into_response()
}

async fn show(
    State(app): State<Shared>,
    who: Relative,
    Asked(ctx): Asked,
    Query(done): Query<Done>,
) -> Result<Response> {
    page(&app, &who, &ctx, None, Errors::none(), words(&done)).await
}

async fn page(
    app: &Shared,
    who: &Relative,
    ctx: &Ctx,
    typed: Option<Typed>,
    errors: Errors,
    done: Option<&'static str>,
) -> Result<Response> {
    let settings = notices::settings(app, who).await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = NoticesView {
        typed: typed.unwrap_or_else(|| Typed::of(&settings)),
        settings,
        public_key: public_key(app).await?,
        mails: app.config.mail.is_configured(),
        errors,
        done,
        now: Timestamp::now(),
    };
    Ok((status, notices_page(&view, ctx)).into_response())
}

impl Typed {
    fn of(settings: &Settings) -> Self {
        let (from, to) =
            settings.quiet.map(|(a, b)| (input::clock_value(a), input::clock_value(b))).unwrap_or_default();
        Self { told: settings.told, quiet: settings.quiet.is_some(), from, to, ..Self::default() }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsForm {
    told: String,
    quiet: String,
    from: String,
    to: String,
}

fn parsed(form: &SettingsForm) -> Result<Quiet, Errors> {
    if form.quiet != "on" {
        return Ok(None);
    }
    let say = |field| Errors::one(field, t("時間は、21:00 の ように 入れてください。"));
    let from = time(&form.from).ok_or_else(|| say("from"))?;
    let to = time(&form.to).ok_or_else(|| say("to"))?;
    Ok(Some((from, to)))
}

async fn save(
    State(app): State<Shared>,
    who: Relative,
    Asked(ctx): Asked,
    Form(form): Form<SettingsForm>,
) -> Result<Response> {
    let told = form.told == "on";
    match parsed(&form) {
        Ok(quiet) => {
            notices::set(&app, &who, told, quiet).await?;
            Ok(back("saved"))
        }
        Err(errors) => {
            let typed = Typed { told, quiet: true, from: form.from, to: form.to, ..Typed::default() };
            page(&app, &who, &ctx, Some(typed), errors, None).await
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubscriptionBody {
    client_id: Uuid,
    endpoint: String,
    keys: Keys,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    p256dh: String,
    auth: String,
}

/// Whether this phone is reached, or was until its browser gave that up: then it subscribes anew, as the staff's do.
async fn subscription(State(app): State<Shared>, who: Relative) -> Result<Json<Value>> {
    let settings = notices::settings(&app, &who).await?;
    let wanted = settings.here.is_some() || settings.gone;
    Ok(Json(json!({"push": {"public_key": public_key(&app).await?, "wanted": wanted}})))
}

async fn subscribe(
    State(app): State<Shared>,
    who: Relative,
    Strict(body): Strict<SubscriptionBody>,
) -> Result<StatusCode> {
    let new = notices::New {
        id: body.client_id,
        endpoint: &body.endpoint,
        p256dh: &body.keys.p256dh,
        auth: &body.keys.auth,
    };
    let created = notices::subscribe(&app, &who, &new).await?;
    Ok(if created { StatusCode::CREATED } else { StatusCode::OK })
}

#[derive(Deserialize)]
struct Nothing {}

async fn test(
    State(app): State<Shared>,
    who: Relative,
    Asked(ctx): Asked,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response> {
    match notices::test(&app, &who).await {
        Ok(()) => Ok(back("tested")),
        Err(Error::Conflict(code)) if code == "not_subscribed" => {
            let errors = Errors::one("push", t("先に「この スマートフォンで 知らせる」を 押してください。"));
            page(&app, &who, &ctx, None, errors, None).await
        }
        Err(error) => Err(error),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndForm {
    which: String,
}

async fn end(State(app): State<Shared>, who: Relative, Form(form): Form<EndForm>) -> Result<Response> {
    notices::end(&app, &who, form.which == "others").await?;
    Ok(back("ended"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MailForm {
    mail: String,
}

async fn ask_mail(
    State(app): State<Shared>,
    who: Relative,
    Asked(ctx): Asked,
    Form(form): Form<MailForm>,
) -> Result<Response> {
    match notices::ask_mail(&app, &who, &form.mail).await {
        Ok(()) => Ok(back("asked")),
        Err(Error::Invalid(problems)) => {
            let typed = Typed { mail: form.mail, ..Typed::of(&notices::settings(&app, &who).await?) };
            page(&app, &who, &ctx, Some(typed), problems.into_iter().collect(), None).await
        }
        Err(error) => Err(error),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeForm {
    code: String,
}

async fn confirm_mail(
    State(app): State<Shared>,
    who: Relative,
    Asked(ctx): Asked,
    Form(form): Form<CodeForm>,
) -> Result<Response> {
    if notices::confirm_mail(&app, &who, &form.code).await? {
        return Ok(back("confirmed"));
    }
    let words = t("数字が ちがうか、古く なりました。メールの 数字を 見て、もう一度 入れてください。");
    page(&app, &who, &ctx, None, Errors::one("code", words), None).await
}

async fn end_mail(
    State(app): State<Shared>,
    who: Relative,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response> {
    notices::forget_mail(&app, &who).await?;
    Ok(back("ended"))
}
