//! お知らせの設定: the page, and what its forms send. Everything but switching push on works without script.

use std::collections::HashMap;

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    acts,
    model::{self, Level, Mail, Names, Quiet, Settings, Wanted},
    store,
    views::{Typed, View, settings_page},
};
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::groups,
    web::{
        forms::Errors,
        input::{self, Done, Form},
        urls,
        viewer::{Asked, Me},
    },
};

/// Any signed-in person, for themselves.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/menu/notifications", get(show).post(save))
        .route("/menu/notifications/groups", post(save_levels))
        .route("/menu/notifications/test", post(test))
        .route("/menu/notifications/devices/{subscription}/end", post(end))
}

fn words(done: &Done) -> Option<&'static str> {
    Some(match done.done.as_deref()? {
        "saved" => t("設定を保存しました。"),
        "groups" => t("グループごとの設定を保存しました。"),
        "ended" => t("その端末では、お知らせを受け取らなくなりました。"),
        "tested" => t("試しのお知らせを送りました。届いたかどうかは、下に出ます。"),
        _ => return None,
    })
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(done): Query<Done>,
) -> Result<Response> {
    page(&app, &who, asked, None, Errors::none(), words(&done)).await
}

async fn page(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    typed: Option<Typed>,
    errors: Errors,
    done: Option<&'static str>,
) -> Result<Response> {
    let public_key = acts::public_key(app).await?;
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let settings = store::settings(&mut tx).await?;
    let devices = store::my_push(&mut tx).await?;
    let names = names(app, &mut tx).await?;
    audit::viewed(&mut tx, "viewed_notification_settings", None, None, None).await?;
    tx.commit().await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = View {
        typed: typed.unwrap_or_else(|| Typed::of(&settings)),
        settings,
        public_key,
        devices,
        names,
        mails: app.config.mail.is_configured(),
        errors,
        done,
        now: Timestamp::now(),
    };
    Ok((status, settings_page(&view, &me.ctx(asked))).into_response())
}

/// The viewer's groups by name, with what was decided for each.
async fn names(app: &Shared, tx: &mut crate::db::Tx) -> Result<Names> {
    let levels: HashMap<Uuid, Level> = store::levels(tx).await?.into_iter().collect();
    let titles = groups::read::titles(tx, app).await?;
    let mut names: Vec<_> = titles
        .into_iter()
        .map(|(group, title)| (group, title, levels.get(&group).copied().unwrap_or_default()))
        .collect();
    names.sort_by(|a, b| (&a.1, a.0).cmp(&(&b.1, b.0)));
    Ok(Names(names))
}

impl Typed {
    fn of(settings: &Settings) -> Self {
        let quiet = settings.own.or(settings.facility).unwrap_or_default();
        Self {
            mail: settings.mail.code().to_owned(),
            digest_at: input::clock_value(settings.digest_at),
            own: settings.own.is_some(),
            times: quiet.0.map(|w| match w {
                Some(w) => [input::clock_value(w.from), input::clock_value(w.to)],
                None => Default::default(),
            }),
        }
    }

    /// `mail`, `digest_at`, `quiet`, and `from0` … `to6`; anything else is not our form.
    fn read(pairs: Vec<(String, String)>) -> Result<Self> {
        let unreadable = || Error::BadRequest("unreadable_form".into());
        let mut typed =
            Self { mail: "off".into(), digest_at: String::new(), own: false, times: Default::default() };
        for (name, value) in pairs {
            match name.as_str() {
                "mail" => typed.mail = value,
                "digest_at" => typed.digest_at = value,
                "quiet" => typed.own = value == "own",
                _ => {
                    let (end, day) = name
                        .strip_prefix("from")
                        .map(|day| (0, day))
                        .or_else(|| name.strip_prefix("to").map(|day| (1, day)))
                        .ok_or_else(unreadable)?;
                    let day: usize = day.parse().map_err(|_| unreadable())?;
                    *typed
                        .times
                        .get_mut(day)
                        .ok_or_else(unreadable)?
                        .get_mut(end)
                        .ok_or_else(unreadable)? = value;
                }
            }
        }
        Ok(typed)
    }

    fn checked(&self) -> Result<Wanted, Vec<FieldError>> {
        let mail = Mail::from_code(&self.mail);
        let digest_at = model::time(&self.digest_at);
        let own = if self.own { Quiet::parse(|day, end| &self.times[day][end]).map(Some) } else { Ok(None) };
        match (mail, digest_at, own) {
            (Some(mail), Some(digest_at), Ok(own)) => Ok(Wanted { mail, digest_at, own }),
            (mail, digest_at, own) => {
                let mut problems = Vec::new();
                if mail.is_none() {
                    problems.push(FieldError::new(
                        "mail",
                        "unknown",
                        t("メールの受け取りかたを選んでください。"),
                    ));
                }
                if digest_at.is_none() {
                    let words = t("まとめの時刻は、08:00 のように入れてください。");
                    problems.push(FieldError::new("digest_at", "time", words));
                }
                problems.extend(own.err().unwrap_or_default());
                Err(problems)
            }
        }
    }
}

async fn save(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let typed = Typed::read(pairs)?;
    let wanted = match typed.checked() {
        Ok(wanted) => wanted,
        Err(problems) => {
            return page(&app, &who, asked, Some(typed), problems.into_iter().collect(), None).await;
        }
    };
    match acts::set(&app, &who, &wanted).await {
        Ok(()) => Ok(back("saved")),
        Err(Error::Invalid(problems)) => {
            page(&app, &who, asked, Some(typed), problems.into_iter().collect(), None).await
        }
        Err(error) => Err(error),
    }
}

fn back(done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", urls::notification_settings())).into_response()
}

/// `level-{group}` for each group of the page.
async fn save_levels(
    State(app): State<Shared>,
    who: Actor,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let level = |(name, code): &(String, String)| {
        Some((name.strip_prefix("level-")?.parse().ok()?, Level::from_code(code)?))
    };
    let levels: Option<Vec<(Uuid, Level)>> = pairs.iter().map(level).collect();
    let levels = levels.ok_or(Error::BadRequest("unreadable_form".into()))?;
    acts::set_levels(&app, &who, &levels).await?;
    Ok(back("groups"))
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Channel {
    channel: String,
}

async fn test(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(sent): Form<Channel>,
) -> Result<Response> {
    let done = match sent.channel.as_str() {
        "push" => acts::test_push(&app, &who).await,
        "mail" => acts::test_mail(&app, &who).await,
        _ => return Err(Error::BadRequest("unreadable_form".into())),
    };
    match done {
        Ok(()) => Ok(back("tested")),
        Err(Error::Invalid(problems)) => {
            page(&app, &who, asked, None, problems.into_iter().collect(), None).await
        }
        Err(Error::Conflict(code)) if code == "not_subscribed" => {
            let words = t(
                "この端末では、まだお知らせを受け取っていません。先に「この端末で受け取る」を押してください。",
            );
            page(&app, &who, asked, None, Errors::one("push", words), None).await
        }
        Err(error) => Err(error),
    }
}

async fn end(State(app): State<Shared>, who: Actor, Path(subscription): Path<Uuid>) -> Result<Response> {
    acts::end(&app, &who, Some(subscription)).await?;
    Ok(back("ended"))
}
