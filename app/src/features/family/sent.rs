//! What the family's form sends: words, and photos or PDFs. Whatever is wrong with a file, the words stay.

use axum::{
    extract::{FromRequest, Multipart, Request, multipart::MultipartError},
    http::header,
};
use serde::Deserialize;
use uuid::Uuid;

use crate::words::{fill, t};
use crate::{
    Error, Result,
    app::Shared,
    auth::Relative,
    features::{
        files::{Parts, kin as files},
        posts::model::{MAX_BODY, NewPost, Timeline},
    },
    web::input::{self, Form},
};

/// Files of one post of theirs.
pub const MAX_FILES: usize = 4;

/// A form without files may also come as browsers send it without them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    client_id: Uuid,
    body: String,
    reply_to: Option<Uuid>,
}

pub(super) struct Sent {
    pub client_id: Uuid,
    pub body: String,
    pub reply_to: Option<Uuid>,
    files: Vec<Uuid>,
    /// Why a file was not taken, in the writer's words.
    pub problem: Option<String>,
}

crate::opaque_debug!(Sent);

impl Sent {
    pub async fn receive(app: &Shared, who: &Relative, group: Uuid, request: Request) -> Result<Self> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        if kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
            let Form(w) = Form::<Words>::from_request(request, app).await?;
            let (client_id, body, reply_to) = (w.client_id, w.body, w.reply_to);
            return Ok(Self { client_id, body, reply_to, files: Vec::new(), problem: None });
        }
        // Nobody who is not on the timeline makes the server read a body.
        files::desk(app, who, group).await?;
        let Parts(form) = Parts::<{ MAX_FILES as u64 }>::from_request(request, app).await?;
        Self::parts(app, who, group, form).await
    }

    async fn parts(app: &Shared, who: &Relative, group: Uuid, mut form: Multipart) -> Result<Self> {
        let mut sent = Self {
            client_id: Uuid::new_v4(),
            body: String::new(),
            reply_to: None,
            files: Vec::new(),
            problem: None,
        };
        while let Some(field) = form.next_field().await.map_err(unreadable)? {
            match field.name().unwrap_or_default() {
                "client_id" => {
                    let text = field.text().await.map_err(unreadable)?;
                    sent.client_id = text.parse().map_err(|_| Error::BadRequest("unreadable_form".into()))?;
                }
                "body" => sent.body = field.text().await.map_err(unreadable)?,
                "reply_to" => {
                    let text = field.text().await.map_err(unreadable)?;
                    sent.reply_to =
                        Some(text.parse().map_err(|_| Error::BadRequest("unreadable_form".into()))?);
                }
                "files" if field.file_name().is_some_and(|name| !name.is_empty()) => {
                    // After the first trouble the rest is read past.
                    if sent.problem.is_some() {
                        continue;
                    }
                    if sent.files.len() == MAX_FILES {
                        sent.problem = Some(fill(
                            t("写真や PDFは、1回に {MAX_FILES}つまで 送れます。"),
                            &[("MAX_FILES", &MAX_FILES)],
                        ));
                        continue;
                    }
                    match files::receive(app, who, group, field, sent.client_id).await {
                        // The same file chosen twice is one.
                        Ok(id) if sent.files.contains(&id) => {}
                        Ok(id) => sent.files.push(id),
                        Err(error) => sent.problem = Some(in_words(error)?),
                    }
                }
                "files" => {}
                _ => return Err(Error::BadRequest("unknown_field".into())),
            }
        }
        Ok(sent)
    }

    /// The post, or what is wrong with its words.
    pub fn post(&self) -> Result<NewPost> {
        let body = if self.files.is_empty() {
            input::text("body", &self.body, MAX_BODY)
        } else {
            input::optional_text("body", &self.body, MAX_BODY)
        };
        let body = body.map_err(|problem| Error::Invalid(vec![problem]))?;
        let words = NewPost::words(Timeline::Family, body, self.client_id);
        Ok(NewPost { reply_to: self.reply_to, files: self.files.clone(), ..words })
    }
}

/// What the writer can do something about; anything else stays the error that it is.
fn in_words(error: Error) -> Result<String> {
    match error {
        Error::Invalid(problems) => Ok(problems.first().map(|p| p.message.to_string()).unwrap_or_default()),
        Error::TooLarge(limit) => Ok(fill(
            t("ファイルが 大きすぎます。1つ {0}MBまでに してください。"),
            &[("0", &(limit / 1_000_000))],
        )),
        Error::Unavailable(_) => {
            Ok(t("いま ファイルを うけとれません。すこし あとで、もう一度 送ってください。").to_owned())
        }
        Error::Conflict(_) => {
            Ok(t("ファイルが、前に 送った ものと ちがいます。ページを 開き直して、もう一度 送ってください。")
                .to_owned())
        }
        other => Err(other),
    }
}

fn unreadable(_: MultipartError) -> Error {
    Error::BadRequest("unreadable_form".into())
}
