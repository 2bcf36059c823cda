//! A post from the composer's form: with files, without scripts.

use axum::{
    extract::{Multipart, Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Typed, timeline_view};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    features::{
        files, groups,
        posts::{
            acts,
            model::{MentionBody, NewPost, PostBody, Timeline as Line},
            read::From,
            rules, views,
        },
    },
    web::{
        problem, urls,
        viewer::{Asked, Me},
    },
};

/// How many of the largest files a form without scripts may carry at once.
const FORM_FILES: u64 = 4;

/// A post sent as a form: with files, without scripts.
pub(super) async fn create(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    files::Parts(form): files::Parts<FORM_FILES>,
) -> Result<Response> {
    let sent = Sent::receive(&app, &who, form).await?;
    if sent.chooses {
        return again(&app, &who, asked, group, sent, Doubt::default()).await;
    }
    // A patient's group that is in memory costs nothing here; who may write there is asked by the act.
    let of_patient = app.keys.cached_group(group).is_some_and(|streams| streams.patient_id.is_some());
    if !sent.sure && !of_patient {
        let found = groups::wording::look(&app, &who, group, &sent.body).await?;
        if !found.is_empty() {
            let words = found.into_iter().map(|hint| hint.words()).collect();
            return again(&app, &who, asked, group, sent, Doubt { words, ..Doubt::default() }).await;
        }
    }
    let body = PostBody {
        client_id: sent.client_id,
        body: sent.body.clone(),
        timeline: Line::Team,
        reply_to: sent.reply_to,
        files: sent.files.clone(),
        mentions: sent.mentions.clone(),
        must_acknowledge_by: sent.must_acknowledge_by,
        template: None,
        urgent: sent.urgent,
    };
    let result = match NewPost::try_from(body) {
        Ok(_)
            if sent
                .must_acknowledge_by
                .is_some_and(|by| !rules::is_sensible_deadline(by, Timestamp::now())) =>
        {
            Err(Error::invalid(
                "must_acknowledge_by",
                "not_ahead",
                t("期限は、いまより先で3か月以内にしてください。"),
            ))
        }
        Ok(new) => acts::post(&app, &who, group, new).await.map(|posted| posted.post.id),
        Err(fields) => Err(Error::Invalid(fields)),
    };
    match result {
        Ok(id) => Ok(Redirect::to(&urls::post_in_group(group, id)).into_response()),
        Err(Error::Invalid(fields)) => {
            let error = fields.first().map(|f| f.message.to_string());
            again(&app, &who, asked, group, sent, Doubt { error, ..Doubt::default() }).await
        }
        // Somebody hid what is answered while the answer was written.
        Err(Error::Conflict(code)) if code == "quarantined" => {
            let error = Some(problem::conflict(&code).to_owned());
            again(
                &app,
                &who,
                asked,
                group,
                Sent { reply_to: None, ..sent },
                Doubt { error, ..Doubt::default() },
            )
            .await
        }
        Err(other) => Err(other),
    }
}

/// Why a page comes again with what was typed; where nothing is wrong, with the chooser of those it addresses.
#[derive(Default)]
struct Doubt {
    /// It was not taken.
    error: Option<String>,
    /// It may speak of a patient where nobody should; the writer decides.
    words: Vec<&'static str>,
}

async fn again(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    group: Uuid,
    sent: Sent,
    doubt: Doubt,
) -> Result<Response> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let status = if doubt.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let asks = views::Asking {
        to: sent.mentions.iter().map(MentionBody::code).collect(),
        must: sent.must_acknowledge_by,
        urgent: sent.urgent,
    };
    let typed = Typed {
        body: sent.body,
        reply_to: sent.reply_to,
        error: doubt.error,
        client_id: Some(sent.client_id),
        asks,
        chooses: sent.chooses,
        doubts: doubt.words,
        attached: sent.files,
    };
    let view = timeline_view(app, &mut tx, who, &me, group, From::Before(i64::MAX), typed).await?;
    tx.commit().await?;
    Ok((status, views::page(&view, &me.ctx(asked))).into_response())
}

/// The fields of the composer's multipart form.
struct Sent {
    client_id: Uuid,
    body: String,
    reply_to: Option<Uuid>,
    must_acknowledge_by: Option<Timestamp>,
    mentions: Vec<MentionBody>,
    urgent: bool,
    /// Nothing is sent yet: the writer wants to choose whom it addresses.
    chooses: bool,
    files: Vec<Uuid>,
    /// The writer was asked whether it speaks of a patient, and sends it.
    sure: bool,
}

impl Sent {
    async fn receive(app: &Shared, who: &Actor, mut form: Multipart) -> Result<Self> {
        let mut sent = Self {
            client_id: Uuid::new_v4(),
            body: String::new(),
            reply_to: None,
            must_acknowledge_by: None,
            mentions: Vec::new(),
            urgent: false,
            chooses: false,
            files: Vec::new(),
            sure: false,
        };
        let mut class = "picture".to_owned();
        while let Some(field) = form.next_field().await.map_err(unreadable)? {
            match field.name().unwrap_or_default() {
                "client_id" => {
                    sent.client_id =
                        parsed(&field.text().await.map_err(unreadable)?)?.unwrap_or(sent.client_id)
                }
                "body" => sent.body = field.text().await.map_err(unreadable)?,
                "reply_to" => sent.reply_to = parsed(&field.text().await.map_err(unreadable)?)?,
                "must_acknowledge_by" => {
                    sent.must_acknowledge_by = deadline(&field.text().await.map_err(unreadable)?)?
                }
                "to" => {
                    let code = field.text().await.map_err(unreadable)?;
                    let mention = MentionBody::from_code(&code);
                    sent.mentions.push(mention.ok_or_else(|| Error::BadRequest("unreadable_form".into()))?);
                }
                "choose" => sent.chooses = true,
                "urgent" => sent.urgent = field.text().await.map_err(unreadable)? == "on",
                "file_class" => class = field.text().await.map_err(unreadable)?,
                "files" if field.file_name().is_some_and(|n| !n.is_empty()) => {
                    let class = files::acts::parse_class(&class)?;
                    let from = files::acts::Sender::Staff(who);
                    let id = files::acts::receive(app, from, field, class, sent.client_id).await?;
                    // The same file chosen twice is one.
                    if !sent.files.contains(&id) {
                        sent.files.push(id);
                    }
                }
                "files" => {}
                // Received before the question.
                "attached" => sent.files.extend(parsed(&field.text().await.map_err(unreadable)?)?),
                "sure" => sent.sure = true,
                _ => return Err(Error::BadRequest("unknown_field".into())),
            }
        }
        Ok(sent)
    }
}

fn unreadable(_: axum::extract::multipart::MultipartError) -> Error {
    Error::BadRequest("unreadable_form".into())
}

fn parsed(text: &str) -> Result<Option<Uuid>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    text.trim().parse().map(Some).map_err(|_| Error::BadRequest("unreadable_form".into()))
}

/// A deadline as the form sends it: an instant, or a local date and time of the deployment's zone.
fn deadline(text: &str) -> Result<Option<Timestamp>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Some(at));
    }
    let local: jiff::civil::DateTime =
        text.parse().map_err(|_| Error::BadRequest("unreadable_form".into()))?;
    local.in_tz("Asia/Tokyo").map(|z| Some(z.timestamp())).map_err(Error::internal)
}
